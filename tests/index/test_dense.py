from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rag.errors import SnapshotError
from rag.index.dense import DenseIndex


def _unit(seed: int, *, rows: int, dimension: int = 24) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).standard_normal((rows, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _brute_force(
    vectors: NDArray[np.float32], query: NDArray[np.float32], k: int, *, rows: list[int]
) -> list[tuple[int, float]]:
    scores = {row: float((vectors[row].astype(np.float64) * query.astype(np.float64)).sum()) for row in rows}
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:k]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(min_value=0, max_value=2**32 - 1),
    distinct=st.integers(min_value=1, max_value=40),
    copies=st.integers(min_value=1, max_value=12),
    k=st.integers(min_value=1, max_value=90),
    restricted=st.booleans(),
)
def test_equals_brute_force_ids_and_scores(seed: int, distinct: int, copies: int, k: int, restricted: bool) -> None:
    generator = np.random.default_rng(seed)
    # Copies of vectors in random places: ties, at the cut too.
    vectors = generator.permutation(np.repeat(_unit(seed, rows=distinct), copies, axis=0))
    query = _unit(seed + 1, rows=1)[0]
    allowed = generator.random(len(vectors)) < 0.5 if restricted else None
    rows = list(range(len(vectors))) if allowed is None else np.flatnonzero(allowed).tolist()
    found = DenseIndex.build(vectors).search(query, k, allowed=allowed)
    assert found == _brute_force(vectors, query, k, rows=rows)


def test_equals_a_matrix_product_at_the_size_of_a_corpus() -> None:
    vectors = _unit(5, rows=20_000, dimension=384)
    index = DenseIndex.build(vectors)
    for query in _unit(6, rows=5, dimension=384):
        scores = vectors @ query
        expected = np.argsort(-scores, kind="stable")[:50]
        found = index.search(query, 50)
        assert [row for row, _ in found] == expected.tolist()
        assert [score for _, score in found] == pytest.approx(scores[expected].tolist(), abs=1e-6)


def test_scores_are_cosines() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    found = DenseIndex.build(vectors).search(np.array([1, 0], dtype=np.float32), 3)
    assert [row for row, _ in found] == [0, 2, 1]
    assert [score for _, score in found] == pytest.approx([1.0, 0.6, 0.0], abs=1e-7)


@pytest.mark.parametrize(
    ("row", "shown"), [([0.0, 0.0], "length 0"), ([3.0, 4.0], "length 5"), ([float("nan"), 1.0], "length nan")]
)
def test_a_vector_that_is_not_of_unit_length_is_refused(row: list[float], shown: str) -> None:
    with pytest.raises(SnapshotError, match=f"1 of 2 vectors.*row 1 with {shown}"):
        DenseIndex.build(np.array([[1, 0], row], dtype=np.float32))


def test_vectors_of_another_type_are_refused() -> None:
    with pytest.raises(SnapshotError, match="float64"):
        DenseIndex.build(np.eye(2))  # type: ignore[arg-type]


def test_a_query_of_another_dimension_is_refused() -> None:
    with pytest.raises(SnapshotError, match=r"\(3,\).*dimension 2"):
        DenseIndex.build(np.eye(2, dtype=np.float32)).search(np.ones(3, dtype=np.float32), 1)


def test_an_empty_index_finds_nothing() -> None:
    index = DenseIndex.build(np.empty((0, 4), dtype=np.float32))
    assert index.search(np.ones(4, dtype=np.float32), 3) == []


def test_saved_and_loaded_gives_the_same_answers(tmp_path: Path) -> None:
    vectors = _unit(1, rows=30)
    index = DenseIndex.build(vectors)
    index.save(tmp_path / "vectors.faiss")
    loaded = DenseIndex.load(tmp_path / "vectors.faiss")
    assert (loaded.rows, loaded.dimension) == (30, 24)
    assert np.array_equal(loaded.vectors(np.arange(30)), vectors)
    assert loaded.search(vectors[7], 5) == index.search(vectors[7], 5)


def test_a_file_that_is_no_index_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "vectors.faiss"
    for content in (b"", b"not an index at all"):
        path.write_bytes(content)
        with pytest.raises(SnapshotError, match=r"vectors\.faiss") as caught:
            DenseIndex.load(path)
        assert "rag index" in caught.value.remedy
