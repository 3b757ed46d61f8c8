"""The rules of a page into its tables: which cells they enclose, and which characters stand in each."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.reports.formats.pdf_lines import lines_of, pieces_of, rows_of
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
    """The tables that rules enclose or part, from the top, and the characters that stand outside them.

    Rules around a table may be missing on any side. One with level rules alone needs three of one length at least: in
    the first two stand the headers, whose places are those of the columns.
    """
    tables = []
    left = list(glyphs)
    for group in _groups(rules):
        columns, rows = _grid(group)
        inside = [glyph for glyph in left if _within(glyph, columns, rows)]
        if all(rule.level for rule in group):
            cells = _open_cells(columns, rows, inside, page)
        else:
            cells = _cells(group, columns, rows, inside, page)
        texts = [[cell.text for cell in row if cell.text] for row in cells]
        if max(map(len, texts), default=0) < 2 or any(len(text) > _LONGEST_CELL for row in texts for text in row):
            continue
        tables.append(Table(page, rows[0], rows[-1], tuple(columns), tuple(map(tuple, cells))))
        taken = set(map(id, inside))
        left = [glyph for glyph in left if id(glyph) not in taken]
    return sorted(tables, key=lambda table: -table.top), left


def _groups(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Rules that can be those of one table: they hang together, or are level and of one length."""
    groups = _touching(rules)
    single = [group[0] for group in groups if len({rule.bottom for rule in group}) == 1 and group[0].level]
    alike: dict[tuple[int, int], list[Rule]] = {}
    for rule in single:
        alike.setdefault((round(rule.left / _NEAR), round(rule.right / _NEAR)), []).append(rule)
    return [
        group
        for group in [*groups, *alike.values()]
        if len(_grid(group)[1]) > 2 and (len(_grid(group)[0]) > 2 or all(rule.level for rule in group))
    ]


def _grid(rules: Sequence[Rule]) -> tuple[list[float], list[float]]:
    """The places of upright rules from the left and of level ones from the top, with the ends of the others."""
    upright = [rule for rule in rules if not rule.level]
    level = [rule for rule in rules if rule.level]
    columns = [rule.left for rule in upright] + [place for rule in level for place in (rule.left, rule.right)]
    rows = [rule.bottom for rule in level] + [place for rule in upright for place in (rule.bottom, rule.top)]
    return _places(columns), _places(rows)[::-1]


def _open_cells(
    columns: Sequence[float], rows: Sequence[float], glyphs: Sequence[Glyph], page: int
) -> list[list[Cell]]:
    """The cells between level rules: each piece of a line belongs to the header whose middle is nearest.

    Nothing when fewer than two headers stand in the first row, or most lines below are of one piece: that is text.
    A line without words in the first column goes on with the row above it.
    """
    pieces = pieces_of(glyphs)
    headers = [piece for piece in pieces if piece.bottom >= rows[1]]
    lines = rows_of([piece for piece in pieces if piece.bottom < rows[1]])
    if len(rows_of(headers)) != 1 or len(headers) < 2 or 2 * sum(len(line) > 1 for line in lines) <= len(lines):
        return []
    middles = [(header.left + header.right) / 2 for header in rows_of(headers)[0]]
    words = [[header.text for header in rows_of(headers)[0]]]
    for line in lines:
        places = [""] * len(middles)
        for piece in line:
            middle = (piece.left + piece.right) / 2
            nearest = min(range(len(middles)), key=lambda at: abs(middles[at] - middle))
            places[nearest] = joined(places[nearest], piece.text)
        if places[0] or len(words) == 1:
            words.append(places)
        else:
            words[-1] = [joined(above, below) for above, below in zip(words[-1], places, strict=True)]
    return [[Cell(text, header=index == 0) for text in row] for index, row in enumerate(words)]


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
