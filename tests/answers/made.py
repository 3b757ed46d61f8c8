"""Small hand-made chunks, evidence and queries for the tests of this room."""

import hashlib

from rag.answers.evidence import Evidence
from rag.answers.query import Filters, Query, understand
from rag.reports.chunks import Chunk
from rag.reports.metadata import read_metadata
from rag.reports.reading import Report
from rag.reports.sections import parse_sections


def chunk(
    text: str, *, path: tuple[str, ...] = (), report: str = "r1", start: int = 0, years: tuple[int, ...] = ()
) -> Chunk:
    address = "/".join(heading[:2] for heading in path) or "front"
    return Chunk(
        id=f"{report}#{address}@{start}",
        report=report,
        address=address,
        path=path,
        kind="numbered" if path else "front",
        start=start,
        end=start + len(text),
        text=text,
        years=years,
    )


def evidence(
    text: str,
    *,
    path: tuple[str, ...] = (),
    report: str = "r1",
    start: int = 0,
    score: float = 1.0,
    planned: bool = False,
    unmet: tuple[str, ...] = (),
    **scores: float,
) -> Evidence:
    parts = {"reader": score, "answerability": score, "coverage": 0.0, "span": 0.0, "typed": 1.0}
    parts |= {"retrieval": 0.0, "heading": 0.0, "above": 0.0}
    return Evidence(
        chunk(text, path=path, report=report, start=start),
        start,
        start + len(text),
        text,
        score,
        parts | scores,
        planned,
        unmet,
    )


def report(name: str, text: str) -> Report:
    """A report as it is read from a text file, without the file."""
    sections = parse_sections(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    metadata = read_metadata(text, sections, name=name)
    return Report(name, f"{name}.txt", "utf-8", digest, text, metadata, sections)


def query(question: str) -> Query:
    return understand(question, (), filters=Filters(), longest=200)
