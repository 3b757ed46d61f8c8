"""The calibrations: a logistic function of features, worked out by hand, and those that ship."""

import math

import pytest

from rag.answers.answerability import Calibration, Calibrations, Source, features_of, log_odds, shipped
from tests.answers.made import evidence


def test_confidence_is_the_logistic_function_of_the_weighted_features() -> None:
    calibration = Calibration(0.5, {"a": 2.0, "b": -1.0})
    assert calibration.confidence({"a": 1.0, "b": 0.5}) == pytest.approx(1 / (1 + math.exp(-2.0)))
    assert calibration.confidence({"a": -0.25, "b": 0.0}) == 0.5


def test_log_odds_stay_finite() -> None:
    assert log_odds(0.5) == 0.0
    assert log_odds(0.0) == pytest.approx(math.log(0.0001 / 0.9999))
    assert log_odds(1.0) == pytest.approx(-log_odds(0.0))


def test_features_take_the_surest_passage_and_the_best_sentence() -> None:
    best = evidence("甲。", score=2.5, reader=0.75, answerability=0.5, coverage=0.4)
    other = evidence("乙。", start=9, score=1.0, reader=0.2, answerability=0.8, coverage=0.9)
    features = {"answerability": math.log(4), "own_passage": 0.0, "sentence": math.log(3), "coverage": 0.4}
    assert features_of([best, other], best) == pytest.approx(features | {"typed": 1.0, "ahead": 1.5})


@pytest.mark.parametrize(("second", "ahead"), [(-90.0, 8.0), (1.0, 0.0), (90.0, -4.0), (None, 0.0)])
def test_how_far_the_best_is_ahead_counts_within_bounds(second: float | None, ahead: float) -> None:
    best = evidence("甲。", score=1.0)
    others = [] if second is None else [evidence("乙。", start=9, score=second)]
    assert features_of([best, *others], best)["ahead"] == ahead


def test_whether_something_is_so_has_thresholds_of_its_own() -> None:
    calibrations = Calibrations(Calibration(0.0, {}), Calibration(0.0, {}), {"strict": 0.5}, {"strict": 0.25})
    assert calibrations.least("yesno", "strict") == calibrations.least("summary", "strict") == 0.25
    assert calibrations.least("plain", "strict") == 0.5


def test_what_the_judge_has_read_is_weighed_by_the_calibration_with_the_judge() -> None:
    calibrations = Calibrations(Calibration(0.0, {"coverage": 1.0}), Calibration(-1.0, {"judge": 2.0}), {}, {})
    alone, judged = evidence("甲。", coverage=0.4), evidence("甲。", coverage=0.4, judge=1.5)
    assert calibrations.confidence([alone], alone) == pytest.approx(1 / (1 + math.exp(-0.4)))
    assert calibrations.confidence([judged], judged) == pytest.approx(1 / (1 + math.exp(-2.0)))


@pytest.mark.parametrize("source", ["reports", "passages"])
def test_the_shipped_operating_points_are_in_order_and_the_judge_counts_for_an_answer(source: Source) -> None:
    calibrations = shipped(source)
    thresholds = calibrations.thresholds
    for points in (thresholds, calibrations.yesno):
        assert 0 < points["eager"] < points["balanced"] < points["strict"] < 1
    assert calibrations.judge.weights["judge"] > 0
    assert "judge" not in calibrations.reader.weights
