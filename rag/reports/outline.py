"""A report's lines into headings with their depth: which numbers are headings, and which heading stands under which."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from rag.reports.attachments import Attachment, attachments, listed_attachments
from rag.reports.layout import lists_on
from rag.reports.lines import Line, trimmed, unquoted
from rag.reports.numbering import FIRSTLY, LARGEST_GAP, WHOLE, Marker, heading_of, read_marker
from rag.reports.titles import names_a_document
from rag.reports.unnumbered import headings_above, marked_headings, short_headings

PART, NUMBERED, TITLED, CLOSING = "part", "numbered", "titled", "closing"
_SALUTATION = re.compile(r"([\u4e00-\u9fff、]{0,10}(?:代表|委员|同志|朋友|来宾|女士|先生)们?)[：:！!，,](?:\s|$)")
_RANK_OF_LISTS = 10  # 一、 and all below it; above are articles and what holds them (第一条)
_BEHIND_ARTICLES = " \t\u3000\xa0：:、，,"
_OUTERMOST = 10  # headings without number rank above all numbers
_ENDS_A_FRAGMENT = "。；;，,、！!？?"


@dataclass(frozen=True)
class Heading:
    """Where a section begins: the index of its line, its depth from 0, its heading as written, its kind.

    Only a numbered one has a `marker`. Closing words (text behind a list that belongs to the level above it) have ""
    for a heading.
    """

    line: int
    depth: int
    heading: str
    kind: str
    marker: Marker | None = None


@dataclass(frozen=True)
class _Level:
    """A level that is open: its way of numbering and that way's rank, the last number, the level the file gives it."""

    name: str
    rank: int
    value: int
    marked: int | None = None


@dataclass(frozen=True)
class _Part:
    """A report of several in a file, or an attachment: its first line, that of its title, its first heading's index."""

    line: int
    title: int
    first: int
    attached: bool = False


def read_outline(
    lines: Sequence[Line],
    *,
    start: int,
    stop: int,
    marked: Mapping[int, int] | None = None,
    rows: Collection[int] = (),
) -> list[Heading]:
    """The headings among `lines[start:stop]` in order; those of several reports in one file stand below their titles.

    `marked` holds the lines that the file itself marks as headings, with their level from 1, `rows` the rows of tables,
    which are none. The order of levels is
    what the document does: a number in a style that is open goes on there and closes what stands below; one in another
    style opens a level below the current one. A number counts only when it starts a sequence or continues one, in its
    level or running on through the part ((四) under 二、 after (三) under 一、). Headings without a number are those
    that the file marks; where it marks none, the lines above numbers that begin anew, or in a report without any
    number, short lines above text.
    """
    attached = attachments(lines, start=start, stop=stop)
    none = listed_attachments(lines, start=start, stop=stop)
    none.update((item.title for item in attached), rows)
    candidates = [
        (index, marker)
        for index in range(start, stop)
        if index not in none
        and (marker := read_marker(lines[index].text)) is not None
        and not lists_on(lines[index].text)
    ]
    candidates = [
        candidate for candidate, below in zip_longest(candidates, candidates[1:]) if _is_above(candidate, below)
    ]
    body = candidates[0][0] if candidates else None
    titles = {
        index: level
        for index, level in marked_headings(lines, marked or {}, start=start, stop=stop, body=body).items()
        if index not in none
    }
    headings, parts = _simulated(lines, candidates, titles, attached)
    items = _mere_items(lines, headings, stop)
    if items:
        candidates = [candidate for candidate in candidates if candidate[0] not in items]
        headings, parts = _simulated(lines, candidates, titles, attached)
    if not titles and not parts:
        if headings:
            titles = headings_above(lines, _firsts(headings), start=start + 1, taken=none)
        else:
            short = short_headings(lines, start=start, stop=stop)
            titles = {index: level for index, level in short.items() if index not in none}
        if titles:
            headings, parts = _simulated(lines, candidates, titles, attached)
    if parts:
        headings = _under_parts(lines[:stop], headings, parts, start)
    return list(_with_closings(lines[:stop], headings))


def _is_above(candidate: tuple[int, Marker], below: tuple[int, Marker] | None) -> bool:
    """Whether a bare number (1 总则) stands right above the first number under it (1.1), as any other need not."""
    marker = candidate[1]
    return marker.style.name != WHOLE or (below is not None and below[1].number.startswith(f"{marker.number}."))


