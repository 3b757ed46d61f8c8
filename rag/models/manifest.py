"""Turns a folder of model files into a checkable record of what they are and where they came from."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.errors import ModelError

FILENAME = "manifest.json"
FORMAT = 1  # raised whenever a conversion changes what it writes, so that old folders are converted anew


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """Size in bytes and SHA-256 of one file of a model folder."""

    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a model folder holds: `weights` names the quantisation, `sha256` pins the weights as they were fetched."""

    format: int
    name: str
    origin: str
    weights: str
    sha256: str
    files: dict[str, FileRecord]

    @property
    def identity(self) -> str:
        """Different weights have different identities, whichever way they came and whatever they are called."""
        return f"{self.name}:{self.weights}:{self.sha256[:16]}"


def write(folder: Path, *, name: str, origin: str, weights: str, sha256: str) -> Manifest:
    """Record every file under `folder` in its manifest."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / FILENAME)
    files = {
        path.relative_to(folder).as_posix(): FileRecord(size=path.stat().st_size, sha256=sha256_of(path))
        for path in paths
    }
    manifest = Manifest(format=FORMAT, name=name, origin=origin, weights=weights, sha256=sha256, files=files)
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2)
    (folder / FILENAME).write_text(text + "\n", encoding="utf-8")
    return manifest


def read(folder: Path) -> Manifest | None:
    """The manifest of `folder`, or None where there is none."""
    path = folder / FILENAME
    if not path.is_file():
        return None
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        values["files"] = {file: FileRecord(**record) for file, record in values["files"].items()}
        return Manifest(**values)
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is damaged: {error}", remedy=f"Delete {folder} and run `rag models pull`.") from error


def missing(folder: Path, manifest: Manifest) -> list[str]:
    """What is absent or of another size than recorded, in words; quick, for it reads no contents."""
    problems = []
    for file, record in manifest.files.items():
        path = folder / file
        if not path.is_file():
            problems.append(f"{file} is missing")
        elif path.stat().st_size != record.size:
            problems.append(f"{file} has {path.stat().st_size} bytes instead of {record.size}")
    return problems


def damaged(folder: Path, manifest: Manifest) -> list[str]:
    """What is absent or has other contents than recorded, in words; hashes every file (about a second per GB)."""
    return missing(folder, manifest) or [
        f"{file} has SHA-256 {found} instead of {record.sha256}"
        for file, record in manifest.files.items()
        if (found := sha256_of(folder / file)) != record.sha256
    ]


def identity(folder: Path) -> str:
    """The identity of the weights in `folder`: from its manifest, or hashed where there is none."""
    manifest = read(folder)
    return manifest.identity if manifest else f"{folder.name}:original:{weights_sha256(folder)[:16]}"


def weights_sha256(folder: Path) -> str:
    """Hash of a folder's weight file; of several shards, the hash of their names and hashes in order."""
    files = sorted(path for pattern in ("*.safetensors", "*.bin") for path in folder.glob(pattern))
    if not files:
        raise ModelError(
            f"{folder} holds no weights (*.safetensors)",
            remedy="Give a folder saved with save_pretrained or SentenceTransformer.save.",
        )
    if len(files) == 1:
        return sha256_of(files[0])
    return hashlib.sha256("".join(f"{file.name} {sha256_of(file)}\n" for file in files).encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
