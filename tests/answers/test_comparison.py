"""Comparisons taken apart: what is asked about each side."""

import pytest

from rag.answers.comparison import about_one, beside, clause_of


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("洛阳和泉州各有多少所学校?", "洛阳有多少所学校?", "泉州有多少所学校?"),
        ("洛阳的入园率跟泉州比,谁高?", "洛阳的入园率?", "的入园率泉州?"),
        ("洛阳和泉州,哪边读完初中接着上学的比例更高?", "洛阳,读完初中接着上学的比例?", "泉州,读完初中接着上学的比例?"),
        (
            "洛阳2017年的入园率,跟泉州给2020年定的目标比,哪个高?",
            "洛阳2017年的入园率?",
            "的入园率,泉州给2020年定的目标?",
        ),
        ("洛阳和泉州相比,哪个城市接收的学生更多?", "洛阳,接收的学生?", "泉州,接收的学生?"),
        (
            "残疾孩子入学的比例,洛阳2019年实际和泉州2020年的目标分别是多少?",
            "残疾孩子入学的比例,洛阳2019年实际是多少?",
            "残疾孩子入学的比例,泉州2020年的目标是多少?",
        ),
        ("洛阳和泉州比,支出占比是高了还是低了?", "洛阳,支出占比?", "泉州,支出占比?"),
        ("洛阳和泉州的公办园占比?", "洛阳的公办园占比?", "泉州的公办园占比?"),
        ("洛阳的补助是多少,泉州的补助是多少,相差多少?", "洛阳的补助是多少?", "的补助是多少,泉州的补助是多少?"),
    ],
)
def test_each_side_is_asked_about_without_the_other(question: str, first: str, second: str) -> None:
    assert about_one(question, "洛阳", ["泉州"]) == first
    assert about_one(question, "泉州", ["洛阳"]) == second


def test_years_are_sides_too() -> None:
    question = "经济增长目标2018年和2019年各是多少,哪年更高?"
    assert about_one(question, "2018年", ["2019年"]) == "经济增长目标2018年是多少?"
    assert about_one(question, "2019年", ["2018年"]) == "经济增长目标2019年是多少?"


def test_what_is_compared_with_another_year_is_not_asked_of_it() -> None:
    question = "临湖2024年打算招的老师比2023年实际招的多还是少，各是多少人？"
    assert about_one(question, "2024年", ["2023年"]) == "临湖2024年打算招的老师，是多少人？"
    assert about_one(question, "2023年", ["2024年"]) == "临湖招的老师2023年实际招的，是多少人？"
    assert about_one("临湖2024年比2023年新增学位多多少？", "2023年", ["2024年"]) == "临湖2023年新增学位多多少？"


def test_a_clause_counts_where_it_asks_about_its_side() -> None:
    assert clause_of("洛阳建了多少所,泉州呢", "洛阳") == "洛阳建了多少所"
    assert clause_of("洛阳建了多少所,泉州呢", "泉州") == ""
    assert clause_of("洛阳建了多少所?泉州打算建多少所?", "泉州") == "泉州打算建多少所"


def test_what_stands_beside_a_side_ends_where_the_next_begins() -> None:
    assert beside("洛阳2018年和泉州2017年的学校", "洛阳", ["洛阳", "泉州"]) == "洛阳2018年和"
    assert beside("洛阳2018年和泉州2017年的学校", "泉州", ["洛阳", "泉州"]) == "泉州2017年的学校"
