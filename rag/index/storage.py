"""Turn reports and chunks into one SQLite file and back."""

import hashlib
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

from rag.errors import NotFoundError, SnapshotError
from rag.index.manifest import REBUILD, digest_of
from rag.index.records import RecordError, decode, encode
from rag.reports.chunks import Chunk
from rag.reports.likeness import sketch_of
from rag.reports.metadata import Metadata
from rag.reports.reading import Report
from rag.reports.sections import walk

# A chunk's place in the order of the ids is its row in the vectors and postings. Its text is not stored: it is what its
# report has between its offsets. `embedded` is the `text_key` of what was embedded for it. The digests (SHA-256) are
# compared whenever a row is read: what has gone bad in the file since the snapshot was opened must not be quoted.
# The short columns come first, so that they can be read without the pages that the long ones flow over to.
_TABLES = """
CREATE TABLE reports (
    id TEXT PRIMARY KEY, digest BLOB NOT NULL, characters INTEGER NOT NULL, summary TEXT NOT NULL, record TEXT NOT NULL,
    text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE chunks (
    id TEXT PRIMARY KEY, report TEXT NOT NULL REFERENCES reports (id), digest BLOB NOT NULL, embedded BLOB NOT NULL,
    start INTEGER NOT NULL, record TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX chunks_of_report ON chunks (report, start, id);
"""
_TOO_EMPTY = 0.25  # share of unused pages from which on the file is packed


@dataclass(frozen=True)
class ReportRecord:
    """What a list of reports shows of one: no text. Lengths in characters (code points), counts of all levels.

    `sketch` is what near-duplicates are found by. Ids of other reports: `duplicates` say the same, `revision_of` is the
    version before it, `superseded_by` the one that stands in its place. Those depend on what else is indexed: they are
    not stored but found when the reports are listed (`versions.linked`).
    """

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
    sketch: tuple[int, ...]
    duplicates: tuple[str, ...] = ()
    revision_of: str = ""
    superseded_by: str = ""


Record = TypeVar("Record", Report, Chunk, ReportRecord)


def title_of(report: Report) -> str:
    """The title a report gives itself, else its id."""
    return report.metadata.title.value if report.metadata.title else report.id


class Totals(NamedTuple):
    """How much a store holds; `corpus` is the SHA-256 over the reports."""

    corpus: str
    reports: int
    chunks: int
    characters: int


