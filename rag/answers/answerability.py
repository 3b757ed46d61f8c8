"""The evidence found for a question to one probability that it answers the question, by fitted weights."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, Protocol

OPERATING_POINTS = ("strict", "balanced", "eager")  # of the setting `refusal`
Source = Literal["reports", "passages"]
_AHEAD = (-4.0, 8.0)  # farther behind or ahead counts no more
_CLIP = 1e-4  # probabilities are kept this far from 0 and 1, so that their log-odds stay finite


class Scored(Protocol):
    """What is needed of an evidence sentence: its score and the parts of that."""

    @property
    def score(self) -> float: ...
    @property
    def scores(self) -> Mapping[str, float]: ...


@dataclass(frozen=True)
class Calibration:
    """A logistic model: `intercept` and one weight a feature; fitted, not chosen."""

    intercept: float
    weights: Mapping[str, float]

    def confidence(self, features: Mapping[str, float]) -> float:
        """Probability, 0 to 1, that evidence with these features answers the question."""
        score = self.intercept + sum(weight * features[name] for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-score))


@dataclass(frozen=True)
class Calibrations:
    """One for evidence that the `reader` alone has scored, one for what the `judge` read after it.

    `thresholds` are the least confidence of an answer, by operating point, whichever of the two it comes from; `yesno`
    are those for questions whether something is so, which a sentence answers that says the contrary, and for summaries,
    which no one sentence answers and the judge is not asked about: of the right sentence both are less sure there.
    """

    reader: Calibration
    judge: Calibration
    thresholds: Mapping[str, float]
    yesno: Mapping[str, float]

    def confidence(self, ranked: Sequence[Scored], best: Scored) -> float:
        """Probability, 0 to 1, that the best of these sentences answers the question."""
        features = features_of(ranked, best)
        return (self.judge if "judge" in features else self.reader).confidence(features)

    def least(self, kind: str, point: str) -> float:
        """The least confidence of an answer to a question of this kind, at this operating point."""
        return (self.yesno if kind in ("yesno", "summary") else self.thresholds)[point]


@cache
def shipped(source: Source) -> Calibrations:
    """The calibrations that ship with the package, written by `python -m rag.training.calibration`.

    Those for `reports` are for evidence out of an index, those for `passages` for text given with the question, of
    which neither title nor rank is known and most may be about something else.
    """
    text = resources.files("rag.answers").joinpath("calibration.toml").read_text(encoding="utf-8")
    values = tomllib.loads(text)[source]
    reader, judge = (Calibration(values[name]["intercept"], values[name]["weights"]) for name in ("reader", "judge"))
    return Calibrations(reader, judge, values["thresholds"], values.get("yesno", values["thresholds"]))


def features_of(ranked: Sequence[Scored], best: Scored) -> dict[str, float]:
    """What speaks for an answer: the reader's surest passage, and how sure the best fitting sentence is and of what.

    `answerability` and `sentence` are log-odds, and so is `judge`, where the judge has read the sentence; `coverage` is
    the share of the question's terms that the sentence holds, `typed` whether it names a thing of the kind asked for,
    `ahead` how far its score, in log-odds, is above that of any other sentence.
    """
    next_best = max((item.score for item in ranked if item is not best), default=best.score)
    features = {
        "answerability": log_odds(max(item.scores["answerability"] for item in ranked)),
        "own_passage": log_odds(best.scores["answerability"]),
        "sentence": log_odds(best.scores["reader"]),
        "coverage": best.scores["coverage"],
        "typed": best.scores["typed"],
        "ahead": min(max(best.score - next_best, _AHEAD[0]), _AHEAD[1]),
    }
    return features | ({"judge": best.scores["judge"]} if "judge" in best.scores else {})


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)), with p kept within 0.0001 and 0.9999."""
    kept = min(max(probability, _CLIP), 1.0 - _CLIP)
    return math.log(kept / (1.0 - kept))
