"""Sentences scored and checked against what a question fixes; the choice of those to answer from."""

from dataclasses import replace

import pytest

from rag.answers.asked import asked
from rag.answers.evidence import (
    AS_GOOD,
    AS_GOOD_UNTITLED,
    Evidence,
    as_good,
    choose,
    combined,
    find_evidence,
    speaks_of_all,
    states_plan,
    taken,
)
from rag.answers.query import Facet
from rag.answers.retrieval import Hit
from rag.models.reader import Reading
from tests.answers.made import chunk, evidence, query


class EvenReader:
    """Finds every sentence equally good."""

    identity = "even"

    def read(self, question: str, passages: list[str], *, sentences: list[list[tuple[int, int]]]) -> list[Reading]:
        return [
            Reading(answerability=0.5, span=(0, 1), span_score=0.5, sentence_scores=(0.5,) * len(spans))
            for spans in sentences
        ]


def find(
    question: str, *texts: str, path: tuple[str, ...] = ("一、学前教育",), years: tuple[int, ...] = (2018,)
) -> tuple[list[str], list[Evidence]]:
    asked = query(question)
    hits = [Hit(chunk(text, path=path, start=100 * at, years=years), 0.0, 0.0, 0.0) for at, text in enumerate(texts)]
    found = find_evidence(asked.facets[0], asked, hits, reader=EvenReader(), titles={"r1": "某市2018年工作总结"})
    return [item.text for item in found], found


def test_sentences_are_exact_words_at_their_offsets_without_the_bare_heading() -> None:
    texts, found = find("建了几所？", "一、学前教育\n新建12所。  改建5所。\n")
    assert sorted(texts) == ["改建5所。", "新建12所。"]
    source = "一、学前教育\n新建12所。  改建5所。\n"
    assert all(source[item.start : item.end] == item.text for item in found)


def test_words_of_the_question_decide_between_equal_readings() -> None:
    texts, _ = find("新建幼儿园多少所？", "改建小学5所。", "新建幼儿园12所。")
    assert texts[0] == "新建幼儿园12所。"


@pytest.mark.parametrize(
    ("question", "text", "unmet"),
    [
        ("2018年新建了几所？", "新建12所。", ()),
        ("2016年新建了几所？", "新建12所。", ("year:2016",)),
        ("2016年新建了几所？", "2016年新建12所。", ()),
        ("2018年的总结里说建了几所？", "2016年新建12所。", ()),
        ("佛山新建了几所？", "新建12所。", ("place:佛山",)),
        ("投入了多少钱？", "新建12所。", ("figure:",)),
        ("投入了多少钱？", "投入1.7亿元。", ()),
        ("投入了多少钱？", "投入297000000。", ()),
        ("投入了多少钱？", "投入见附件3。", ("figure:",)),
        ("鹤山新建了几所？", "鹤山市、台山市新建12所。", ()),
        ("鹤山新建了几所？", "台山市新建12所，鹤山没有。", ()),
        ("新建幼儿园起了什么园名？", "全市新建幼儿园。", ("repeated:",)),
        ("新建幼儿园起了什么园名？", "新建幼儿园已经开园。", ()),
        ("最终建成了几所？", "力争新建12所。", ("outcome:",)),
        ("幼儿园最终建成了吗？", "力争新建12所。", ("outcome:",)),
        ("幼儿园是不是已经建成了？", "力争新建12所。", ()),
        ("原先计划建几所？", "新建12所。", ("plan:",)),
        ("原先归乡镇管的有几所？", "新建12所。", ()),
        ("是不是要到2016年才建成？", "2018年建成12所。", ()),
        ("2016年是不是建成了12所？", "建成12所。", ("year:2016",)),
        ("巩固率具体是百分之几？", "巩固指数为0.93。", ("figure:",)),
        ("巩固率具体是百分之几？", "巩固率为99.3。", ()),
        ("巩固率具体是百分之几？", "巩固率稳中有升；入园率为99.3%。", ("figure:",)),
        ("巩固率具体是百分之几？", "入园率为98%；巩固率为99.3%。", ()),
        ("这两年巩固率具体是百分之几？", "上年为98%；今年为99.3%。", ()),
    ],
)
def test_what_the_question_fixes_is_checked(question: str, text: str, unmet: tuple[str, ...]) -> None:
    _, found = find(question, text)
    assert found[0].unmet == unmet


@pytest.mark.parametrize(
    ("question", "text", "unmet"),
    [
        ("2018年新建了几所？", "2019年新建12所。", ("year:2018",)),
        ("2019年新建了几所？", "2019年新建12所。", ()),
        ("2018年新建了几所？", "新建12所。", ()),
        ("2018年新建了几所？", "新建12所,比2019年多3所。", ()),
        ("2018年新建了几所？", "2019年新建12所,比2018年多3所。", ("year:2018",)),
        ("2018年新建了几所？", "2018年和2019年各新建12所。", ()),
        ("2018年新建了几所？", "2019—2020年新建12所。", ()),
    ],
)
def test_of_a_report_on_several_years_a_sentence_speaks_of_the_year_it_names(
    question: str, text: str, unmet: tuple[str, ...]
) -> None:
    _, found = find(question, text, years=(2018, 2019))
    assert found[0].unmet == unmet