class Draft:
    """A store in the making: new, or a copy of another one that is changed."""

    def __init__(self, path: Path, *, base: Path | None = None) -> None:
        if base is not None:
            shutil.copyfile(base, path)
        # isolation_level=None: autocommit, with the one transaction of `finish` spelled out.
        self._database = sqlite3.connect(path, isolation_level=None)
        # The finished file is flushed as a whole before it is published, so that a journal would only slow this down.
        # Of what is deleted not a byte stays behind.
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON;"
            + (_TABLES if base is None else "")
        )
        self._database.execute("BEGIN")

    def add(self, report: Report, chunks: Sequence[Chunk], *, embedded: Sequence[bytes]) -> None:
        """Take in a report with its chunks and, for each of these, the key of what is embedded for it."""
        summary, record = encode(summary_of(report, chunks=len(chunks))), encode(replace(report, text=""))
        digest = _digest(summary, record, report.text)
        self._database.execute(
            "INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?)",
            (report.id, digest, len(report.text), summary, record, report.text),
        )
        for chunk, key in zip(chunks, embedded, strict=True):
            record = encode(replace(chunk, text=""))
            self._database.execute(
                "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)",
                (chunk.id, chunk.report, _digest(record, chunk.text), key, chunk.start, record),
            )

    def remove(self, report_id: str) -> None:
        """Drop a report, if it is there, and its chunks."""
        self._database.execute("DELETE FROM chunks WHERE report = ?", (report_id,))
        self._database.execute("DELETE FROM reports WHERE id = ?", (report_id,))

    def digest(self) -> str:
        """SHA-256 over what reports and chunks are; equal stores have equal ones."""
        return self._digest_of(
            "SELECT id, digest FROM reports ORDER BY id", "SELECT id, digest FROM chunks ORDER BY id"
        )

    def totals(self) -> Totals:
        ((reports, characters),) = self._database.execute("SELECT count(*), total(characters) FROM reports")
        ((chunks,),) = self._database.execute("SELECT count(*) FROM chunks")
        corpus = self._digest_of("SELECT id, digest FROM reports ORDER BY id")
        return Totals(corpus=corpus, reports=reports, chunks=chunks, characters=int(characters))

    def finish(self) -> None:
        """Leave the file as a finished store."""
        self._database.execute("COMMIT")
        ((unused,),) = self._database.execute("PRAGMA freelist_count")
        ((pages,),) = self._database.execute("PRAGMA page_count")
        if unused > pages * _TOO_EMPTY:
            self._database.execute("VACUUM")
        self.close()

    def close(self) -> None:
        self._database.close()

    def _digest_of(self, *statements: str) -> str:
        digest = hashlib.sha256()
        for statement in statements:
            for row_id, row_digest in self._database.execute(statement):
                digest.update(hashlib.sha256(row_id.encode()).digest() + row_digest)
        return digest.hexdigest()


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

    def ids(self) -> list[str]:
        """The ids of all reports, in order."""
        return [report_id for (report_id,) in self.select("SELECT id FROM reports ORDER BY id")]

    def rows(self) -> tuple[list[str], list[str], list[bytes]]:
        """For every row, in order, the chunk's id, the report's id and the key of what was embedded."""
        found = self.select("SELECT id, report, embedded FROM chunks ORDER BY id")
        return [row[0] for row in found], [row[1] for row in found], [row[2] for row in found]

    def chunks_by_id(self, chunk_ids: Sequence[str]) -> list[Chunk]:
        """The chunks in the order asked for. Raises `NotFoundError` for an unknown id."""
        found = {chunk.id: chunk for chunk in self._chunks(f"id IN ({_marks(chunk_ids)})", *chunk_ids)}
        unknown = [chunk_id for chunk_id in chunk_ids if chunk_id not in found]
        if unknown:
            raise NotFoundError(
                f"no chunk {unknown[0]!r} in this index",
                remedy="Chunk ids come from a search on the same index; search again.",
            )
        return [found[chunk_id] for chunk_id in chunk_ids]

    def chunks_of(self, report_id: str) -> list[Chunk]:
        """All chunks of a report in document order. Raises `NotFoundError`."""
        self.report(report_id)
        return self._chunks("report = ?", report_id)

    def report(self, report_id: str) -> Report:
        """The whole report. Raises `NotFoundError`."""
        found = self.select("SELECT summary, record, text, digest FROM reports WHERE id = ?", report_id)
        if not found:
            raise NotFoundError(
                f"no report {report_id!r} in this index",
                remedy="`rag reports` lists the ids; `rag index add` takes in new files.",
            )
        ((summary, record, text, digest),) = found
        self._check_digest(digest, summary, record, text)
        return replace(self._decoded(Report, record), text=text)

    def holds(self, report: Report) -> bool:
        """Whether exactly this report is stored."""
        found = self.select("SELECT record, text FROM reports WHERE id = ?", report.id)
        return found == [(encode(replace(report, text="")), report.text)]

    def records(self) -> list[ReportRecord]:
        """All reports, by id."""
        found = self.select("SELECT summary FROM reports ORDER BY id")
        return [self._decoded(ReportRecord, summary) for (summary,) in found]

    def check(self) -> None:
        """Raise `SnapshotError` if SQLite finds its own file inconsistent."""
        ((answer,),) = self.select("PRAGMA integrity_check(1)")
        if answer != "ok":
            raise _damaged(self._path, answer)

    def select(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with _explained(self._path), self._lock:
            return self._database.execute(statement, values).fetchall()

    def _chunks(self, condition: str, *values: str) -> list[Chunk]:
        """The chunks that meet `condition`, in the order of their reports and of their places in them."""
        rows = self.select(
            f"SELECT report, record, digest FROM chunks WHERE {condition} ORDER BY report, start", *values
        )
        reports = sorted({report for report, _, _ in rows})
        texts = dict(self.select(f"SELECT id, text FROM reports WHERE id IN ({_marks(reports)})", *reports))
        chunks = []
        for report, record, digest in rows:
            bare = self._decoded(Chunk, record)
            text = texts.get(report, "")[bare.start : bare.end]
            self._check_digest(digest, record, text)
            chunks.append(replace(bare, text=text))
        return chunks

    def _check_digest(self, digest: bytes, *parts: str) -> None:
        if _digest(*parts) != digest:
            raise _damaged(self._path, "a record is not what its checksum says")

    def _decoded(self, kind: type[Record], text: str) -> Record:
        try:
            return decode(kind, text)
        except RecordError as error:
            raise _damaged(self._path, str(error)) from error


def _marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))


def _digest(*parts: str) -> bytes:
    return bytes.fromhex(digest_of(parts))


def summary_of(report: Report, *, chunks: int) -> ReportRecord:
    """The record of a report that is in so many `chunks`, not linked to others yet."""
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
        sketch=sketch_of(report),
    )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, why: str) -> SnapshotError:
    return SnapshotError(f"{path} cannot be read: {why}", remedy=REBUILD)
