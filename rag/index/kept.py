"""Turn report files handed in one by one into a folder from which an index built anew has them again."""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag.config import Config
from rag.errors import InputError
from rag.index.directory import flush
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


class KeptFiles:
    """One file a report, called by its id, a sidecar beside it where it has one; and the ids that were removed.

    To be changed by the holder of the index folder's lock only. New files are staged first and become kept ones by
    renaming, so that a crash leaves the old one or the new one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, config: Config) -> "KeptFiles":
        return cls(Path(config.added_dir) if config.added_dir else config.index_dir / FOLDER)

    def files(self) -> list[Path]:
        """The kept files, by name; where a crash left a report in two formats, the newer one."""
        newest: dict[str, Path] = {}
        if self.folder.is_dir():
            for path in sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime_ns):
                if _is_kept(path):
                    newest[path.stem] = path
        return sorted(newest.values())

    def everything(self) -> list[Path]:
        """All that an index built anew goes by: the kept files, their sidecars and the note of what was removed."""
        beside = [path.with_name(path.name + SIDECAR_SUFFIX) for path in self.files()]
        return [path for path in [*self.files(), *beside, self.folder / _REMOVED] if path.is_file()]

    def removed(self) -> set[str]:
        """The ids of the reports that were removed and not added again since."""
        path = self.folder / _REMOVED
        return set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()

    def stage(self, path: Path, report_id: str) -> Path:
        """Copy the report file `path`, and its sidecar, to be kept under `report_id` once `keep_staged` is called."""
        name = check_id(report_id) + path.suffix.lower()
        staged = self.folder / _STAGED / name
        sidecar = sidecar_of(path)
        if sidecar is not None:
            shutil.copyfile(sidecar, staged.with_name(name + SIDECAR_SUFFIX))
        shutil.copyfile(path, staged)
        return staged

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Room for files to be staged, and a folder to unpack archives in; both are gone afterwards."""
        rooms = [self.folder / _STAGED, self.folder / _UNPACKED]
        for room in rooms:
            shutil.rmtree(room, ignore_errors=True)  # of a killed writer
            room.mkdir(parents=True)
        try:
            yield rooms[1]
        finally:
            for room in rooms:
                shutil.rmtree(room, ignore_errors=True)

    def keep_staged(self) -> None:
        """Put the staged files in the place of those with their ids."""
        staged = sorted((self.folder / _STAGED).iterdir())
        for path in staged:
            flush(path)
        reports = [path for path in staged if _is_kept(path)]
        self._forget_removed({path.stem for path in reports})
        # The sidecar goes first: a report is never there without its corrections.
        for path in sorted(staged, key=lambda path: path.suffix != SIDECAR_SUFFIX):
            path.replace(self.folder / path.name)
        for path in reports:
            new = {path.name, path.name + SIDECAR_SUFFIX} & {each.name for each in staged}
            for old in self._files_of(path.stem):
                if old.name not in new:
                    old.unlink()
        flush(self.folder)

    def remove(self, report_id: str) -> None:
        """Drop what is kept of a report, and note that an index built anew must not have it."""
        self._write_removed(self.removed() | {report_id})
        for path in self._files_of(report_id):
            path.unlink()
        flush(self.folder)

    def _files_of(self, report_id: str) -> Iterator[Path]:
        for suffix in READERS:
            for name in (f"{report_id}{suffix}", f"{report_id}{suffix}{SIDECAR_SUFFIX}"):
                if (self.folder / name).is_file():
                    yield self.folder / name

    def _forget_removed(self, ids: set[str]) -> None:
        if self.removed() & ids:
            self._write_removed(self.removed() - ids)

    def _write_removed(self, ids: set[str]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        pending = self.folder / f"{_REMOVED}.new"
        pending.write_text("".join(f"{each}\n" for each in sorted(ids)), encoding="utf-8")
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