def _simulated(
    lines: Sequence[Line],
    candidates: Sequence[tuple[int, Marker]],
    titles: Mapping[int, int],
    attached: Sequence[Attachment],
) -> tuple[list[Heading], list[_Part]]:
    """Headings with their depth in their part, and the parts, from what may begin one, in the order of the lines."""
    last = {(marker.style.name, marker.value): index for index, marker in candidates}
    numbers, openings = dict(candidates), {item.line: item for item in attached}
    levels: list[_Level] = []
    running: dict[str, int] = {}
    headings: list[Heading] = []
    parts: list[_Part] = []
    since = -1  # the last line that is known to be no title of a part
    for index in sorted({*numbers, *titles, *openings}):
        marker = numbers.get(index)
        if index in openings:
            parts.append(_Part(index, openings[index].title, len(headings), attached=True))
            levels, running, since = [], {}, openings[index].title
            continue
        if marker is None:
            depth = _depth_of_title(titles[index], levels, [key for key, at in last.items() if at > index])
            levels[depth:] = [_Level(f"heading {titles[index]}", titles[index] - _OUTERMOST, 0, titles[index])]
            headings.append(Heading(index, depth, _on_one_line(lines[index].words), TITLED))
            continue
        if marker.value == 1 and _restarts(marker, levels):
            title = _title_between(lines, since + 1, index)
            if title is not None:
                headings = [item for item in headings if item.line < title]
                parts.append(_Part(title, title, len(headings)))
                levels, running = [], {}
        names = [level.name for level in levels]
        style = marker.style.name
        if style in names:
            depth = names.index(style)
            if not _continues(levels[depth].value, marker):
                continue
        elif (marker.value == 1 and _begins(lines[index], marker, last)) or _runs_on(running, marker):
            depth = len(levels)
        elif _is_orphan(marker) and last.get((style, marker.value + 1), -1) > index:
            depth = sum(level.rank < marker.style.rank for level in levels)
        else:
            continue
        levels[depth:] = [_Level(style, marker.style.rank, marker.value)]
        running[style], since = marker.value, index
        headings.append(Heading(index, depth, heading_of(lines[index].text, marker), NUMBERED, marker))
    return headings, parts


def _depth_of_title(marked: int, levels: Sequence[_Level], ahead: Collection[tuple[str, int]]) -> int:
    """How deep a heading without a number stands: as one that the file marks alike, else below what goes on behind it.

    `ahead` holds the numbers (style and value) that are still to come.
    """
    alike = next((depth for depth, level in enumerate(levels) if level.marked == marked), None)
    if alike is not None:
        return alike
    above = [
        depth + 1
        for depth, level in enumerate(levels)
        if (level.marked is not None and level.marked < marked) or (level.name, level.value + 1) in ahead
    ]
    return max(above, default=0)


def _begins(line: Line, marker: Marker, last: Mapping[tuple[str, int], int]) -> bool:
    """Whether a first number begins a sequence: 第一条生产线 begins none, unless a second article follows."""
    if marker.style.rank >= _RANK_OF_LISTS or (marker.style.name, marker.value + 1) in last:
        return True
    return not trimmed(line.text[marker.end :]) or line.text[marker.end] in _BEHIND_ARTICLES


def _continues(last: int, marker: Marker) -> bool:
    if marker.style.name == FIRSTLY:
        return marker.value == 1 or marker.value > last  # 最后 may follow 其次
    if marker.style.listing:
        return marker.value in (1, last + 1)
    return marker.value == 1 or last <= marker.value <= last + 1 + LARGEST_GAP


def _runs_on(running: Mapping[str, int], marker: Marker) -> bool:
    last = running.get(marker.style.name)
    return last is not None and not marker.style.listing and last < marker.value <= last + 1 + LARGEST_GAP


def _is_orphan(marker: Marker) -> bool:
    """Whether a number may be the first left of a sequence that lost its beginning (a page that starts with 二、)."""
    return not marker.style.listing and marker.value <= 1 + LARGEST_GAP


def _restarts(marker: Marker, levels: Sequence[_Level]) -> bool:
    """Whether a first number may start a report anew: it is the outermost style again, or one further out than all."""
    numbered = [level for level in levels if level.marked is None]
    if not numbered:
        return False
    return marker.style.name == numbered[0].name or all(marker.style.rank < level.rank for level in numbered)


def _title_between(lines: Sequence[Line], start: int, stop: int) -> int | None:
    """The last line of `lines[start:stop]` that stands alone and names a document."""
    return next((index for index in range(stop - 1, start - 1, -1) if names_a_document(lines[index].words)), None)


def _firsts(headings: Sequence[Heading]) -> list[int]:
    """Lines of the outermost headings that begin with the same first number, the first time and each time anew."""
    firsts = [
        (item.line, item.marker.style)
        for item in headings
        if item.depth == 0 and item.marker is not None and item.marker.value == 1
    ]
    return [line for line, style in firsts if style is firsts[0][1]]


