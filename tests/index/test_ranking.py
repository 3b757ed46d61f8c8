import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rag.index.ranking import best_rows


def test_best_first_and_ties_by_row() -> None:
    rows = np.array([7, 2, 5, 3])
    assert best_rows(rows, np.array([0.5, 0.9, 0.5, 0.1]), 3) == [(2, 0.9), (5, 0.5), (7, 0.5)]


def test_a_tie_at_the_cut_goes_to_the_lower_row() -> None:
    assert best_rows(np.array([9, 4, 1]), np.array([1.0, 1.0, 1.0]), 2) == [(1, 1.0), (4, 1.0)]


def test_none_of_nothing() -> None:
    assert best_rows(np.array([], dtype=np.int64), np.array([]), 5) == []
    assert best_rows(np.array([1]), np.array([2.0]), 0) == []


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), max_size=40), st.integers(min_value=0, max_value=50))
def test_it_is_the_head_of_a_full_sort(scores: list[float], k: int) -> None:
    expected = sorted(enumerate(scores), key=lambda item: (-item[1], item[0]))[:k]
    assert best_rows(np.arange(len(scores)), np.array(scores), k) == expected
