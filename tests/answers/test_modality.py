"""What was planned or what came of it: read from the words about the part that is asked about."""

import pytest

from rag.answers.modality import modality


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("最终建成了多少所?", "outcome"),
        ("原计划建多少所?", "plan"),
        ("建了多少所?", ""),
        ("打算建多少所?", "target"),
        ("三年行动计划有哪些内容?", ""),
        ("目标是多少?", "target"),
        ("原计划建多少所,实际建成多少所?", ""),
        ("how many were originally to be built?", "plan"),
    ],
)
def test_one_matter(question: str, asks: str) -> None:
    assert modality(question, question, yes_no=False) == asks


def test_whether_it_is_so_already_is_answered_by_a_plan_but_not_whether_it_came_about() -> None:
    assert modality("已经建成了吗?", "已经建成了吗?", yes_no=True) == ""
    assert modality("最后建成了吗?", "最后建成了吗?", yes_no=True) == "outcome"


def test_each_side_asks_in_its_own_words() -> None:
    question = "甲市2019年实际是多少,乙市2020年的目标是多少?"
    assert [modality(part, question, yes_no=False) for part in question.split(",")] == ["outcome", "target"]


def test_a_side_that_says_neither_asks_what_all_do() -> None:
    assert modality("甲市和", "甲市和乙市最终建成多少所?", yes_no=False) == "outcome"
