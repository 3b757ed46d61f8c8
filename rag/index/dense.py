"""Turn unit vectors into a FAISS index, and a question's vector into the rows nearest to it, exactly."""

from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rag.errors import SnapshotError
from rag.index.ranking import best_rows

# Float32 rounding leaves a normalised vector within about 1e-6 of length 1; a vector that was never normalised, or a
# zero vector, is far outside.
LENGTH_TOLERANCE = 1e-3

# FAISS adds up in float32 and not always in the same order, so its scores are off by up to about 1e-6. Rows nearer
# than this to the last one wanted are scored again before the cut.
_ROUNDING = 1e-5


def require_unit_length(vectors: NDArray[np.float32], *, shape: tuple[int, ...]) -> None:
    """Raise `SnapshotError` unless `vectors` is float32 of `shape` [rows, dimension] and every row of unit length."""
    if vectors.ndim != 2 or vectors.shape != shape or vectors.dtype != np.float32:
        raise SnapshotError(
            f"vectors of shape {vectors.shape} and type {vectors.dtype} where float32 of shape {shape} belongs",
            remedy="Use an embedder that returns one float32 vector a text.",
        )
    lengths = np.linalg.norm(vectors, axis=1)
    # Written so that a NaN, which compares false with everything, counts as wrong.
    wrong = np.flatnonzero(~(np.abs(lengths - 1) <= LENGTH_TOLERANCE))
    if len(wrong):
        raise SnapshotError(
            f"{len(wrong)} of {len(vectors)} vectors are not of unit length; "
            f"the first is row {wrong[0]} with length {lengths[wrong[0]]:.6g}",
            remedy="Use an embedder that normalises, or check its weights with `rag models verify`.",
        )


class DenseIndex:
    """Exact inner-product search over unit vectors. Read-only once built: safe between threads.

    FAISS names the candidates; their scores are computed again in float64, row by row, so that equal vectors score
    equally and ids and scores are those of a brute-force search on any machine.
    """

    def __init__(self, index: Any) -> None:
        self._index = index

    @property
    def rows(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @classmethod
    def build(cls, vectors: NDArray[np.float32]) -> Self:
        """Index `vectors`, float32 of shape [rows, dimension]. Raises `SnapshotError` if one is not of unit length."""
        require_unit_length(vectors, shape=vectors.shape)
        index = _faiss().IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors))
        return cls(index)

    def save(self, path: Path) -> None:
        """Write the index as FAISS writes it. Raises `OSError` when it cannot be written."""
        path.write_bytes(_faiss().serialize_index(self._index).tobytes())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote. Raises `SnapshotError` when it cannot be read."""
        try:
            return cls(_faiss().deserialize_index(np.frombuffer(path.read_bytes(), dtype=np.uint8)))
        except (OSError, RuntimeError) as error:
            raise SnapshotError(
                f"the vectors in {path} cannot be read: {error}", remedy="Run `rag index` to build them anew."
            ) from error

    def all_vectors(self) -> NDArray[np.float32]:
        """All stored vectors, float32 of shape [rows, dimension]: a view, to be read as long as the index is there."""
        shape = (self.rows, self.dimension)
        if not self.rows:
            return np.empty(shape, dtype=np.float32)
        found: NDArray[np.float32] = _faiss().rev_swig_ptr(self._index.get_xb(), self.rows * self.dimension)
        return found.reshape(shape)

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The stored vectors of `rows`, float32 of shape [len(rows), dimension]."""
        found: NDArray[np.float32] = self._index.reconstruct_batch(rows)
        return found

    def search(
        self, vector: NDArray[np.float32], k: int, *, allowed: NDArray[np.bool_] | None = None
    ) -> list[tuple[int, float]]:
        """The `k` rows with the largest inner product with `vector` (shape [dimension]), ties by row.

        `allowed` (shape [rows]) restricts the search itself, so that `k` rows are found if as many are allowed.
        """
        if vector.shape != (self.dimension,):
            raise SnapshotError(
                f"a vector of shape {vector.shape} cannot search an index of dimension {self.dimension}",
                remedy="Run `rag index` with the embedder that is configured now.",
            )
        query = np.ascontiguousarray(vector, dtype=np.float32)
        if allowed is None:
            total, parameters = self.rows, None
        else:
            total = int(np.count_nonzero(allowed))
            bitmap = np.packbits(allowed, bitorder="little")
            parameters = _faiss().SearchParameters(sel=_faiss().IDSelectorBitmap(bitmap))
        k = min(k, total)
        if k == 0:
            return []
        wanted = min(total, k + 16)
        while True:
            near, rows = self._index.search(query[np.newaxis], wanted, params=parameters)
            if wanted == total or near[0, k - 1] - near[0, -1] > _ROUNDING:
                break
            wanted = min(total, 2 * wanted)
        # A sum along each row rather than a matrix product: its order of addition depends on nothing but the row.
        scores = (self.vectors(rows[0]).astype(np.float64) * query.astype(np.float64)).sum(axis=1)
        return best_rows(rows[0], scores, k)


def _faiss() -> Any:
    # Untyped: the stubs it ships describe the C++ signatures, not those of its Python wrappers.
    import faiss

    return faiss
