"""Turn reports and chunks into one SQLite file and back."""

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from rag.errors import NotFoundError, SnapshotError
from rag.index.manifest import REBUILD
from rag.index.records import RecordError, decode, encode
from rag.reports.chunks import Chunk
from rag.reports.metadata import Metadata
from rag.reports.reading import Report
from rag.reports.sections import walk

# `row` is a chunk's place in the vectors and postings too; rows are in the order of the chunks' ids.
_TABLES = """
CREATE TABLE reports (
    id TEXT PRIMARY KEY, summary TEXT NOT NULL, record TEXT NOT NULL, text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE chunks (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, report TEXT NOT NULL REFERENCES reports (id),
    start INTEGER NOT NULL, record TEXT NOT NULL
);
CREATE INDEX chunks_of_report ON chunks (report, start, row);
"""


@dataclass(frozen=True)
class ReportRecord:
    """What a list of reports shows of one: no text. Lengths in characters (code points), counts of all levels."""

    id: str
    title: str
    metadata: Metadata
    characters: int
    sections: int
    chunks: int
    source: str
    encoding: str
    sha256: str
    format: str
    pages: int


Record = TypeVar("Record", Report, Chunk, ReportRecord)


def title_of(report: Report) -> str:
    """The title a report gives itself, else its id."""
    return report.metadata.title.value if report.metadata.title else report.id


def write_store(path: Path, reports: Sequence[Report], chunks: Sequence[Chunk]) -> None:
    """Write `reports` and `chunks`, which are in the order of their rows, to a new file."""
    counts = Counter(chunk.report for chunk in chunks)
    # isolation_level=None: autocommit, with the one transaction below spelled out.
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        # The file is flushed as a whole before it is published, so that a journal would only slow this down.
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        database.execute("BEGIN")
        database.executemany(
            "INSERT INTO reports VALUES (?, ?, ?, ?)",
            (
                (
                    report.id,
                    encode(_summary(report, chunks=counts[report.id])),
                    encode(replace(report, text="")),
                    report.text,
                )
                for report in reports
            ),
        )
        database.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?, ?, ?)",
            ((row, chunk.id, chunk.report, chunk.start, encode(chunk)) for row, chunk in enumerate(chunks)),
        )
        database.execute("COMMIT")


class Store:
    """The read side: one read-only connection, used by one thread at a time."""

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self._path = path
        self._database = database
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        # "immutable": a published file never changes, so SQLite need neither lock it nor look for a journal.
        with _explained(path):
            uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            return cls(path, sqlite3.connect(uri, uri=True, check_same_thread=False))

    def close(self) -> None:
        self._database.close()

    def rows(self) -> tuple[list[str], list[str]]:
        """For every row, in order, the chunk's id and the report's id."""
        found = self._select("SELECT id, report FROM chunks ORDER BY row")
        return [chunk for chunk, _ in found], [report for _, report in found]

    def chunks_by_id(self, chunk_ids: Sequence[str]) -> list[Chunk]:
        """The chunks in the order asked for. Raises `NotFoundError` for an unknown id."""
        marks = ",".join("?" * len(chunk_ids))
        found = dict(self._select(f"SELECT id, record FROM chunks WHERE id IN ({marks})", *chunk_ids))
        unknown = [chunk_id for chunk_id in chunk_ids if chunk_id not in found]
        if unknown:
            raise NotFoundError(
                f"no chunk {unknown[0]!r} in this index",
                remedy="Chunk ids come from a search on the same index; search again.",
            )
        return [self._decoded(Chunk, found[chunk_id]) for chunk_id in chunk_ids]

    def chunks_of(self, report_id: str) -> list[Chunk]:
        """All chunks of a report in document order. Raises `NotFoundError`."""
        self.report(report_id)
        found = self._select("SELECT record FROM chunks WHERE report = ? ORDER BY start, row", report_id)
        return [self._decoded(Chunk, record) for (record,) in found]

    def report(self, report_id: str) -> Report:
        """The whole report. Raises `NotFoundError`."""
        found = self._select("SELECT record, text FROM reports WHERE id = ?", report_id)
        if not found:
            raise NotFoundError(
                f"no report {report_id!r} in this index",
                remedy="`rag reports` lists the ids; `rag index` takes in new files.",
            )
        ((record, text),) = found
        return replace(self._decoded(Report, record), text=text)

    def records(self) -> list[ReportRecord]:
        """All reports, by id."""
        found = self._select("SELECT summary FROM reports ORDER BY id")
        return [self._decoded(ReportRecord, summary) for (summary,) in found]

    def check(self) -> None:
        """Raise `SnapshotError` if SQLite finds its own file inconsistent."""
        ((answer,),) = self._select("PRAGMA integrity_check(1)")
        if answer != "ok":
            raise _damaged(self._path, answer)

    def _select(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with _explained(self._path), self._lock:
            return self._database.execute(statement, values).fetchall()

    def _decoded(self, kind: type[Record], text: str) -> Record:
        try:
            return decode(kind, text)
        except RecordError as error:
            raise _damaged(self._path, str(error)) from error


def _summary(report: Report, *, chunks: int) -> ReportRecord:
    return ReportRecord(
        id=report.id,
        title=title_of(report),
        metadata=report.metadata,
        characters=len(report.text),
        sections=sum(1 for _ in walk(report.sections)),
        chunks=chunks,
        source=report.source,
        encoding=report.encoding,
        sha256=report.sha256,
        format=report.format,
        pages=len(report.pages),
    )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, why: str) -> SnapshotError:
    return SnapshotError(f"{path} cannot be read: {why}", remedy=REBUILD)
