"""A saved web page into its report: the site's navigation and footers marked, tables as rows, `<br>` as line ends."""

import re
from typing import TYPE_CHECKING

from rag.reports.formats import Document
from rag.reports.formats.html_content import content_lines
from rag.reports.formats.page import as_document, page_lines
from rag.reports.formats.text import decode
from rag.reports.lines import squeezed

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARED_WITHIN = 4096  # bytes
# What programs that save pages write down: Internet Explorer and its followers, SingleFile.
_SAVED_FROM = re.compile(r"<!--\s*(?:saved from url=\(\d+\)|Page saved with SingleFile\s+url:\s*)(\S+)")
_URLS = (
    ('link[rel="canonical"]', "href"),
    ('meta[property="og:url"]', "content"),
    ('meta[name="Url" i]', "content"),
)
_TITLES = ('meta[name="ArticleTitle" i]', 'meta[property="og:title"]')


def read(data: bytes, *, name: str) -> Document:
    """The page in `data`; `name` is what errors call it. Nothing that a browser shows is left out.

    Each block of the page is a line, and so is each row of a table. What belongs to the site is furniture.
    """
    from selectolax.lexbor import LexborHTMLParser

    declared = _CHARSET.search(data[:_DECLARED_WITHIN])
    source, encoding = decode(data, name=name, declared=declared[1].decode("ascii") if declared else "")
    page = LexborHTMLParser(source)
    lines = page_lines(page.body) if page.body is not None else []
    title = _title(page)
    return as_document(
        lines,
        content=content_lines(lines, title=title),
        format="html",
        encoding=encoding,
        url=_url(page, source),
        title=title,
    )


def _title(page: "LexborHTMLParser") -> str:
    """What the page's head calls it, the longest of its names: they differ by the site's name."""
    named = [found.attributes.get("content") or "" for query in _TITLES if (found := page.css_first(query))]
    title = page.css_first("head title")
    return max((*named, title.text() if title else ""), key=lambda words: len(squeezed(words)))


def _url(page: "LexborHTMLParser", source: str) -> str:
    named = [found.attributes.get(key) or "" for query, key in _URLS if (found := page.css_first(query))]
    saved = _SAVED_FROM.search(source)
    return next((url for url in (*named, saved[1] if saved else "") if url.startswith(("http://", "https://"))), "")
