"""A report's sections into chunks short enough to embed whole, none of which crosses a numbered section."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from rag.errors import ConfigError
from rag.reports.dates import years_covered, years_in
from rag.reports.lines import squeezed, trimmed, unquoted
from rag.reports.numbering import read_marker
from rag.reports.outline import NUMBERED, PART, TITLED
from rag.reports.reading import Report
from rag.reports.sections import FURNITURE, Section, address, heading_path, walk

Span = tuple[int, int]
_SENTENCE_END = "。！？!?"
_SENTENCE = 12  # characters behind its number, from which an item with a full stop says something by itself
_CLAUSE_END = "；;，,、：:"
_CLOSING = "”’》〉)）」』】〕" + _SENTENCE_END
_BREAKS_OFF = re.compile(rf"[{_SENTENCE_END}][”’」』)）]*[^{_SENTENCE_END}:：]*[一-鿿\w，、,][^\S\n]*\n$")
_MOST_PIECES = 6  # lines in which the rest of a broken-off sentence may stand
# What begins like this stands for itself: an item, or a label with what it says.
_APART = re.compile(
    r"\s*(?:[(（]?[一二三四五六七八九十\d]{1,3}[)）、.．](?!\d)|第[一二三四五六七八九十百\d]+[章节条]|[•·●■◆—-]|[^，。]{1,12}[:：])"
)
_LONGEST_TITLE = 80  # characters of the title that are embedded
# A number that counts or measures, not a year, a day or one that is part of a name.
_FIGURE = re.compile(r"(?<![第\d.])\d[\d.,]*(?:[%％‰]|(?![年月日届号条版期])[一-鿿])")
_REMARK = re.compile(r"[(（][^()（）]*[)）]|[。；;！!]")


@dataclass(frozen=True)
class Chunk:
    """A stretch of one section's own text: `report.text[start:end] == text`, in code points.

    `path` holds the headings from the outermost to the section's own; `years` are those of the part it belongs to, else
    of the report.
    """

    id: str
    report: str
    address: str
    path: tuple[str, ...]
    kind: str
    start: int
    end: int
    text: str
    years: tuple[int, ...]

    @cached_property
    def title(self) -> str:
        """The section's heading without white space, where it only names what follows it; "" where it states something.

        An item may be one sentence long (3.新建幼儿园12所。), which then is its heading too. So it is where a number
        counts or measures something, and where a long sentence is all there is but remarks in brackets.
        """
        heading = squeezed(self.path[-1]) if self.path else ""
        text = squeezed(self.text)
        if not heading or not text.startswith(heading):
            return heading
        marker = read_marker(self.path[-1])
        words, rest = squeezed(self.path[-1][marker.end if marker else 0 :]), text[len(heading) :]
        told = len(words) >= _SENTENCE or re.search("[，,；;]", words)
        whole = told and rest[:1] in _SENTENCE_END and not _REMARK.sub("", rest)
        return "" if _FIGURE.search(words) or (rest and whole) else heading

    @property
    def is_bare(self) -> bool:
        """Whether it holds a title and nothing else, so that it can answer no question."""
        return bool(self.title) and squeezed(self.text).rstrip("。：:") == self.title


def chunk_report(report: Report, *, count_tokens: Callable[[str], int], limit: int) -> list[Chunk]:
    """Chunks in document order, which partition the report without its furniture.

    Each section's own text (what precedes its first child) is one chunk. If its `embedding_text` counts more than
    `limit` tokens it becomes several, split at sentence ends, a longer sentence at clause marks, a longer clause
    anywhere. A section whose own text is only its heading is a chunk too (`Chunk.is_bare`): its words belong to no
    other section, and merging it forward would cross one.
    """
    title = embedding_title(report)
    chunks = []
    for path in walk(report.sections):
        section = path[-1]
        if section.kind == FURNITURE:
            continue
        template = _chunk(report, path, section.start, section.own_end)

        def fits(start: int, end: int, *, template: Chunk = template) -> bool:
            return count_tokens(_embedded(template, title, report.text[start:end])) <= limit

        for start, end in _split(report.text, (section.start, section.own_end), fits):
            if end - start == 1 and not fits(start, end):
                raise ConfigError(
                    f"title and headings of {template.id} leave no room for text within {limit} tokens",
                    remedy="Raise chunk_tokens.",
                )
            chunks.append(_chunk(report, path, start, end))
    return chunks


def section_at(report: Report, position: int) -> Chunk:
    """The own text of the section that holds a position, whole, be it furniture, which is in no chunk otherwise."""
    path = next(path for path in walk(report.sections) if path[-1].start <= position < path[-1].own_end)
    return _chunk(report, path, path[-1].start, path[-1].own_end)


def embedding_title(report: Report) -> str:
    """How a report is called where its chunks are embedded: by its title, and by its region if the title omits it."""
    title = report.metadata.title.value if report.metadata.title else report.id
    region = report.metadata.region.value if report.metadata.region else ""
    return (title if region in title else f"{region} {title}")[:_LONGEST_TITLE]


def embedding_text(chunk: Chunk, title: str) -> str:
    """What is embedded for a chunk: the report's `embedding_title`, the headings above it and its text, a line each."""
    return _embedded(chunk, title, chunk.text)


