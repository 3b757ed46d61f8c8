"""A PDF file into its pages: the characters, rules and pictures on each, with their places."""

import ctypes
import math
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rag.errors import ReportError

if TYPE_CHECKING:
    import numpy
    import pypdfium2

MOST_OBJECTS = 20_000  # of a page that are looked through for rules, and
MOST_RULES = 4_000  # that are taken for those of tables: more make a drawing
_SHORTEST_RULE = 4.0  # points
_FEWEST_UNREADABLE = 10  # characters of a page that its fonts do not name: fewer are bullets and signs
_UNREADABLE = 0.2  # of a page's characters
_FEW = 30  # characters beside a picture of the whole page: a stamp or a scanner's name
_PICTURE = 0.5  # of a page, that its pictures cover in a scan
_OUTLINES = 200  # paths on a page without a character: words drawn as shapes
_PDFIUM = threading.RLock()  # pdfium is not safe to call from two threads at once


@dataclass(frozen=True, slots=True)
class Glyph:
    """A printed character; places are points from the page's lower left corner, as the page is shown.

    `em` is the size of its font, the width of a Chinese character. `spaced` says that white space stands before it in
    the file, whatever its width.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    em: float
    spaced: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line, level or upright, from one end to the other."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def level(self) -> bool:
        return self.right - self.left > self.top - self.bottom


@dataclass(frozen=True)
class Bookmark:
    """An entry of the outline that programs show beside the pages; `level` is 1 for the outermost."""

    words: str
    level: int


@dataclass(frozen=True)
class Page:
    """One page, `number` counting from 1. `slanted` holds characters that do not stand upright: watermarks, stamps.

    `fault` says why its characters cannot be read: it is a picture, or its fonts do not say which characters they draw.
    """

    number: int
    width: float
    height: float
    glyphs: tuple[Glyph, ...] = ()
    slanted: tuple[Glyph, ...] = ()
    rules: tuple[Rule, ...] = ()
    fault: str = ""
    bookmarks: tuple[Bookmark, ...] = ()


@dataclass(frozen=True)
class _View:
    """A page as it is shown: `width` and `height` in points, `turned` clockwise by so many degrees."""

    width: float
    height: float
    turned: int

    def shown(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """A box of the page's own space where it lies once the page is turned."""
        if self.turned == 90:
            return bottom, self.height - right, top, self.height - left
        if self.turned == 180:
            return self.width - right, self.height - top, self.width - left, self.height - bottom
        if self.turned == 270:
            return self.width - top, left, self.width - bottom, right
        return left, bottom, right, top


def read_pages(data: bytes, *, name: str) -> list[Page]:
    """Every page of the PDF in `data`; `name` is the file's, for errors (`ReportError`)."""
    with _PDFIUM:
        document = _open(data, name)
        try:
            pages = [_page(document, index, name) for index in range(len(document))]
            for index, bookmark in _bookmarks(document):
                pages[index] = replace(pages[index], bookmarks=(*pages[index].bookmarks, bookmark))
            return pages
        finally:
            document.close()


def render_page(data: bytes, number: int, *, name: str, resolution: int) -> "numpy.ndarray":
    """The picture of a page, counted from 1, as rows of pixels, blue first; `resolution` in dots per inch."""
    with _PDFIUM:
        document = _open(data, name)
        try:
            pixels: numpy.ndarray = document[number - 1].render(scale=resolution / 72).to_numpy()
            return pixels.copy()
        finally:
            document.close()


def _open(data: bytes, name: str) -> "pypdfium2.PdfDocument":
    import pypdfium2
    from pypdfium2 import raw

    try:
        document = pypdfium2.PdfDocument(data)
        if not len(document):
            raise ReportError(f"{name} is a PDF without pages", remedy="Export it again.")
    except pypdfium2.PdfiumError as error:
        if error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise ReportError(f"{name} is protected by a password", remedy="Save it without one.") from error
        raise ReportError(f"{name} is damaged or no PDF: {error}", remedy="Export or download it again.") from error
    return document


def _page(document: "pypdfium2.PdfDocument", index: int, name: str) -> Page:
    import pypdfium2

    try:
        page = document[index]
        text = page.get_textpage()
    except pypdfium2.PdfiumError as error:
        raise ReportError(
            f"page {index + 1} of {name} is damaged: {error}", remedy="Export or download the file again."
        ) from error
    width, height = page.get_size()
    view = _View(width, height, page.get_rotation())
    upright: list[Glyph] = []
    slanted: list[Glyph] = []
    unreadable = 0
    for glyph, angle, readable in _glyphs(text, view):
        unreadable += not readable
        (upright if math.cos(angle) > 0.99 else slanted).append(glyph)
    rules, pictures, paths = _drawn(page, view)
    fault = ""
    if unreadable >= _FEWEST_UNREADABLE and unreadable > _UNREADABLE * (len(upright) + len(slanted)):
        fault = "its fonts do not say which characters they draw"
    elif len(upright) < _FEW and pictures > _PICTURE * view.width * view.height:
        fault = "it is a picture without text"
    elif not upright and paths > _OUTLINES:
        fault = "its words are drawn as shapes"
    return Page(index + 1, view.width, view.height, tuple(_once(_apart(upright))), tuple(slanted), tuple(rules), fault)


def _bookmarks(document: "pypdfium2.PdfDocument") -> Iterator[tuple[int, Bookmark]]:
    """The outline of a file, each entry behind the index of the page that it leads to."""
    for entry in document.get_toc():
        target = entry.get_dest()
        index = None if target is None else target.get_index()
        if index is not None and 0 <= index < len(document) and entry.get_title().strip():
            yield index, Bookmark(entry.get_title(), entry.level + 1)


