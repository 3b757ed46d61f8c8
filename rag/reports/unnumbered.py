"""A report's lines into the headings that carry no number: those its file marks, else short lines above its text."""

import re
from collections.abc import Collection, Mapping, Sequence

from rag.reports.furniture import is_cue, is_masthead, is_text
from rag.reports.lines import Line, squeezed
from rag.reports.numbering import read_marker
from rag.reports.titles import is_body

_LONGEST = 30  # characters of a short line that is taken for a heading without anything that says so
_SHORTEST_PARAGRAPH = 120  # characters; a section of a line or two answers little
_FEWEST = 2  # a single short line is no structure
_NO_HEADING = re.compile(
    r"[。；;，,！!？]|们?[：:]$|^[—\-(（]|^附|\d{4}\s*年[\d一-十]+月[\d一-十]+日$|^[\d\s./:：\-]+$"
)


def marked_headings(
    lines: Sequence[Line], marked: Mapping[int, int], *, start: int, stop: int, body: int | None
) -> dict[int, int]:
    """Line index to level, 1 for the outermost, for the headings without number that the file marks.

    `body` is the line of the first number; above it only a level counts that is used again below. A heading further
    out than all others is the report's title.
    """
    found = {
        index: level
        for index, level in marked.items()
        if start <= index < stop and read_marker(lines[index].text) is None and not _is_front(lines[index])
    }
    if found and all(level > found[min(found)] for index, level in found.items() if index != min(found)):
        del found[min(found)]
    if body is None:
        return found
    below = {level for index, level in found.items() if index > body}
    return {index: level for index, level in found.items() if index > body or level in below}


def short_headings(lines: Sequence[Line], *, start: int, stop: int) -> dict[int, int]:
    """The same for a file that marks none: short lines without a mark, each above text. Nothing if there is but one."""
    filled = [index for index in range(start, stop) if lines[index].words]
    found = {
        index: 1
        for at, index in enumerate(filled[:-1])
        if reads_as_heading(lines[index]) and _ends_a_sentence(lines[filled[at + 1]].words)
    }
    return found if len(found) >= _FEWEST else {}


def headings_above(
    lines: Sequence[Line], firsts: Sequence[int], *, start: int, taken: Collection[int]
) -> dict[int, int]:
    """The same for the lines above the numbers in `firsts`, which begin anew: all have one, or none is a heading."""
    above = [_above(lines, first, start=start) for first in firsts]
    found = [index for index in above if index is not None and index not in taken and reads_as_heading(lines[index])]
    complete = len(firsts) >= _FEWEST and found[-len(firsts[1:]) :] == above[1:]
    return dict.fromkeys(found, 1) if complete else {}


def reads_as_heading(line: Line) -> bool:
    """Whether a line may be a heading by its words alone: few, no sentence, no date, name of a body or masthead."""
    words = line.words
    return (
        2 <= len(squeezed(words)) <= _LONGEST
        and _NO_HEADING.search(words) is None
        and read_marker(words) is None
        and not is_body(words)
        and not _is_front(line)
    )


def _is_front(line: Line) -> bool:
    return not line.words or is_text(line.words) or is_masthead(line) or is_cue(line.words)


def _ends_a_sentence(words: str) -> bool:
    return is_text(words) or words[-1] in "。；！？"


def _above(lines: Sequence[Line], index: int, *, start: int) -> int | None:
    return next((above for above in range(index - 1, start - 1, -1) if lines[above].words), None)


def paragraph_starts(lines: Sequence[Line]) -> list[int]:
    """Where the paragraphs of a text without headings begin; short ones are one, the last goes with that above."""
    starts: list[int] = []
    length = _SHORTEST_PARAGRAPH
    for index, line in enumerate(lines):
        if line.words and length >= _SHORTEST_PARAGRAPH:
            starts.append(index)
            length = 0
        length += len(line.words)
    return starts[:-1] if len(starts) > 1 and length < _SHORTEST_PARAGRAPH else starts
