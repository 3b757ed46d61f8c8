"""HTML into the lines that a browser shows, each with its place among the page's elements."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.reports import mastheads
from rag.reports.formats import Document, Heading
from rag.reports.formats.tables import Caption, Cell, read_caption, table_lines
from rag.reports.lines import squeezed, trimmed
from rag.reports.numbering import read_marker

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

# Elements within a line; every other begins a line of its own. Names that HTML does not know are within a line too.
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog"),
        *("dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2"),
        *("h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li", "listing", "main", "menu"),
        *("nav", "noscript", "ol", "optgroup", "option", "p", "plaintext", "pre", "search", "section", "select"),
        *("summary", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "tr", "ul", "xmp"),
    )
)
_UNSEEN = frozenset(("head", "script", "style", "template", "iframe", "noembed", "noframes", "-comment", "-doctype"))
_VERBATIM = frozenset(("pre", "listing", "plaintext", "textarea", "xmp"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SPACE = " \t\n\r\f"  # what HTML calls white space; a full-width or no-break space is a character like others
# Where a paragraph begins in the midst of a line: at its indentation, behind a sentence or a heading before a sentence.
_INDENTED = re.compile(r"(?<=[。！？；：”])(?=\u3000{2})|(?<=\S{8})(?=\u3000{2}\S{20})")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_DISPLAY = re.compile(r"(?:^|;)\s*display\s*:\s*(block|inline)\s*(?:!|;|$)", re.IGNORECASE)
_FILE = re.compile(r"\.(?:docx?|xlsx?|pptx?|pdf|wps|et|ofd|txt|zip|rar|7z)(?:$|[?#&])", re.IGNORECASE)
_LONGEST_HEADER = 60  # characters; a table whose first row says more in a cell is no table of figures
_MOST_ROWS = 10_000
_SHORTEST_TITLE = 6  # characters


@dataclass(frozen=True, eq=False)
class Element:
    """An element that begins a line of its own, and the one around it. `hidden`: shown only when a script shows it."""

    tag: str
    role: str
    hidden: bool
    parent: "Element | None"

    def outwards(self) -> Iterator["Element"]:
        """The element itself and those around it, the page's body last."""
        found: Element | None = self
        while found is not None:
            yield found
            found = found.parent


@dataclass(frozen=True)
class PageLine:
    """A line as shown. `linked`: how many of its characters, white space apart, are links.

    `level` is that of the heading it is (1 to 6), else 0; `attachment` says that it links to a file for download,
    `row` that it is a row of a table, or its unit.
    """

    text: str
    element: Element
    linked: int = 0
    level: int = 0
    attachment: bool = False
    row: bool = False

    @property
    def size(self) -> int:
        """Its characters, white space apart."""
        return len(squeezed(self.text))


def page_lines(body: "LexborNode") -> list[PageLine]:
    """The lines of a page in order, without the blank ones.

    Scripts, styles and comments go. Elements within a line (and names unknown to HTML) never break it, `<br>` and
    every other element do. A row of a table of figures is one line, a row of labels and values too; tables that only
    arrange the page are no tables. Numbers that a list leaves to the browser are written out.
    """
    reader = _Reader(Element("html", "", False, None))
    reader.read(body)
    return reader.lines


def as_document(
    lines: Sequence[PageLine], *, content: Collection[int], format: str, encoding: str, url: str = "", title: str = ""
) -> Document:
    """The document of these lines, those furniture whose indices are not among `content`.

    `title` is what the file calls itself.
    """
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.text) + 1)
    named = _named(lines, content, title)
    return Document(
        text="".join(f"{line.text}\n" for line in lines),
        format=format,
        encoding=encoding,
        furniture=tuple((starts[index], starts[index + 1]) for index in range(len(lines)) if index not in content),
        headings=tuple(
            Heading(starts[index], line.level) for index, line in enumerate(lines) if line.level and index in content
        ),
        url=url,
        rows=tuple((starts[index], starts[index + 1]) for index, line in enumerate(lines) if line.row),
        title=None if named is None else (starts[named], starts[named] + len(lines[named].text)),
    )


