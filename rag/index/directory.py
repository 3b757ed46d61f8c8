"""Turn a finished folder of files into the live snapshot of an index folder, whole or not at all."""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import SnapshotError
from rag.index.manifest import MANIFEST, REBUILD

CURRENT = "CURRENT"
_LOCK = ".lock"
_BUILDING = ".building"
_PRUNED = ".pruned-"
_NAME = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{12}")
_POLL_SECONDS = 0.1


def snapshot_name(created: datetime, content: str) -> str:
    """A name that sorts by time (UTC, to the microsecond) and carries the first 12 digits of the content's hash."""
    return f"{created.astimezone(UTC):%Y%m%dT%H%M%S%f}Z-{content[:12]}"


@contextmanager
def locked(index_dir: Path, *, patience: float = 0.0) -> Iterator[None]:
    """Be the one writer of `index_dir`, and remove what a killed one left behind.

    The lock is the operating system's on an open file: it ends with the process, however that ends. Raises
    `SnapshotError` if there is another writer for longer than `patience` (seconds).
    """
    index_dir.mkdir(parents=True, exist_ok=True)
    with (index_dir / _LOCK).open("a+", encoding="ascii") as lock:
        deadline = time.monotonic() + patience
        while not _held(lock.fileno(), fcntl.LOCK_EX):
            if time.monotonic() >= deadline:
                lock.seek(0)
                raise SnapshotError(
                    f"another process ({lock.read().strip() or 'just started'}) is writing the index in {index_dir}",
                    remedy="Wait until it is done, then try again.",
                )
            time.sleep(_POLL_SECONDS)
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        for left in (index_dir / _BUILDING, *index_dir.glob(f"{_PRUNED}*")):
            if left.exists():
                shutil.rmtree(left)
        names = snapshot_names(index_dir)
        if names and not (index_dir / CURRENT).exists():
            # Its very first writer was killed between the last two steps, or the file was lost: every snapshot is
            # whole before it gets its name, and the newest is the one that was, or was to be, the live one.
            _make_live(names[-1], index_dir)
        yield


@contextmanager
def writing(index_dir: Path, *, patience: float = 0.0) -> Iterator[Path]:
    """An empty folder to build in, held by one writer at a time and gone afterwards unless it was published.

    Raises `SnapshotError` if there is another writer for longer than `patience` (seconds).
    """
    with locked(index_dir, patience=patience):
        building = index_dir / _BUILDING
        building.mkdir()
        try:
            yield building
        finally:
            shutil.rmtree(building, ignore_errors=True)


def publish(building: Path, name: str, *, index_dir: Path) -> Path:
    """Make `building` the live snapshot under `name`.

    A reader sees the old snapshot or the new one: everything is on the disk before CURRENT, which names the live
    one, is replaced in a single rename. One of the same name (the same one, moved here again) makes room.
    """
    for path in sorted(building.rglob("*")):
        flush(path)
    flush(building)
    snapshot = index_dir / name
    if snapshot.exists():
        snapshot.rename(index_dir / f"{_PRUNED}{name}")
    building.rename(snapshot)
    flush(index_dir)
    _make_live(name, index_dir)
    return snapshot


def _make_live(name: str, index_dir: Path) -> None:
    pending = index_dir / f"{CURRENT}.new"
    pending.write_text(f"{name}\n", encoding="utf-8")
    flush(pending)
    pending.replace(index_dir / CURRENT)
    flush(index_dir)


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


def claim(snapshot: Path) -> int:
    """Keep `snapshot` from being pruned, until the returned file descriptor is closed or the process has ended.

    Raises `OSError` when it is gone, or is being removed.
    """
    handle = os.open(snapshot / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
    if not _held(handle, fcntl.LOCK_SH):
        os.close(handle)
        raise FileNotFoundError(f"{snapshot} is being removed")
    return handle


def prune(index_dir: Path, *, keep: int) -> list[str]:
    """Remove all but the `keep` newest snapshots, never the live one and none that is claimed by a reader.

    For the holder of the lock. Returns the names of those that are left.
    """
    live = live_name(index_dir)
    older = [name for name in snapshot_names(index_dir) if name != live]
    surplus = older[: max(0, len(older) - (keep - 1))]
    read = [name for name in surplus if not _removed(index_dir / name)]
    return [*read, *older[len(surplus) :], live]


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _removed(snapshot: Path) -> bool:
    """Remove `snapshot` unless somebody reads it; a damaged one, which nobody can, goes in any case."""
    try:
        handle = os.open(snapshot / MANIFEST, os.O_RDONLY)
    except OSError:
        handle = None
    try:
        if handle is not None and not _held(handle, fcntl.LOCK_EX):
            return False
        # Renamed first, so that whoever looks meanwhile finds all of it or nothing.
        doomed = snapshot.rename(snapshot.with_name(f"{_PRUNED}{snapshot.name}"))
        shutil.rmtree(doomed)
        return True
    finally:
        if handle is not None:
            os.close(handle)


def _held(handle: int, kind: int) -> bool:
    """Whether the operating system gave us the lock of this kind on an open file at once."""
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