def _glyphs(text: "pypdfium2.PdfTextPage", view: _View) -> Iterator[tuple[Glyph, float, bool]]:
    """Each character that is no white space, its angle in radians as shown, and whether the file says which it is."""
    from pypdfium2 import raw

    box, matrix = raw.FS_RECTF(), raw.FS_MATRIX()
    spaced = False
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, index)
        if raw.FPDFText_IsGenerated(text, index) == 1:  # pdfium's guess at spaces and line breaks
            continue
        code = ord("-") if code in (0x02, 0xFFFE) else code  # the hyphens at which pdfium joins words
        character = chr(code)
        if character.isspace():
            spaced = True
            continue
        unnamed = raw.FPDFText_HasUnicodeMapError(text, index) == 1
        if (code < 0x20 and not unnamed) or not raw.FPDFText_GetLooseCharBox(text, index, ctypes.byref(box)):
            continue
        readable = not unnamed and code != 0xFFFD and not 0xD800 <= code < 0xF900  # halves of pairs, private use
        if not readable:
            character = "•" if 0xF000 <= code < 0xF100 else "\ufffd"  # symbol fonts, bullets for the most part
        raw.FPDFText_GetMatrix(text, index, ctypes.byref(matrix))
        em = raw.FPDFText_GetFontSize(text, index) * math.hypot(matrix.a, matrix.b)
        if not 0.3 < em / ((box.top - box.bottom) or 1) < 3:  # fonts whose shapes are drawn to a scale of their own
            em = max(0.9 * (box.top - box.bottom), 0.1)
        angle = raw.FPDFText_GetCharAngle(text, index)
        if math.cos(angle) > 0.99 and box.right - box.left < 0.95 * em and is_wide(character):
            _widen(text, index, box, em)
        place = view.shown(box.left, box.bottom, box.right, box.top)
        yield Glyph(character, *place, em, spaced), angle + math.radians(view.turned), readable
        spaced = False


def _widen(text: "pypdfium2.PdfTextPage", index: int, box: Any, em: float) -> None:
    """Give a Chinese character the room that it has in its line, where the font says only how wide its strokes are."""
    from pypdfium2 import raw

    left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
    raw.FPDFText_GetCharBox(text, index, left, right, bottom, top)
    if abs(left.value - box.left) + abs(right.value - box.right) < 0.01:
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        box.left, box.right = x.value, x.value + em


def is_wide(character: str) -> bool:
    """Whether a character is as wide as a Chinese one."""
    return unicodedata.east_asian_width(character) in "WF"


def _apart(glyphs: Iterable[Glyph]) -> list[Glyph]:
    """The characters that one shape draws (ﬁ, ——), which have the same place, side by side in it."""
    found: list[Glyph] = []
    for _, same in groupby(glyphs, key=lambda glyph: (glyph.left, glyph.bottom, glyph.right, glyph.top)):
        group = list(same)
        width = (group[0].right - group[0].left) / len(group)
        for at, glyph in enumerate(group):
            left = glyph.left + at * width
            found.append(replace(glyph, left=left, right=left + width) if len(group) > 1 else glyph)
    return found


def _once(glyphs: list[Glyph]) -> Iterator[Glyph]:
    """The characters without those printed again in almost the same place, which some programs do for bold ones."""
    last: dict[str, Glyph] = {}
    for glyph in glyphs:
        before = last.get(glyph.text)
        near = (glyph.right - glyph.left) / 4
        if before is None or abs(before.left - glyph.left) > near or abs(before.bottom - glyph.bottom) > near:
            yield glyph
        last[glyph.text] = glyph


def _drawn(page: "pypdfium2.PdfPage", view: _View) -> tuple[list[Rule], float, int]:
    """The straight lines of a page, the area its pictures cover in square points, and how many paths it has."""
    from pypdfium2 import raw

    rules: list[Rule] = []
    area, paths = 0.0, 0
    for count, item in enumerate(page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE])):
        if count >= MOST_OBJECTS:
            return [], area, paths
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = item.get_bounds()
            area += (right - left) * (top - bottom)
            continue
        paths += 1
        matrix = item.get_matrix()
        start = first = (0.0, 0.0)
        x, y = ctypes.c_float(), ctypes.c_float()
        for index in range(raw.FPDFPath_CountSegments(item)):
            segment = raw.FPDFPath_GetPathSegment(item, index)
            raw.FPDFPathSegment_GetPoint(segment, x, y)
            end = matrix.on_point(x.value, y.value)
            kind = raw.FPDFPathSegment_GetType(segment)
            if kind == raw.FPDF_SEGMENT_MOVETO:
                first = end
            elif kind == raw.FPDF_SEGMENT_LINETO:
                rules += _rule(view, start, end)
            if raw.FPDFPathSegment_GetClose(segment):
                rules += _rule(view, end, first)
            start = end
    return rules if len(rules) <= MOST_RULES else [], area, paths


def _rule(view: _View, start: tuple[float, float], end: tuple[float, float]) -> list[Rule]:
    (x, y), (other_x, other_y) = start, end
    across, up = abs(x - other_x), abs(y - other_y)
    if min(across, up) > 1 or max(across, up) < _SHORTEST_RULE:
        return []
    return [Rule(*view.shown(min(x, other_x), min(y, other_y), max(x, other_x), max(y, other_y)))]
