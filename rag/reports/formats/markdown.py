"""A Markdown file into its report: headings, lists and tables as a browser would show them, front matter marked."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rag.errors import ReportError
from rag.reports.formats import Document
from rag.reports.formats.page import Element, PageLine, as_document, page_lines
from rag.reports.formats.text import decode
from rag.reports.lines import trimmed
from rag.reports.numbering import read_marker

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<lines>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_DEEPEST = 100  # quotes and lists within one another
_LINE_ENDS = tuple("。！？；：.!?;:”）")


def read(data: bytes, *, name: str) -> Document:
    """The document in `data`; `name` is what errors call it. Marks of Markdown go, the front matter is furniture.

    A line break within a paragraph stays one where a sentence ends or a number begins; elsewhere it only kept the
    lines of the file short.
    """
    from markdown_it import MarkdownIt
    from selectolax.lexbor import LexborHTMLParser

    source, encoding = decode(data, name=name)
    front = _FRONT_MATTER.match(source)
    element = Element("header", "", False, None)
    above = [PageLine(line, element) for line in (front.group().splitlines() if front else ()) if trimmed(line)]
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table")
    parser.add_render_rule("softbreak", _soft_break)
    tokens = parser.parse(source[front.end() :] if front else source)
    if max((token.level for token in tokens), default=0) >= _DEEPEST - 1:  # the parser leaves out what is deeper
        raise ReportError(
            f"{name} nests quotes or lists {_DEEPEST} deep or deeper", remedy="Take out the marks that open them."
        )
    body = LexborHTMLParser(parser.renderer.render(tokens, parser.options, {})).body
    lines = [*above, *(page_lines(body) if body is not None else ())]
    return as_document(lines, content=range(len(above), len(lines)), format="markdown", encoding=encoding)


def _soft_break(_: Any, tokens: Sequence["Token"], index: int, *__: Any) -> str:
    above = _words(reversed(tokens[:index]))
    below = _words(tokens[index + 1 :])
    is_heading = read_marker(above) is not None and not re.search("[，,]", above)
    if is_heading or above.endswith(_LINE_ENDS) or read_marker(below) is not None:
        return "<br>"
    return (
        " " if above[-1:].isascii() and below[:1].isascii() else ""
    )  # Latin words are parted by a space, Chinese by nothing


def _words(tokens: Iterable["Token"]) -> str:
    """The first words among `tokens`, those of marks apart."""
    return next((trimmed(token.content) for token in tokens if trimmed(token.content)), "")
