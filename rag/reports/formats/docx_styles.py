"""The styles and lists of a Word file into what they say of a paragraph: its level as a heading and its number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from rag.reports.formats.numerals import numeral

# lxml has no types of its own; an element is whatever its tag says.
Element = Any

_LEVELS = 9  # of lists and headings
_HEADING = re.compile(
    r"(?:heading|标题|標題|見出し|제목|überschrift|titre|título|titolo|заголовок)\s*([1-9])", re.IGNORECASE
)
_TITLES = ("title", "标题", "標題", "文档标题")
_CONTENTS = re.compile(r"(?:toc|目录|目錄)\s*[1-9]", re.IGNORECASE)
_WHOLE = re.compile(r"[0-9]{1,5}")
_PLACE = re.compile("%([1-9])")


@cache
def tag(name: str) -> str:
    """`w:p` with its namespace, as lxml names elements and attributes."""
    from docx.oxml.ns import qn

    return qn(name)


def value_of(element: Element | None, path: str) -> str | None:
    """The `w:val` of the element at `path` (w:pPr/w:pStyle) below `element`; None without the element.

    "" where the element has no value: of a switch that means on.
    """
    found = element.find("/".join(map(tag, path.split("/")))) if element is not None else None
    return None if found is None else found.get(tag("w:val"), "")


def whole(value: str | None, default: int) -> int:
    """The number that an attribute holds; `default` where it holds none that a file can mean."""
    return int(value) if value is not None and _WHOLE.fullmatch(value) else default


def is_on(value: str | None) -> bool:
    return value is not None and value not in ("0", "false", "off")


class Styles:
    """The paragraph styles of a file, with what they take over from the styles they are based on."""

    def __init__(self, root: Element | None) -> None:
        self._styles: dict[str, Element] = {}
        self._default = ""
        for style in root.findall(tag("w:style")) if root is not None else ():
            self._styles[style.get(tag("w:styleId"), "")] = style
            if style.get(tag("w:type")) == "paragraph" and is_on(style.get(tag("w:default"))):
                self._default = style.get(tag("w:styleId"), "")

    def chain(self, paragraph: Element) -> Iterator[tuple[str, Element]]:
        """The id and element of a paragraph's style, then those that it is based on."""
        name = value_of(paragraph, "w:pPr/w:pStyle") or self._default
        seen: set[str] = set()
        while name in self._styles and name not in seen:
            seen.add(name)
            yield name, self._styles[name]
            name = value_of(self._styles[name], "w:basedOn") or ""

    def named(self, name: str) -> Element | None:
        return self._styles.get(name)

    def heading_level(self, paragraph: Element) -> int | None:
        """1 to 9 for a heading: the outline level, of the paragraph or its style, or what the style is called."""
        outline = value_of(paragraph, "w:pPr/w:outlineLvl")
        names = []
        for _, style in self.chain(paragraph):
            outline = value_of(style, "w:pPr/w:outlineLvl") if outline is None else outline
            names.append(value_of(style, "w:name") or "")
        if outline is not None and _WHOLE.fullmatch(outline):
            return int(outline) + 1 if int(outline) < _LEVELS else None
        found = next(filter(None, map(_HEADING.match, names)), None)
        return int(found[1]) if found else None

    def is_title(self, paragraph: Element) -> bool:
        """Whether a paragraph has the style of a document's title."""
        return any((value_of(style, "w:name") or "").lower() in _TITLES for _, style in self.chain(paragraph))

    def is_contents(self, paragraph: Element) -> bool:
        """Whether a paragraph is an entry of the table of contents."""
        return any(_CONTENTS.match(value_of(style, "w:name") or "") for _, style in self.chain(paragraph))


@dataclass(frozen=True)
class _Level:
    start: int = 1
    number_format: str = "decimal"
    text: str = ""
    suffix: str = "tab"
    restart: int | None = None  # starts anew after this level, counted from 1; 0 for never; None for any above
    legal: bool = False
    style: str = ""


