"""Files, folders and ids to an index that holds their reports, or holds them no longer."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rag.config import Config
from rag.index.building import Building, Progress, unseen
from rag.index.embeddings import DocumentEmbedder
from rag.index.kept import HandedIn, KeptFiles
from rag.index.manifest import REPORTS
from rag.index.storage import Store
from rag.models.embedder import open_embedder
from rag.reports.reading import Report, find_reports, read_file


@dataclass(frozen=True)
class BuildSummary:
    """What the index holds after a change, and the seconds the change took."""

    snapshot: str
    reports: int
    sections: int
    chunks: int
    seconds: float


class _Files:
    """The reports of files, read one by one, but for those whose ids are in `without`."""

    def __init__(self, paths: Sequence[Path], config: Config, *, without: Collection[str] = ()) -> None:
        self._paths = paths
        self._config = config
        self._without = without

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[Report]:
        for path in self._paths:
            yield from (report for report in read_file(path, config=self._config) if report.id not in self._without)


def build_index(paths: Sequence[Path], config: Config, *, progress: Progress = unseen) -> BuildSummary:
    """Make the reports under `paths`, and only them, the live index in `config.index_dir`.

    Without `paths`: those of the configured corpus and those that were added, without those that were removed since.
    """
    started = time.monotonic()
    kept = KeptFiles.of(config)
    needs_no_corpus = not paths and not config.corpus_dir.exists() and bool(kept.files())
    # A path that is wrong is said before the model is loaded.
    files = [] if needs_no_corpus else find_reports(paths or [config.corpus_dir])
    with Building.begin(config, open_embedder(config)) as building:
        without: set[str] = set()
        if not paths:
            building.put(_Files(kept.files(), config), progress)
            without = building.ids | kept.removed()
        building.put(_Files(files, config, without=without), progress)
        building.write(progress)
        return summary_of(building.publish(), started=started)


def add_reports(
    paths: Sequence[Path],
    config: Config,
    *,
    embedder: DocumentEmbedder | None = None,
    progress: Progress = unseen,
    patience: float = 0.0,
) -> BuildSummary:
    """Add the reports under `paths` to the index, each in place of the one of its id, and keep their files."""
    started = time.monotonic()
    files = find_reports(paths)
    kept = KeptFiles.of(config)
    with Building.begin(config, embedder or open_embedder(config), patience=patience) as building:
        building.keep_all()
        with kept.staging() as folder:
            building.put(HandedIn(files, kept, config=config, folder=folder), progress)
            kept.seal(building.write(progress))
            snapshot = building.publish()
        return summary_of(snapshot, started=started)


def remove_reports(
    ids: Sequence[str], config: Config, *, embedder: DocumentEmbedder | None = None, patience: float = 0.0
) -> BuildSummary:
    """Take the reports with these ids out of the index, and out of what an index built anew would hold."""
    started = time.monotonic()
    kept = KeptFiles.of(config)
    with Building.begin(config, embedder or open_embedder(config), patience=patience) as building:
        building.keep_all()
        for report_id in ids:
            building.remove(report_id)
        with kept.staging():
            kept.seal(building.write(), gone=ids)
            snapshot = building.publish()
        return summary_of(snapshot, started=started)


def summary_of(snapshot: Path, *, started: float) -> BuildSummary:
    """What `snapshot` holds; `started` is when its making began, by `time.monotonic`."""
    with closing(Store.open(snapshot / REPORTS)) as store:
        records = store.records()
    return BuildSummary(
        snapshot=snapshot.name,
        reports=len(records),
        sections=sum(record.sections for record in records),
        chunks=sum(record.chunks for record in records),
        seconds=time.monotonic() - started,
    )
