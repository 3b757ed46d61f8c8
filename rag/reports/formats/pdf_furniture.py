"""The lines of a PDF's pages into content and what runs along their edges: heads, feet and page numbers."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from rag.reports.formats.pdf_lines import Line
from rag.reports.lines import squeezed

_EDGE = 0.12  # of the page's height, at the top and at the bottom
_OUTERMOST = 4  # lines at each edge that may run on: a head of two lines, its parts on the left and on the right
_DRIFT = 3.0  # points between the places of one running line on two pages
_SHARE = 0.35  # of the pages that a running line stands on; heads of left and right pages are on half each
_ENOUGH = 4  # pages one after the other, on both sides or on one: heads that name the chapter
_NUMBER = re.compile(r"\d+")
_NUMERAL = r"(?:\d{1,4}|[ivxlc]{1,6}|[IVXLC]{1,6})"
_PAGE_NUMBER = re.compile(
    rf"[-—–―·~]*(?:第|Page|P\.?)?{_NUMERAL}页?(?:[/,，、;；]?(?:共|of|总)?{_NUMERAL}页?)?[-—–―·~]*", re.IGNORECASE
)
_PRINTED_ONE = re.compile(r"(?:^|\s)1/1$")  # what a browser prints below a single page, and above it:
_PRINTED_AT = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4},?\s.*\d{1,2}:\d{2}")


def running_lines(pages: Sequence[Sequence[Line]], heights: Mapping[int, float]) -> set[Line]:
    """The lines that stand at one place near the edge of several pages with the same words, but for counted numbers.

    `heights`: of the pages in points, by number. On a single page only a page number and a browser's print show.
    """
    groups: dict[str, list[Line]] = defaultdict(list)
    edges = [_edges(lines, heights) for lines in pages]
    for lines in edges:
        for line in lines:
            groups[_NUMBER.sub("#", squeezed(line.text))].append(line)
    found: set[Line] = set()
    for group in groups.values():
        for line in group:
            alike = [other for other in group if abs(other.bottom - line.bottom) <= _DRIFT]
            if _runs(alike, len(pages)):
                found.update(alike)
    if len(pages) == 1:
        printed = any(_PRINTED_ONE.search(line.text) for line in edges[0])
        found.update(
            line
            for line in edges[0]
            if _PRINTED_ONE.search(line.text)
            or (printed and _PRINTED_AT.match(line.text))
            or (_PAGE_NUMBER.fullmatch(squeezed(line.text)) and line.top < _EDGE * heights[line.page])
        )
    return found


def _edges(lines: Sequence[Line], heights: Mapping[int, float]) -> list[Line]:
    ordered = sorted(lines, key=lambda line: line.bottom)
    low = [line for line in ordered[:_OUTERMOST] if line.bottom < _EDGE * heights[line.page]]
    high = [line for line in ordered[-_OUTERMOST:] if line.top > (1 - _EDGE) * heights[line.page]]
    return list(dict.fromkeys([*high, *low]))


def _runs(alike: Sequence[Line], pages: int) -> bool:
    """Whether lines that differ in their numbers at most run through the pages."""
    on = sorted({line.page for line in alike})
    in_a_row = len(on) >= _ENOUGH and all(after - page <= 2 for page, after in pairwise(on))
    if len(on) < 2 or (len(on) < _SHARE * pages and not in_a_row):
        return False
    if len({squeezed(line.text) for line in alike}) == 1:
        return not _PAGE_NUMBER.fullmatch(squeezed(alike[0].text))  # a number that does not count is no page's
    numbers = [list(map(int, _NUMBER.findall(line.text))) for line in alike]
    steps = [
        {values[at] - line.page for values, line in zip(numbers, alike, strict=True)} for at in range(len(numbers[0]))
    ]
    return any(len(step) == 1 for step in steps)