def _mere_items(lines: Sequence[Line], headings: Sequence[Heading], stop: int) -> set[int]:
    """Lines of listings (一是…, ①…) whose items are no sections: a question about the list needs them all together.

    An item is a section of its own when it has more than a sentence, or is a heading above text. A listing of which
    not even half are is the text of the section that it stands in, and so is a single item.
    """
    found: set[int] = set()
    for run in _listings(headings):
        standing = 0
        for position in run:
            line = headings[position].line
            below = headings[position + 1].line if position + 1 < len(headings) else stop
            parted = position + 1 < len(headings) and headings[position + 1].depth > headings[position].depth
            paragraphs = sum(bool(other.words) for other in lines[line:below])
            words = lines[line].words
            sentences = sum(1 for _ in unquoted(words, "。！？!?"))
            longer = sentences > 1 or words[-1] not in _ENDS_A_FRAGMENT or (paragraphs > 1 and position != run[-1])
            standing += parted or longer
        if len(run) == 1 or 2 * standing < len(run):
            found.update(headings[position].line for position in run)
    return found


def _listings(headings: Sequence[Heading]) -> Iterator[list[int]]:
    """Indices of the headings that are items of one listing, for each listing."""
    runs: dict[int, list[int]] = {}
    for index, item in enumerate(headings):
        for depth in [depth for depth in runs if depth > item.depth]:
            yield runs.pop(depth)
        listed = item.marker is not None and item.marker.style.listing
        if item.depth in runs and (not listed or (item.marker and item.marker.value == 1)):
            yield runs.pop(item.depth)
        if listed:
            runs.setdefault(item.depth, []).append(index)
    yield from runs.values()


def _under_parts(
    lines: Sequence[Line], headings: Sequence[Heading], parts: Sequence[_Part], start: int
) -> list[Heading]:
    """Put the headings of each part one level below its title.

    The first report is a part under its own title too, which is the last line above its first heading that names a
    document. Where that is the title of the page and what follows are attachments, its headings stay outermost.
    """
    first = headings[0].line if headings else parts[0].line
    own = [index for index in range(start, min(first, parts[0].line)) if names_a_document(lines[index].words)]
    if parts[0].first and (len(own) > 1 or (own and not any(part.attached for part in parts))):
        parts = [_Part(own[-1], own[-1], 0), *parts]
    result = list(headings[: parts[0].first])
    for part, end in zip(parts, [*(part.first for part in parts[1:]), len(headings)], strict=True):
        result.append(Heading(part.line, 0, _on_one_line(lines[part.title].words), PART))
        result += [replace(item, depth=item.depth + 1) for item in headings[part.first : end]]
    return result


def _on_one_line(words: str) -> str:
    return re.sub(r"\s*\n\s*", "", words)


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
        if item.kind == PART:
            base = 1
            continue
        stop = headings[index + 1].line if index + 1 < len(headings) else len(lines)
        below = [line for line in range(item.line + 1, stop) if lines[line].words]
        greeted = next((line for line in below if greeting and lines[line].words.startswith(greeting)), stop)
        listed = bool(below) and below[0] < greeted and _ends_listing(lines, headings, index)
        if listed:
            yield Heading(below[0], item.depth, "", CLOSING)
        if greeted < stop and item.depth > base + listed:  # closing words need no closing words at the same depth
            yield Heading(greeted, base + 1, "", CLOSING)


def _ends_listing(lines: Sequence[Line], headings: Sequence[Heading], index: int) -> bool:
    """Whether a heading is the last item of a listing in which each item before it is one paragraph.

    Any numbers make a listing whose items end with semicolons: they are the parts of one sentence.
    """
    last = headings[index]
    if last.marker is None or lines[last.line].words[-1] in "；;：:":
        return False
    following = headings[index + 1] if index + 1 < len(headings) else None
    anew = following is not None and following.marker is not None and following.marker.value == 1 < last.marker.value
    if following is not None and following.depth >= last.depth and not (anew and following.depth == last.depth):
        return False  # the listing goes on, or the item has items of its own
    earlier: list[int] = []
    for position in range(index - 1, -1, -1):
        marker = headings[position].marker
        if headings[position].depth != last.depth or marker is None or marker.value >= last.marker.value - len(earlier):
            break
        earlier.append(position)
    parts = [[line for line in lines[headings[at].line : headings[at + 1].line] if line.words] for at in earlier]
    one_each = bool(parts) and all(len(part) == 1 for part in parts)
    return one_each and (last.marker.style.listing or all(part[0].words[-1] in "；;" for part in parts))
