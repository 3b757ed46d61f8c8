"""The calibration: a logistic function of features, worked out by hand, and the one that ships."""

import math

import pytest

from rag.answers.answerability import Calibration, features_of, log_odds, shipped
from tests.answers.made import evidence


def test_confidence_is_the_logistic_function_of_the_weighted_features() -> None:
    calibration = Calibration(0.5, {"a": 2.0, "b": -1.0}, {})
    assert calibration.confidence({"a": 1.0, "b": 0.5}) == pytest.approx(1 / (1 + math.exp(-2.0)))
    assert calibration.confidence({"a": -0.25, "b": 0.0}) == 0.5


def test_log_odds_stay_finite() -> None:
    assert log_odds(0.5) == 0.0
    assert log_odds(0.0) == pytest.approx(math.log(0.0001 / 0.9999))
    assert log_odds(1.0) == pytest.approx(-log_odds(0.0))


def test_features_take_the_surest_passage_and_the_best_sentence() -> None:
    best = evidence("甲。", reader=0.75, answerability=0.5, coverage=0.4)
    other = evidence("乙。", start=9, reader=0.2, answerability=0.8, coverage=0.9)
    assert features_of([best, other], best) == pytest.approx(
        {"answerability": math.log(4), "own_passage": 0.0, "sentence": math.log(3), "coverage": 0.4, "typed": 1.0}
    )


def test_the_shipped_operating_points_are_in_order() -> None:
    thresholds = shipped().thresholds
    assert 0 < thresholds["eager"] < thresholds["balanced"] < thresholds["strict"] < 1
