"""A PDF file into a `Document`: its text in reading order, paragraphs whole, with the place where each page starts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby

from rag.errors import ReportError
from rag.reports.formats import Document, Heading, Span
from rag.reports.formats.pdf_furniture import running_lines
from rag.reports.formats.pdf_lines import (
    Line,
    Piece,
    gutter_of,
    line_of,
    lines_of,
    mixed_gap_of,
    pieces_of,
    rows_of,
    slanted_words,
)
from rag.reports.formats.pdf_pages import Page, read_pages
from rag.reports.formats.pdf_paragraphs import Habits, habits_of, paragraphs_of
from rag.reports.formats.pdf_tables import Table, find_tables
from rag.reports.formats.tables import Caption, Cell, joined, read_caption, rows_on_top, table_lines
from rag.reports.lines import split_lines, squeezed

_NAMED = 10  # pages in an error
_SAME = 3.0  # points between the upright rules of a table and of what continues it on the next page


def read(data: bytes, *, name: str) -> Document:
    """The document in `data`; `name` is the file's, for errors (`ReportError`).

    Lines that only the width of the page or column has parted are joined, across pages too. What runs along the edges
    of the pages (heads, feet, page numbers) and what is printed aslant (watermarks) is furniture: each line once, at
    the end of the text, where it parts no sentence and no section. Tables with rules become rows behind their headers,
    which are carried over to the pages that continue them. Pages that hold no characters, but pictures of them, are
    read by OCR where the extra `ocr` is installed, and the format is then "pdf (ocr)"; else they are an error.
    Headings are the lines that the file's outline (bookmarks) names.
    """
    pages = read_pages(data, name=name)
    faults = [page for page in pages if page.fault]
    recognised = _recognised(data, faults, name) if faults else {}
    gap = mixed_gap_of(glyph for page in pages for glyph in page.glyphs)
    found = [find_tables(page.glyphs, page.rules, page=page.number) for page in pages]
    pieces = [
        recognised[page.number] if page.fault else pieces_of(outside, mixed_gap=gap)
        for page, (_, outside) in zip(pages, found, strict=True)
    ]
    rows = [
        [(line_of(row, page.number), row) for row in rows_of(inside)]
        for page, inside in zip(pages, pieces, strict=True)
    ]
    running = running_lines([[line for line, _ in page] for page in rows], {page.number: page.height for page in pages})
    body = [[piece for line, row in page if line not in running for piece in row] for page in rows]
    gutters = [gutter for inside in body if (gutter := gutter_of(inside)) is not None]
    content = [
        block
        for page, inside, (tables, _) in zip(pages, body, found, strict=True)
        for block in _with_tables(lines_of(inside, page=page.number, gutters=gutters), tables)
    ]
    around = [line.text for page in rows for line, _ in page if line in running]
    around += [words for page in pages for words in slanted_words(page.slanted)]
    words, places, table_rows = _written(content, {page.number: page.width for page in pages})
    end = len(words)
    starts = _in_order(places, len(pages), end)
    words += "".join(f"{line}\n" for line in dict.fromkeys(around))
    return Document(
        words,
        "pdf (ocr)" if recognised else "pdf",
        furniture=((end, len(words)),) if around else (),
        headings=tuple(_headings(words, pages, starts)),
        pages=starts,
        rows=tuple(table_rows),
    )


def _recognised(data: bytes, faults: Sequence[Page], name: str) -> dict[int, list[Piece]]:
    """The pieces that OCR finds on the pages without characters of their own, by page."""
    from rag.reports.formats.ocr import is_installed, recognise

    if not is_installed():
        numbers = ", ".join(str(page.number) for page in faults[:_NAMED]) + (" …" if len(faults) > _NAMED else "")
        raise ReportError(
            f"page {numbers} of {name} cannot be read: {faults[0].fault}",
            remedy="Install OCR (pip install 'report-rag[ocr]'), or give the report as text.",
        )
    return recognise(data, faults, name=name)


def _with_tables(lines: Sequence[Line], tables: Sequence[Table]) -> list[Line | Table]:
    """Lines in reading order with each table before the first line below it."""
    blocks: list[Line | Table] = list(lines)
    for table in tables:
        below = (at for at, block in enumerate(blocks) if _is_below(block, table))
        blocks.insert(next(below, len(blocks)), table)
    return blocks


def _is_below(block: Line | Table, table: Table) -> bool:
    if block.top > table.top:
        return False
    return isinstance(block, Table) or (block.right > table.columns[0] and block.left < table.columns[-1])


def _written(content: Sequence[Line | Table], widths: Mapping[int, float]) -> tuple[str, dict[int, int], list[Span]]:
    """The text of the content, where each page that has some begins in it, and where the rows of tables are."""
    habits = habits_of([block for block in content if isinstance(block, Line)], widths)
    written: list[str] = []
    starts: dict[int, int] = {}
    rows: list[Span] = []
    length = 0
    for _, group in groupby(content, key=lambda block: isinstance(block, Table)):
        blocks = list(group)
        lines = [block for block in blocks if isinstance(block, Line)]
        tables = [block for block in blocks if isinstance(block, Table)]
        for words, places in chain(_paragraph_parts(lines, habits), _table_parts(tables, written)):
            for page, place in places:
                starts.setdefault(page, length + place)
            written.append(words)
            rows += [(length, length + len(words) + 1)] * bool(tables)
            length += len(words) + 1
    return "".join(f"{words}\n" for words in written), starts, rows


def _paragraph_parts(lines: Iterable[Line], habits: Habits) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Each paragraph, and at which of its characters it comes to which page."""
    for paragraph in paragraphs_of(list(lines), habits):
        words, places = "", dict[int, int]()
        for line in paragraph:
            words = joined(words, line.text)
            places.setdefault(line.page, len(words) - len(line.text))
        yield words, list(places.items())


