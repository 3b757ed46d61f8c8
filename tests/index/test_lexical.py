import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import SnapshotError
from rag.index.lexical import BIGRAM_WEIGHT, K1, B, LexicalIndex


def _saturation(*, length: int, average: float) -> float:
    """The part of a term's score that its one occurrence earns in a text of `length` terms."""
    return 1 / (1 + K1 * (1 - B + B * length / average))


def test_scores_are_bm25_worked_out_by_hand() -> None:
    index = LexicalIndex.build(["alpha beta", "beta gamma gamma gamma", "delta"])
    average = (2 + 4 + 1) / 3
    # Lucene's idf: ln(1 + (N - df + 0.5) / (df + 0.5)).
    idf_beta = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    idf_alpha = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    first = (idf_alpha + idf_beta) * _saturation(length=2, average=average)
    second = idf_beta * _saturation(length=4, average=average)
    found = index.search("alpha beta", 3)
    assert [row for row, _ in found] == [0, 1]
    assert [score for _, score in found] == pytest.approx([first, second], rel=1e-5)


def test_a_bigram_counts_its_weight_of_a_word() -> None:
    # 钭彧 is no word: both texts have the same two words (single characters) and differ in the bigram alone.
    index = LexicalIndex.build(["钭彧", "彧钭", "教育"])
    (first, with_bigram), (second, without) = index.search("钭彧", 3)
    assert (first, second) == (0, 1)
    length, average = 3, (3 + 3 + 2) / 3
    bigram = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5)) * _saturation(length=length, average=average)
    assert with_bigram - without == pytest.approx(BIGRAM_WEIGHT * bigram, rel=1e-5)


def test_an_unknown_name_is_found_by_its_characters() -> None:
    index = LexicalIndex.build(["责任领导：佴煜骞", "责任领导：郗翀", "责任科室：办公室"])
    assert index.search("佴煜骞负责什么", 1)[0][0] == 0


def test_allowed_restricts_the_search_and_not_the_scores() -> None:
    index = LexicalIndex.build(["大班额 一", "大班额 二", "大班额 三", "学位"])
    everything = dict(index.search("大班额", 10))
    allowed = np.array([False, True, True, True])
    assert index.search("大班额", 10, allowed=allowed) == [(1, everything[1]), (2, everything[2])]
    assert index.search("大班额", 1, allowed=allowed) == [(1, everything[1])]
    assert index.search("大班额", 5, allowed=np.zeros(4, dtype=np.bool_)) == []


def test_equal_texts_tie_and_the_lower_row_is_first() -> None:
    index = LexicalIndex.build(["教育公平"] * 5)
    found = index.search("教育公平", 3)
    assert [row for row, _ in found] == [0, 1, 2]
    assert len({score for _, score in found}) == 1


@pytest.mark.parametrize("query", ["", "。？", "航天器", "_教育"])
def test_rows_that_share_nothing_are_left_out(query: str) -> None:
    index = LexicalIndex.build(["大班额", "学位"])
    assert index.search(query, 5) == []


@pytest.mark.parametrize("texts", [[], [""], ["", "。", " "]])
def test_nothing_to_find_in_texts_without_words(texts: list[str], tmp_path: Path) -> None:
    index = LexicalIndex.build(texts)
    index.save(tmp_path / "words")
    for each in (index, LexicalIndex.load(tmp_path / "words", rows=len(texts))):
        assert each.rows == len(texts)
        assert each.search("教育 _ 1", 5) == []
        assert each.search("教育", 5, allowed=np.ones(len(texts), dtype=np.bool_)) == []


def test_saved_and_loaded_gives_the_same_answers(tmp_path: Path) -> None:
    index = LexicalIndex.build(["大班额 2018年", "学位 2019年", "随迁子女"])
    index.save(tmp_path / "words")
    loaded = LexicalIndex.load(tmp_path / "words", rows=3)
    for query in ("2018年大班额", "随迁子女的学位", "2019"):
        assert loaded.search(query, 3) == index.search(query, 3)


def test_the_same_texts_give_the_same_files(tmp_path: Path) -> None:
    texts = ["大班额 2018年", "学位 2019年", "随迁子女"]
    for name in ("one", "two"):
        LexicalIndex.build(iter(texts)).save(tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "two").iterdir())
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


def test_a_missing_or_broken_file_is_explained(tmp_path: Path) -> None:
    folder = tmp_path / "words"
    with pytest.raises(SnapshotError, match="words") as caught:
        LexicalIndex.load(folder, rows=1)
    assert "rag index" in caught.value.remedy
    LexicalIndex.build(["大班额"]).save(folder)
    (folder / "terms.json").write_text("{", encoding="utf-8")
    with pytest.raises(SnapshotError, match="words"):
        LexicalIndex.load(folder, rows=1)
    with pytest.raises(SnapshotError, match="words"):
        LexicalIndex.load(tmp_path, rows=1)


TEXTS = st.lists(st.text(alphabet="大班额学位随迁子女 2018a。", max_size=12), max_size=6)


@settings(max_examples=80, deadline=None)
@given(old=TEXTS, new=TEXTS, data=st.data(), query=st.text(alphabet="大班额学位随迁子女 2018a", max_size=8))
def test_joining_equals_building_anew(old: list[str], new: list[str], data: st.DataObject, query: str) -> None:
    everything = [*old, *new]
    rows = data.draw(st.permutations(range(len(everything))))[: data.draw(st.integers(0, len(everything)))]
    joined = LexicalIndex.build(old).joined(LexicalIndex.build(new), np.array(rows, dtype=np.int64))
    anew = LexicalIndex.build([everything[row] for row in rows])
    assert joined.terms == anew.terms
    assert joined.equals(anew)
    assert joined.search(query, 10) == anew.search(query, 10)


def test_another_word_or_count_is_not_equal() -> None:
    index = LexicalIndex.build(["大班额", "学位"])
    assert index.equals(LexicalIndex.build(["大班额", "学位"]))
    for texts in (["学位", "大班额"], ["大班额 大班额", "学位"], ["大班额", "学位", ""], ["大班额", "学额"]):
        assert not index.equals(LexicalIndex.build(texts))
