"""A report's text into the tree of its sections, which partitions it: nothing is lost and nothing counted twice."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from rag.reports import formats
from rag.reports.contents import contents_span
from rag.reports.furniture import head_furniture, is_masthead, is_text, tail_furniture
from rag.reports.layout import laid_out
from rag.reports.lines import Line, split_lines, squeezed
from rag.reports.outline import CLOSING, NUMBERED, PART, TITLED, Heading, read_outline
from rag.reports.titles import find_title
from rag.reports.unnumbered import paragraph_starts

FURNITURE, FRONT, PARAGRAPH = "furniture", "front", "paragraph"


@dataclass(frozen=True)
class Section:
    """A stretch of a report's text, children included.

    Its own text reaches from `start` to its first child's start, or to `end`. `number` is as the report writes it with
    half-width brackets (四, (二), 19, 第三条) and empty when it has none; `heading` is the heading as written, marker
    included. `kind` is "numbered"; "titled" (a heading without a number); "paragraph" (a stretch of a report that has
    neither; its `name` says which one); "part" (one report of several in a file, or an attachment); "front" (title
    block, masthead, cover letter, preamble); "closing" (words behind the last item that belong to the level above it,
    such as those that end a speech); or "furniture" (navigation, print buttons, footers, tables of contents: kept, but
    no content).
    `name` is the section's step in addresses where its number or heading alone is not unique beside its siblings.
    """

    number: str
    heading: str
    kind: str
    start: int
    end: int
    sections: tuple["Section", ...] = ()
    name: str = ""

    @property
    def own_end(self) -> int:
        return self.sections[0].start if self.sections else self.end


def parse_sections(
    text: str,
    *,
    furniture: Sequence[formats.Span] = (),
    headings: Sequence[formats.Heading] = (),
    rows: Sequence[formats.Span] = (),
) -> tuple[Section, ...]:
    """The outermost sections of `text`: adjacent, from 0 to `len(text)`, in code points.

    Children are adjacent too and end with their parent; what precedes the first is the parent's own text. `furniture`,
    `headings` and `rows` are what the file's format says of them (see `Document`). Furniture in the midst of a section
    is a child of it, and so are the words behind it, as closing words.
    """
    every = split_lines(text)
    marked = _of_whole_lines(every, furniture)
    content = [line for line in every if not _within(line.start, marked)]
    lines = [
        line
        for is_row, run in groupby(content, key=lambda line: _within(line.start, rows))
        for line in (run if is_row else laid_out(list(run)))
    ]
    contents = contents_span(lines[: tail_furniture(lines)])
    if contents is not None:
        marked = sorted([*marked, contents])
        lines = [line for line in lines if not _within(line.start, [contents])]
    starts = [line.start for line in lines] + [len(text)]
    footer = tail_furniture(lines)
    title = find_title(lines[:footer])
    outline = read_outline(
        lines,
        start=0 if title is None else title[0],  # menus above the title are often numbered
        stop=footer,
        rows={index for index, line in enumerate(lines) if _within(line.start, rows)},
        marked={bisect_right(starts, heading.start) - 1: heading.level for heading in headings},
    )
    body = outline[0].line if outline else _unnumbered_body(lines[:footer], title)
    sections = [
        *_head_sections(lines[:body], None if title is None else title[0], end=starts[body]),
        *(_nested(starts, outline, starts[footer]) if outline else _paragraphs(lines[body:footer], end=starts[footer])),
    ]
    if footer < len(lines):
        sections.append(Section("", "", FURNITURE, starts[footer], len(text)))
    elif text and not sections:
        sections.append(Section("", "", FRONT, 0, len(text)))  # blank
    sections[:1] = [replace(section, start=0) for section in sections[:1]]  # blank lines above go with the first
    return _named(_joined(part for section in sections for part in _parted(section, marked)))


def walk(sections: Iterable[Section]) -> Iterator[tuple[Section, ...]]:
    """Every section behind its ancestors, outermost first, in document order."""
    for section in sections:
        yield (section,)
        for path in walk(section.sections):
            yield (section, *path)


def address(path: Sequence[Section]) -> str:
    """Where a section stands in the report's own numbering: 四/(二), 2018年工作计划/二/(四), front. Unique in it."""
    return "/".join(_step(section) for section in path)


def heading_path(path: Sequence[Section]) -> tuple[str, ...]:
    """The headings of the parts, numbered and titled sections on `path`, outermost first; empty for front matter."""
    return tuple(section.heading for section in path if section.kind in (PART, NUMBERED, TITLED))


