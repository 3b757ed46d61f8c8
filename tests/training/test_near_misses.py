from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.training.examples import Row
from rag.training.near_misses import (
    Names,
    near_miss,
    neighbouring_name,
    numbers,
    other_indicator,
    other_name,
    other_number,
    other_passage_name,
    redated,
    renamed,
    replaced,
    without_answer,
)

NAMES = Names({"ns": ("昆明", "洛阳", "厦门"), "n": ("仓库", "剧本")})


def row(question: str, passage: str, answer: str) -> Row:
    return Row("1", "set", question, "", "p1", passage, (answer,), (passage.index(answer),))


BRIDGE = row(
    "1957年武汉那座桥最长的一段有多少米?",
    "1957年,武汉建成一座桥。全桥最长的一段有128米,由中国工程师设计。后来南京也修了一座,1968年通车,规模更大,工期更久,名声也更响,至今仍是两岸来往的要道,每天有许多车辆经过。",
    "128米",
)


def test_a_changed_number_is_not_in_the_passage() -> None:
    example = other_number(BRIDGE, NAMES, Random(0))
    assert example is not None
    assert example.span is None
    assert example.passage == BRIDGE.passage
    changed = numbers(example.question) - numbers(BRIDGE.question)
    assert len(changed) == 1
    assert not changed & numbers(BRIDGE.passage)


def test_a_number_the_passage_does_not_hold_is_no_constraint() -> None:
    assert other_number(row("1999年谁来了?", "那一年李白来了。", "李白"), NAMES, Random(0)) is None


def test_a_changed_name_is_of_the_same_class_and_not_in_the_passage() -> None:
    example = other_name(BRIDGE, NAMES, Random(1))
    assert example is not None
    assert any(example.question == BRIDGE.question.replace("武汉", name) for name in ("昆明", "洛阳", "厦门"))


def test_a_neighbouring_name_must_share_no_word_of_the_question() -> None:
    example = neighbouring_name(BRIDGE, NAMES, Random(0))
    assert example is not None
    assert example.question == BRIDGE.question.replace("武汉", "南京")
    parallel = row("武汉的人口有多少?", "武汉的人口有九百万。南京的人口有八百万。", "九百万")
    assert neighbouring_name(parallel, NAMES, Random(0)) is None


def test_an_indicator_is_changed_for_one_the_passage_does_not_hold() -> None:
    example = other_indicator(BRIDGE, NAMES, Random(0))
    assert example is not None
    assert "最短" in example.question
    both = row("最长的一段有多少米?", "最长的一段有9米,最短的一段有2米。", "9米")
    assert other_indicator(both, NAMES, Random(0)) is None


def test_without_its_sentence_the_passage_holds_no_answer() -> None:
    example = without_answer(BRIDGE, NAMES, Random(0))
    assert example is not None
    assert "128" not in example.passage
    assert example.passage.startswith("1957年,武汉建成一座桥。后来")
    assert without_answer(row("谁?", "李白来了。" + "李白又走了。" * 20, "李白"), NAMES, Random(0)) is None


def test_a_renamed_passage_no_longer_holds_what_the_question_names() -> None:
    for seed in range(10):
        example = other_passage_name(BRIDGE, NAMES, Random(seed))
        assert example is not None
        assert example.question == BRIDGE.question
        assert "武汉" not in example.passage or "1957" not in example.passage


@pytest.mark.parametrize("make", [renamed, redated])
def test_changing_question_and_passage_alike_keeps_the_answer(make) -> None:  # type: ignore[no-untyped-def]
    for seed in range(10):
        example = make(BRIDGE, NAMES, Random(seed))
        assert example is not None
        assert example.question != BRIDGE.question
        start, end = example.span
        assert example.passage[start:end] == "128米"


def test_nothing_is_replaced_inside_the_answer() -> None:
    assert replaced(row("128层?", "128层高128米。", "128米"), "128", "7") is None


@settings(deadline=None)
@given(
    st.text("12年月在a。", max_size=20),
    st.sampled_from(["12年", "3名", "最高"]),
    st.text("12年月在a。", max_size=20),
    st.integers(),
)
def test_a_near_miss_never_holds_both_the_question_and_the_passage_as_they_were(
    before: str, answer: str, after: str, seed: int
) -> None:
    passage = before + answer + after
    own = Row("1", "s", "12月最高的是什么", "", "p", passage, (answer,), (len(before),))
    example = near_miss(own, NAMES, Random(seed))
    if example is not None:
        assert example.span is None
        assert (example.question, example.passage) != (own.question, own.passage)
