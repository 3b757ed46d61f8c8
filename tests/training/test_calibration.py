"""Labelled questions, and the calibration fitted on them."""

import json
from pathlib import Path

import pytest

from rag.errors import InputError
from rag.reports.reading import find_reports, read_reports
from rag.training.calibration import FEATURES, QUESTIONS, REFUSED, fit, read_labelled, thresholds

CORPUS = Path(__file__).parents[2] / "corpus"


def test_the_labelled_questions_are_answered_by_the_words_they_name_and_the_others_by_none() -> None:
    texts = {report.source: report.text for report in read_reports(find_reports([CORPUS]))}
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    assert len({row["question"] for row in rows}) == len(rows) == 260
    for row in rows:
        assert row["evidence"] in texts[row["report"]]
        assert bool(row["evidence"]) != bool(row["differs"])
    assert sum(bool(row["evidence"]) for row in rows) == 150


def test_a_line_that_is_no_question_is_named(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "几所?", "evidence": ""}\n{"question": "几所?"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"questions\.jsonl:2"):
        read_labelled(path)


def test_the_fit_finds_the_feature_that_tells_and_keeps_its_scale() -> None:
    nothing = dict.fromkeys(FEATURES, 0.0)
    table = [(nothing | {"coverage": 0.8 + 0.001 * at, "sentence": float(at % 7)}, at >= 20) for at in range(40)]
    intercept, weights, held_out = fit(table)
    assert weights["coverage"] > 100 * abs(weights["sentence"])
    assert intercept + weights["coverage"] * 0.8195 + weights["sentence"] * 3 == pytest.approx(0, abs=0.5)
    assert len(held_out) == 40
    assert min(held_out[30:]) > 0.5 > max(held_out[:10])


def test_an_operating_point_refuses_its_share_of_the_right_answers() -> None:
    points = thresholds([number / 100 for number in range(100)])
    assert points == {name: pytest.approx(share) for name, share in REFUSED.items()}
    assert points["strict"] > points["balanced"] > points["eager"]
