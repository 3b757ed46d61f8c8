"""Statements to an answer: numbering, markers, claims and the body of the API."""

from rag.answers.answer import compose, refuse
from rag.answers.composition import Statement
from rag.answers.retrieval import Hit
from rag.answers.verification import Verdict
from tests.answers.made import chunk, evidence, query

ONE = evidence("新建幼儿园12所。", path=("一、学前",), start=5)
TWO = evidence("投入1.7亿元。", path=("二、资助",), start=50, planned=True)


def test_citations_are_numbered_in_the_order_the_text_cites_them() -> None:
    answer = compose(
        query("做了什么？"),
        [Statement("投入1.7亿元。", (TWO,)), Statement("新建幼儿园12所。", (ONE, TWO))],
        titles={"r1": "某市工作总结"},
        confidence=0.9,
    )
    assert answer.text == "- 投入1.7亿元。 [1]\n- 新建幼儿园12所。 [2][1]"
    assert [(citation.number, citation.quote, citation.start, citation.end) for citation in answer.citations] == [
        (1, "投入1.7亿元。", 50, 58),
        (2, "新建幼儿园12所。", 5, 14),
    ]
    first, second = (citation.id for citation in answer.citations)
    assert [claim.citations for claim in answer.claims] == [(first,), (second, first)]
    assert answer.citations[0].planned
    assert answer.citations[1].section == ("一、学前",)


def test_rows_of_a_comparison_carry_their_label_and_a_gap_is_no_claim() -> None:
    answer = compose(
        query("比较？"),
        [Statement("没有给出。", (), label="乙市"), Statement("新建12所。", (ONE,), label="甲市")],
        titles={},
        confidence=1.0,
    )
    assert answer.text == "- 乙市:没有给出。\n- 甲市:新建12所。 [1]"
    assert [claim.text for claim in answer.claims] == ["新建12所。"]


def test_the_body_shows_what_was_removed_and_why() -> None:
    fallen = Statement("新建21所。", (), Verdict("unsupported", "21所 is not in the cited words"))
    body = compose(
        query("？多少"), [Statement("新建12所。", (ONE,))], removed=[fallen], titles={}, confidence=1.0
    ).as_json()
    assert body["removed"] == [
        {
            "text": "新建21所。",
            "verdict": "unsupported",
            "reason": "21所 is not in the cited words",
            "citations": [],
        }
    ]
    assert body["claims"][0]["verdict"] == "supported"
    assert body["citations"][0]["section"] == ["一、学前"]
    assert {"page", "paragraph"} & set(body["citations"][0]) == set()


def test_a_refusal_shows_each_nearest_section_once() -> None:
    hits = [
        Hit(chunk("甲", path=("一、",), start=0), 3.0, 0.9, 4.0),
        Hit(chunk("乙", path=("一、",), start=1), 2.0, 0.8, 3.0),
        Hit(chunk("丙", path=("二、",), start=2), 1.0, 0.7, 2.0),
    ]
    answer = refuse(query("多少？"), "没有。", hits, titles={}, confidence=0.1)
    assert answer.refused
    assert [hit.chunk.text for hit in answer.nearest] == ["甲", "丙"]
    assert answer.as_json()["nearest"][1]["section"] == ["二、"]
