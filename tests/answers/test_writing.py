"""Evidence to answers: when a draft may stand in for the evidence's own words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest

from rag.answers.answerability import shipped
from rag.answers.clock import Clock
from rag.answers.evidence import Evidence
from rag.answers.prompts import load_prompt
from rag.answers.writing import Names, Writer
from rag.config import Config
from tests.answers.made import evidence, query


class Saying:
    """Says the same to every prompt, and counts them."""

    identity = "saying"

    def __init__(self, words: str) -> None:
        self.words = words
        self.asked = 0

    def generate(self, messages: Sequence[Mapping[str, str]]) -> Iterator[str]:
        self.asked += 1
        yield self.words


def written(question: str, found: Sequence[Evidence], generator: Saying) -> str:
    asked = query(question)
    prompts = {language: load_prompt(f"answer.{language}", "") for language in ("zh", "en")}
    steps = Writer(Config(), prompts, generator, shipped("reports")).write(
        asked,
        [],
        {asked.facets[0]: found},
        names=Names({}, {}, ()),
        chunks=lambda report: [item.chunk for item in found if item.chunk.report == report],
        clock=Clock(),
        generate=True,
    )
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return str(end.value.text)


SURE = {"reader": 0.99, "answerability": 0.99, "coverage": 1.0}


@pytest.mark.parametrize(
    ("sentence", "asked"),
    [("新建幼儿园60所,食堂100个。", 0), ("新建幼儿园60所。", 1)],
)
def test_an_english_draft_is_not_asked_for_where_figures_could_be_mixed_up(sentence: str, asked: int) -> None:
    generator = Saying("100 kindergartens and 100 canteens were built.")
    answer = written("How many kindergartens were built?", [evidence(sentence, **SURE)], generator)
    assert generator.asked == asked
    assert sentence in answer


def test_sentences_that_the_reader_cannot_tell_apart_are_shown_as_they_are() -> None:
    generator = Saying("新建幼儿园12所。")
    found = [evidence("新建幼儿园12所。", score=2.0, **SURE), evidence("改建幼儿园9所。", start=20, score=1.9, **SURE)]
    answer = written("幼儿园建了多少所？", found, generator)
    assert generator.asked == 0
    assert "新建幼儿园12所" in answer
    assert "改建幼儿园9所" in answer


@pytest.mark.parametrize(
    ("heading", "label"),
    [("一、过去一年工作回顾", "2013年报告 › 一、过去一年工作回顾"), ("一、2012年工作回顾", "2012年")],
)
def test_a_row_is_labelled_with_a_year_only_where_what_it_cites_says_it(heading: str, label: str) -> None:
    asked = query("2012年和2018年失业率各是多少？")
    facet = replace(asked.facets[0], label="2012年")
    writer = Writer(Config(), {}, None, shipped("reports"))
    item = evidence("失业率为3.84%。", report="r", path=(heading,))
    rows = writer._rows(asked, {facet: [item]}, titles={"r": "2013年报告"})
    assert [row.label for row in rows] == [label]


def test_a_sentence_that_announces_a_list_is_shown_with_its_items() -> None:
    generator = Saying("要交申请表。")
    text = "应当提交下列材料：\n（一）申请表；\n（二）证明。\n不收费。"
    whole = evidence(text, **SURE)
    lead = replace(whole, text=text[:9], end=9)
    answer = written("要提交哪几样材料？", [lead], generator)
    assert generator.asked == 0
    assert "（一）申请表； [2]" in answer
    assert "（二）证明。 [3]" in answer
    assert "不收费" not in answer


UNSURE = {"reader": 0.001, "answerability": 0.001, "coverage": 0.2}


@pytest.mark.parametrize(("heading", "summed_up"), [("16.办好特殊教育", True), ("17.健全资助体系", False)])
def test_a_section_that_a_summary_names_is_summed_up_however_unsure_the_reader_is(
    heading: str, summed_up: bool
) -> None:
    found = [evidence("完善送教上门机制。", path=(heading,), score=-3.0, **UNSURE)]
    answer = written("概括特殊教育的工作。", found, Saying(""))
    assert ("完善送教上门机制" in answer) is summed_up


def test_for_one_item_of_a_list_that_is_asked_for_as_a_whole_the_list_is_shown() -> None:
    text = "不予救助的情形：\n（一）情况不急；\n（二）材料不实。"
    whole = evidence(text, path=("一、救助",))
    item = "（二）材料不实。"
    start = text.index(item)
    found = [replace(whole, start=start, end=len(text), text=item, score=3.0, scores={**whole.scores, **SURE})]
    assert "情况不急" in written("哪些情况不能救助？", found, Saying(""))
    assert "情况不急" not in written("材料不实能救助吗？", found, Saying(""))
