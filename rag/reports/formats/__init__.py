"""What every file format is read into: a text, and what the file itself says of its pages, headings and furniture."""

from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True)
class Heading:
    """A line that the file marks as a heading: where it starts in the text, and its level, 1 for the outermost."""

    start: int
    level: int


@dataclass(frozen=True)
class Document:
    """A file's text and what is known of it beyond its characters; all offsets count code points of `text`.

    `furniture` are spans of whole lines that are no content (navigation, running heads, page numbers): they stay in the
    text, in a section of their own. `headings` are what the file marks as such, in order. `pages` holds where each page
    starts, the first at 0; empty where the format has none. `paragraphs` the same for formats that are cited by
    paragraph. `url` is where the file says it comes from, `title` the span of the line that it calls its title. A table
    row is one line of the text that can be read alone, every cell behind its header; `rows` are the spans of such
    lines, in which no number begins a section.
    """

    text: str
    format: str
    encoding: str = ""
    furniture: tuple[Span, ...] = ()
    headings: tuple[Heading, ...] = ()
    pages: tuple[int, ...] = ()
    paragraphs: tuple[int, ...] = ()
    url: str = ""
    title: Span | None = None
    rows: tuple[Span, ...] = ()
