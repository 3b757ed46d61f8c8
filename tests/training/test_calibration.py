"""Labelled questions, and the calibration fitted on them."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from rag.answers.answerability import Calibration
from rag.answers.evidence import Evidence
from rag.answers.query import Facet, Kind
from rag.errors import InputError
from rag.reports.reading import find_reports, read_reports
from rag.training.calibration import (
    FEWEST,
    QUESTIONS,
    REFUSED,
    Asked,
    calibrate,
    fit,
    on_passages,
    read_labelled,
    thresholds,
)
from rag.training.examples import Row
from tests.answers.made import evidence, query

CORPUS = Path(__file__).parents[2] / "corpus"
SHARES = {"strict": 0.2, "balanced": 0.1, "eager": 0.05}


def test_the_labelled_questions_are_answered_by_the_words_they_name_and_the_others_by_none() -> None:
    texts = {report.source: report.text for report in read_reports(find_reports([CORPUS]))}
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    assert len({row["question"] for row in rows}) == len(rows) == 640
    for row in rows:
        assert row["evidence"] in texts[row["report"]]
        assert bool(row["evidence"]) != bool(row["differs"])
    assert sum(bool(row["evidence"]) for row in rows) == 394


def test_a_line_that_is_no_question_is_named(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "几所?", "evidence": ""}\n{"question": "几所?"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"questions\.jsonl:2"):
        read_labelled(path)


NOTHING = dict.fromkeys(("answerability", "own_passage", "sentence", "coverage", "typed", "ahead"), 0.0)


def test_the_fit_finds_the_feature_that_tells_and_keeps_its_scale() -> None:
    table = [(NOTHING | {"coverage": 0.8 + 0.001 * at, "sentence": float(at % 7)}, at >= 20) for at in range(40)]
    intercept, weights, held_out = fit(table)
    assert weights["coverage"] > 100 * abs(weights["sentence"])
    assert intercept + weights["coverage"] * 0.8195 + weights["sentence"] * 3 == pytest.approx(0, abs=0.5)
    assert len(held_out) == 40
    assert min(held_out[30:]) > 0.5 > max(held_out[:10])


def test_no_weight_is_negative_even_where_the_examples_say_so() -> None:
    table = [(NOTHING | {"coverage": -float(at), "sentence": float(at % 7)}, at >= 20) for at in range(40)]
    _, weights, _ = fit(table)
    assert weights["coverage"] == 0
    assert min(weights.values()) >= 0


def test_an_operating_point_refuses_its_share_of_the_right_answers() -> None:
    for refused in REFUSED.values():
        points = thresholds([number / 1000 for number in range(1000)], refused)
        assert points == {name: pytest.approx(share, abs=1e-3) for name, share in refused.items()}
        assert points["strict"] > points["balanced"] > points["eager"]


def test_confidences_are_the_judges_where_the_reader_is_in_doubt() -> None:
    reader = [(NOTHING | {"sentence": 9.0 if at < 20 else 0.0}, at < 20 or at % 2 == 0) for at in range(60)]
    judge = [(features | {"judge": 3.0 if right else -3.0}, right) for features, right in reader]
    nothing = Asked(None, None)
    asked = [Asked(*both) for both in zip(reader, judge, strict=True)]
    fitted, right, wrong = calibrate([nothing, *asked], SHARES, SHARES)
    assert (len(right), len(wrong)) == (40, 20)
    assert min(right) > max(wrong)  # the reader alone could not have told the forty apart
    assert fitted["judge"]["weights"]["judge"] > 0
    assert set(fitted["reader"]["weights"]) == set(NOTHING)
    assert fitted["thresholds"]["eager"] <= fitted["thresholds"]["balanced"] <= fitted["thresholds"]["strict"]


def test_whether_something_is_so_gets_thresholds_of_its_own_from_enough_right_answers() -> None:
    both = [(NOTHING | {"judge": 9.0 * (at % 2)}, at % 2 == 1) for at in range(60)]
    plain = [Asked(({name: values[name] for name in NOTHING}, right), (values, right)) for values, right in both]
    unsure = (NOTHING, True)  # of the reader, so that the judge decides
    yesno = [Asked(unsure, (NOTHING | {"judge": float(at)}, True), "yesno") for at in range(FEWEST)]
    refused = {"strict": 0.5, "balanced": 0.25, "eager": 0.0}
    fitted, right, _ = calibrate([*plain, *yesno], SHARES, refused)
    assert len(right) == 30
    judge = Calibration(**fitted["judge"])
    assert fitted["yesno"]["eager"] == judge.confidence(NOTHING | {"judge": 0.0})
    lower, upper = (judge.confidence(NOTHING | {"judge": at}) for at in (FEWEST // 4 - 1, FEWEST // 4))
    assert lower < fitted["yesno"]["balanced"] < upper
    assert "yesno" not in calibrate([*plain, *yesno[1:]], SHARES, refused)[0]


class Recording:
    """A pipeline that keeps what it is asked and finds the first passage to answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Sequence[str]]] = []

    def evidence(
        self, question: str, *, passages: Sequence[str] = ()
    ) -> tuple[Kind, Facet, list[Evidence], list[Evidence]]:
        self.asked.append((question, passages))
        read = evidence(passages[0])
        return "plain", query(question).facets[0], [read], [evidence(passages[0], judge=1.0)]


def test_each_question_on_passages_is_asked_with_its_answer_and_without() -> None:
    rows = [
        Row(
            f"{at}",
            "s",
            f"第{at}所学校叫什么？",
            "",
            "",
            f"学校{at}很大。它叫春{at}晓学校。",
            (f"春{at}晓",),
            (8,),
        )
        for at in range(6)
    ]
    pipeline: Any = Recording()
    asked = list(on_passages(pipeline, rows, Random(1)))
    assert len(asked) == len(pipeline.asked) == 12
    for number, (question, passages) in enumerate(pipeline.asked):
        row = next(row for row in rows if row.question == question)
        assert len(passages) == 5
        assert any(row.answers[0] in passage for passage in passages) is (number % 2 == 0)
        item = asked[number]
        assert item.reader
        assert item.judge
        assert item.reader[1] is (row.answers[0] in passages[0])
        assert (item.judge[0]["judge"], "judge" in item.reader[0]) == (1.0, False)
