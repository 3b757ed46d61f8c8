"""Rank fusion: values worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.retrieval import reciprocal_rank_fusion, retrieve, zscore_fusion
from rag.config import Config


def test_reciprocal_rank_fusion_sums_over_sides() -> None:
    fused = reciprocal_rank_fusion({"a": 0.9, "b": 0.8}, {"b": 7.0, "c": 3.0})
    assert fused == {"a": 1 / 61, "b": 1 / 62 + 1 / 61, "c": 1 / 62}


def test_reciprocal_rank_fusion_breaks_ties_by_id() -> None:
    assert reciprocal_rank_fusion({"b": 1.0, "a": 1.0}) == {"a": 1 / 61, "b": 1 / 62}


def test_zscore_fusion_weighs_both_sides_and_gives_the_missing_the_least() -> None:
    # dense: mean 2, deviation 1 -> a +1, b -1; lexical: one value, deviation 0 -> 0 for it and for the missing.
    assert zscore_fusion({"a": 3.0, "b": 1.0}, {"b": 5.0}, dense_weight=0.5) == {"a": 0.5, "b": -0.5}
    # lexical: mean 4, deviation 2 -> b +1, c -1, and a, which it lacks, as c.
    fused = zscore_fusion({"a": 3.0, "b": 1.0}, {"b": 6.0, "c": 2.0}, dense_weight=0.25)
    assert fused == pytest.approx({"a": 0.25 - 0.75, "b": -0.25 + 0.75, "c": -0.25 - 0.75})


scores = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.floats(-10, 10), max_size=12)


@given(scores, scores)
def test_fusion_keeps_exactly_the_candidates(dense: dict[str, float], lexical: dict[str, float]) -> None:
    assert set(zscore_fusion(dense, lexical, dense_weight=0.5)) == set(dense) | set(lexical)
    assert set(reciprocal_rank_fusion(dense, lexical)) == set(dense) | set(lexical)


def test_an_abbreviation_is_searched_for_by_word_as_it_is_and_written_out() -> None:
    class Lexical:
        def search_dense(self, vector: object, k: int, *, reports: object = None) -> list[tuple[str, float]]:
            return []

        def search_lexical(self, query: str, k: int, *, reports: object = None) -> list[tuple[str, float]]:
            searched.append(query)
            return []

        def get(self, chunk_ids: object) -> list[object]:
            return []

    class Embedder:
        def encode_queries(self, texts: list[str]) -> list[None]:
            return [None] * len(texts)

    searched: list[str] = []
    for question in ("GDP多少?", "学校多少?"):
        retrieve(question, Lexical(), Embedder(), config=Config(), k=1)  # type: ignore[arg-type]
    assert searched == ["GDP多少? 地区生产总值 国内生产总值 生产总值", "学校多少?"]
