from random import Random

import pytest

from rag.training.examples import Example, Row
from rag.training.mixture import Mixture, cropped, disguised, elsewhere, hard_neighbours, under_heading
from rag.training.near_misses import Names

PASSAGE = "武汉在长江边。" + "这里没有什么。" * 40 + "大桥长128米。" + "那里也没有什么。" * 40
ROW = Row("1", "s", "武汉的大桥长多少?", "大桥", "p1", PASSAGE, ("128米", "128"), (PASSAGE.index("128"),) * 2)


def test_a_crop_holds_the_answer_and_the_names_the_question_ties_it_to() -> None:
    for seed in range(20):
        crop = cropped(ROW, Random(seed))
        assert len(crop.passage) < len(PASSAGE)
        assert "武汉" in crop.passage
        for answer, start in zip(crop.answers, crop.starts, strict=True):
            assert crop.passage[start : start + len(answer)] == answer


def test_sentences_beside_the_answer_are_a_run_of_the_passage_without_it() -> None:
    seen = set()
    for seed in range(20):
        found = elsewhere(ROW, (40, 170), Random(seed))
        assert found is not None
        assert found.span is None
        assert found.passage in PASSAGE
        assert "128" not in found.passage
        seen.add(found.passage)
    assert len(seen) > 5
    assert elsewhere(Row("1", "s", "谁?", "", "p", "李白。", ("李白",), (0,)), (40, 170), Random(0)) is None


def test_a_short_passage_is_kept_whole() -> None:
    short = Row("1", "s", "谁?", "", "p", "李白。", ("李白",), (0,))
    assert cropped(short, Random(0)) == short


def test_neighbours_are_of_the_same_set_and_hold_no_answer() -> None:
    def row(number: int, source: str, passage: str, answer: str) -> Row:
        return Row(str(number), source, "武汉大桥多长", "", f"p{number}", passage, (answer,), (passage.index(answer),))

    rows = [
        row(1, "a", "武汉大桥长128米", "128米"),
        row(2, "a", "武汉大桥也叫128米桥", "128米桥"),
        row(3, "a", "南京大桥更长", "更长"),
        row(4, "b", "武汉大桥很长", "很长"),
    ]
    found = hard_neighbours(rows)
    assert found["1"] == ("南京大桥更长",)
    assert found["3"] == ("武汉大桥长128米", "武汉大桥也叫128米桥")
    assert found["4"] == ()


def test_a_heading_that_differs_makes_a_near_miss_and_nothing_else_differs() -> None:
    seen = set()
    for seed in range(200):
        group = under_heading([Example("大桥多长?", "长128米。", (1, 5), "plain")], "大桥", Random(seed))
        positive = group[0]
        assert positive.passage[slice(*positive.span)] == "128米"
        for missed in group[1:]:
            assert missed.kind == "heading"
            assert missed.question == positive.question
            assert missed.passage != positive.passage
            assert missed.passage.split("\n")[1] == positive.passage.split("\n")[1]
            seen.add(missed.kind)
    assert seen == {"heading"}


def test_a_disguise_keeps_length_of_passage_and_span() -> None:
    example = Example("大桥，多长？", "大桥（新）：长128米。", (7, 11), "plain")
    for seed in range(30):
        other = disguised(example, Random(seed))
        assert len(other.passage) == len(example.passage)
        assert other.span == example.span
        assert "大桥" in other.question


def test_every_span_of_a_group_is_an_answer_and_each_group_has_one() -> None:
    mixture = Mixture([ROW], Names({"ns": ("昆明",)}), {"1": ("别处的事。",)})
    groups = mixture.groups(Random(0))
    for _ in range(60):
        group = next(groups)
        assert group[0].span is not None
        if group[0].kind in ("plain", "renamed"):
            assert group[0].passage[slice(*group[0].span)] == "128米"
            assert all(example.span is None for example in group[1:])


@pytest.mark.parametrize("seed", range(3))
def test_the_same_seed_gives_the_same_groups(seed: int) -> None:
    mixture = Mixture([ROW], Names({"ns": ("昆明",)}), {"1": ()})
    one, two = mixture.groups(Random(seed)), mixture.groups(Random(seed))
    assert [next(one) for _ in range(10)] == [next(two) for _ in range(10)]
