"""The characters of a page into its printed lines, in the order in which they are read, columns told apart."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from rag.reports.formats.pdf_pages import Glyph, is_wide

# In widths of a character.
_WORD_GAP = 0.2  # between Latin letters that is a space
_HAN_GAP = 0.15  # between Chinese characters that is one, beyond what the line is stretched by
_DRAWN_GAP = 0.4  # between the two: programs that draw spaces leave up to a quarter there that is none
_PIECE_GAP = 0.45  # beyond this the line is in pieces, which may belong to two columns
_SLANTED_GAP = 2.0  # from middle to middle
_OVERLAP = 0.5  # of the lower one's height: two pieces stand on one line
_FEWEST_ROWS = 3  # lines that make a column,
_FEWEST_OF_KNOWN = 2  # or go on with one of another page
_FILLED = 0.6  # of its column's width: so much has a line of text, beside headings and ends of paragraphs
_TEXT = 0.4  # of the lines of a column that are such
_NARROWEST = 5.0  # column, in widths of a character
_CLOSING = "，。、；：？！）》」』】〕〉”’％%,.;:?!)]}…—～·"
_HANGING = "，。、；：,.;:"
_OPENING = "（《「『【〔〈“‘([{"
_QUOTES = "“”‘’"  # browsers break a line neither before nor behind them


@dataclass(frozen=True, slots=True)
class Piece:
    """Words without a wide gap, in one line.

    `opening` is the width up to the first place where a line may break. `reach` is where its words end without the
    mark behind them, which may hang over the edge of the column.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    em: float
    opening: float
    reach: float


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces side by side, `page` counting from 1; `column` names the one they stand in, "" on an undivided page."""

    text: str
    page: int
    left: float
    bottom: float
    right: float
    top: float
    em: float
    opening: float
    reach: float
    column: str = ""


def pieces_of(glyphs: Sequence[Glyph], *, mixed_gap: float = _DRAWN_GAP) -> list[Piece]:
    """Characters into pieces of lines, those of one line that touch as one.

    `mixed_gap`: what counts as a space between a Chinese and a Latin character, in widths of a character;
    `mixed_gap_of` says it of a file.
    """
    runs: list[list[Glyph]] = []
    for glyph in glyphs:
        if runs and _follows(runs[-1][-1], glyph):
            runs[-1].append(glyph)
        else:
            runs.append([glyph])
    merged = True
    while merged:  # programs draw a line in several goes, and not always from the left
        merged = False
        runs.sort(key=lambda run: (-round(run[0].bottom), run[0].left))
        kept: list[list[Glyph]] = []
        for run in runs:
            other = next((earlier for earlier in reversed(kept[-4:]) if _follows(earlier[-1], run[0])), None)
            if other is None:
                kept.append(run)
            else:
                other.extend(run)
                merged = True
        runs = kept
    return [_piece(run, mixed_gap) for run in runs]


def mixed_gap_of(glyphs: Iterable[Glyph]) -> float:
    """The least `mixed_gap` of a file with these characters: one that draws no space leaves room only for spaces."""
    return _DRAWN_GAP if any(glyph.spaced for glyph in glyphs) else _HAN_GAP


def lines_of(pieces: Sequence[Piece], *, page: int, gutters: Sequence[float] = ()) -> list[Line]:
    """Pieces into lines in reading order: down the page, and within a stretch of columns down each of them.

    `gutters`: where other pages of the file have the space between two columns, which fewer lines then show here.
    """
    return _ordered(pieces, page, "", gutters)


def slanted_words(glyphs: Sequence[Glyph]) -> list[str]:
    """What is printed aslant, as far as its characters stand close in the order of the file."""
    words: list[str] = []
    for at, glyph in enumerate(glyphs):
        before = glyphs[at - 1] if at else None
        if before is None or math.dist(_middle(before), _middle(glyph)) > _SLANTED_GAP * (glyph.top - glyph.bottom):
            words.append("")
        words[-1] += " " * (glyph.spaced and bool(words[-1])) + glyph.text
    return words


def _middle(glyph: Glyph) -> tuple[float, float]:
    return (glyph.left + glyph.right) / 2, (glyph.bottom + glyph.top) / 2


def _follows(first: Glyph, second: Glyph) -> bool:
    em = max(first.em, second.em)
    low, high = max(first.bottom, second.bottom), min(first.top, second.top)
    level = high - low >= _OVERLAP * min(first.top - first.bottom, second.top - second.bottom)
    return level and -0.5 * em <= second.left - first.right <= _PIECE_GAP * em


def _piece(run: Sequence[Glyph], mixed_gap: float) -> Piece:
    pairs = [
        (is_wide(before.text) + is_wide(glyph.text), (glyph.left - before.right) / max(before.em, glyph.em))
        for before, glyph in pairwise(run)
    ]
    stretch = max(median([gap for wide, gap in pairs if wide == 2] or [0]), 0)
    least = (_WORD_GAP, mixed_gap + stretch, _HAN_GAP + stretch)  # by how many of the two are Chinese
    text = run[0].text
    for glyph, (wide, gap) in zip(run[1:], pairs, strict=True):
        text += " " * (glyph.spaced or gap > least[wide]) + glyph.text
    return Piece(
        text=text,
        left=run[0].left,
        bottom=min(glyph.bottom for glyph in run),
        right=max(glyph.right for glyph in run),
        top=max(glyph.top for glyph in run),
        em=median(glyph.em for glyph in run),
        opening=_unbroken(run) - run[0].left,
        reach=run[-1].left if run[-1].text in _HANGING else run[-1].right,
    )


def _unbroken(run: Sequence[Glyph]) -> float:
    """Where the first stretch ends that no program breaks: a word or character with the marks that cling to it."""
    end = 0
    while end + 1 < len(run):
        here, beyond = run[end].text, run[end + 1].text
        clings = beyond in _CLOSING or here in _OPENING or here in _QUOTES or beyond in _QUOTES
        word = not is_wide(here) and not is_wide(beyond) and not run[end + 1].spaced
        if not clings and not word:
            break
        end += 1
    return run[end].right


def _ordered(pieces: Sequence[Piece], page: int, column: str, known: Sequence[float]) -> list[Line]:
    fewest = _FEWEST_ROWS
    gutter = gutter_of(pieces)
    if gutter is None:
        fewest = _FEWEST_OF_KNOWN
        gutter = next((place for place in known if _in_columns(pieces, place, fewest)), None)
    if gutter is None:
        return [line_of(row, page, column) for row in rows_of(pieces)]
    lines = []
    for band in _bands(pieces, gutter):
        if any(_crosses(piece, gutter) for piece in band) or not _is_columns(band, gutter, fewest):
            lines += [line_of(row, page, column) for row in rows_of(band)]
        else:
            left = [piece for piece in band if piece.right <= gutter]
            right = [piece for piece in band if piece.right > gutter]
            lines += _ordered(left, page, f"{column}<{gutter:.0f}", ())
            lines += _ordered(right, page, f"{column}>{gutter:.0f}", ())
    return lines


def gutter_of(pieces: Sequence[Piece]) -> float | None:
    """The place between two columns of text that most lines keep to, in points; None on a page of one column."""
    if len(pieces) < 2 * _FEWEST_ROWS:
        return None
    left, right = min(piece.left for piece in pieces), max(piece.right for piece in pieces)
    places = {round(piece.left) for piece in pieces if 0.2 < (piece.left - left) / (right - left or 1) < 0.8}
    lines, gutter = max(
        ((_in_columns(pieces, place - 1.0, _FEWEST_ROWS), 1.0 - place) for place in places), default=(0, 0)
    )
    return -gutter if lines else None


def _in_columns(pieces: Sequence[Piece], gutter: float, fewest: int) -> int:
    """How many lines beside each other a gutter parts."""
    return sum(
        min(sum(piece.right <= gutter for piece in band), sum(piece.right > gutter for piece in band))
        for band in _bands(pieces, gutter)
        if _is_columns(band, gutter, fewest)
    )


def rows_of(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces that stand side by side, from the top, each row from the left."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: -(piece.top + piece.bottom)):
        row = rows[-1] if rows else []
        if row and min(row[0].top, piece.top) - max(row[0].bottom, piece.bottom) >= _OVERLAP * min(
            row[0].top - row[0].bottom, piece.top - piece.bottom
        ):
            row.append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def line_of(row: Sequence[Piece], page: int, column: str = "") -> Line:
    """Pieces side by side, from the left, as one line."""
    return Line(
        text=" ".join(piece.text for piece in row),
        page=page,
        left=row[0].left,
        bottom=min(piece.bottom for piece in row),
        right=max(piece.right for piece in row),
        top=max(piece.top for piece in row),
        em=max(row, key=lambda piece: len(piece.text)).em,
        opening=row[0].opening,
        reach=row[-1].reach,
        column=column,
    )


def _bands(pieces: Sequence[Piece], gutter: float) -> list[list[Piece]]:
    """Pieces from the top in stretches that all cross the gutter or all keep beside it."""
    bands: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: -piece.top):
        if bands and _crosses(bands[-1][0], gutter) == _crosses(piece, gutter):
            bands[-1].append(piece)
        else:
            bands.append([piece])
    return bands


def _crosses(piece: Piece, gutter: float) -> bool:
    return piece.left < gutter < piece.right


def _is_columns(band: Sequence[Piece], gutter: float, fewest: int) -> bool:
    """Whether the pieces on both sides of a gutter are lines of text, which fill their column, rather than cells."""
    sides = ([piece for piece in band if piece.right <= gutter], [piece for piece in band if piece.left >= gutter])
    if len(sides[0]) + len(sides[1]) < len(band) or min(map(len, sides)) < fewest:
        return False
    widths = [max(piece.right for piece in side) - min(piece.left for piece in side) for side in sides]
    for side, width in zip(sides, widths, strict=True):
        least = max(_FILLED * width, _NARROWEST * side[0].em)
        filled = sum(piece.right - piece.left >= least for piece in side)
        if filled < max(fewest, _TEXT * len(side)):
            return False
    return min(widths) > 0.25 * max(widths)
