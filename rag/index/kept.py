"""Turn report files handed in one by one into a folder from which an index built anew has them again."""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.config import Config
from rag.errors import InputError, SnapshotError
from rag.index.directory import flush, live_name
from rag.index.records import RecordError, decode, encode
from rag.reports.formats import archive
from rag.reports.reading import (
    ARCHIVE,
    READERS,
    SIDECAR_SUFFIX,
    Report,
    find_reports,
    limits_of,
    read_report,
    sidecar_of,
)

FOLDER = "added"  # in the index folder, where `added_dir` names no other
_STAGED = ".staged"
_UNPACKED = ".unpacked"
_PLAN = ".plan.json"
_REMOVED = ".removed"
_LONGEST_NAME = 150  # bytes; most file systems take 255, and suffixes are still to come
# What a file system and a URL can carry: no control characters, no slashes, no dot at the beginning (a hidden file).
_ID = re.compile(r"(?![\s.])[^\x00-\x1f\x7f/\\]+(?<!\s)")


def check_id(report_id: str) -> str:
    """`report_id` if a file can be called by it. Raises `InputError`."""
    if not _ID.fullmatch(report_id) or len(report_id.encode()) > _LONGEST_NAME:
        raise InputError(
            f"{report_id[:40]!r} cannot be the id of a report",
            remedy=rf"Use at most {_LONGEST_NAME} bytes without / and \, and begin with a letter or digit.",
        )
    return report_id


@dataclass(frozen=True)
class _Plan:
    """What becomes of the kept files once `snapshot` is the live one: the staged ones that come, the ids that go."""

    snapshot: str
    files: tuple[str, ...]
    gone: tuple[str, ...]


class KeptFiles:
    """One file a report, called by its id, a sidecar beside it where it has one; and the ids that were removed.

    To be changed by the holder of the index folder's lock only. A change is staged, sealed with the name of the
    snapshot that it belongs to, and carried out when that is live; if the process ends before, `settle` of the next
    writer does it, or forgets it where the snapshot did not become live. So the kept files are those of the index.
    """

    def __init__(self, folder: Path, *, index_dir: Path) -> None:
        self.folder = folder
        self._index_dir = index_dir

    @classmethod
    def of(cls, config: Config) -> "KeptFiles":
        folder = Path(config.added_dir) if config.added_dir else config.index_dir / FOLDER
        return cls(folder, index_dir=config.index_dir)

    def files(self) -> list[Path]:
        """The kept files, by name."""
        return sorted(path for path in self.folder.iterdir() if _is_kept(path)) if self.folder.is_dir() else []

    def everything(self) -> list[Path]:
        """All that an index built anew goes by: the kept files, their sidecars and the note of what was removed."""
        beside = [path.with_name(path.name + SIDECAR_SUFFIX) for path in self.files()]
        return [path for path in [*self.files(), *beside, self.folder / _REMOVED] if path.is_file()]

    def removed(self) -> set[str]:
        """The ids of the reports that were removed and not added again since."""
        path = self.folder / _REMOVED
        return set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Room for a change to be staged in, and a folder to unpack archives in; carries it out once it may be."""
        for room in (_STAGED, _UNPACKED):
            shutil.rmtree(self.folder / room, ignore_errors=True)  # of a killed writer
            (self.folder / room).mkdir(parents=True)
        try:
            yield self.folder / _UNPACKED
        finally:
            shutil.rmtree(self.folder / _UNPACKED, ignore_errors=True)
            self.settle()

    def stage(self, path: Path, report_id: str) -> Path:
        """Copy the report file `path`, and its sidecar, to be kept under `report_id`."""
        name = check_id(report_id) + path.suffix.lower()
        staged = self.folder / _STAGED / name
        sidecar = sidecar_of(path)
        if sidecar is not None:
            shutil.copyfile(sidecar, staged.with_name(name + SIDECAR_SUFFIX))
        shutil.copyfile(path, staged)
        return staged

    def seal(self, snapshot: str, *, gone: Sequence[str] = ()) -> None:
        """Say that what is staged, and the leaving of the ids `gone`, belongs to `snapshot`, which is not live yet."""
        room = self.folder / _STAGED
        staged = sorted(room.iterdir())
        plan = room / _PLAN
        plan.write_text(encode(_Plan(snapshot, tuple(path.name for path in staged), tuple(gone))), encoding="utf-8")
        for path in (*staged, plan, room):
            flush(path)

    def settle(self) -> None:
        """Carry out the change that is staged, if its snapshot is the live one, or else forget it."""
        plan = self._plan()
        if plan is not None:
            self._carry_out(plan)
        shutil.rmtree(self.folder / _STAGED, ignore_errors=True)

    def _plan(self) -> _Plan | None:
        try:
            plan = decode(_Plan, (self.folder / _STAGED / _PLAN).read_text(encoding="utf-8"))
            return plan if live_name(self._index_dir) == plan.snapshot else None
        except (FileNotFoundError, UnicodeDecodeError, RecordError, SnapshotError):
            return None

    def _carry_out(self, plan: _Plan) -> None:
        """May be stopped anywhere and done again."""
        for path in sorted((self.folder / _STAGED).iterdir()):
            if path.name != _PLAN:
                path.replace(self.folder / path.name)
        came = {Path(name).stem for name in plan.files if not name.endswith(SIDECAR_SUFFIX)}
        for report_id in {*came, *plan.gone}:
            for suffix in READERS:
                for name in (f"{report_id}{suffix}", f"{report_id}{suffix}{SIDECAR_SUFFIX}"):
                    if name not in plan.files:
                        (self.folder / name).unlink(missing_ok=True)
        removed = (self.removed() | set(plan.gone)) - came
        if removed != self.removed():
            pending = self.folder / f"{_REMOVED}.new"
            pending.write_text("".join(f"{each}\n" for each in sorted(removed)), encoding="utf-8")
            flush(pending)
            pending.replace(self.folder / _REMOVED)
        flush(self.folder)


class HandedIn:
    """The reports in `paths`, each staged to be kept as it is read; archives are unpacked into `folder`."""

    def __init__(self, paths: Sequence[Path], kept: KeptFiles, *, config: Config, folder: Path) -> None:
        self._kept = kept
        self._config = config
        self._files = [
            file for number, path in enumerate(paths) for file in _unpacked(path, folder / str(number), config)
        ]

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[Report]:
        for path in self._files:
            report = read_report(path, config=self._config)
            staged = self._kept.stage(path, report.id)
            # Read as it will be read from its new place: its name is part of what is stored.
            yield report if staged.name == path.name else read_report(staged, config=self._config)


def _unpacked(path: Path, folder: Path, config: Config) -> list[Path]:
    """The report file `path`; of an archive those in it, with the names that their ids come from."""
    if path.suffix.lower() != ARCHIVE:
        return [path]
    inside = folder / "inside"
    for member, data in archive.members(path.read_bytes(), name=str(path), limits=limits_of(config)):
        (inside / member).parent.mkdir(parents=True, exist_ok=True)
        (inside / member).write_bytes(data)
    files = []
    for file in find_reports([inside]):
        flat = folder / "_".join(file.relative_to(inside).parts)
        sidecar = sidecar_of(file)
        if sidecar is not None:
            sidecar.rename(flat.with_name(flat.name + SIDECAR_SUFFIX))
        files.append(file.rename(flat))
    return files


def _is_kept(path: Path) -> bool:
    return path.suffix.lower() in READERS and not path.name.startswith(".") and path.is_file()
