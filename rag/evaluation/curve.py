"""Graded rows to the risk–coverage curve: how many questions are answered at each confidence, and how many wrongly.

Selective prediction as in Geifman and El-Yaniv 2017, arXiv:1705.08500: coverage is the share of all questions that get
an answer, risk the share of these answers that are wrong; an answer to a question no report answers is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from rag.evaluation.grading import Row

WIDTH, HEIGHT, MARGIN = 640, 400, 56  # of the picture, in pixels
_GRID = 5  # lines on either axis


@dataclass(frozen=True)
class Point:
    """What answering from `threshold` on gives; `coverage` and `risk` are shares, 0 to 1."""

    threshold: float
    coverage: float
    risk: float


def risk_coverage(rows: Sequence[Row]) -> list[Point]:
    """A point for each confidence that an answer had, the most confident first; refused questions stay uncovered."""
    answered = sorted((row for row in rows if not row.refused), key=lambda row: -row.confidence)
    points, wrong = [], 0
    for number, row in enumerate(answered, start=1):
        wrong += row.right is not True
        if number == len(answered) or answered[number].confidence < row.confidence:
            points.append(Point(row.confidence, number / len(rows), wrong / number))
    return points


def at_threshold(points: Sequence[Point], threshold: float) -> Point | None:
    """The point reached when every answer of at least this confidence is given; None where there is none."""
    return next((point for point in reversed(points) if point.threshold >= threshold), None)


def picture(points: Sequence[Point], thresholds: Mapping[str, float], *, title: str) -> str:
    """The curve as SVG, with the operating points by name; the risk axis ends at the highest risk, 0.1 at least."""
    highest = max([0.1, *(point.risk for point in points)])

    def place(point: Point) -> str:
        across = MARGIN + point.coverage * (WIDTH - 2 * MARGIN)
        down = HEIGHT - MARGIN - point.risk / highest * (HEIGHT - 2 * MARGIN)
        return f"{across:.1f},{down:.1f}"

    marks = []
    for name, threshold in thresholds.items():
        point = at_threshold(points, threshold)
        if point is not None:
            x, y = place(point).split(",")
            label = f"{name}: {point.coverage:.2f} answered, {point.risk:.3f} wrong"
            marks.append(f'<circle cx="{x}" cy="{y}" r="4"/>')
            marks.append(f'<text x="{x}" y="{float(y) - 9:.1f}">{escape(label)}</text>')
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
            ' font-size="11" text-anchor="end">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<text x="{MARGIN}" y="24" text-anchor="start" font-size="14">{escape(title)}</text>',
            *_grid(highest),
            f'<polyline fill="none" stroke="#1a5fb4" stroke-width="2" points="{" ".join(map(place, points))}"/>',
            *marks,
            "</svg>\n",
        ]
    )


def _grid(highest: float) -> list[str]:
    lines = []
    for step in range(_GRID + 1):
        x = MARGIN + step / _GRID * (WIDTH - 2 * MARGIN)
        y = HEIGHT - MARGIN - step / _GRID * (HEIGHT - 2 * MARGIN)
        lines += [
            f'<path d="M{x:.1f},{MARGIN}V{HEIGHT - MARGIN}M{MARGIN},{y:.1f}H{WIDTH - MARGIN}" stroke="#ddd"/>',
            f'<text x="{x:.1f}" y="{HEIGHT - MARGIN + 16}" text-anchor="middle">{step / _GRID:.1f}</text>',
            f'<text x="{MARGIN - 6}" y="{y + 4:.1f}">{step / _GRID * highest:.2f}</text>',
        ]
    coverage, risk = "share of the questions answered", "share of the answers that are wrong"
    middle = HEIGHT / 2
    return [
        *lines,
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 16}" text-anchor="middle">{coverage}</text>',
        f'<text transform="rotate(-90 14 {middle})" x="14" y="{middle}" text-anchor="middle">{risk}</text>',
    ]