def sentences(text: str) -> list[Span]:
    """The sentences of `text` as adjacent spans from 0 to `len(text)`; white space goes with the sentence before it.

    A sentence ends at 。！？ with the closing marks behind them and at the end of a line, never within quotation marks
    or brackets that are closed on their line. A semicolon ends none: the halves of such a sentence share a subject.
    Where a line breaks off after a full stop (…提升。新建), as at links in a saved page, it goes on in the next ones.
    """
    spans: list[Span] = []
    start = 0
    for first, last in _unbroken(text):
        for end in (*_ends(text[first:last], _SENTENCE_END), last - first):
            stop = first + end
            if stop <= start:
                continue
            if trimmed(text[start:stop]):
                spans.append((start, stop))
            elif spans:
                spans[-1] = (spans[-1][0], stop)
            else:
                continue  # blank lines at the very beginning go with the first sentence
            start = stop
    return spans if spans or not text else [(0, len(text))]


def _chunk(report: Report, path: Sequence[Section], start: int, end: int) -> Chunk:
    place = address(path)
    known = report.metadata.years
    own = [years_in(section.heading) for section in reversed(path) if section.kind == PART]
    # Below the parts, the main heading alone: further in, a year is that of a matter, not of the text.
    main = next((section.heading for section in path if section.kind in (NUMBERED, TITLED)), "")
    own.insert(0, tuple(year for year in years_covered(main, max(known, default=None)) if year in known))
    return Chunk(
        id=f"{report.id}#{place}@{start}",
        report=report.id,
        address=place,
        path=heading_path(path),
        kind=path[-1].kind,
        start=start,
        end=end,
        text=report.text[start:end],
        years=next((years for years in own if years), known),
    )


def _embedded(chunk: Chunk, title: str, text: str) -> str:
    words = text.strip()
    headings = chunk.path[:-1] if chunk.path and words.startswith(chunk.path[-1]) else chunk.path
    return "\n".join(part for part in (title, " > ".join(headings), words) if part)


def _unbroken(text: str) -> Iterator[Span]:
    """The lines of a text, with those that a broken-off line goes on in, to the first that has a full stop."""
    lines = [match.span() for match in re.finditer(r"[^\n]+\n*|\n+", text)]
    at = 0
    while at < len(lines):
        last = at
        while _BREAKS_OFF.search(text[slice(*lines[last])]):
            goes_on = 0
            for ahead, span in enumerate(lines[last + 1 : last + 1 + _MOST_PIECES], start=1):
                line = text[slice(*span)]
                if _APART.match(line):
                    break
                if re.search(f"[{_SENTENCE_END}]", line):
                    goes_on = ahead
                    break
                if line.endswith("\n\n"):
                    break
            if not goes_on:
                break
            last += goes_on
        yield lines[at][0], lines[last][1]
        at = last + 1


def _ends(line: str, marks: str) -> Iterator[int]:
    """Where `line` may be cut: behind each of `marks`, the closing marks that follow taken along."""
    for index in unquoted(line, marks):
        end = index + 1
        while end < len(line) and line[end] in _CLOSING:
            end += 1
        yield end


def _split(text: str, span: Span, fits: Callable[[int, int], bool]) -> Iterator[Span]:
    """Adjacent spans that make up `span` and fit, cut at the coarsest boundary that allows it."""
    if fits(*span):
        yield span
        return
    start, end = span
    for units in (_shifted(sentences(text[start:end]), start), _clauses(text, span)):
        if len(units) > 1:
            yield from _packed(text, units, fits)
            return
    if end - start == 1:
        yield span
        return
    middle = (start + end) // 2
    yield from _packed(text, [(start, middle), (middle, end)], fits)


def _packed(text: str, units: Sequence[Span], fits: Callable[[int, int], bool]) -> Iterator[Span]:
    """As many units together as fit; a unit that does not fit alone is split further."""
    start: int | None = None
    end = units[0][0]
    for unit_start, unit_end in units:
        if start is not None and fits(start, unit_end):
            end = unit_end
            continue
        if start is not None:
            yield start, end
            start = None
        if fits(unit_start, unit_end):
            start, end = unit_start, unit_end
        else:
            yield from _split(text, (unit_start, unit_end), fits)
    if start is not None:
        yield start, end


def _clauses(text: str, span: Span) -> list[Span]:
    start, end = span
    cuts = [start, *(start + cut for cut in _ends(text[start:end], _CLAUSE_END)), end]
    return [(first, last) for first, last in pairwise(cuts) if first < last]


def _shifted(spans: Sequence[Span], by: int) -> list[Span]:
    return [(start + by, end + by) for start, end in spans]