def _table_parts(tables: Iterable[Table], above: Sequence[str]) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Each row of tables that follow each other, and its page; `above` are the paragraphs before them."""
    caption = read_caption(above[-2:])
    first: Table | None = None
    last = 0
    for table in tables:
        top: tuple[tuple[Cell, ...], ...] = ()
        rows, titled = table.rows, 0
        if first is not None and table.page == last + 1 and _same_columns(first, table):
            titled, headers = rows_on_top(first.rows)
            top = first.rows[: titled + headers]
            rows = rows[len(top) :] if rows[: len(top)] == top else rows  # a header said again on each page
        elif first is not None:
            caption = Caption()
        if not top:
            first = table
        last = table.page
        for words in table_lines([*top, *rows], caption=caption, header_rows=len(top) or None)[titled:]:
            yield words, [(table.page, 0)]


def _same_columns(first: Table, second: Table) -> bool:
    return len(first.columns) == len(second.columns) and all(
        abs(one - other) <= _SAME for one, other in zip(first.columns, second.columns, strict=True)
    )


def _headings(text: str, pages: Sequence[Page], starts: Sequence[int]) -> Iterator[Heading]:
    """The lines that the outline of the file names, each on the page that it names for it."""
    lines = split_lines(text)
    for page, start, end in zip(pages, starts, (*starts[1:], len(text)), strict=True):
        for bookmark in page.bookmarks:
            here = (line for line in lines if start <= line.start < end)
            found = next((line for line in here if squeezed(line.text).startswith(squeezed(bookmark.words))), None)
            if found is not None:
                yield Heading(found.start, bookmark.level)
                start = found.end  # the next is further down


def _in_order(starts: Mapping[int, int], pages: int, end: int) -> tuple[int, ...]:
    """Where each page starts: one without content where the next one with some does, the first at 0."""
    found: list[int] = []
    place = end
    for page in range(pages, 0, -1):
        place = min(starts.get(page, place), place)
        found.append(place)
    return (0, *found[-2::-1]) if found else ()
