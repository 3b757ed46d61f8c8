"""Answers as plain text with what their numbers stand for."""

from dataclasses import replace

from rag.answers.answer import Answer
from rag.answers.citations import Citation
from rag.answers.footnotes import with_footnotes
from rag.answers.retrieval import Hit
from tests.answers.made import chunk

CITATION = Citation(
    id="id",
    number=1,
    report="r1",
    title="甲市2018年工作计划",
    section=("一、学前教育", "（一）建设"),
    address="一/(一)",
    quote="新建幼儿园\n3所。",
    start=0,
    end=9,
    planned=True,
    page=7,
)
OTHER = replace(CITATION, number=2, title="乙市", section=(), quote="新建5所", planned=False, page=None, paragraph=12)
ANSWER = Answer(
    question="?",
    text="- 甲市:计划新建3所。 [1]\n- 乙市:新建5所。 [2]",
    refused=False,
    language="zh",
    kind="compare",
    confidence=0.9,
    citations=(
        CITATION,
        OTHER,
    ),
)


def test_each_statement_and_each_citation_is_a_piece() -> None:
    assert list(with_footnotes(ANSWER)) == [
        "- 甲市:计划新建3所。 [1]",
        "\n- 乙市:新建5所。 [2]",
        "\n\n[1] 甲市2018年工作计划 › 一、学前教育 › （一）建设，第7页（计划） “新建幼儿园 3所。”",
        "\n\n[2] 乙市，第12段 “新建5所”",
    ]


def test_in_english_what_is_said_of_a_citation_is_english() -> None:
    *_, first, _ = with_footnotes(replace(ANSWER, language="en"))
    assert "（一）建设, p. 7 (plan) “" in first


def test_a_refusal_shows_the_nearest_sections() -> None:
    hit = Hit(chunk("新建幼儿园3所。", path=("一、学前教育",)), 1.0, 0.5, 0.5)
    refused = Answer("?", "没有写到。", True, "zh", "plain", 0.1, nearest=(hit,), titles={"r1": "甲市"})
    assert "".join(with_footnotes(refused)) == "没有写到。\n\n- 甲市 › 一、学前教育"
