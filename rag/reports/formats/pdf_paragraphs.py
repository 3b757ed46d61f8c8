"""The printed lines of a PDF into paragraphs: which lines only the width of the page has parted."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import quantiles

from rag.reports.formats.pdf_lines import Line
from rag.reports.numbering import read_marker

# In widths of a character.
_TOLERANCE = 0.3  # by which the first word of the next line may miss the space that was left
_INDENT = 0.8  # from which a line counts as moved in
_CENTRED = 4.0  # from which it is no paragraph's beginning but a title or signature
_SIZES = 1.25  # ratio of two font sizes that differ
_SPACED = 1.25  # ratio of two distances between lines that differ
_SHORT = 0.5  # of the page's width: the longest lines of a page are no paragraphs'
_SHARE = 0.5  # of the paragraphs that show a habit of the file
_SENTENCE_END = "。！？；：.!?;:”）)"
_ATTACHMENT = re.compile(r"附\s*[件录表]")


@dataclass(frozen=True)
class Habits:
    """How a file sets paragraphs apart.

    `widths` of its pages in points, by number; `edges` of its columns, by place; `pitch` of the lines of a paragraph,
    in widths of a character; whether most paragraphs are indented, and whether they stand apart from each other.
    """

    widths: Mapping[int, float]
    edges: Mapping[str, tuple[float, float]]
    pitch: float = 2.0
    indents: bool = False
    spaces: bool = False

    def edges_of(self, line: Line) -> tuple[float, float]:
        """Where the lines of its column begin and end, in points."""
        return self.edges[_place(line, self.widths)]

    def indent(self, line: Line) -> float:
        """How far a line is moved in, in widths of a character."""
        return (line.left - self.edges_of(line)[0]) / line.em

    def is_full(self, line: Line, after: Line) -> bool:
        """Whether the first word of the line after would not have fitted behind a line."""
        return line.right + after.opening > self.edges_of(line)[1] - _TOLERANCE * line.em


def habits_of(lines: Sequence[Line], widths: Mapping[int, float]) -> Habits:
    """What all lines of a file, in reading order, show of its paragraphs; `widths`: of the pages in points, by number.

    The pitch of paragraphs is that of the closest of their lines. Only lines behind one that is not full count as the
    first of a paragraph.
    """
    places: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        places[_place(line, widths)].append(line)
    habits = Habits(widths, {place: _edges(inside, widths) for place, inside in places.items()})
    pairs = [(line, after, habits.is_full(line, after)) for line, after in pairwise(lines)]
    inside = [gap for line, after, full in pairs if full and (gap := _pitch(line, after)) is not None]
    pitch = quantiles(inside, n=4)[0] if len(inside) > 1 else habits.pitch
    opening = [after for (_, after, full), (_, _, next_full) in pairwise(pairs) if not full and next_full]
    indented = sum(habits.indent(line) >= _INDENT for line in opening)
    apart = [gap for line, after, full in pairs if not full and (gap := _pitch(line, after)) is not None]
    spaced = sum(gap > _SPACED * pitch for gap in apart)
    return replace(
        habits,
        pitch=pitch,
        indents=bool(opening) and indented > _SHARE * len(opening),
        spaces=bool(apart) and spaced > _SHARE * len(apart),
    )


def paragraphs_of(lines: Sequence[Line], habits: Habits) -> list[list[Line]]:
    """Lines in reading order into paragraphs, across columns and pages.

    A line ends a paragraph when the first word of the next would still have fitted behind it. One that is full ends it
    too when the next is set apart by its size, its distance or its indentation; or, in a file that does neither
    indent nor space its paragraphs, begins with a number or 附件 behind the end of a sentence.
    """
    paragraphs: list[list[Line]] = []
    for line in lines:
        if paragraphs and _goes_on(paragraphs[-1][-1], line, habits):
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return paragraphs


def _goes_on(line: Line, after: Line, habits: Habits) -> bool:
    if not habits.is_full(line, after) or max(line.em, after.em) > _SIZES * min(line.em, after.em):
        return False
    pitch = _pitch(line, after)
    if pitch is not None and pitch > _SPACED * habits.pitch:
        return False
    indent = habits.indent(after)
    if indent >= _CENTRED:
        return False
    if indent >= _INDENT and (habits.indents or indent > habits.indent(line) + _INDENT / 2):
        # Below a number or bullet that stands out, the text of its item is moved in.
        return not habits.indents and read_marker(line.text) is not None
    marker = read_marker(after.text)
    if _ATTACHMENT.match(after.text) or (marker is not None and not marker.style.listing):
        ended = line.text[-1] in _SENTENCE_END
        return not ended or (not habits.indents and habits.spaces and pitch is not None)
    return True


def _edges(lines: Sequence[Line], widths: Mapping[int, float]) -> tuple[float, float]:
    """Where the lines of a column begin and end; single ones that stand out do not count.

    Where all lines of a page are short, nothing shows its right edge, and it is taken to mirror the left.
    """
    needed = max(2, len(lines) * 3 // 100)
    left = -_outermost([-line.left for line in lines], lines, needed)
    right = _outermost([line.reach for line in lines], lines, needed)
    width = widths[lines[0].page]
    if not lines[0].column and right - left < _SHORT * width:
        right = max(right, width - left)
    return left, right


def _outermost(values: Sequence[float], lines: Sequence[Line], needed: int) -> float:
    """The largest of the values near which there are `needed`, or the largest of all."""
    ordered = sorted(values, reverse=True)
    em = max(line.em for line in lines)
    near = (value for at, value in enumerate(ordered) if sum(value - other <= em for other in ordered[at:]) >= needed)
    return next(near, ordered[0])


def _place(line: Line, widths: Mapping[int, float]) -> str:
    """Lines of one place share their edges: pages of one width, the same column of as many."""
    return f"{widths[line.page]:.0f}{re.sub('[0-9]', '', line.column)}"


def _pitch(line: Line, after: Line) -> float | None:
    """From the foot of a line to that of the next below it, in widths of a character; None in another column."""
    if line.page != after.page or line.column != after.column or after.bottom >= line.bottom:
        return None
    return (line.bottom - after.bottom) / line.em
