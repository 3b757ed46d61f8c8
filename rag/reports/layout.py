"""A report's text into the lines its author meant: wrapped lines joined, a flattened text parted at its numbers."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.reports.furniture import is_text
from rag.reports.lines import Line, trimmed, unquoted
from rag.reports.numbering import LARGEST_GAP, LONGEST_HEADING, Marker, read_marker

_WIDEST_WRAP = 160  # characters or columns; programs break lines before, paragraphs are longer
_FEWEST_WRAPPED = 5
_SENTENCE_END = "。！？!?"
_UNFINISHED = re.compile(r"[，,、（(《“和与及以的]$")
_LEAST_BROKEN, _LONGEST_REST = 16, 16  # characters of a heading's first line and of the rest that was broken off
_LONGEST_TITLE = 80  # characters that may stand before the first number of a flattened report without a sentence's end
_RANK_OF_OUTERMOST = 10  # of 一、; below it are the articles and what holds them
_LOOK_BACK = 12  # characters before a number that show how what precedes it ended
_ENDED = re.compile(r"(?:^|[。！？!?][”’》〉)）」』】〕]*)$")
_STANDS_ALONE = 40  # characters of an item on average, below which numbers in a paragraph count the parts of a sentence

_NUMERAL = "〇零一二三四五六七八九十百"
_POSSIBLE = re.compile(
    rf"第\s*[{_NUMERAL}\d]|(?<![{_NUMERAL}])[{_NUMERAL}]{{1,3}}\s*[、.．]|[(（]\s*(?:[{_NUMERAL}]{{1,3}}|\d{{1,3}})\s*[)）]"
    r"|(?<![\d.．])\d{1,3}\s*[、.．]|[⑴-⒇⒈-⒛㈠-㈩]"
)
_NAMED = re.compile(r"“[^“”]*”|《[^《》]*》|「[^「」]*」|[(（][^()（）]{5,}[)）]")  # another text's numbers
_LATIN = re.compile("[A-Za-z]+")
_GAP = re.compile(r"[ \t\xa0\u3000]+")


def laid_out(lines: Sequence[Line]) -> list[Line]:
    """`lines` joined where a program wrapped them, and parted where a report was flattened into a few long lines.

    They cover the same characters in the same order; a joined line keeps its line breaks.
    """
    return [part for line in _unwrapped(lines) for part in _parted(line)]


def _unwrapped(lines: Sequence[Line]) -> Iterator[Line]:
    full = _full_lines(lines)
    current: Line | None = None
    for index, line in enumerate(lines):
        if current is not None:
            above = lines[index - 1]
            wrapped = above.start in full and _goes_on(above, line, current)
            if current.end == line.start and (wrapped or (above is current and _is_broken(lines, index))):
                current = Line(current.start, line.end, f"{current.text}\n{line.text}")
                continue
            yield current
        current = line
    if current is not None:
        yield current


def _full_lines(lines: Sequence[Line]) -> set[int]:
    """Starts of the lines that a program broke because they were full; none where no program did.

    It breaks at a width, in characters or in the columns of a terminal: then many lines are about as wide as the most
    common width, hardly any is wider, and few of the full ones end a sentence.
    """
    filled = [line for line in lines if line.words]
    for measure, ragged, narrowest in ((_columns, 4, 30), (_characters, 2, 15)):
        widths = [measure(line) for line in filled]
        common = max(Counter(widths).items(), key=lambda item: (item[1], item[0]), default=(0, 0))[0]
        full = [line for line, width in zip(filled, widths, strict=True) if width >= common - ragged]
        wider = sum(width > common + 1 for width in widths)
        ended = sum(line.words[-1] in _SENTENCE_END for line in full)
        many = len(full) >= max(_FEWEST_WRAPPED, 0.4 * len(filled)) and wider <= 0.05 * len(filled)
        if narrowest <= common <= _WIDEST_WRAP and many and ended <= 0.35 * len(full):
            return {line.start for line in full}
    return set()


def _characters(line: Line) -> int:
    return len(line.text.rstrip())


def _columns(line: Line) -> int:
    """The width of a line in a terminal, where all but ASCII takes two columns."""
    text = line.text.rstrip()
    return 2 * len(text) - len(text.encode("ascii", "ignore"))


def _goes_on(above: Line, line: Line, paragraph: Line) -> bool:
    """Whether a line that follows a full one belongs to its paragraph: it is neither indented nor a heading."""
    if not line.words or not above.words or _GAP.match(line.text):
        return False
    marker = read_marker(line.text)
    if marker is None:
        return True
    if marker.style.rank <= _RANK_OF_OUTERMOST:
        return False
    # Another number at the beginning of a line is a heading where a sentence or a heading ended above.
    return above.words[-1] not in _SENTENCE_END + "：:" and not (above is paragraph and read_marker(above.text))


def _is_broken(lines: Sequence[Line], index: int) -> bool:
    """Whether `lines[index]` is the rest of the heading above it: both are short, and the first does not end."""
    above, rest = lines[index - 1].words, lines[index].words
    marker = read_marker(lines[index - 1].text)
    if marker is None or marker.style.listing or not rest or len(above) > LONGEST_HEADING + 10:
        return False
    if any(mark in above + rest for mark in "。；！？：:;") or read_marker(rest) is not None:
        return False
    unclosed = any(above.count(first) > above.count(last) for first, last in ("《》", "“”", "（）", "()"))
    if len(rest) <= LONGEST_HEADING and (unclosed or _UNFINISHED.search(above)):
        return True
    if not (len(above) >= _LEAST_BROKEN and len(rest) <= _LONGEST_REST) or _GAP.match(lines[index].text):
        return False
    below = next((line.words for line in lines[index + 1 : index + 3] if line.words), "")
    return "，" not in rest and (read_marker(below) is not None or is_text(below))


@dataclass(frozen=True)
class _Cut:
    """A number within a line. What precedes it ended (a sentence, a gap), or goes on (a comma), or shows neither."""

    position: int
    marker: Marker
    ended: bool
    goes_on: bool


def _parted(line: Line) -> Iterator[Line]:
    """`line` in parts, one for each number that begins a section within it.

    Where several outermost numbers stand in it, line breaks became white space or nothing; then each gap parts it too.
    """
    runs = _sections_within(line.text)
    cuts = {cut.position for run in runs for cut in run}
    if any(_is_outer(run) for run in runs):
        cuts.update(_gaps(line.text))
    inner = sorted(cut for cut in cuts if trimmed(line.text[:cut]))
    for first, last in pairwise([0, *inner, len(line.text)]):
        end = line.end if last == len(line.text) else line.start + last
        yield Line(line.start + first, end, line.text[first:last])


def _gaps(text: str) -> Iterator[int]:
    """Where white space may have been a line break: not behind a colon or a comma, nor between Latin letters."""
    for gap in _GAP.finditer(text):
        before, behind = text[: gap.start()][-1:], text[gap.end() : gap.end() + 1]
        if before and behind and before not in "：:，,、" and not _LATIN.fullmatch(before + behind):
            yield gap.end()


def _sections_within(text: str) -> list[list[_Cut]]:
    """The numbers within `text` that begin sections, those that count on from each other together.

    They begin with one, and from the second on none follows a comma or semicolon: what stands between those is part of
    a sentence. Where no end of a sentence precedes each, or no outermost numbers (一、 第一条) stand above, they must
    be further apart than the sentences of a list are.
    """
    if len(text) <= _STANDS_ALONE // 2:
        return []
    runs = [run for run in _runs(text) if len(run) > 1 and not any(cut.goes_on for cut in run[1:])]
    kept = [run for run in runs if _is_outer(run) and (all(cut.ended for cut in run[1:]) or _are_apart(run))]
    first = min((run[0].position for run in kept), default=len(text))
    return kept + [
        run
        for run in runs
        if not _is_outer(run)
        and (_are_apart(run) or (run[0].position > first and all(cut.ended for cut in run[1:])))
        and (kept or all(cut.ended for cut in run[1:]))
    ]


def lists_on(text: str) -> bool:
    """Whether the number that `text` begins with counts on behind a comma or semicolon within it: 1.甲；2.乙；3.丙。"""
    first = next(iter(_runs(text)), None)
    return first is not None and len(first) > 1 and not trimmed(text[: first[0].position]) and first[1].goes_on


def _is_outer(run: Sequence[_Cut]) -> bool:
    return run[0].marker.style.rank <= _RANK_OF_OUTERMOST


def _are_apart(run: Sequence[_Cut]) -> bool:
    return run[-1].position - run[0].position >= _STANDS_ALONE * (len(run) - 1)


def _runs(text: str) -> list[list[_Cut]]:
    """The numbers of `text` in runs: those of one style that count on below one number of the level above."""
    runs: list[list[_Cut]] = []
    levels: list[list[_Cut]] = []
    running: dict[str, int] = {}
    for cut in _candidates(text):
        style, value = cut.marker.style, cut.marker.value
        depth = next((depth for depth, run in enumerate(levels) if run[-1].marker.style is style), len(levels))
        last = levels[depth][-1].marker.value if depth < len(levels) else value
        if value == last + 1 or (cut.ended and last < value <= last + 1 + LARGEST_GAP):
            del levels[depth + 1 :]
            levels[depth].append(cut)
        elif _may_begin(text, cut, levels) and (
            value == 1 or (depth == len(levels) and running.get(style.name) == value - 1)
        ):
            levels[depth:] = [[cut]]
            runs.append(levels[depth])
        else:
            continue
        running[style.name] = value
    return runs


def _candidates(text: str) -> Iterator[_Cut]:
    possible = list(_POSSIBLE.finditer(text))
    if len(possible) < 2:
        return
    named = [found.span() for found in _NAMED.finditer(text)]
    for found in possible:
        position = found.start()
        if any(start < position < end for start, end in named):
            continue
        marker = read_marker(text, position)
        if marker is not None and not marker.style.listing:
            before = text[max(0, position - _LOOK_BACK) : position].rstrip("\n")
            words = before.rstrip()
            goes_on = words[-1:] in tuple("、，,；;.．0123456789")
            ended = len(words) < len(before) and not goes_on and words[-1:] not in ("：", ":")
            yield _Cut(position, marker, ended or _ENDED.search(words) is not None, goes_on)


def _may_begin(text: str, cut: _Cut, levels: Sequence[Sequence[_Cut]]) -> bool:
    """Whether a first number begins a level: behind an end, a colon or what is short enough to be only a heading."""
    if cut.ended or text[: cut.position].rstrip()[-1:] in ("：", ":"):
        return True
    if not levels and cut.marker.style.rank <= _RANK_OF_OUTERMOST:
        return True  # title and masthead precede it
    between = text[levels[-1][-1].marker.end if levels else 0 : cut.position]
    return len(between) <= _LONGEST_TITLE and next(unquoted(between, "。；;！!？?，,、"), None) is None
