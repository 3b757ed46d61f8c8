import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.everyday import named, official_names, worded_as

ROWS = [
    line.split("\t")
    for line in files("rag.answers").joinpath("everyday.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(
    ("question", "passage", "expected"),
    [
        ("买校车花了多少钱?", "投入资金30万元购置学生接送车。", "买学生接送车投入多少资金?"),
        ("农民工的孩子有多少在公立学校上学?", "随迁子女在公办学校就读。", "随迁子女有多少在公办学校就读?"),
        ("老师比去年多了多少?", "专任教师同比增加12人。", "教师同比增加多少?"),
        ("2022年GDP增长多少?", "生产总值增长2.6%。", "2022年生产总值增长多少?"),
        ("2022年GDP增长多少?", "我市gdp增长2.6%。", "2022年GDP增长多少?"),
        ("有多少校车?", "学生接送车又称校车。", "有多少校车?"),
        ("有多少校车?", "新建学校三所。", "有多少校车?"),
        ("上学期开学是哪天?", "学生二月入学。", "上学期开学是哪天?"),
    ],
)
def test_a_question_is_put_in_the_words_of_the_passage_that_it_is_asked_of(
    question: str, passage: str, expected: str
) -> None:
    assert worded_as(passage, question) == expected


def test_official_names_are_those_of_everything_named_in_everyday_words() -> None:
    assert official_names("公立学校的老师有多少?") == ["公办", "教师", "教职工"]
    assert official_names("在校学生有多少?") == []


@given(
    st.lists(st.sampled_from([*"0123456789年月日%有的?", "老师", "校车", "多少钱", "比去年", "GDP", "不"])), st.data()
)
def test_no_figure_and_no_denial_changes_and_nothing_is_put_that_the_passage_has_not(
    parts: list[str], data: st.DataObject
) -> None:
    question = "".join(parts)
    passage = "".join(data.draw(st.lists(st.sampled_from(sorted({name for _, row in ROWS for name in row.split()})))))
    worded = worded_as(passage, question)
    assert re.findall(r"[\d%不]", worded) == re.findall(r"[\d%不]", question)
    for found, official in named(question):
        assert found.group() in worded or any(name in worded and name in passage for name in official)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_row_names_and_no_interrogative_is_lost(row: list[str]) -> None:
    everyday, official = row
    assert official.split()
    assert not re.search(everyday, "")
    assert not re.search(r"多少|什么|谁|哪|怎", re.sub(r"\(\?[=<!].*?\)", "", everyday))
