"""Turn a whole index, the kept files included, into one file, and such a file into an index on another machine."""

import io
import json
import shutil
import tarfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rag.config import Config
from rag.errors import InputError, SnapshotError
from rag.index import directory
from rag.index.kept import KeptFiles
from rag.index.manifest import StoredFile, digest_of, stored_file
from rag.index.records import RecordError, decode, encode
from rag.index.snapshot import Snapshot

FORMAT = 1
_CONTENTS = "contents.json"
_SNAPSHOT, _KEPT = "snapshot", "added"


@dataclass(frozen=True)
class Contents:
    """What an exported file holds, first in it: the snapshot's name, and every file with its size and SHA-256."""

    format: int
    snapshot: str
    files: tuple[StoredFile, ...]
    checksum: str = ""

    def sealed(self) -> "Contents":
        return replace(self, checksum=digest_of([encode(replace(self, checksum=""))]))


def export_index(target: Path, config: Config) -> Contents:
    """Write the live snapshot and the kept files to the new archive `target` (tar), whole or not at all."""
    pending = target.with_name(f".{target.name}.new")
    snapshot = Snapshot.open(config.index_dir, config=config)  # damaged files are not handed on
    kept = KeptFiles.of(config)
    rooms = {
        _SNAPSHOT: (snapshot.folder, sorted(path for path in snapshot.folder.rglob("*") if path.is_file())),
        _KEPT: (kept.folder, kept.everything()),
    }
    try:
        files = {
            f"{room}/{path.relative_to(folder).as_posix()}": path
            for room, (folder, paths) in rooms.items()
            for path in paths
        }
        stored = (replace(stored_file(path, folder=path.parent), path=name) for name, path in files.items())
        contents = Contents(FORMAT, snapshot.folder.name, tuple(stored)).sealed()
        with tarfile.open(pending, "w") as archive:
            text = json.dumps(asdict(contents), ensure_ascii=False, indent=1).encode()
            head = tarfile.TarInfo(_CONTENTS)
            head.size = len(text)
            archive.addfile(head, io.BytesIO(text))
            for name, path in files.items():
                archive.add(path, arcname=name, filter=_without_owner)
        directory.flush(pending)
        pending.replace(target)
    except OSError as error:
        pending.unlink(missing_ok=True)
        raise InputError(
            f"{target} cannot be written: {error}", remedy="Free some space, or name another file."
        ) from error
    finally:
        snapshot.close()
    return contents


def import_index(source: Path, config: Config) -> Contents:
    """Make the index in the archive `source` the live one, and add its kept files to those that are there.

    Everything is checked first, as `Snapshot.verify` does: the live snapshot stays if anything is amiss. Raises
    `InputError` for a file that is no such archive or is damaged, and `SnapshotError` if it was built with other
    settings or cannot be written.
    """
    try:
        with directory.writing(config.index_dir) as folder:
            KeptFiles.of(config).settle()
            contents = _extracted(source, folder / "archive")
            snapshot = folder / "archive" / _SNAPSHOT
            opened = Snapshot.read(snapshot, config=config)
            try:
                if opened.manifest.name != contents.snapshot:
                    raise _damaged(source, f"it names the snapshot {contents.snapshot}, not {opened.manifest.name}")
                opened.verify()
            finally:
                opened.close()
            kept = KeptFiles.of(config).folder
            kept.mkdir(parents=True, exist_ok=True)
            if (folder / "archive" / _KEPT).is_dir():
                shutil.copytree(folder / "archive" / _KEPT, kept, dirs_exist_ok=True)
            directory.publish(snapshot, contents.snapshot, index_dir=config.index_dir)
            return contents
    except OSError as error:
        raise SnapshotError(
            f"the index in {config.index_dir} cannot be written: {error}",
            remedy="Make the folder writable and free some space, or set RAG_INDEX_DIR to another one.",
        ) from error


def _extracted(source: Path, folder: Path) -> Contents:
    """Unpack `source` into `folder` and check every file of it."""
    try:
        with tarfile.open(source, "r:") as archive:
            head = archive.next()
            text = archive.extractfile(head) if head is not None and head.name == _CONTENTS else None
            if text is None:
                raise _damaged(source, "it does not begin with a list of its contents")
            contents = _contents(source, text.read())
            archive.extractall(folder, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise _damaged(source, str(error)) from error
    found = {
        replace(stored_file(path, folder=folder), path=path.relative_to(folder).as_posix())
        for path in folder.rglob("*")
        if path.is_file() and path.name != _CONTENTS
    }
    for file in found.symmetric_difference(contents.files):
        raise _damaged(source, f"{file.path} is not what its list of contents says")
    return contents


def _contents(source: Path, text: bytes) -> Contents:
    try:
        contents = decode(Contents, text.decode())
    except (UnicodeDecodeError, RecordError) as error:
        raise _damaged(source, str(error)) from error
    if contents != contents.sealed():
        raise _damaged(source, "its list of contents does not match its own checksum")
    return contents


def _damaged(source: Path, why: str) -> InputError:
    return InputError(
        f"{source} cannot be imported: {why}", remedy="Copy it again, or write it anew with `rag index export`."
    )


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """The same index makes the same archive, and nothing of whose machine it was."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
