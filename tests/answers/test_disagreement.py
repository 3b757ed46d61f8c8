"""Two sentences with different figures for the same thing, and those that only look so."""

from dataclasses import replace

import pytest

from rag.answers.disagreement import differing
from rag.answers.evidence import Evidence
from tests.answers.made import chunk, evidence, query

FACET = query("全市普通高中在校学生有多少人？").facets[0]
FIRST = evidence("全市普通高中在校学生45210人。", path=("一、基本情况",))


def found(text: str, **changes: object) -> list[Evidence]:
    item = evidence(text, path=("三、普通高中",), report="r2", start=500)
    other = replace(item, **changes)  # type: ignore[arg-type]
    return differing(FACET, [FIRST], [FIRST, other])


def test_another_figure_for_the_same_thing_is_shown() -> None:
    assert [item.text for item in found("全市普通高中在校学生46000人。")] == ["全市普通高中在校学生46000人。"]


@pytest.mark.parametrize(
    "text",
    [
        "全市普通高中在校学生4.521万人。",  # the same figure
        "全市初中在校学生80000人。",  # other pupils
        "全市普通高中专任教师3200人。",  # not pupils
        "2016年全市普通高中在校学生43000人。",  # another year
        "普通高中发展良好。",
    ],
)
def test_what_counts_something_else_is_no_disagreement(text: str) -> None:
    assert found(text) == []


def test_a_target_and_its_outcome_are_no_disagreement() -> None:
    assert found("全市普通高中在校学生46000人。", planned=True) == []


def test_reports_of_other_years_are_no_disagreement() -> None:
    assert found("全市普通高中在校学生46000人。", chunk=chunk("x", report="r2", years=(2015,))) == []


def test_words_said_of_any_figure_do_not_make_it_one_thing() -> None:
    grown = evidence("学前教育经费比上年增长12.5%。", path=("一、经费",))
    other = evidence("高中教育经费比上年增长8.1%。", path=("二、经费",), report="r2", start=500)
    same = evidence("学前教育经费比上年增加13.5%。", path=("二、经费",), report="r2", start=600)
    facet = query("学前教育经费增长百分之几？").facets[0]
    assert differing(facet, [grown], [grown, other]) == []
    assert differing(facet, [grown], [grown, other, same]) == [same]
