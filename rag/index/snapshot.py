"""Turn a published snapshot into answers to searches and look-ups."""

from collections.abc import Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rag.config import Config
from rag.errors import SnapshotError
from rag.index.building import LEXICAL, REPORTS, VECTORS, build_snapshot
from rag.index.dense import DenseIndex, require_unit_length
from rag.index.directory import live_name
from rag.index.lexical import LexicalIndex
from rag.index.manifest import REBUILD, Manifest
from rag.index.storage import ReportRecord, Store
from rag.reports.chunks import Chunk
from rag.reports.reading import Report

__all__ = ["Manifest", "ReportRecord", "Snapshot", "build_snapshot", "live_name"]


class Snapshot:
    """The read side of an index. Nothing in it changes, and every method may be called from any thread."""

    def __init__(
        self, folder: Path, *, manifest: Manifest, store: Store, dense: DenseIndex, lexical: LexicalIndex
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self._store = store
        self._dense = dense
        self._lexical = lexical
        self._chunk_ids, reports = store.rows()
        self._report_numbers = {report: number for number, report in enumerate(dict.fromkeys(reports))}
        self._report_of_row = np.array([self._report_numbers[report] for report in reports], dtype=np.int64)
        counts = (manifest.chunks, dense.rows, lexical.rows, len(self._chunk_ids))
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
                return cls._read(index_dir / name, config=config, embedder_identity=embedder_identity)
            except SnapshotError:
                # A writer may have published and pruned meanwhile: then there is another snapshot to open.
                if live_name(index_dir) == name:
                    raise

    @classmethod
    def _read(cls, folder: Path, *, config: Config, embedder_identity: str | None) -> Self:
        manifest = Manifest.read(folder)
        manifest.check_recipe(config, embedder_identity=embedder_identity)
        manifest.check_files(folder)
        return cls(
            folder,
            manifest=manifest,
            store=Store.open(folder / REPORTS),
            dense=DenseIndex.load(folder / VECTORS),
            lexical=LexicalIndex.load(folder / LEXICAL, rows=manifest.chunks),
        )

    def close(self) -> None:
        """Close the files. Searching goes on from memory; look-ups do not."""
        self._store.close()

    def search_dense(
        self, vector: NDArray[np.float32], k: int, *, reports: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """The ids of the `k` chunks nearest to `vector` (unit length, shape [dimension]) with their cosines.

        Best first, ties by chunk id, exact. `reports` restricts the search itself to those report ids.
        """
        found = self._dense.search(vector, k, allowed=self._rows_of(reports))
        return [(self._chunk_ids[row], score) for row, score in found]

    def search_lexical(self, query: str, k: int, *, reports: Collection[str] | None = None) -> list[tuple[str, float]]:
        """The ids of the `k` chunks that match the words of `query` best with their BM25 scores.

        Best first, ties by chunk id; chunks that share no word with it are left out. `reports` restricts the search
        itself to those report ids and leaves the scores as they are.
        """
        found = self._lexical.search(query, k, allowed=self._rows_of(reports))
        return [(self._chunk_ids[row], score) for row, score in found]

    def get(self, chunk_ids: Sequence[str]) -> list[Chunk]:
        """The chunks with these ids, in this order. Raises `NotFoundError` for an unknown one."""
        return self._store.chunks_by_id(chunk_ids)

    def chunks(self, report_id: str) -> list[Chunk]:
        """A report's chunks in document order. Raises `NotFoundError`."""
        return self._store.chunks_of(report_id)

    def report(self, report_id: str) -> Report:
        """A report with its whole text, metadata and section tree. Raises `NotFoundError`."""
        return self._store.report(report_id)

    def reports(self) -> list[ReportRecord]:
        """What there is to know of each report without its text, by id."""
        return list(self._records)

    def verify(self) -> None:
        """Check every checksum and what checksums cannot show. Raises `SnapshotError` naming the first fault.

        That is: SQLite's own consistency, unit vectors, and for every chunk that its text is what its report has
        between its offsets.
        """
        self.manifest.check_files(self.folder)
        self._store.check()
        rows = np.arange(self._dense.rows)
        require_unit_length(self._dense.vectors(rows), shape=(self.manifest.chunks, self.manifest.recipe.dimension))
        for record in self._records:
            text = self.report(record.id).text
            for chunk in self.chunks(record.id):
                if text[chunk.start : chunk.end] != chunk.text:
                    raise SnapshotError(
                        f"{self.folder / REPORTS}: chunk {chunk.id} is not what its report has from character "
                        f"{chunk.start} to {chunk.end}",
                        remedy=REBUILD,
                    )

    @cached_property
    def _records(self) -> tuple[ReportRecord, ...]:
        return tuple(self._store.records())

    def _rows_of(self, reports: Collection[str] | None) -> NDArray[np.bool_] | None:
        if reports is None:
            return None
        wanted = np.zeros(len(self._report_numbers), dtype=np.bool_)
        wanted[[self._report_numbers[report] for report in reports if report in self._report_numbers]] = True
        allowed: NDArray[np.bool_] = wanted[self._report_of_row]
        return allowed
