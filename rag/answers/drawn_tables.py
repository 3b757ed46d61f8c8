"""A line of a table that plain text draws with spaces or bars, to what it says: each cell behind its column's name.

Tables of web pages, Word and PDF files have become lines of that kind before they are indexed; plain text is kept.
"""

import re
from dataclasses import replace

from rag.answers.evidence import Evidence

_APART = re.compile(r"\s*\|\s*|[\t\u3000]\s*|\s{2,}")
_RULE = re.compile(r"[\s|:：+\-—─═]+")
_FIGURE = re.compile(r"\d")
_YEAR = re.compile(r"(?:19|20)\d{2}(?!\d)")  # names a column as well as a word does


def cells_of(line: str) -> list[str]:
    """The cells of a line, apart by bars, tabs, wide spaces or two narrow ones; one where it is no row.

    >>> cells_of("| 小学 | 7520 |")
    ['小学', '7520']
    >>> cells_of("生均图书（册）　　24.1　　33.6")
    ['生均图书（册）', '24.1', '33.6']
    """
    return _APART.split(line.strip().strip("|").strip())


def header_of(item: Evidence) -> Evidence | None:
    """The row that names the columns of the row that `item` is: the first of its table, and without a figure.

    None where the line is no row of figures or where no such row stands above it, with as many cells.
    """
    row = cells_of(item.text)
    if "\n" in item.text or len(row) < 2 or not any(map(_FIGURE.search, row[1:])):
        return None
    first: tuple[int, str] | None = None
    end = item.start - item.chunk.start
    for line in reversed(item.chunk.text[:end].splitlines(keepends=True)):
        end -= len(line)
        if not line.strip() or _RULE.fullmatch(line):
            continue
        if len(cells_of(line)) != len(row):
            break
        first = end, line
    if first is None or _FIGURE.search(_YEAR.sub("", first[1])):
        return None
    text = first[1].strip()
    start = item.chunk.start + first[0] + first[1].index(text)
    return replace(item, start=start, end=start + len(text), text=text)


def told_with(header: Evidence, row: Evidence) -> str:
    """The row in words: its name, then each cell behind its column's name.

    For 指标　小学　初中 and 图书　24.1　33.6 that is 图书：小学 24.1，初中 33.6.
    """
    name, *cells = cells_of(row.text)
    columns = cells_of(header.text)[1:]
    return f"{name}：" + "，".join(
        f"{column} {cell}".strip() for column, cell in zip(columns, cells, strict=True) if cell
    )
