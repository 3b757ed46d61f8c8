"""Cited words to an id that survives a rebuild, and the id back to the words: current, changed or withdrawn."""

import base64
import binascii
import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from rag.answers.verification import squeeze
from rag.errors import NotFoundError
from rag.reports.reading import Report
from rag.reports.sections import Section, address, heading_path, walk

Status = Literal["current", "changed", "withdrawn"]

_SEPARATOR = "\n"
_HASH_CHARACTERS = 12  # 48 bits: a chance meeting of two quotes of one section is out of the question


@dataclass(frozen=True)
class Citation:
    """One cited span: `start` and `end` are code points of the report's stored text, `quote` exactly its words.

    `section` is the heading path, outermost first; `page` and `paragraph` count from 1 and are set where the report's
    file has them; `planned` says that the words state a plan or target, not an outcome.
    """

    id: str
    number: int
    report: str
    title: str
    section: tuple[str, ...]
    address: str
    quote: str
    start: int
    end: int
    planned: bool
    page: int | None = None
    paragraph: int | None = None


@dataclass(frozen=True)
class CitedPassage:
    """What stands behind a citation id now. `quote`, `before` and `after` are empty when it was withdrawn."""

    id: str
    status: Status
    report: str
    title: str
    section: tuple[str, ...]
    address: str
    quote: str
    start: int
    end: int
    before: str
    after: str
    page: int | None = None
    paragraph: int | None = None


class ReportStore(Protocol):
    def report(self, report_id: str) -> Report: ...


def citation_id(report: str, section_address: str, start: int, end: int, quote: str) -> str:
    """An ASCII, URL-safe id that names report, section address, offsets and a hash of the quoted words."""
    parts = (report, section_address, str(start), str(end), _hash(quote))
    return base64.urlsafe_b64encode(_SEPARATOR.join(parts).encode()).decode().rstrip("=")


def look_up(identifier: str, store: ReportStore, *, surrounding: int = 120) -> CitedPassage:
    """Open a citation: the words now at its place, with up to `surrounding` characters on either side.

    current: its section holds the cited words (at other offsets, if the text before them changed). changed: the section
    is there, the words are not; its present text is returned. withdrawn: report or section is gone.
    Raises `NotFoundError` for an id that is none.
    """
    report_id, section_address, start, end, digest = _parse(identifier)
    try:
        report = store.report(report_id)
    except NotFoundError:
        return _withdrawn(identifier, report_id, "", section_address, start, end)
    title = report.metadata.title.value if report.metadata.title else report.id
    found = next((path for path in walk(report.sections) if address(path) == section_address), None)
    if found is None:
        return _withdrawn(identifier, report_id, title, section_address, start, end)
    place = next(_places(report.text, found[-1], start, end, digest), None)
    status: Status = "current" if place is not None else "changed"
    start, end = place if place is not None else (found[-1].start, found[-1].end)
    return CitedPassage(
        id=identifier,
        status=status,
        report=report_id,
        title=title,
        section=heading_path(found),
        address=section_address,
        quote=report.text[start:end],
        start=start,
        end=end,
        before=report.text[max(0, start - surrounding) : start],
        after=report.text[end : end + surrounding],
        page=_number_at(start, report.pages),
        paragraph=_number_at(start, report.paragraphs),
    )


def located(citation: Citation, store: ReportStore) -> Citation:
    """The citation with the page and the paragraph that its words begin on."""
    report = store.report(citation.report)
    page, paragraph = (_number_at(citation.start, starts) for starts in (report.pages, report.paragraphs))
    return replace(citation, page=page, paragraph=paragraph)


def _number_at(position: int, starts: Sequence[int]) -> int | None:
    """Which of the stretches that begin at `starts` holds `position`, from 1; None where there are none."""
    return max(1, bisect_right(starts, position)) if starts else None


def _places(text: str, section: Section, start: int, end: int, digest: str) -> Iterator[tuple[int, int]]:
    """Where the hashed words stand in the section: at the given offsets first, else at any offset of equal length."""
    length = end - start
    if section.start <= start and end <= section.end and _hash(text[start:end]) == digest:
        yield start, end
    for at in range(section.start, section.end - length + 1):
        if _hash(text[at : at + length]) == digest:
            yield at, at + length


def _hash(quote: str) -> str:
    return hashlib.sha256(squeeze(quote).encode()).hexdigest()[:_HASH_CHARACTERS]


def _parse(identifier: str) -> tuple[str, str, int, int, str]:
    try:
        padded = identifier + "=" * (-len(identifier) % 4)
        report, section_address, start, end, digest = (
            base64.b64decode(padded, altchars=b"-_", validate=True).decode().split(_SEPARATOR)
        )
        return report, section_address, int(start), int(end), digest
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise NotFoundError(
            f"{identifier!r} is not a citation id", remedy="Use an `id` from the `citations` of an answer."
        ) from error


def _withdrawn(identifier: str, report: str, title: str, section_address: str, start: int, end: int) -> CitedPassage:
    return CitedPassage(identifier, "withdrawn", report, title, (), section_address, "", start, end, "", "")
