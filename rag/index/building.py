"""Turn reports, or changes to what is indexed, into a published snapshot."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self

import numpy as np

from rag.config import Config
from rag.errors import NotFoundError, ReportError, SnapshotError
from rag.index import directory
from rag.index.dense import DenseIndex
from rag.index.embeddings import DocumentEmbedder, EmbeddingCache, text_key
from rag.index.kept import KeptFiles
from rag.index.lexical import LexicalIndex, Postings, formula
from rag.index.manifest import FORMAT, LEXICAL, REPORTS, VECTORS, Manifest, Recipe, digest_of, stored_file
from rag.index.records import encode
from rag.index.snapshot import Snapshot
from rag.index.storage import Draft, Store
from rag.index.tokens import dictionary_hash
from rag.reports.chunks import chunk_report, embedding_text, embedding_title
from rag.reports.reading import Report

CACHE = "embeddings.sqlite3"

# Called with what is being done, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]


class Reports(Protocol):
    """Reports that are countable at once and may be read one by one."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Report]: ...


def unseen(stage: str, done: int, total: int) -> None:
    """The progress nobody watches."""


def build_snapshot(
    reports: Reports, *, embedder: DocumentEmbedder, config: Config, progress: Progress = unseen
) -> Path:
    """Index exactly `reports` in `config.index_dir`, make that the live snapshot and return its folder.

    Reports of earlier snapshots that are not among `reports` are gone from the new one. Only texts without a kept
    vector are embedded. If the live snapshot already holds the same, and undamaged, it stays and is returned.
    Raises `ReportError` if two reports have one id, and `SnapshotError` if another process is writing the index, the
    disk does not take it, or the embedder returns anything but unit vectors; the live snapshot then stays.
    """
    with Building.begin(config, embedder) as building:
        building.put(reports, progress)
        building.write(progress)
        return building.publish()


