"""The pictures of pages into the words that stand on them, by the models of RapidOCR (extra `ocr`)."""

import importlib.util
from collections.abc import Sequence

from rag.reports.formats.pdf_lines import Piece
from rag.reports.formats.pdf_pages import Page, render_page

RESOLUTION = 200  # dots per inch: 12-point type is then 33 pixels high, near the 48 that the models scale lines to
_LEAST = 0.5  # of certainty: what is read with less is not text
_OPENING = 3.0  # widths of a character: where a line may break is not known, so a little more than most words


def is_installed() -> bool:
    return importlib.util.find_spec("rapidocr_onnxruntime") is not None


def recognise(data: bytes, pages: Sequence[Page], *, name: str) -> dict[int, list[Piece]]:
    """The lines that stand on `pages` of the PDF in `data`, by page number, places in points; `name` is the file's."""
    from rapidocr_onnxruntime import RapidOCR

    engine = RapidOCR()
    recognised = {}
    for page in pages:
        found, _ = engine(render_page(data, page.number, name=name, resolution=RESOLUTION))
        recognised[page.number] = [
            _piece(corners, words.strip(), page)
            for corners, words, certainty in found or ()
            if float(certainty) >= _LEAST and words.strip()
        ]
    return recognised


def _piece(corners: Sequence[Sequence[float]], words: str, page: Page) -> Piece:
    """A line of a picture, whose corners are pixels from its upper left one, on its page."""
    scale = 72 / RESOLUTION
    left, right = (edge([corner[0] * scale for corner in corners]) for edge in (min, max))
    bottom, top = (page.height - edge([corner[1] * scale for corner in corners]) for edge in (max, min))
    em = 0.9 * (top - bottom)
    return Piece(words, left, bottom, right, top, em, opening=_OPENING * em, reach=right)
