"""The evidence found for a question to one probability that it answers the question, by fitted weights."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Protocol

OPERATING_POINTS = ("strict", "balanced", "eager")  # of the setting `refusal`
_CLIP = 1e-4  # probabilities are kept this far from 0 and 1, so that their log-odds stay finite


class Scored(Protocol):
    """What is needed of an evidence sentence: the parts of its score."""

    @property
    def scores(self) -> Mapping[str, float]: ...


@dataclass(frozen=True)
class Calibration:
    """A logistic model: `intercept` and one weight a feature; `thresholds` by operating point; fitted, not chosen."""

    intercept: float
    weights: Mapping[str, float]
    thresholds: Mapping[str, float]

    def confidence(self, features: Mapping[str, float]) -> float:
        """Probability, 0 to 1, that evidence with these features answers the question."""
        score = self.intercept + sum(weight * features[name] for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-score))


@cache
def shipped() -> Calibration:
    """The calibration that ships with the package, written by `python -m rag.training.calibration`."""
    values = tomllib.loads(resources.files("rag.answers").joinpath("calibration.toml").read_text(encoding="utf-8"))
    return Calibration(values["intercept"], values["weights"], values["thresholds"])


def features_of(ranked: Sequence[Scored], best: Scored) -> dict[str, float]:
    """What speaks for an answer: the reader's surest passage, and how sure the best fitting sentence is and of what.

    `answerability` and `sentence` are log-odds, `coverage` the share of the question's terms that the sentence holds,
    `typed` whether it names a thing of the kind asked for.
    """
    return {
        "answerability": log_odds(max(item.scores["answerability"] for item in ranked)),
        "own_passage": log_odds(best.scores["answerability"]),
        "sentence": log_odds(best.scores["reader"]),
        "coverage": best.scores["coverage"],
        "typed": best.scores["typed"],
    }


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)), with p kept within 0.0001 and 0.9999."""
    kept = min(max(probability, _CLIP), 1.0 - _CLIP)
    return math.log(kept / (1.0 - kept))
