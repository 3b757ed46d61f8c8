"""Turn a published snapshot into answers to searches and look-ups."""

import os
import weakref
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rag.config import Config
from rag.errors import NotFoundError, SnapshotError
from rag.index.dense import DenseIndex, require_unit_length
from rag.index.directory import claim, live_name
from rag.index.embeddings import text_key
from rag.index.lexical import LexicalIndex
from rag.index.manifest import LEXICAL, REBUILD, REPORTS, VECTORS, Manifest
from rag.index.storage import ReportRecord, Store
from rag.index.versions import linked
from rag.reports.chunks import Chunk, embedding_text, embedding_title
from rag.reports.reading import Report
from rag.reports.sections import Section

__all__ = ["Manifest", "ReportRecord", "Snapshot", "live_name"]


class Snapshot:
    """The read side of an index. Nothing in it changes, and every method may be called from any thread.

    Its files stay on the disk as long as it is used, and are closed by `close` or when nobody refers to it any more.
    """

    _close: Callable[[], object]

    def __init__(
        self, folder: Path, *, manifest: Manifest, store: Store, dense: DenseIndex, lexical: LexicalIndex
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.store = store
        self.dense = dense
        self.lexical = lexical
        self.chunk_ids, self.reports_of_rows, self.embedded = store.rows()
        self._ids = frozenset(store.ids())
        self._chunk_counts = Counter(self.reports_of_rows)
        self._report_numbers = {report: number for number, report in enumerate(dict.fromkeys(self.reports_of_rows))}
        self._report_of_row = np.array(
            [self._report_numbers[report] for report in self.reports_of_rows], dtype=np.int64
        )
        counts = (manifest.chunks, dense.rows, lexical.rows, len(self.chunk_ids))
        if len(set(counts)) > 1:
            raise SnapshotError(
                f"snapshot {folder} does not fit together: {counts[0]} chunks in its manifest, {counts[1]} vectors, "
                f"{counts[2]} texts in its postings, {counts[3]} stored chunks",
                remedy=REBUILD,
            )

    @classmethod
    def open(cls, index_dir: Path, *, config: Config, embedder_identity: str | None = None) -> Self:
        """Open the live snapshot after reading every file of it against its checksum (about 0.5 s a GB).

        `embedder_identity` is that of the embedder whose vectors will be searched with; leave it out where nothing
        is embedded. Raises `SnapshotError`, with the command to run, when there is no index, when it is damaged, or
        when it was built with other settings than `config`'s.
        """
        while True:
            name = live_name(index_dir)
            try:
                return cls.read(index_dir / name, config=config, embedder_identity=embedder_identity)
            except SnapshotError:
                # A writer may have published and pruned meanwhile: then there is another snapshot to open.
                if live_name(index_dir) == name:
                    raise

    @classmethod
    def read(cls, folder: Path, *, config: Config, embedder_identity: str | None = None) -> Self:
        """Open the snapshot in `folder`, live or not, as `open` does."""
        with ExitStack() as opened:
            try:
                opened.callback(os.close, claim(folder))
            except OSError as error:
                raise SnapshotError(f"{folder} cannot be read: {error}", remedy=REBUILD) from error
            manifest = Manifest.read(folder)
            manifest.check_recipe(config, embedder_identity=embedder_identity)
            manifest.check_files(folder)
            snapshot = cls(
                folder,
                manifest=manifest,
                store=opened.enter_context(closing(Store.open(folder / REPORTS))),
                dense=DenseIndex.load(folder / VECTORS),
                lexical=LexicalIndex.load(folder / LEXICAL, rows=manifest.chunks),
            )
            snapshot._close = weakref.finalize(snapshot, opened.pop_all().close)
            return snapshot

    def close(self) -> None:
        """Close the files. Searching goes on from memory; look-ups do not."""
        self._close()

    def search_dense(
        self, vector: NDArray[np.float32], k: int, *, reports: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """The ids of the `k` chunks nearest to `vector` (unit length, shape [dimension]) with their cosines.

        Best first, ties by chunk id, exact. `reports` restricts the search itself to those report ids.
        """
        found = self.dense.search(vector, k, allowed=self._rows_of(reports))
        return [(self.chunk_ids[row], score) for row, score in found]

    def search_lexical(self, query: str, k: int, *, reports: Collection[str] | None = None) -> list[tuple[str, float]]:
        """The ids of the `k` chunks that match the words of `query` best with their BM25 scores.

        Best first, ties by chunk id; chunks that share no word with it are left out. `reports` restricts the search
        itself to those report ids and leaves the scores as they are.
        """
        found = self.lexical.search(query, k, allowed=self._rows_of(reports))
        return [(self.chunk_ids[row], score) for row, score in found]

    def get(self, chunk_ids: Sequence[str]) -> list[Chunk]:
        """The chunks with these ids, in this order. Raises `NotFoundError` for an unknown one."""
        with self._not_lost(lambda: set(chunk_ids) <= set(self.chunk_ids)):
            return self.store.chunks_by_id(chunk_ids)

    def chunks(self, report_id: str) -> list[Chunk]:
        """A report's chunks in document order. Raises `NotFoundError`."""
        with self._not_lost(lambda: report_id in self._ids):
            found = self.store.chunks_of(report_id)
        if len(found) != self._chunk_counts[report_id]:
            raise self._fault(f"chunks of {report_id} are lost", file=REPORTS)
        return found

    def report(self, report_id: str) -> Report:
        """A report with its whole text, metadata and section tree. Raises `NotFoundError`."""
        with self._not_lost(lambda: report_id in self._ids):
            return self.store.report(report_id)

    def reports(self) -> list[ReportRecord]:
        """What there is to know of each report without its text, copies and versions among them linked; by id."""
        return list(self._records)

    def verify(self) -> None:
        """Check every checksum and what checksums cannot show. Raises `SnapshotError` naming the first fault.

        That is: SQLite's own consistency, the digests of all records and of the words between their offsets, sections
        that partition their report, vectors of unit length and of the texts they should be of, and the words counted
        again.
        """
        self.manifest.check_files(self.folder)
        self.store.check()
        vectors = self.dense.all_vectors()
        require_unit_length(vectors, shape=(self.manifest.chunks, self.manifest.recipe.dimension))
        texts: dict[str, str] = {}
        for record in self._records:
            report = self.report(record.id)
            if not _partition(report.sections, 0, len(report.text)):
                raise self._fault(f"the sections of {report.id} do not make up its text", file=REPORTS)
            for chunk in self.chunks(record.id):
                texts[chunk.id] = embedding_text(chunk, embedding_title(report))
        in_order = [texts.get(chunk_id, "") for chunk_id in self.chunk_ids]
        for chunk_id, text, key in zip(self.chunk_ids, in_order, self.embedded, strict=True):
            if text_key(text) != key:
                raise self._fault(f"the vector of {chunk_id} is that of another text", file=REPORTS)
        if not self.lexical.equals(LexicalIndex.build(in_order)):
            raise self._fault("the words counted are not those of the chunks", file=LEXICAL)

    @contextmanager
    def _not_lost(self, was_there: Callable[[], bool]) -> Iterator[None]:
        """Tell what was never there from what the file has lost since it was opened."""
        try:
            yield
        except NotFoundError as error:
            if was_there():
                raise self._fault("a record is lost", file=REPORTS) from error
            raise

    def _fault(self, what: str, *, file: str) -> SnapshotError:
        return SnapshotError(f"{self.folder / file}: {what}", remedy=REBUILD)

    @cached_property
    def _records(self) -> tuple[ReportRecord, ...]:
        return tuple(linked(self.store.records()))

    def _rows_of(self, reports: Collection[str] | None) -> NDArray[np.bool_] | None:
        if reports is None:
            return None
        wanted = np.zeros(len(self._report_numbers), dtype=np.bool_)
        wanted[[self._report_numbers[report] for report in reports if report in self._report_numbers]] = True
        allowed: NDArray[np.bool_] = wanted[self._report_of_row]
        return allowed


def _partition(sections: Sequence[Section], start: int, end: int) -> bool:
    """Whether `sections` are adjacent from `start` to `end`, and so are those in each of them up to its end."""
    at = start
    for section in sections:
        inner = section.sections
        if section.start != at or (inner and not _partition(inner, inner[0].start, section.end)):
            return False
        at = section.end
    return at == end
