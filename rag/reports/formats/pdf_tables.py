"""The rules of a page into its tables: which cells they enclose, and which characters stand in each."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.reports.formats.pdf_lines import lines_of, pieces_of
from rag.reports.formats.pdf_pages import Glyph, Rule
from rag.reports.formats.tables import Cell, joined

_NEAR = 3.0  # points: rules so close are one, and ends so close touch
_LONGEST_CELL = 500  # characters; longer ones lay out a page rather than figures


@dataclass(frozen=True)
class Table:
    """A table on a page; `columns` are the places of its upright rules, in points from the left."""

    page: int
    top: float
    bottom: float
    columns: tuple[float, ...]
    rows: tuple[tuple[Cell, ...], ...]


def find_tables(glyphs: Sequence[Glyph], rules: Sequence[Rule], *, page: int) -> tuple[list[Table], list[Glyph]]:
    """The tables that rules enclose, from the top, and the characters that stand outside them."""
    tables = []
    left = list(glyphs)
    for group in _touching(rules):
        columns = _places([rule.left for rule in group if not rule.level])
        rows = _places([rule.bottom for rule in group if rule.level])[::-1]
        if len(columns) < 3 or len(rows) < 3:
            continue
        inside = [glyph for glyph in left if _within(glyph, columns, rows)]
        cells = _cells(group, columns, rows, inside, page)
        texts = [[cell.text for cell in row if cell.text] for row in cells]
        if max(map(len, texts)) < 2 or any(len(text) > _LONGEST_CELL for row in texts for text in row):
            continue
        tables.append(Table(page, rows[0], rows[-1], tuple(columns), tuple(map(tuple, cells))))
        taken = set(map(id, inside))
        left = [glyph for glyph in left if id(glyph) not in taken]
    return sorted(tables, key=lambda table: -table.top), left


def _touching(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Rules in groups that hang together."""
    groups: list[list[Rule]] = []
    for rule in rules:
        touched = [group for group in groups if any(_touch(rule, other) for other in group)]
        groups = [group for group in groups if group not in touched]
        groups.append([rule, *(other for group in touched for other in group)])
    return groups


def _touch(rule: Rule, other: Rule) -> bool:
    return (
        rule.left - _NEAR <= other.right
        and other.left - _NEAR <= rule.right
        and rule.bottom - _NEAR <= other.top
        and other.bottom - _NEAR <= rule.top
    )


def _places(values: Sequence[float]) -> list[float]:
    """Places in order, those near each other once."""
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _NEAR:
            found.append(value)
    return found


def _within(glyph: Glyph, columns: Sequence[float], rows: Sequence[float]) -> bool:
    x, y = (glyph.left + glyph.right) / 2, (glyph.bottom + glyph.top) / 2
    return columns[0] <= x <= columns[-1] and rows[-1] <= y <= rows[0]


def _cells(
    rules: Sequence[Rule], columns: Sequence[float], rows: Sequence[float], glyphs: Sequence[Glyph], page: int
) -> list[list[Cell]]:
    """Cells row by row; `rows` are the places of the level rules from the top. One without rules inside is one cell."""
    height, width = len(rows) - 1, len(columns) - 1
    inside: dict[tuple[int, int], list[Glyph]] = {}
    for glyph in glyphs:
        x, y = (glyph.left + glyph.right) / 2, (glyph.bottom + glyph.top) / 2
        row = next(index for index in range(height) if y >= rows[index + 1])
        column = next(index for index in range(width) if x <= columns[index + 1])
        inside.setdefault((row, column), []).append(glyph)
    taken: set[tuple[int, int]] = set()
    result = []
    for row in range(height):
        cells = []
        for column in range(width):
            if (row, column) in taken:
                continue
            right = column + 1
            while right < width and not _ruled(rules, x=columns[right], low=rows[row + 1], high=rows[row]):
                right += 1
            down = row + 1
            while down < height and not _ruled(rules, y=rows[down], low=columns[column], high=columns[right]):
                down += 1
            places = [(at, beside) for at in range(row, down) for beside in range(column, right)]
            taken.update(places)
            words = ""
            for line in lines_of(pieces_of([glyph for at in places for glyph in inside.get(at, ())]), page=page):
                words = joined(words, line.text)
            cells.append(Cell(words, columns=right - column, rows=down - row))
        result.append(cells)
    return result


def _ruled(rules: Sequence[Rule], *, low: float, high: float, x: float | None = None, y: float | None = None) -> bool:
    """Whether rules at `x` (upright) or `y` (level) cover most of the way from `low` to `high`."""
    covered = 0.0
    for rule in rules:
        if x is not None and not rule.level and abs(rule.left - x) <= _NEAR:
            covered += max(0.0, min(rule.top, high) - max(rule.bottom, low))
        elif y is not None and rule.level and abs(rule.bottom - y) <= _NEAR:
            covered += max(0.0, min(rule.right, high) - max(rule.left, low))
    return covered >= 0.5 * (high - low)
