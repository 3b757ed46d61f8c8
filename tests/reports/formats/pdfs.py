"""Small PDF files for tests, drawn line by line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

CHINESE = "STSong-Light"
WIDTH, HEIGHT = 420, 595  # points: A5
LEFT = 60
PITCH = 18


class Drawing:
    """A PDF in the making; places are points from the page's lower left corner."""

    def __init__(self, **options: Any) -> None:
        pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
        self.buffer = BytesIO()
        self.canvas = Canvas(self.buffer, pagesize=(WIDTH, HEIGHT), pageCompression=0, **options)

    def write(self, words: str, *, x: float = LEFT, y: float, size: float = 12, font: str = CHINESE) -> None:
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, words)

    def lines(self, lines: Sequence[str], *, x: float = LEFT, y: float = 500, pitch: float = PITCH) -> float:
        """Lines below each other, the first at `y`; full-width spaces before one move it in. Returns the next y."""
        for line in lines:
            words = line.lstrip("　")
            self.write(words, x=x + 12 * (len(line) - len(words)), y=y)
            y -= pitch
        return y

    def table(
        self, rows: Sequence[str], *, x: float = LEFT, y: float, widths: Sequence[float], open_sides: bool = False
    ) -> None:
        """Rows of cells (parted by |) with rules around each, but at open sides; y is the upper edge."""
        height = 20
        for index in range(len(rows) + 1):
            self.canvas.line(x, y - index * height, x + sum(widths), y - index * height)
        for index in range(open_sides, len(widths) + 1 - open_sides):
            at = x + sum(widths[:index])
            self.canvas.line(at, y, at, y - len(rows) * height)
        for index, row in enumerate(rows):
            for column, words in enumerate(row.split("|")):
                self.write(words, x=x + sum(widths[:column]) + 4, y=y - index * height - 14)

    def next_page(self) -> None:
        self.canvas.showPage()

    def saved(self) -> bytes:
        self.canvas.save()
        return self.buffer.getvalue()


@contextmanager
def turned(drawing: Drawing, degrees: float, *, x: float, y: float) -> Iterator[None]:
    """What is drawn inside is turned against the clock around (`x`, `y`), which becomes (0, 0)."""
    drawing.canvas.saveState()
    drawing.canvas.translate(x, y)
    drawing.canvas.rotate(degrees)
    yield
    drawing.canvas.restoreState()


def wrapped(words: str, length: int) -> list[str]:
    """`words` in lines of `length` characters."""
    return [words[at : at + length] for at in range(0, len(words), length)]
