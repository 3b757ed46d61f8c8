"""Numbered lines into headings with their depth: which numbers are headings, and which heading stands under which."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from rag.reports.furniture import is_text
from rag.reports.lines import Line
from rag.reports.numbering import Marker, Style, heading_of, read_marker
from rag.reports.titles import names_a_document

LARGEST_GAP = 2  # numbers that may be missing in a sequence (a lost line, a slip of the typist)
_SALUTATION = re.compile(r"([\u4e00-\u9fff、]{0,10}(?:代表|委员|同志|朋友|来宾|女士|先生)们?)[：:！!，,]$")

_ATTACHMENT = re.compile(r"附[件录表]?\s*[\d一二三四五六七八九十]{0,3}\s*[：:]?")


@dataclass(frozen=True)
class Heading:
    """Where a section begins: the index of its line, its depth from 0, its heading as written.

    `marker` is None for the title of a part, and for closing words (text behind a list that belongs to the level
    above it), whose heading is "".
    """

    line: int
    depth: int
    heading: str
    marker: Marker | None = None


def read_outline(lines: Sequence[Line], *, start: int, stop: int) -> list[Heading]:
    """The headings among `lines[start:stop]` in order; those of several reports in one file stand below their titles.

    The order of levels is what the document does: a number in a style that is open goes on there and closes what
    stands below; one in another style opens a level below the current one. A number counts only when it starts a
    sequence or continues one, in its level or running on through the part ((四) under 二、 after (三) under 一、).
    """
    attached = _attachment_lists(lines, start, stop)
    candidates = [
        (index, marker)
        for index in range(start, stop)
        if index not in attached and (marker := read_marker(lines[index].text)) is not None
    ]
    last = {(marker.style.name, marker.value): position for position, (_, marker) in enumerate(candidates)}
    open_levels: list[tuple[Style, int]] = []
    running: dict[str, int] = {}
    headings: list[Heading] = []
    parts: list[tuple[int, int]] = []  # line of the title, index of the part's first heading
    for position, (index, marker) in enumerate(candidates):
        if marker.value == 1 and open_levels and _restarts(marker, open_levels):
            title = _title_between(lines, headings[-1].line + 1, index)
            if title is not None:
                parts.append((title, len(headings)))
                open_levels, running = [], {}
        styles = [style.name for style, _ in open_levels]
        if marker.style.name in styles:
            depth = styles.index(marker.style.name)
            if not _continues(open_levels[depth][1], marker):
                continue
        elif marker.value == 1 or _runs_on(running, marker):
            depth = len(styles)
        elif _is_orphan(marker) and last.get((marker.style.name, marker.value + 1), -1) > position:
            depth = sum(style.rank < marker.style.rank for style, _ in open_levels)
        else:
            continue
        open_levels[depth:] = [(marker.style, marker.value)]
        running[marker.style.name] = marker.value
        headings.append(Heading(index, depth, heading_of(lines[index].text, marker), marker))
    if parts:
        headings = _under_parts(lines[:stop], headings, parts, start)
    return list(_with_closings(lines[:stop], headings))


def _continues(last: int, marker: Marker) -> bool:
    if marker.style.listing:
        return marker.value in (1, last + 1)
    return marker.value == 1 or last <= marker.value <= last + 1 + LARGEST_GAP


def _runs_on(running: dict[str, int], marker: Marker) -> bool:
    last = running.get(marker.style.name)
    return last is not None and not marker.style.listing and last < marker.value <= last + 1 + LARGEST_GAP


def _is_orphan(marker: Marker) -> bool:
    """Whether a number may be the first left of a sequence that lost its beginning (a page that starts with 二、)."""
    return not marker.style.listing and marker.value <= 1 + LARGEST_GAP


def _restarts(marker: Marker, open_levels: Sequence[tuple[Style, int]]) -> bool:
    """Whether a first number may start a report anew: it is the outermost style again, or one further out than all."""
    return marker.style is open_levels[0][0] or all(marker.style.rank < style.rank for style, _ in open_levels)


def _title_between(lines: Sequence[Line], start: int, stop: int) -> int | None:
    """The last line of `lines[start:stop]` that stands alone and names a document."""
    return next((index for index in range(stop - 1, start - 1, -1) if names_a_document(lines[index].words)), None)


def _attachment_lists(lines: Sequence[Line], start: int, stop: int) -> set[int]:
    """Indices of the lines that list attachments (附件:1.… 2.…): their numbers belong to names and not to headings."""
    found: set[int] = set()
    listing = False
    for index in range(start, stop):
        words = lines[index].words
        if words.startswith("附件") and not is_text(words):
            listing = words.rstrip("：: ") == "附件" or read_marker(words[2:].lstrip("：: ")) is not None
        elif listing and words:
            marker = read_marker(words)
            listing = marker is not None and marker.style.name == "1." and not is_text(words)
            if listing:
                found.add(index)
    return found


def _under_parts(
    lines: Sequence[Line], headings: Sequence[Heading], parts: list[tuple[int, int]], start: int
) -> list[Heading]:
    """Put the headings of each part one level below its title.

    The first report is a part under its own title too, which is the last line above its first heading that names a
    document. Where that is the title of the page and what follows are attachments, its headings stay outermost.
    """
    own = [index for index in range(start, headings[0].line) if names_a_document(lines[index].words)]
    if len(own) > 1 or (own and not any(_is_attached(lines, title) for title, _ in parts)):
        parts = [(own[-1], 0), *parts]
    starts = [first for _, first in parts]
    result = list(headings[: starts[0]])
    for (title, first), end in zip(parts, [*starts[1:], len(headings)], strict=True):
        result.append(Heading(title - _is_attached(lines, title), 0, lines[title].words))
        result += [replace(item, depth=item.depth + 1) for item in headings[first:end]]
    return result


def _is_attached(lines: Sequence[Line], title: int) -> bool:
    """Whether the line above a title says that what follows is an attachment (附件1)."""
    return title > 0 and _ATTACHMENT.fullmatch(lines[title - 1].words) is not None


def _with_closings(lines: Sequence[Line], headings: Sequence[Heading]) -> Iterator[Heading]:
    """Add the closing words that would otherwise count as the last item's.

    The salutation of a speech, said again (各位代表!…), closes the items below the outermost heading. The last item of
    a listing (一是…二是…) is one paragraph when each before it is; what follows closes the listing.
    """
    first = headings[0].line if headings else 0
    greeting = next((found[1] for line in lines[:first] if (found := _SALUTATION.match(line.words))), None)
    base = 0
    for index, item in enumerate(headings):
        yield item
        if item.marker is None:
            base = 1
            continue
        stop = headings[index + 1].line if index + 1 < len(headings) else len(lines)
        below = [line for line in range(item.line + 1, stop) if lines[line].words]
        greeted = next((line for line in below if greeting and lines[line].words.startswith(greeting)), stop)
        listed = bool(below) and below[0] < greeted and _ends_listing(lines, headings, index)
        if listed:
            yield Heading(below[0], item.depth, "")
        if greeted < stop and item.depth > base + listed:  # closing words need no closing words at the same depth
            yield Heading(greeted, base + 1, "")


def _ends_listing(lines: Sequence[Line], headings: Sequence[Heading], index: int) -> bool:
    """Whether a heading is the last item of a listing in which each item before it is one paragraph."""
    last = headings[index]
    if last.marker is None or not last.marker.style.listing:
        return False
    if index + 1 < len(headings) and headings[index + 1].depth >= last.depth:
        return False  # the listing goes on, or the item has items of its own
    earlier = list(takewhile(lambda position: headings[position].depth == last.depth, range(index - 1, -1, -1)))
    return bool(earlier) and all(
        sum(bool(line.words) for line in lines[headings[position].line : headings[position + 1].line]) == 1
        for position in earlier
    )
