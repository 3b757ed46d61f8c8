"""The picture of a page into the words that stand on it, by the models of RapidOCR (extra `ocr`)."""

import importlib.util
from typing import TYPE_CHECKING, Any

from rag.reports.formats.pdf_lines import Piece
from rag.reports.formats.pdf_pages import Page, render_page

if TYPE_CHECKING:
    import numpy

RESOLUTION = 200  # dots per inch: 12-point type is then 33 pixels high, which the models are made for
_LEAST = 0.5  # of certainty: what is read with less is not text


def is_installed() -> bool:
    return importlib.util.find_spec("rapidocr_onnxruntime") is not None


def recognise(data: bytes, page: Page, *, name: str) -> list[Piece]:
    """The lines that stand on `page` of the PDF in `data`, with their places in points; `name` is the file's."""
    picture = render_page(data, page.number, name=name, resolution=RESOLUTION)
    scale = 72 / RESOLUTION
    pieces = []
    for corners, words, certainty in _read(picture):
        if certainty < _LEAST or not words.strip():
            continue
        across = [corner[0] * scale for corner in corners]
        up = [page.height - corner[1] * scale for corner in corners]
        em = 0.9 * (max(up) - min(up))
        pieces.append(
            Piece(words.strip(), min(across), min(up), max(across), max(up), em, opening=2 * em, reach=max(across))
        )
    return pieces


def _read(picture: "numpy.ndarray") -> list[tuple[Any, str, float]]:
    from rapidocr_onnxruntime import RapidOCR

    found, _ = RapidOCR()(picture)
    return [(corners, words, float(certainty)) for corners, words, certainty in found or ()]
