"""Figures to aligned text and to JSON with four places."""

from collections.abc import Mapping, Sequence
from typing import Any

NOTHING = "–"  # stands where a group has nothing to measure


def shown(value: float | int | str | None) -> str:
    """Shares and seconds with three places, counts and words as they are."""
    if value is None:
        return NOTHING
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Lines with columns of one width each: the first to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def rounded(value: Any) -> Any:
    """The value, its floats rounded to four places at any depth, tuples as lists."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list | tuple) else value