def test_a_sentence_of_another_place_does_not_answer_though_its_section_names_the_one_asked_about() -> None:
    _, found = find("鹤山新建了几所？", "台山市新建12所。其中民办3所。另外，鹤山改建4所。")
    assert {item.text: item.unmet for item in found}["台山市新建12所。"] == ("place:鹤山",)


def test_the_name_of_a_school_is_no_person() -> None:
    assert find("学院后来改叫什么名字了？", "学院更名为大学。")[1][0].unmet == ()
    assert find("校长叫什么名字？", "校长到任。")[1][0].unmet == ("person:",)


@pytest.mark.parametrize(
    ("text", "path", "title", "planned"),
    [
        ("新建100所食堂。", (), "某市2018年工作要点", True),
        ("新建100所食堂。", (), "关于印发《某市2018年工作要点》的通知", True),
        ("新建100所食堂。", (), "某市2018年工作总结", False),
        ("力争新建100所食堂。", (), "某市2018年工作总结", True),
        ("新建100所食堂。", ("2018年工作计划", "一、食堂"), "2017年工作总结2018年工作计划", True),
        ("新建100所食堂。", ("2017年工作总结", "一、食堂"), "2017年工作总结2018年工作计划", False),
        ("已建成100所食堂。", (), "某市2018年工作要点", False),
        ("实施第二期特殊教育提升计划。", (), "某市2018年工作总结", False),
    ],
)
def test_plans_are_told_from_outcomes(text: str, path: tuple[str, ...], title: str, planned: bool) -> None:
    assert states_plan(text, chunk(text, path=path), title) is planned


def test_the_best_fitting_sentence_is_chosen_and_one_more_for_a_missing_figure() -> None:
    facet = query("多少所学校、多少名学生？").facets[0]
    school, pupils = evidence("惠及327所学校。", score=0.9), evidence("学生20.7万名。", start=9, score=0.8)
    assert choose(facet, [school, evidence("另有措施。", start=5, score=0.85), pupils]) == [school, pupils]


def test_nothing_is_chosen_when_what_fits_best_is_of_another_year() -> None:
    facet = Facet("2017年有多少？", (), (2017,), ())
    other_year = evidence("解决37.8万人。", score=0.9, unmet=("year:2017",))
    assert choose(facet, [other_year, evidence("2017年的11个。", start=20, score=-4.0)]) == []
    fits = evidence("2017年解决30万人。", start=20, score=0.8)
    assert choose(facet, [other_year, fits]) == [fits]


def test_sentences_that_fit_as_well_as_the_best_are_shown_with_it() -> None:
    best, near = evidence("开工12所。", score=2.0), evidence("新建9所。", start=9, score=2.0 - AS_GOOD)
    assert as_good([best], [best, near]) == [near]
    assert as_good([best], [best, evidence("新建9所。", start=9, score=1.99 - AS_GOOD)]) == []
    assert as_good([best], [best, evidence("开工12所", start=9, score=2.0)]) == []  # says the same
    assert as_good([best], [best, evidence("新建9所。", start=9, score=2.0, unmet=("year:2017",))]) == []
    assert (
        as_good([best, near], [best, near, evidence("改建5所。", start=20, score=2.0)]) == []
    )  # two are needed already
    others = [evidence(f"第{number}所建成。", start=10 * number, score=2.0) for number in range(1, 6)]
    assert as_good([best], [best, *others]) == others[:2]


def test_in_text_without_titles_what_the_judge_said_does_not_count_against_what_it_has_not_read() -> None:
    best = evidence("开工12所。", score=5.0, judge=3.0)
    unread = evidence("新建9所。", start=9, score=2.0 - AS_GOOD_UNTITLED)
    assert as_good([best], [best, unread], titled=False) == [unread]
    assert as_good([best], [best, unread]) == []
    assert as_good([best], [best, replace(unread, scores=unread.scores | {"judge": -1.0})], titled=False) == []
    doubted = evidence("开工12所。", score=1.0, judge=-1.0)
    assert as_good([doubted], [doubted, replace(unread, score=1.0 - AS_GOOD_UNTITLED)], titled=False)
    assert as_good([doubted], [doubted, replace(unread, score=0.99 - AS_GOOD_UNTITLED)], titled=False) == []


def test_sentences_speak_of_all_things_asked_about() -> None:
    rates = query("小学和初中的巩固率分别是多少？").facets[0]
    assert [part.label for part in rates.parts] == ["小学", "初中"]
    assert speaks_of_all(rates, [evidence("小学巩固率100%,初中99%。")])
    assert not speaks_of_all(rates, [evidence("小学和初中的巩固率都超过99%。")])  # one figure for two
    assert not speaks_of_all(rates, [evidence("小学巩固率100%,毕业率99%。")])


