"""Scanned pages, read where the extra `ocr` is installed."""

import pytest

from rag.reports.formats.pdf import read
from rag.reports.formats.pdf_pages import render_page
from tests.reports.formats.pdfs import HEIGHT, WIDTH, Drawing

pytestmark = pytest.mark.slow


def scanned(drawing: Drawing) -> Drawing:
    """The first page of a drawing as a picture on a page of another."""
    from PIL import Image

    pixels = render_page(drawing.saved(), 1, name="original", resolution=150)
    scan = Drawing()
    scan.canvas.drawInlineImage(Image.fromarray(pixels[:, :, ::-1]), 0, 0, WIDTH, HEIGHT)
    return scan


def test_a_page_that_is_a_picture_is_rendered_as_it_lies() -> None:
    drawing = Drawing()
    drawing.canvas.rect(0, HEIGHT - 100, 50, 100, fill=1)
    pixels = render_page(scanned(drawing).saved(), 1, name="scan", resolution=72)
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert pixels[20, 20].tolist() == [0, 0, 0], "the upper left corner is filled"
    assert pixels[20, 80].tolist() == pixels[120, 20].tolist() == [255, 255, 255]


def test_a_scan_is_read_and_said_to_be() -> None:
    pytest.importorskip("rapidocr_onnxruntime", reason="needs the extra ocr")
    drawing = Drawing()
    for index, line in enumerate(("Annual report 2021", "35 new schools were opened")):
        drawing.write(line, y=500 - 40 * index, size=16, font="Helvetica")
    scan = scanned(drawing)
    scan.next_page()
    scan.write("This page is text", y=500, font="Helvetica")
    document = read(scan.saved(), name="scan.pdf")
    assert document.format == "pdf (ocr)"
    assert "".join(document.text.split()) == "Annualreport202135newschoolswereopenedThispageistext"
    assert document.text[document.pages[1] :] == "This page is text\n"
