"""The judge's second look: which sentences it reads, in what words, and what becomes of their order."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rag.answers.answerability import Calibration, Calibrations
from rag.answers.evidence import Evidence
from rag.answers.query import Facet
from rag.answers.second_look import (
    LONGEST,
    LOOKED_AT,
    NEAR,
    WINDOW,
    among_neighbours,
    in_doubt,
    look_again,
    point_out,
)
from tests.answers.made import chunk, evidence, query

FACET = query("新建了多少所？").facets[0]


class Finding:
    """A judge that says 4 of passages with these words and -4 of others, and keeps what it was asked."""

    identity = "finding"

    def __init__(self, sought: str) -> None:
        self.sought = sought
        self.read: list[str] = []
        self.asked: list[str] = []

    def judge(self, question: str, passages: Sequence[str]) -> list[float]:
        self.read += passages
        self.asked.append(question)
        return [4.0 if self.sought in passage else -4.0 for passage in passages]

    def words(self, question: str, passage: str) -> str:
        self.read.append(passage)
        return self.sought


def ranked(*texts: str) -> list[Evidence]:
    """Each a section of its own, the next a point behind."""
    return [evidence(text, report=f"r{at}", start=10 * at, score=float(-at)) for at, text in enumerate(texts)]


def look(items: list[Evidence], judge: Finding, facet: Facet = FACET) -> list[Evidence]:
    return look_again(facet, items, judge=judge, titles={"r1": "某局总结"})


def test_what_the_judge_finds_to_answer_goes_first_and_carries_its_verdict() -> None:
    judge = Finding("乙")
    found = look(ranked("甲。", "乙。", "丙。"), judge)
    assert [item.text for item in found] == ["乙。", "甲。", "丙。"]
    assert [item.scores["judge"] for item in found] == [4.0, -4.0, -4.0]
    assert found[0].score == -1.0 + 4.0
    assert judge.read == ["甲。", "《某局总结》乙。", "丙。"]


def test_where_the_best_is_judged_to_answer_the_others_are_not_read() -> None:
    judge = Finding("甲")
    found = look(ranked("甲。", "乙。", "丙。"), judge)
    assert [(item.text, item.score) for item in found] == [("甲。", 4.0), ("乙。", -1.0), ("丙。", -2.0)]
    assert judge.read == ["甲。"]
    assert "judge" not in found[1].scores


def test_one_that_does_not_meet_the_question_says_nothing_of_the_others() -> None:
    judge = Finding("甲")
    best, *others = ranked("甲。", "乙。", "丙。")
    look([replace(best, unmet=("year:2018",)), *others], judge)
    assert judge.read == ["甲。", "《某局总结》乙。", "丙。"]


def test_a_year_that_has_been_checked_is_not_asked_of_the_judge_again() -> None:
    judge = Finding("甲")
    facet = query("2018年的学校新建了多少所？").facets[0]
    items = ranked("甲。", "乙。")
    look(items, judge, facet)
    look([replace(item, chunk=replace(item.chunk, years=(2018,))) for item in items], judge, facet)
    assert judge.asked == ["2018年的学校新建了多少所?", "学校新建了多少所?"]


def test_a_year_that_another_sentence_of_the_passage_names_is_not_asked_of_those_that_name_none() -> None:
    judge = Finding("甲")
    text = "发布于2018年。" + "其余从略。" * 30 + "新建9所,比2017年多。"
    whole = chunk(text, years=())
    last = replace(evidence(text[-13:], start=len(text) - 13), chunk=whole)
    look_again(query("2018年新建了多少所？").facets[0], [last], judge=judge, titles={})
    assert judge.asked == ["新建了多少所?"]
    look_again(query("2016年新建了多少所？").facets[0], [last], judge=judge, titles={})
    assert judge.asked[1:] == ["2016年新建了多少所?"]


def test_an_abbreviation_is_written_out_where_what_is_read_has_it_not() -> None:
    judge = Finding("甲")
    look(ranked("GDP为9亿元。", "生产总值9亿元。"), judge, query("GDP是多少？").facets[0])
    assert judge.asked == ["GDP是多少?", "生产总值是多少?"]


def test_sentences_that_are_not_read_stay_behind_those_that_are() -> None:
    judge = Finding("无")
    texts = [f"{letter}。" for letter in "甲乙丙丁戊己"]
    found = look(ranked(*texts), judge)
    assert len(judge.read) == LOOKED_AT
    assert [item.text for item in found] == texts
    assert ["judge" in item.scores for item in found] == [True] * LOOKED_AT + [False] * (6 - LOOKED_AT)


def test_the_best_of_all_is_read_beside_those_that_meet_what_the_question_fixes() -> None:
    judge = Finding("甲")
    items = ranked("甲。", "乙。", "丙。", "丁。", "戊。")
    items[0], items[2] = replace(items[0], unmet=("year:2016",)), replace(items[2], unmet=("figure:",))
    look(items, judge)
    assert [passage[-2:] for passage in judge.read] == ["甲。", "乙。", "丁。", "戊。"]


def test_nothing_is_read_where_nothing_fits() -> None:
    judge = Finding("甲")
    items = [replace(item, unmet=("year:2016",)) for item in ranked("甲。", "乙。")]
    assert look(items, judge) == items
    assert judge.read == []
    assert look([], judge) == []


SECTION = "选举于5月8日举行。甲某当选。会议闭幕。"


def of_section(*unmet: str) -> list[Evidence]:
    """The three sentences of one section, the first ahead of the others; the second does not meet `unmet`."""
    whole = chunk(SECTION)
    spans = [(0, 10), (10, 15), (15, 20)]
    return [
        replace(item, chunk=whole, unmet=unmet if at == 1 else ())
        for at, (start, end) in enumerate(spans)
        for item in [evidence(SECTION[start:end], start=start, score=3.0 - at, reader=(0.9, 0.8, 0.7)[at])]
    ]


def test_without_a_title_each_sentence_is_read_alone_too_and_the_mean_of_both_counts() -> None:
    judge = Finding("甲某")
    found = look_again(FACET, of_section(), judge=judge, titles={})
    assert judge.read == [SECTION, "选举于5月8日举行。"] + [SECTION] * 2 + ["甲某当选。", "会议闭幕。"]
    assert [(item.text, item.scores["judge"]) for item in found] == [
        ("甲某当选。", 4.0),
        ("选举于5月8日举行。", 0.0),
        ("会议闭幕。", 0.0),
    ]


def pointed(items: list[Evidence], words: str) -> list[tuple[str, float, float]]:
    found = point_out(FACET, items, judge=Finding(words), titles={})
    return [(item.text, item.score, item.scores["reader"]) for item in found]


def test_the_sentence_with_the_words_that_answer_takes_the_place_of_the_one_beside_it() -> None:
    items = of_section()
    changed = [("甲某当选。", 3.0, 0.9), ("选举于5月8日举行。", 2.0, 0.8), ("会议闭幕。", 1.0, 0.7)]
    assert pointed(items, "甲某") == changed
    assert point_out(FACET, items, judge=Finding("5月8日"), titles={}) == items


@pytest.mark.parametrize(("words", "unmet"), [("甲某", ("year:2016",)), ("乙某", ()), ("", ())])
def test_words_that_no_fitting_neighbour_has_change_nothing(words: str, unmet: tuple[str, ...]) -> None:
    items = of_section(*unmet)
    assert point_out(FACET, items, judge=Finding(words), titles={}) == items


@pytest.mark.parametrize(
    ("ahead", "judge", "exchanged"), [(NEAR, 0.0, True), (NEAR + 0.1, 4.0, False), (1.0, -0.1, False)]
)
def test_words_far_behind_or_of_a_judge_that_finds_no_answer_change_nothing(
    ahead: float, judge: float, exchanged: bool
) -> None:
    best, *others = of_section()
    others[0] = replace(others[0], score=best.score - ahead)
    best = replace(best, scores={**best.scores, "judge": judge})
    found = point_out(FACET, [best, *others], judge=Finding("甲某"), titles={})
    assert (found[0].text == "甲某当选。") is exchanged


def test_a_sentence_of_another_section_is_not_beside() -> None:
    items = ranked("选举于5月8日举行。", "甲某当选。")
    assert point_out(FACET, items, judge=Finding("甲某"), titles={}) == items
    assert point_out(FACET, [], judge=Finding("甲某"), titles={}) == []


@pytest.mark.parametrize(
    ("intercept", "unmet", "doubted"), [(3.0, (), False), (1.0, (), True), (3.0, ("year:",), True)]
)
def test_the_judge_is_for_what_the_reader_is_not_sure_of(
    intercept: float, unmet: tuple[str, ...], doubted: bool
) -> None:
    sure = Calibration(intercept, {})  # 0.95 or 0.73 for whatever it is
    calibrations = Calibrations(sure, sure, {}, {})
    assert in_doubt(FACET, [evidence("甲。", unmet=unmet)], calibrations) is doubted


def test_a_sentence_is_read_among_the_neighbours_that_there_is_room_for() -> None:
    sentences = [f"{letter}{'字' * 38}。" for letter in "甲乙丙丁戊"]  # 40 characters each
    section = chunk("".join(sentences), start=1000)
    assert among_neighbours(section, 1000, 1040) == "".join(sentences[:3])
    assert among_neighbours(section, 1160, 1200) == "".join(sentences[2:])
    assert among_neighbours(section, 1080, 1120) == "".join(sentences[2:5])
    assert len(among_neighbours(section, 1080, 1120)) == WINDOW
    assert len(among_neighbours(chunk("字" * 500 + "。"), 0, 501)) == LONGEST