def _unnumbered_body(lines: Sequence[Line], title: tuple[int, int] | None) -> int:
    """The first line of a report without headings that reads as text, below its title and masthead."""
    below = range(0 if title is None else title[1] + 1, len(lines))
    return next((index for index in below if is_text(lines[index].words) and not is_masthead(lines[index])), len(lines))


def _paragraphs(lines: Sequence[Line], *, end: int) -> Iterator[Section]:
    """Sections up to `end` for a text without headings, named 第1段, 第2段, …"""
    starts = [lines[index].start for index in paragraph_starts(lines)]
    for count, (start, stop) in enumerate(pairwise([*starts, end]), start=1):
        yield Section("", "", PARAGRAPH, start, stop, name=f"第{count}段")


def _head_sections(lines: Sequence[Line], title: int | None, *, end: int) -> Iterator[Section]:
    """What stands above the first heading, which starts at `end`, as runs of front matter and furniture.

    Blank lines go with what precedes.
    """
    if not any(line.words for line in lines):
        return
    furniture = head_furniture(lines, title)
    start, kind = 0, ""
    for index, line in enumerate(lines):
        if not line.words:
            continue
        found = FURNITURE if index in furniture else FRONT
        if kind and found != kind:
            yield Section("", "", kind, start, line.start)
            start = line.start
        kind = found
    yield Section("", "", kind, start, end)


def _nested(starts: Sequence[int], headings: Sequence[Heading], end: int) -> Iterator[Section]:
    """Sections up to `end` for `headings`, of which the first is outermost; `starts` holds where each line begins."""
    outermost = [index for index, item in enumerate(headings) if item.depth <= headings[0].depth]
    for index, until in pairwise([*outermost, len(headings)]):
        item = headings[index]
        stop = starts[headings[until].line] if until < len(headings) else end
        number = item.marker.number if item.marker else ""
        children = tuple(_nested(starts, headings[index + 1 : until], stop))
        yield Section(number, item.heading, item.kind, starts[item.line], stop, children)


def _of_whole_lines(lines: Sequence[Line], spans: Sequence[formats.Span]) -> list[formats.Span]:
    """`spans` without those that touch. Blank lines go with the line above, those at the very top with that below."""
    if not spans:
        return []
    above = next((_within(line.start, spans) for line in lines if line.words), True)
    marks = [above := _within(line.start, spans) if line.words else above for line in lines]
    runs = groupby(zip(lines, marks, strict=True), key=lambda pair: pair[1])
    found = [[line for line, _ in run] for marked, run in runs if marked]
    return [(run[0].start, run[-1].end) for run in found]


def _within(position: int, spans: Sequence[formats.Span]) -> bool:
    index = bisect_right(spans, position, key=lambda span: span[0]) - 1
    return index >= 0 and position < spans[index][1]


def _parted(section: Section, furniture: Sequence[formats.Span]) -> Iterator[Section]:
    """`section` with the furniture in its midst as children; beside it the furniture that it begins and ends with."""
    if section.kind == FURNITURE:
        yield section
        return
    cuts = [cut for span in furniture for cut in span if section.start < cut < section.own_end]
    own = [
        Section("", "", FURNITURE if _within(start, furniture) else CLOSING, start, end)
        for start, end in pairwise([section.start, *cuts, section.own_end])
    ]
    if own[0].kind == FURNITURE:
        yield own.pop(0)
    if section.kind == FRONT:
        yield from (replace(part, kind=FRONT) if part.kind == CLOSING else part for part in own)
        return
    children = [*own[1:], *(part for child in section.sections for part in _parted(child, furniture))]
    last = max((index + 1 for index, child in enumerate(children) if child.kind != FURNITURE), default=0)
    end = children[last].start if last < len(children) else section.end
    yield replace(section, start=own[0].start, end=end, sections=tuple(children[:last]))
    yield from children[last:]


def _joined(sections: Iterable[Section]) -> list[Section]:
    """Furniture behind furniture is one section."""
    result: list[Section] = []
    for section in sections:
        if result and section.kind == result[-1].kind == FURNITURE:
            section = replace(result.pop(), end=section.end)
        result.append(section)
    return result


def _named(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Give a name to those siblings that would share an address: (一), (一)~2, …"""
    seen: Counter[str] = Counter()
    taken = {_step(section) for section in sections}
    result = []
    for section in sections:
        step = _step(section)
        seen[step] += 1
        name = section.name
        while seen[step] > 1 and (name := f"{step}~{seen[step]}") in taken:
            seen[step] += 1
        taken.add(name or step)
        result.append(replace(section, name=name, sections=_named(section.sections)))
    return tuple(result)


def _step(section: Section) -> str:
    words = section.name or section.number or squeezed(section.heading) or section.kind
    return "".join(character for character in words if character not in "/#@")
