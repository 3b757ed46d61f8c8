"""A folder that changes to an index that follows it."""

import logging
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from threading import Event

from rag.answers.indexing import BuildSummary, summary_of
from rag.config import Config
from rag.errors import ReportError, SnapshotError
from rag.index.building import Building, Progress, unseen
from rag.index.embeddings import DocumentEmbedder
from rag.index.kept import KeptFiles
from rag.reports.reading import Report, find_reports, read_file, sidecar_of

QUIET_MILLISECONDS = 500  # changes are taken in once the folder has been quiet for so long
# The folder is looked through this often even when nothing is heard of it: some file systems do not tell, and what
# could not be taken in because another writer was busy is tried again.
LOOK_MILLISECONDS = 5000
PATIENCE_SECONDS = 60.0

logger = logging.getLogger(__name__)

# When a file and its sidecar were last changed (nanoseconds) and how long they are (bytes).
_Stamp = tuple[tuple[int, int], ...]


def watch_folder(
    folder: Path,
    config: Config,
    *,
    embedder: DocumentEmbedder,
    progress: Progress = unseen,
    stop: Event | None = None,
) -> Iterator[BuildSummary]:
    """Index `folder` and what was added, and only that, then follow what is done in `folder` until `stop` is set.

    Yields after every change that was taken in. A file that cannot be read, or whose id is taken, is logged and left
    out until it changes; a snapshot that cannot be built upon is built anew.
    """
    from watchfiles import watch

    find_reports([folder])  # a folder that is not there is an error, one that is emptied later is not
    followed = _Followed(folder, config)
    yield from followed.catch_up(embedder, progress)
    for _ in watch(
        folder, stop_event=stop, step=QUIET_MILLISECONDS, rust_timeout=LOOK_MILLISECONDS, yield_on_timeout=True
    ):
        yield from followed.catch_up(embedder, progress)


class _Followed:
    """What of a folder's files is in the index: their stamps, and the ids that each of them gave."""

    def __init__(self, folder: Path, config: Config) -> None:
        self._folder = folder
        self._config = config
        self._stamps: dict[Path, _Stamp] | None = None  # None: nothing is known, all is to be built anew
        self._ids: dict[Path, set[str]] = {}

    def catch_up(self, embedder: DocumentEmbedder, progress: Progress) -> Iterator[BuildSummary]:
        stamps = _stamps(self._folder)
        if stamps == self._stamps:
            return
        started = time.monotonic()
        known = self._stamps or {}
        changed = [path for path, stamp in stamps.items() if known.get(path) != stamp]
        try:
            with Building.begin(self._config, embedder, patience=PATIENCE_SECONDS) as building:
                ids = self._put(building, changed, gone=known.keys() - stamps.keys(), progress=progress)
                building.write(progress)
                snapshot = building.publish()
        except SnapshotError as error:
            logger.warning("%s", error)
            self._stamps, self._ids = None, {}
            return
        self._stamps, self._ids = stamps, ids
        yield summary_of(snapshot, started=started)

    def _put(
        self, building: Building, changed: Sequence[Path], *, gone: Collection[Path], progress: Progress
    ) -> dict[Path, set[str]]:
        """Take in what changed. Returns the ids that each file gives now."""
        kept = KeptFiles.of(self._config)
        taken = {path.stem: path for path in kept.files()}
        if self._stamps is None:
            building.put(_Readable(list(taken.values()), self._config, taken={}), progress)
        else:
            building.keep_all()
        taken |= {report_id: path for path, ids in self._ids.items() if path not in changed for report_id in ids}
        reports = _Readable(changed, self._config, taken=taken, without=kept.removed())
        building.put(reports, progress)
        # A file that cannot be read now, perhaps because it is being written, keeps its report.
        ids = {path: found for path, found in (self._ids | reports.ids).items() if path not in gone}
        still_there = set[str]().union(*ids.values())
        for report_id in set[str]().union(*self._ids.values()) - still_there:
            if report_id in building.ids:
                building.remove(report_id)
        return ids


class _Readable:
    """The reports of those files that can be read, and (once they were walked through) the ids each of them gave."""

    def __init__(
        self, paths: Sequence[Path], config: Config, *, taken: dict[str, Path], without: Collection[str] = ()
    ) -> None:
        self._paths = paths
        self._config = config
        self._taken = taken
        self._without = without
        self.ids: dict[Path, set[str]] = {}

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[Report]:
        for path in self._paths:
            try:
                reports = list(read_file(path, config=self._config))
            except ReportError as error:
                logger.warning("left out: %s", error)
                continue
            self.ids[path] = set()
            for report in reports:
                other = self._taken.setdefault(report.id, path)
                if other != path:
                    logger.warning("left out: %s has the id %r of %s", path, report.id, other)
                elif report.id not in self._without:
                    self.ids[path].add(report.id)
                    yield report


def _stamps(folder: Path) -> dict[Path, _Stamp]:
    try:
        paths = find_reports([folder])
    except ReportError:
        return {}  # emptied, or gone for the moment
    stamps = {}
    for path in paths:
        try:
            beside = sidecar_of(path)
            states = [each.stat() for each in (path, beside) if each is not None]
        except (OSError, ReportError) as error:
            logger.warning("left out: %s", error)
            continue
        stamps[path] = tuple((state.st_mtime_ns, state.st_size) for state in states)
    return stamps