def test_a_year_measured_against_is_not_spoken_of() -> None:
    counts = query("2021年和2022年棉花产量是多少万吨？").facets[0]
    assert speaks_of_all(counts, [evidence("2021年产573万吨,2022年产597万吨。")])
    assert not speaks_of_all(counts, [evidence("2022年产597万吨,比2021年增加24万吨。")])
    assert not speaks_of_all(counts, [evidence("2022年产597万吨,2021年同期24万吨。")])
    assert speaks_of_all(counts, [evidence("2022年产597万吨,比2021年的573万吨多,2021年减产18万吨。")])


def test_each_of_several_years_is_asked_about_alone() -> None:
    facet = query("2018年和2019年建了多少所？").facets[0]
    assert [(part.label, part.years) for part in facet.parts] == [("2018年", (2018,)), ("2019年", (2019,))]


def test_what_says_as_much_of_the_year_asked_for_is_chosen_however_well_another_year_fits() -> None:
    facet = Facet("2017年补助多少元？", (), (2017,), ())

    def of(year: int, coverage: float, **given: float) -> Evidence:
        item = evidence(
            f"{year}年。", start=year, unmet=() if year == 2017 else ("year:2017",), coverage=coverage, **given
        )
        return replace(item, chunk=replace(item.chunk, years=(year,)))

    fits = of(2017, 0.5, score=1.0)
    assert choose(facet, [of(2016, 0.5, score=9.0), fits]) == [fits]
    assert choose(facet, [of(2016, 0.6, score=9.0), fits]) == []
    assert choose(facet, [of(2016, 0.5, score=9.0), of(2017, 0.5, score=1.0, typed=0.0)]) == []
    # The judge is not asked about the year.
    judged = of(2017, 0.5, score=1.0, judge=0.5)
    assert choose(facet, [of(2016, 0.6, score=9.0, judge=-1.0), judged]) == [judged]
    assert choose(facet, [of(2016, 0.6, score=9.0, judge=1.0), judged]) == []
    assert choose(facet, [of(2016, 0.6, score=9.0, judge=-1.0), of(2017, 0.5, score=1.0, judge=-0.5)]) == []


def test_a_number_by_itself_is_no_evidence() -> None:
    assert find("建了几所？", "新建12所。\n3\n2.5\n")[0] == ["新建12所。"]


def test_what_lacks_only_a_figure_or_is_of_another_year_does_not_keep_others_out() -> None:
    facet = Facet("2017年有多少？", (), (2017,), ())
    fits = replace(evidence("解决30万人。", start=20, score=1.0), chunk=chunk("解决30万人。", start=20, years=(2017,)))
    for better in (
        evidence("另有措施。", score=3.9, unmet=("figure:人",)),
        replace(
            evidence("将解决40万人。", score=3.9, unmet=("year:2017",)), chunk=chunk("将解决40万人。", years=(2018,))
        ),
    ):
        assert choose(facet, [better, fits]) == [fits]
    same_year = replace(
        evidence("海外解决40万人。", score=3.9, unmet=("place:海外",)), chunk=chunk("海外解决40万人。", years=(2017,))
    )
    assert choose(facet, [same_year, fits]) == []


def test_a_sentence_is_taken_where_an_earlier_question_has_its_only_figure() -> None:
    shares = Facet("补贴是百分之几？", (), (), asked("补贴是百分之几？"))
    again = Facet("失业金是百分之几？", (), (), asked("失业金是百分之几？"))
    one, two = evidence("不低于80%。"), evidence("补贴80%，失业金90%。", start=20)
    assert taken(again, [one], {shares: [one]}) == [one]
    assert taken(again, [two], {shares: [two]}) == []
    assert taken(again, [one], {shares: [two]}) == []
    assert taken(Facet("谁发？", (), (), ()), [one], {shares: [one]}) == []


def test_where_a_plan_is_asked_for_a_sentence_that_states_one_stands_higher() -> None:
    scores = {"reader": 0.5, "answerability": 0.5, "coverage": 0.0, "typed": 0.0, "retrieval": 0.0}
    assert combined(scores | {"intended": 1.0}) - combined(scores | {"intended": 0.0}) == 1.5


def test_beside_the_best_the_sentence_with_more_of_the_questions_words_has_the_other_figure() -> None:
    facet = query("入围多少人，入围率是多少？").facets[0]
    best = replace(evidence("入围3460人。", score=9.0, coverage=0.2), chunk=chunk("入围3460人。入围率达52.4%。"))
    rate = replace(best, start=8, end=18, text="入围率达52.4%。", score=3.0, scores={**best.scores, "coverage": 0.6})
    assert choose(facet, [best, rate]) == [best, rate]
    other = replace(rate, scores={**rate.scores, "coverage": 0.1})
    assert choose(facet, [best, other]) == [best]
    assert choose(facet, [best, replace(rate, chunk=chunk("入围率达52.4%。", start=90))]) == [best]
