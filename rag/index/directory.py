"""Turn a finished folder of files into the live snapshot of an index folder, whole or not at all."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import SnapshotError
from rag.index.manifest import REBUILD

CURRENT = "CURRENT"
_LOCK = ".lock"
_BUILDING = ".building"
_NAME = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{12}")


def snapshot_name(created: datetime, content: str) -> str:
    """A name that sorts by time (UTC, to the microsecond) and carries the first 12 digits of the content's hash."""
    return f"{created.astimezone(UTC):%Y%m%dT%H%M%S%f}Z-{content[:12]}"


@contextmanager
def writing(index_dir: Path) -> Iterator[Path]:
    """An empty folder to build in, held by one writer at a time and gone afterwards unless it was published.

    The lock is the operating system's on an open file: it ends with the process, however that ends, and what a
    killed writer left behind is removed by the next one. Raises `SnapshotError` at once if there is another writer.
    """
    index_dir.mkdir(parents=True, exist_ok=True)
    with (index_dir / _LOCK).open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise SnapshotError(
                f"another process ({lock.read().strip() or 'just started'}) is writing the index in {index_dir}",
                remedy="Wait until it is done, then try again.",
            ) from error
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        building = index_dir / _BUILDING
        if building.exists():
            shutil.rmtree(building)
        building.mkdir()
        try:
            yield building
        finally:
            shutil.rmtree(building, ignore_errors=True)


def publish(building: Path, name: str, *, index_dir: Path) -> Path:
    """Make `building` the live snapshot under `name`.

    A reader sees the old snapshot or the new one: everything is on the disk before CURRENT, which names the live
    one, is replaced in a single rename.
    """
    for path in sorted(building.rglob("*")):
        _flush(path)
    _flush(building)
    snapshot = building.rename(index_dir / name)
    _flush(index_dir)
    pending = index_dir / f"{CURRENT}.new"
    pending.write_text(f"{name}\n", encoding="utf-8")
    _flush(pending)
    pending.replace(index_dir / CURRENT)
    _flush(index_dir)
    return snapshot


def live_name(index_dir: Path) -> str:
    """The name of the live snapshot; cheap enough to be asked before every request. Raises `SnapshotError`."""
    path = index_dir / CURRENT
    try:
        name = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise SnapshotError(f"there is no index in {index_dir}", remedy="Run `rag index` to build one.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SnapshotError(f"{path} cannot be read: {error}", remedy=REBUILD) from error
    if name not in snapshot_names(index_dir):
        raise SnapshotError(f"{path} names the snapshot {name!r}, which is not there", remedy=REBUILD)
    return name


def snapshot_names(index_dir: Path) -> list[str]:
    """The snapshots in `index_dir`, oldest first."""
    return sorted(path.name for path in index_dir.iterdir() if _NAME.fullmatch(path.name))


def prune(index_dir: Path, *, keep: int) -> list[str]:
    """Remove all but the `keep` newest snapshots, never the live one. Returns the names of those that are left."""
    live = live_name(index_dir)
    older = [name for name in snapshot_names(index_dir) if name != live]
    surplus = max(0, len(older) - (keep - 1))
    for name in older[:surplus]:
        shutil.rmtree(index_dir / name)
    return [*older[surplus:], live]


def _flush(path: Path) -> None:
    """Wait until the file or folder at `path` is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