class Numbers:
    """The automatic numbers of a file's paragraphs, counted in the order in which they are asked for."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        self._styles = styles
        self._abstract: dict[str, Element] = {}
        self._lists: dict[str, Element] = {}
        for element in root if root is not None else ():
            if element.tag == tag("w:abstractNum"):
                self._abstract[element.get(tag("w:abstractNumId"), "")] = element
            elif element.tag == tag("w:num"):
                self._lists[element.get(tag("w:numId"), "")] = element
        self._levels: dict[str, tuple[str, dict[int, _Level]]] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[tuple[str, int]] = set()

    def next_for(self, paragraph: Element) -> str:
        """The number that Word shows before `paragraph`, with what parts it from the words; "" without one."""
        found = self._list_of(paragraph)
        if found is None:
            return ""
        name, depth = found
        abstract, levels = self._levels_of(name)
        level = levels.get(depth)
        if level is None or depth >= _LEVELS:
            return ""
        counts = self._counts.setdefault(abstract, [None] * _LEVELS)
        first = (name, depth) not in self._begun and self._override(name, depth) is not None
        self._begun.add((name, depth))
        counts[depth] = level.start if first or (count := counts[depth]) is None else count + 1
        for below in range(depth + 1, _LEVELS):
            restart = levels[below].restart if below in levels else None
            if restart is None or 0 < depth + 1 <= restart:
                counts[below] = None
        return self._shown(counts, depth, levels)

    def _shown(self, counts: list[int | None], depth: int, levels: dict[int, _Level]) -> str:
        level = levels[depth]
        if level.number_format == "bullet":
            # Symbol fonts write bullets as letters or in the private area; only a reader with the font sees a bullet.
            words = level.text if level.text and ord(level.text[0]) > 0x7F and not _is_private(level.text) else "•"
        else:

            def said(place: re.Match[str]) -> str:
                at = int(place[1]) - 1
                other = levels.get(at, _Level())
                count = counts[at]
                form = "decimal" if level.legal and other.number_format != "none" else other.number_format
                return numeral(other.start if count is None else count, form)

            words = _PLACE.sub(said, level.text)
        return words + ("" if level.suffix == "nothing" else " ") if words else ""

    def _list_of(self, paragraph: Element) -> tuple[str, int] | None:
        """The list that a paragraph belongs to, by itself or by its style, and its level from 0."""
        depth = value_of(paragraph, "w:pPr/w:numPr/w:ilvl")
        name = value_of(paragraph, "w:pPr/w:numPr/w:numId")
        by_style = ""
        for style, element in self._styles.chain(paragraph):
            if name is not None:
                break
            name, by_style = value_of(element, "w:pPr/w:numPr/w:numId"), style
            depth = value_of(element, "w:pPr/w:numPr/w:ilvl") if depth is None else depth
        if name is None or name not in self._lists:
            return None
        if by_style:
            linked = (at for at, level in self._levels_of(name)[1].items() if level.style == by_style)
            return name, next(linked, whole(depth, 0))
        return name, whole(depth, 0)

    def _levels_of(self, name: str) -> tuple[str, dict[int, _Level]]:
        """The id of the definition that the list counts with, and its levels with the list's own changes."""
        if name not in self._levels:
            abstract = self._definition_of(name)
            levels = {}
            for element in self._abstract.get(abstract, ()):
                if element.tag == tag("w:lvl"):
                    levels[whole(element.get(tag("w:ilvl")), 0)] = _level(element)
            for change in self._lists[name].findall(tag("w:lvlOverride")):
                depth = whole(change.get(tag("w:ilvl")), 0)
                own = change.find(tag("w:lvl"))
                level = _level(own) if own is not None else levels.get(depth, _Level())
                start = value_of(change, "w:startOverride")
                levels[depth] = level if start is None else replace(level, start=whole(start, 0))
            self._levels[name] = abstract, levels
        return self._levels[name]

    def _definition_of(self, name: str) -> str:
        """The id of a list's definition; one that only names a list style stands for the list of that style."""
        seen: set[str] = set()
        while name in self._lists and name not in seen:
            seen.add(name)
            abstract = value_of(self._lists[name], "w:abstractNumId") or ""
            link = value_of(self._abstract.get(abstract), "w:numStyleLink")
            if link is None:
                return abstract
            name = value_of(self._styles.named(link), "w:pPr/w:numPr/w:numId") or ""
        return ""

    def _override(self, name: str, depth: int) -> str | None:
        for change in self._lists[name].findall(tag("w:lvlOverride")):
            if change.get(tag("w:ilvl")) == str(depth):
                return value_of(change, "w:startOverride")
        return None


def _level(element: Element) -> _Level:
    restart = value_of(element, "w:lvlRestart")
    return _Level(
        start=whole(value_of(element, "w:start"), 0),
        number_format=_number_format(element),
        text=value_of(element, "w:lvlText") or "",
        suffix=value_of(element, "w:suff") or "tab",
        restart=None if restart is None else whole(restart, 0),
        legal=is_on(value_of(element, "w:isLgl")),
        style=value_of(element, "w:pStyle") or "",
    )


def _number_format(element: Element) -> str:
    """The level's format; newer ones stand as a choice beside one that every version knows."""
    direct = value_of(element, "w:numFmt")
    return direct or next((found.get(tag("w:val"), "") for found in element.iter(tag("w:numFmt"))), "decimal")


def _is_private(text: str) -> bool:
    return any("\ue000" <= character <= "\uf8ff" for character in text)
