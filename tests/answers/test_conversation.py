"""Questions that lean on earlier ones, put in full against made-up metadata."""

from collections.abc import Sequence

import pytest

from rag.answers.conversation import stand_alone
from tests.answers.test_query import RECORDS


def alike(words: str, candidates: Sequence[str]) -> int:
    """Stands in for the embedder: schools of any level are alike, else what shares most characters is."""
    levels = ("小学", "初中", "幼儿园")
    if words in levels:
        return next(at for at, candidate in enumerate(candidates) if candidate in levels)
    return max(range(len(candidates)), key=lambda at: (len(set(words) & set(candidates[at])), -at))


def full(question: str, *earlier: str) -> str:
    return stand_alone(question, earlier, RECORDS, nearest=alike)


@pytest.mark.parametrize(
    ("earlier", "question", "meant"),
    [
        ("洛阳2018年小学入学率是多少？", "那泉州呢？", "泉州2018年小学入学率是多少？"),
        ("洛阳2018年小学入学率是多少？", "2019年呢？", "洛阳2019年小学入学率是多少？"),
        ("洛阳2018年小学入学率是多少？", "泉州2019年的呢？", "泉州2019年小学入学率是多少？"),
        ("洛阳2018年小学入学率是多少？", "初中呢？", "洛阳2018年初中入学率是多少？"),
        ("洛阳和泉州的毛入学率分别是多少？", "那洛阳呢？", "洛阳的毛入学率分别是多少？"),
        ("洛阳2018年小学入学率是多少？", "那高中阶段毛入学率又是多少？", "洛阳2018年高中阶段毛入学率是多少？"),
        ("How many schools has Luoyang in 2018?", "What about Quanzhou?", "How many schools has Quanzhou in 2018?"),
        ("How many schools has Luoyang in 2018?", "And in 2019?", "How many schools has Luoyang in 2019?"),
    ],
)
def test_a_bare_phrase_takes_the_place_of_what_it_stands_for(earlier: str, question: str, meant: str) -> None:
    assert full(question, earlier) == meant


@pytest.mark.parametrize(
    ("earlier", "question", "meant"),
    [
        ("洛阳2018年建了多少所幼儿园？", "那教师有多少人？", "洛阳2018年教师有多少人？"),
        ("洛阳2018年建了多少所幼儿园？", "那里的教师有多少人？", "洛阳2018年的教师有多少人？"),
        ("洛阳2018年建了多少所幼儿园？", "当年投入了多少钱？", "洛阳2018年投入了多少钱？"),
        ("洛阳2018年建了多少所幼儿园？", "为什么？", "洛阳2018年建了多少所幼儿园，为什么？"),
        (
            "How many schools has Luoyang?",
            "How many teachers were trained?",
            "How many teachers were trained in Luoyang?",
        ),
    ],
)
def test_a_whole_question_takes_the_region_and_year_it_does_not_name(earlier: str, question: str, meant: str) -> None:
    assert full(question, earlier) == meant


@pytest.mark.parametrize("question", ["哪个市建得最多？", "泉州2019年建了多少所学校？", "浦江县的教师有多少？"])
def test_a_question_with_a_place_of_its_own_is_left_as_it_is(question: str) -> None:
    assert full(question, "洛阳2018年建了多少所幼儿园？") == question


def test_each_question_is_put_in_full_by_the_ones_before_it() -> None:
    earlier = ("洛阳2018年小学入学率是多少？", "那泉州呢？")
    assert full("初中呢？", *earlier) == "泉州2018年初中入学率是多少？"


def test_the_first_question_of_a_conversation_stands_alone() -> None:
    assert full(" 那泉州呢？ ") == "那泉州呢？"