class Building:
    """A snapshot in the making, by the one who may write: reports as the live snapshot has them, and new ones.

    The outcome is that of building it from all its reports, at the cost of those that are new or have changed.
    """

    def __init__(self, folder: Path, *, base: Snapshot | None, embedder: DocumentEmbedder, config: Config) -> None:
        self._folder = folder
        self._embedder = embedder
        self._config = config
        self._recipe = Recipe(
            format=FORMAT,
            embedder=embedder.identity,
            dimension=embedder.dimension,
            dictionary=dictionary_hash(),
            lexical=formula(),
            chunk_tokens=config.chunk_tokens,
        )
        self._base = base
        self._kept: set[str] = set()
        self._sources: dict[str, str] = {}  # of the reports put, by id
        self._draft = Draft(folder / REPORTS, base=base.folder / REPORTS if base else None)
        self._postings = Postings()
        self._chunk_ids: list[str] = []
        self._texts: list[str] = []
        self._cache: EmbeddingCache | None = None  # until something is written
        self._opened = ExitStack()
        self._opened.callback(self._draft.close)

    @classmethod
    @contextmanager
    def begin(cls, config: Config, embedder: DocumentEmbedder, *, patience: float = 0.0) -> Iterator[Self]:
        """Start with no report. The live snapshot, where it is whole, spares work for reports it holds already.

        Raises `SnapshotError` if another process is writing the index for longer than `patience` (seconds), and in
        place of every `OSError` and SQLite error of the body.
        """
        try:
            with directory.writing(config.index_dir, patience=patience) as folder, ExitStack() as opened:
                KeptFiles.of(config).settle()  # what a killed writer could not
                base = None
                with suppress(SnapshotError):
                    base = opened.enter_context(closing(_open_live(config, embedder)))
                yield opened.enter_context(closing(cls(folder, base=base, embedder=embedder, config=config)))
        except (OSError, sqlite3.Error) as error:
            raise SnapshotError(
                f"the index in {config.index_dir} cannot be written: {error}",
                remedy="Make the folder writable and free some space, or set RAG_INDEX_DIR to another one.",
            ) from error

    @property
    def ids(self) -> set[str]:
        """The reports that the snapshot will hold."""
        return self._kept | self._sources.keys()

    def keep_all(self) -> None:
        """Start with every report of the live snapshot instead, if there is one.

        Raises `SnapshotError` if it is damaged or was built with other settings: nothing is built upon such a one.
        """
        if self._base is not None:
            self._kept = set(self._base.store.ids())
        elif (self._config.index_dir / directory.CURRENT).exists():
            _open_live(self._config, self._embedder)  # says again what is wrong with it

    def remove(self, report_id: str) -> None:
        """Leave out a report of the live snapshot. Raises `NotFoundError`."""
        if report_id not in self._kept:
            raise NotFoundError(f"no report {report_id!r} in this index", remedy="`rag reports` lists the ids.")
        self._kept.remove(report_id)

    def put(self, reports: Reports, progress: Progress = unseen) -> None:
        """Take in `reports`, each in place of the one of its id. Raises `ReportError` for an id that comes twice."""
        for done, report in enumerate(reports):
            progress("reports", done, len(reports))
            if report.id in self._sources:
                raise ReportError(
                    f"two reports have the id {report.id!r}: {self._sources[report.id]} and {report.source}",
                    remedy="Rename one of the files, or give it another id in a sidecar file.",
                )
            self._sources[report.id] = report.source
            if self._base is not None and self._base.store.holds(report):
                self._kept.add(report.id)
            else:
                self._kept.discard(report.id)
                self._draft.remove(report.id)
                self._add(report)
        progress("reports", len(reports), len(reports))

    def write(self, progress: Progress = unseen) -> str:
        """Embed what is new and write every file, unless all is as in the live snapshot; returns the name."""
        if self._base is not None:
            for report_id in set(self._base.store.ids()) - self.ids:
                self._draft.remove(report_id)
        content = digest_of([encode(self._recipe), self._draft.digest()])
        if self._base is not None and self._base.manifest.content == content:
            return self._base.folder.name
        created = datetime.now(UTC)
        name = directory.snapshot_name(created, content)
        self._cache = self._opened.enter_context(EmbeddingCache.open(self._config.index_dir / CACHE))
        self._write_arrays(self._cache, progress)
        totals = self._draft.totals()
        self._draft.finish()
        files = [path for path in sorted(self._folder.rglob("*")) if path.is_file()]
        Manifest(
            name=name,
            created=created.isoformat(),
            recipe=self._recipe,
            corpus=totals.corpus,
            content=content,
            reports=totals.reports,
            chunks=totals.chunks,
            characters=totals.characters,
            files=tuple(stored_file(path, folder=self._folder) for path in files),
        ).sealed().write(self._folder)
        return name

    def publish(self) -> Path:
        """Make what was written the live snapshot, prune old ones, and return its folder."""
        index_dir = self._config.index_dir
        if self._cache is None:
            return index_dir / directory.live_name(index_dir)
        if self._base is not None:
            self._base.close()  # or it could not be pruned
        snapshot = directory.publish(self._folder, Manifest.read(self._folder).name, index_dir=index_dir)
        _prune(self._config, keep=self._config.snapshots_kept, cache=self._cache)
        return snapshot

    def close(self) -> None:
        self._opened.close()

    def _add(self, report: Report) -> None:
        count, limit = self._embedder.count_tokens, self._config.chunk_tokens
        chunks = chunk_report(report, count_tokens=count, limit=limit)
        title = embedding_title(report)
        texts = [embedding_text(chunk, title) for chunk in chunks]
        self._draft.add(report, chunks, embedded=[text_key(text) for text in texts])
        for text in texts:
            self._postings.add(text)
        self._chunk_ids += [chunk.id for chunk in chunks]
        self._texts += texts

    def _write_arrays(self, cache: EmbeddingCache, progress: Progress) -> None:
        """Vectors and words of what stays and what is new, in the order of the chunks' ids.

        In that order every tie between rows is a tie broken by chunk id.
        """
        old_ids, old_keys, old_reports = [], [], []
        old_vectors = np.empty((0, self._embedder.dimension), dtype=np.float32)
        old_words = LexicalIndex.build(())
        if self._base is not None:
            old_ids, old_keys, old_reports = self._base.chunk_ids, self._base.embedded, self._base.reports_of_rows
            old_vectors, old_words = self._base.dense.all_vectors(), self._base.lexical
        wanted = {text_key(text) for text in self._texts}
        new_vectors = cache.embed(
            self._texts,
            embedder=self._embedder,
            progress=lambda done, total: progress("vectors", done, total),
            known={key: old_vectors[row] for row, key in enumerate(old_keys) if key in wanted},
        )
        ids = [*old_ids, *self._chunk_ids]
        staying = [row for row, report in enumerate(old_reports) if report in self._kept]
        rows = np.array(sorted([*staying, *range(len(old_ids), len(ids))], key=ids.__getitem__), dtype=np.int64)
        vectors = np.empty((len(rows), self._embedder.dimension), dtype=np.float32)
        is_old = rows < len(old_ids)
        vectors[is_old] = old_vectors[rows[is_old]]
        vectors[~is_old] = new_vectors[rows[~is_old] - len(old_ids)]
        DenseIndex.build(vectors).save(self._folder / VECTORS)
        old_words.joined(self._postings.index(), rows).save(self._folder / LEXICAL)


def _open_live(config: Config, embedder: DocumentEmbedder) -> Snapshot:
    return Snapshot.open(config.index_dir, config=config, embedder_identity=embedder.identity)


def prune(config: Config, *, keep: int) -> list[str]:
    """Remove all but the `keep` newest snapshots, and the vectors that none of those left has, as `directory.prune`."""
    with EmbeddingCache.open(config.index_dir / CACHE) as cache:
        return _prune(config, keep=keep, cache=cache)


def _prune(config: Config, *, keep: int, cache: EmbeddingCache) -> list[str]:
    left = directory.prune(config.index_dir, keep=keep)
    cache.keep_only(_embedded(config.index_dir / name / REPORTS for name in left))
    return left


def _embedded(stores: Iterable[Path]) -> Iterator[bytes]:
    """The keys of all that was embedded for these stores; of one that cannot be read, nothing."""
    for path in stores:
        try:
            with closing(Store.open(path)) as store:
                yield from store.rows()[2]
        except SnapshotError:
            continue
