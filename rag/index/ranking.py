"""Turn scores of rows into the best rows, ties by the lower row, so that two runs give the same list."""

import numpy as np
from numpy.typing import NDArray


def best_rows(rows: NDArray[np.int64], scores: NDArray[np.floating], k: int) -> list[tuple[int, float]]:
    """The `k` best of `rows` (shape [n]) by `scores` (shape [n]), best first; equal scores by ascending row.

    Rows of a snapshot are in the order of their chunk ids, so a tie between rows is a tie broken by chunk id.
    """
    if 0 < k < len(rows):
        # Everything that ties with the k-th score stays in, so that the cut is made by row and not by position.
        kept = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:k]
    return [(int(rows[at]), float(scores[at])) for at in order]
