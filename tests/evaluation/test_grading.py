"""One row and a handful of rows, every figure worked out by hand."""

import pytest

from rag.answers.answer import Answer
from rag.answers.retrieval import Hit
from rag.evaluation.gold import GoldQuestion
from rag.evaluation.grading import Row, grade, pairs_both_right, stage_times, summarise
from tests.evaluation.made import answer, citation, claim, hit

REPORT_IDS = {"a.txt": "a", "b.txt": "b"}
SCHOOLS = GoldQuestion(
    id="schools",
    question="甲市2018年新建几所小学?",
    kind="number",
    docs=("a.txt",),
    evidence=("新建小学3所",),
    evidence_docs=("a.txt",),
    must=(("3所", "三所"),),
)
BOTH = GoldQuestion(
    id="both",
    question="甲市和乙市各新建几所?",
    kind="compare",
    docs=("a.txt", "b.txt"),
    evidence=("新建小学3所", "新建小学12所"),
    evidence_docs=("a.txt", "b.txt"),
    must=(("3所",), ("12所",)),
    must_not=("乙市更少",),
)
NOWHERE = GoldQuestion(id="nowhere", question="丙市新建几所?", kind="unanswerable")
BLANK = GoldQuestion(id="blank", question="谁牵头?", kind="unanswerable", note="牵头领导栏为空")


def graded(question: GoldQuestion, given: Answer, hits: list[Hit] | None = None, seconds: float = 1.0) -> Row:
    return grade(question, given, hits=hits or [], report_ids=REPORT_IDS, seconds=seconds, search_seconds=0.05)


def right_row(*, seconds: float = 1.0) -> Row:
    quote = citation(1, "全年新建小学3所,", title="甲市2018年总结")
    hits = [hit("b", "新建小学3所"), hit("a", "全年新建小学3所,", path=("一、建设",))]
    return graded(SCHOOLS, answer("新建3所[1]。", citations=[quote], confidence=0.9), hits, seconds)


def test_a_right_and_cited_answer_has_no_fault() -> None:
    row = right_row()
    assert (row.right, row.passed, row.refusal) == (True, True, False)
    assert row.ranks == (2,)
    assert (row.citation_precision, row.citation_recall) == (1.0, 1.0)
    assert row.faults == ()
    assert row.retrieved == ("b › front", "a › 一、建设")
    assert row.timings == {"search": 0.05}


def test_half_a_comparison_is_wrong_and_half_cited() -> None:
    row = graded(
        BOTH, answer("甲市新建3所,乙市更少[1]。", citations=[citation(1, "新建小学3所")]), [hit("a", "新建小学3所")]
    )
    assert row.right is False
    assert (row.citation_precision, row.citation_recall) == (1.0, 0.5)
    assert row.ranks == (1, None)
    assert row.faults == (
        "does not say 12所, says 乙市更少",
        "evidence not among the first 5 sections: 新建小学12所",
    )


def test_refusing_an_answerable_question_is_a_false_refusal() -> None:
    row = graded(SCHOOLS, answer("报告没有给出新建3所以外的数字。", refused=True))
    assert (row.right, row.passed, row.citation_precision) == (False, False, None)
    assert row.faults[0] == "refused, though the reports say it"


def test_an_unanswerable_question_passes_by_refusal_alone() -> None:
    refused, invented = graded(NOWHERE, answer("没有。", refused=True)), graded(NOWHERE, answer("新建5所。"))
    assert (refused.right, refused.passed, refused.faults) == (None, True, ())
    assert (invented.right, invented.passed) == (None, False)
    assert invented.faults == ("answered, though no report says it", "figures not in their own citation: 5")


def test_saying_that_the_field_is_blank_counts_where_the_note_says_so() -> None:
    said = answer("“牵头领导”一栏为空[1]。", citations=[citation(1, "牵头领导:")])
    assert graded(BLANK, said).passed
    assert not graded(NOWHERE, said).passed
    asked = GoldQuestion(id="who", question="谁牵头?", kind="responsible", must=(("空白",),), note="牵头领导栏为空")
    assert graded(asked, said).right is True
    assert graded(asked, answer("没有。", refused=True)).right is False


