"""The cells of a table into lines that can each be read alone: every cell behind its header, title and unit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.reports.lines import trimmed
from rag.reports.numbering import read_marker

MOST_COLUMNS = 1000  # that a cell may say it spans, as in HTML
LONGEST_HEADER = 30  # characters of a header cell; a longer one is text
LONGEST_TITLE = 50  # characters of a line above a table that can name it
_UNIT = re.compile(r"[(（]?\s*(?:计量|金额)?单\s*位\s*[:：]\s*(?P<unit>[^\s()（）:：;；,，。]{1,12})\s*[)）]?")
_NUMBER = re.compile(r"[-+±<>≤≥≈约]?[\d.,，．０-９]+\s*(?:[%％‰]|[\u4e00-\u9fffA-Za-z]{0,2})")
_YEAR = re.compile(r"(?:19|20)\d{2}年?(?:度|\d{1,2}月)?")
_TITLE_MARKS = re.compile("[。；;！!？?]")
_WORD = re.compile(r"[0-9A-Za-z\u00c0-\u024f]")


@dataclass(frozen=True)
class Cell:
    """A cell: `columns` and `rows` say over how many it reaches, `header` that the file calls it a header."""

    text: str
    columns: int = 1
    rows: int = 1
    header: bool = False


@dataclass(frozen=True)
class Caption:
    """What stands above a table about it; empty where nothing does."""

    title: str = ""
    unit: str = ""


def table_lines(
    rows: Sequence[Sequence[Cell]], *, caption: Caption | None = None, header_rows: int | None = None
) -> list[str]:
    """The table as lines, one for a row: `小学生数表（单位：人） 区县：甲区；在校生：1200`.

    The cells of a row come from left to right; a place that a cell above reaches into has none of its own, as in HTML.
    A cell stands behind the headers of its first column, outermost first; one that reaches over several rows is said
    in each. Empty cells and rows are left out. `header_rows`: how many rows are headers, where the file says so;
    else the cells marked as headers, else the form of the first row decides. A table of one column, or without
    headers, gives the words of its cells; so do the header rows of a table that has no other.
    """
    caption = caption or Caption()
    grid = _grid(rows)
    if not grid:
        return []
    lines = []
    if _is_titled(grid):
        words = _words(grid[0][0])
        if words:
            lines.append(words)
            own = read_caption([words])
            caption = Caption(own.title or caption.title, own.unit or caption.unit)
        grid = grid[1:]
        header_rows = None if header_rows is None else max(header_rows - 1, 0)
    count = _header_count(grid) if header_rows is None else min(header_rows, len(grid))
    if len(grid[0]) == 1 or count in (0, len(grid)):
        return lines + [line for row in grid if (line := "；".join(filter(None, map(_words, _distinct(row)))))]
    headers = [
        " ".join(dict.fromkeys(filter(None, (_words(row[column]) for row in grid[:count]))))
        for column in range(len(grid[0]))
    ]
    lead = caption.title
    if caption.unit and not re.search(f"[(（]{re.escape(caption.unit)}[)）]", caption.title):
        lead += f"（单位：{caption.unit}）"
    said: set[str] = set()
    for row in grid[count:]:
        pairs = []
        for column, cell in enumerate(row):
            if cell is not None and (column == 0 or cell is not row[column - 1]) and _words(cell):
                pairs.append(f"{headers[column]}：{_words(cell)}" if headers[column] else _words(cell))
                said.add(headers[column])
        if pairs:
            lines.append(f"{lead} {'；'.join(pairs)}" if lead else "；".join(pairs))
    unsaid = [
        header for header in dict.fromkeys(headers) if header and header not in said
    ]  # of columns without a value
    return [*lines, "；".join(unsaid)] if unsaid else lines


def rows_on_top(rows: Sequence[Sequence[Cell]]) -> tuple[int, int]:
    """Of the rows that are not blank, how many at the top are the table's title (none or one), how many headers."""
    grid = _grid(rows)
    titled = int(_is_titled(grid))
    return titled, _header_count(grid[titled:]) if grid else 0


def read_caption(lines: Sequence[str]) -> Caption:
    """The title and unit in the lines directly above a table, the last two that are not blank."""
    title = unit = ""
    for line in [words for words in map(trimmed, lines) if words][-1:-3:-1]:
        found = _UNIT.search(line)
        if found and not unit:
            unit = found["unit"]
            line = trimmed(line.replace(found.group(), ""))
        if line:
            if len(line) <= LONGEST_TITLE and not _TITLE_MARKS.search(line):
                marker = read_marker(line)  # a number said again in each row would begin a section
                title = (line[marker.end :] if marker else line).rstrip("：:")
            break
    return Caption(title, unit)


def joined(first: str, second: str) -> str:
    """Two stretches of a text that only the width of the page or cell has parted.

    Nothing comes between them where one side is Chinese, a space between Latin words; a hyphen that parts a word in
    lower-case letters goes, any other stays.
    """
    first, second = first.rstrip(), second.lstrip()
    if not first or not second:
        return first or second
    if first.endswith("\u00ad"):
        return first[:-1] + second
    if re.search("[A-Za-z]-$", first):
        return (first[:-1] if second[0].islower() and first[-2].islower() else first) + second
    latin = _WORD.match(second) or second[0] in "([“‘\"'"
    if latin and (_WORD.match(first[-1]) or first[-1] in ",.;:!?)]%\"'"):
        return f"{first} {second}"
    return first + second


def _grid(rows: Sequence[Sequence[Cell]]) -> list[list[Cell | None]]:
    """The cells at their places, spanning ones at each of theirs; rows are filled up to one length with None."""
    places: dict[tuple[int, int], Cell] = {}
    for index, row in enumerate(rows):
        column = 0
        for cell in row:
            while (index, column) in places:
                column += 1
            columns = min(max(cell.columns, 1), MOST_COLUMNS)
            for below in range(index, min(index + max(cell.rows, 1), len(rows))):
                for beside in range(column, column + columns):
                    places.setdefault((below, beside), cell)
            column += columns
    width = max((column for _, column in places), default=-1) + 1
    grid = [[places.get((index, column)) for column in range(width)] for index in range(len(rows))]
    return [row for row in grid if any(cell is not None and _words(cell) for cell in row)]


def _is_titled(grid: Sequence[Sequence[Cell | None]]) -> bool:
    """Whether the first row is one cell all across, with others below."""
    return len(grid) > 1 and len(grid[0]) > 1 and len(_distinct(grid[0])) == 1


def _header_count(grid: Sequence[Sequence[Cell | None]]) -> int:
    marked = 0
    while marked < len(grid) and all(cell is None or cell.header for cell in grid[marked]):
        marked += 1
    if marked:
        return marked
    first = _distinct(grid[0])
    words = [_words(cell) for cell in first]
    if len(grid) < 2 or len(first) < 2 or not all(words[1:]) or len(set(words)) < len(words):
        return 0
    if any(len(text) > LONGEST_HEADER or (_NUMBER.fullmatch(text) and not _YEAR.fullmatch(text)) for text in words):
        return 0
    return min(max(2 if any(cell.columns > 1 for cell in first) else 1, *(cell.rows for cell in first)), len(grid))


def _distinct(row: Sequence[Cell | None]) -> list[Cell]:
    """The cells of a row, a spanning one once."""
    found: list[Cell] = []
    for cell in row:
        if cell is not None and not (found and found[-1] is cell):
            found.append(cell)
    return found


def _words(cell: Cell | None) -> str:
    words = ""
    for line in cell.text.split("\n") if cell is not None else ():
        words = joined(words, trimmed(line))
    return words