def _named(lines: Sequence[PageLine], content: Collection[int], title: str) -> int | None:
    """The line of the title: the longest that says much of it, or the first heading if no other is as far out."""
    titles = [
        index for index in content if is_title(lines[index], title) and 2 * lines[index].size >= len(squeezed(title))
    ]
    if titles:
        return max(titles, key=lambda index: (lines[index].size, -index))
    headings = [index for index in sorted(content) if lines[index].level]
    level = min((lines[index].level for index in headings), default=0)
    alone = [lines[index].level for index in headings].count(level) == 1
    return headings[0] if alone and lines[headings[0]].level == level else None


def is_title(line: PageLine, title: str) -> bool:
    """Whether a line is what the file calls itself; a page's head often adds the site's name to it."""
    return line.size >= _SHORTEST_TITLE and squeezed(line.text) in squeezed(title)


class _Reader:
    """The lines of one element, gathered on a walk through it; the walk keeps its own stack, for pages nest deep."""

    def __init__(self, element: Element) -> None:
        self.lines: list[PageLine] = []
        self._element = element
        self._pieces: list[tuple[str, bool]] = []  # of the line under way: the words, and whether they are a link
        self._links = 0  # how many links, verbatim elements … are open here
        self._verbatim = 0
        self._level = 0
        self._attachment = False
        self._numbers: list[int | None] = []  # the next number of each open list, None of one without

    def read(self, root: "LexborNode") -> None:
        steps = [(root, False)]
        while steps:
            node, leaving = steps.pop()
            if leaving:
                self._leave(node)
            elif self._enter(node):
                steps.append((node, True))
                children = list(node.iter(include_text=True))
                steps.extend((child, False) for child in reversed(children))
        self._break()

    def _enter(self, node: "LexborNode") -> bool:
        """Take in a node's beginning; False when there is nothing more to it."""
        tag = node.tag or ""
        if tag == "-text":
            self._words(node.text_content or "")
            return False
        if tag in _UNSEEN:
            return False
        if tag == "br":
            self._break()
            return False
        if tag == "table" and self._read_table(node):
            return False
        if tag == "a" and node.attributes.get("href"):
            self._links += 1
            self._attachment |= _FILE.search(node.attributes["href"] or "") is not None
        self._verbatim += tag in _VERBATIM
        if tag == "ol":
            start = node.attributes.get("start") or ""
            self._numbers.append(int(start) if re.fullmatch(r"\d{1,4}", start) else 1)
        elif tag in ("ul", "menu", "dir"):
            self._numbers.append(None)
        if _is_block(node):
            self._break()
            hidden = "hidden" in node.attributes or _HIDDEN.search(node.attributes.get("style") or "") is not None
            self._element = Element(tag, node.attributes.get("role") or "", hidden, self._element)
            self._level = _HEADINGS.get(tag, self._level)
            if tag == "li":
                self._number(node)
        return True

    def _leave(self, node: "LexborNode") -> None:
        tag = node.tag or ""
        if _is_block(node):  # before the end of verbatim elements, which are blocks too
            self._break()
            self._level = 0 if tag in _HEADINGS else self._level
            self._element = self._element.parent or self._element
        if tag == "a" and node.attributes.get("href"):
            self._links -= 1
        self._verbatim -= tag in _VERBATIM
        if tag in ("ol", "ul", "menu", "dir"):
            self._numbers.pop()

    def _number(self, item: "LexborNode") -> None:
        """Write out the number of a list's item, unless its words begin with one of their own."""
        if not self._numbers or self._numbers[-1] is None:
            return
        value = item.attributes.get("value") or ""
        number = int(value) if re.fullmatch(r"\d{1,4}", value) else self._numbers[-1]
        self._numbers[-1] = number + 1
        words = trimmed(item.text(deep=True))
        if words and read_marker(words) is None:
            self._pieces.append((f"{number}. ", False))

    def _words(self, text: str) -> None:
        if not self._verbatim:
            self._pieces.append((text, self._links > 0))
            return
        first, *rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._pieces.append((first, self._links > 0))
        for line in rest:
            self._break()
            self._pieces.append((line, self._links > 0))

    def _break(self) -> None:
        """End the line under way."""
        text = "".join(words for words, _ in self._pieces)
        text = text.rstrip(_SPACE) if self._verbatim else re.sub(f"[{_SPACE}]+", " ", text).strip(" ")
        linked = sum(len(squeezed(words)) for words, is_link in self._pieces if is_link)
        for line in _INDENTED.split(text):
            if trimmed(line):
                linked = min(linked, len(squeezed(line)))
                self.lines.append(PageLine(line, self._element, linked, self._level, self._attachment))
        self._pieces, self._attachment = [], False

    def _read_table(self, table: "LexborNode") -> bool:
        """Take in a table of figures, or of labels and values, as one line a row; False when it is none."""
        if any(inner.mem_id != table.mem_id for inner in table.css("table")):
            return False
        nodes = [node for node in table.css("tr") if node.css_first("td, th") is not None]
        element = Element("table", "", False, self._element)
        found = [[self._read_cell(cell, element) for cell in row.iter() if cell.tag in ("td", "th")] for row in nodes]
        rows = [[cell for cell, _ in row] for row in found]
        if len(rows) > _MOST_ROWS or max((len(row) for row in rows), default=0) < 2:
            return False
        labelled = all(_is_label(row[0].text) for row in rows if row)
        if not labelled and (len(rows) < 2 or any(len(cell.text) > _LONGEST_HEADER for cell in rows[0])):
            return False
        self._break()
        title = table.css_first("caption")
        if title is not None:
            self._add_all(title, element)
        if labelled:
            texts = [_pairs(row) for row in rows]
        else:
            above = [line.text for line in self.lines[-2:]]
            if above and read_caption(above[-1:]) == Caption(unit=read_caption(above[-1:]).unit):
                self.lines[-1] = replace(self.lines[-1], row=True)  # the table's unit is no heading
            texts = table_lines(rows, caption=read_caption(above), header_rows=_header_rows(nodes))
        linked = sum(count for row in found for _, count in row)
        whole = sum(len(squeezed(cell.text)) for row in rows for cell in row)
        for text in filter(trimmed, texts):
            share = len(squeezed(text)) * linked // whole if whole else 0
            self.lines.append(PageLine(text, element, share, row=not labelled))
        return True

    def _add_all(self, node: "LexborNode", element: Element) -> None:
        reader = _Reader(element)
        reader.read(node)
        self.lines += reader.lines

    def _read_cell(self, node: "LexborNode", element: Element) -> tuple[Cell, int]:
        reader = _Reader(element)
        reader.read(node)
        text = ""
        for line in reader.lines:
            words = trimmed(line.text)
            # Latin words are parted by a space, Chinese ones by nothing.
            text += f" {words}" if text and text[-1].isascii() and words[0].isascii() else words
        spans = [
            int(value) if re.fullmatch(r"\d{1,3}", value := node.attributes.get(name) or "") else 1
            for name in ("colspan", "rowspan")
        ]
        columns, rows = (max(span, 1) for span in spans)
        return Cell(text, columns, rows, node.tag == "th"), sum(line.linked for line in reader.lines)


def _is_block(node: "LexborNode") -> bool:
    display = _DISPLAY.search(node.attributes.get("style") or "")
    if display and node.tag not in ("html", "body", "td", "th", "tr", "li"):
        return display[1].lower() == "block"
    return node.tag in _BLOCKS


def _header_rows(rows: list["LexborNode"]) -> int | None:
    """How many rows stand in the table's head, None when it has none."""
    count = sum(row.parent is not None and row.parent.tag == "thead" for row in rows)
    return count if 0 < count < len(rows) else None


def _is_label(words: str) -> bool:
    return squeezed(words).rstrip("：:") in mastheads.KNOWN


def _pairs(row: list[Cell]) -> str:
    """A row of labels and values: `索引号：A-1  发布日期：2020-01-02`."""
    text = ""
    for cell in row:
        words = trimmed(cell.text)
        if _is_label(words):
            text += ("  " if text else "") + (words if words.endswith(("：", ":")) else f"{words}：")
        elif words:
            text += words if text.endswith(("：", ":")) or not text else f"  {words}"
    return text