def test_a_figure_must_stand_in_the_citation_of_its_own_claim() -> None:
    citations = [
        citation(1, "新建小学3所", title="甲市2018年总结"),
        citation(2, "新建小学12所", section=("(二)2017年",)),
    ]
    own = answer(
        "2018年甲市3所[1]。2017年乙市12所[2]。",
        citations=citations,
        claims=[claim("2018年甲市3所", "c1"), claim("2017年乙市12所", "c2")],
    )
    swapped = answer(
        "甲市12所[1]。乙市3所,共15所[2]。",
        citations=citations,
        claims=[claim("甲市12所", "c1"), claim("乙市3所,共15所", "c2")],
    )
    assert graded(BOTH, own).unsupported_figures == ()
    row = graded(BOTH, swapped)
    assert row.figures_of_claims == ("12", "15", "3")
    assert row.figures_of_answer == ("15",)
    assert row.unsupported_figures == ("12", "15", "3")


def test_the_figures_of_a_group() -> None:
    rows = [
        right_row(seconds=2.0),
        graded(
            BOTH,
            answer("甲市3所[1]。", citations=[citation(1, "新建小学3所")], confidence=0.6),
            [hit("a", "新建小学3所")],
        ),
        graded(SCHOOLS, answer("没有。", refused=True, confidence=0.3), seconds=3.0),
        graded(NOWHERE, answer("没有。", refused=True, confidence=0.4), seconds=4.0),
        graded(NOWHERE, answer("5所。", confidence=0.6), seconds=5.0),
    ]
    assert summarise(rows) == {
        "questions": 5,
        "evidence_recall@1": pytest.approx((0 + 0.5 + 0) / 3),
        "evidence_recall@5": pytest.approx((1 + 0.5 + 0) / 3),
        "mrr@10": pytest.approx((1 / 2 + 1 + 0) / 3),
        "right": pytest.approx(1 / 3),
        "citation_precision": 1.0,
        "citation_recall": 0.75,
        "unsupported_figures": 1,
        "answers_with_unsupported_figures": 0.2,
        "refusal_precision": 0.5,
        "refusal_recall": 0.5,
        "false_refusal": pytest.approx(1 / 3),
        # 0.9 beats both, 0.6 beats 0.4 and ties 0.6, 0.3 beats none: (2 + 1.5) / 6
        "auroc": pytest.approx(3.5 / 6),
        "median_seconds": 3.0,
        "p95_seconds": 4.0,
    }


def test_a_group_without_refusals_or_answers_has_no_such_figures() -> None:
    figures = summarise([graded(NOWHERE, answer("5所。"))])
    assert (figures["right"], figures["refusal_precision"], figures["auroc"]) == (None, None, None)
    assert figures["refusal_recall"] == 0.0


def test_stage_times_are_over_the_questions_that_went_through_the_stage() -> None:
    rows = [
        graded(NOWHERE, answer("没有。", refused=True, timings={"retrieve": 0.1})),
        graded(NOWHERE, answer("没有。", refused=True, timings={"retrieve": 0.3, "generate": 2.0})),
    ]
    assert stage_times(rows) == {
        "retrieve": {"median": pytest.approx(0.2), "p95": 0.1},  # of two values the one at floor(.95 x 1) = 0
        "search": {"median": 0.05, "p95": 0.05},
        "generate": {"median": 2.0, "p95": 2.0},
    }


def test_a_pair_is_won_by_both_twins_only() -> None:
    def twin(pair: str, text: str, *, kind: str, refused: bool) -> Row:
        question = GoldQuestion(id=f"{pair}-{kind}", question="几所?", kind=kind, must=(("3所",),), pair=pair)
        return graded(question, answer(text, refused=refused))

    rows = [
        twin("p1", "3所", kind="number", refused=False),
        twin("p1", "没有", kind="unanswerable", refused=True),
        twin("p2", "3所", kind="number", refused=False),
        twin("p2", "3所", kind="unanswerable", refused=False),
    ]
    assert pairs_both_right(rows) == 0.5
    assert pairs_both_right([right_row()]) is None
