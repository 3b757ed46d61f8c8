"""Labelled questions on the sample reports to the calibration of answerability, as a command."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from rag.answers.answerability import features_of
from rag.answers.evidence import choose
from rag.answers.pipeline import Pipeline
from rag.answers.verification import squeeze
from rag.config import load_config
from rag.errors import InputError
from rag.evaluation.measures import auroc
from rag.evaluation.runs import open_over, silent
from rag.reports.reading import find_reports, read_reports

logger = logging.getLogger(__name__)

QUESTIONS = Path(__file__).parent / "questions.jsonl"
FEATURES = ("answerability", "own_passage", "sentence", "coverage", "typed")
REGULARISATION = 1.0  # scikit-learn's C, on features of unit spread
FOLDS = 10
REFUSED = {"strict": 0.15, "balanced": 0.06, "eager": 0.03}  # share of the right answers that each may refuse


@dataclass(frozen=True)
class Labelled:
    """A question on the sample reports and the words that answer it, none where no report does."""

    question: str
    evidence: str


def read_labelled(path: Path) -> list[Labelled]:
    """One JSON object a line, with `question` and `evidence`. Raises `InputError` for a line without them."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            item = json.loads(line)
            found.append(Labelled(item["question"], item["evidence"]))
        except (ValueError, KeyError) as error:
            raise InputError(
                f"{path}:{number} is not a labelled question: {error!r}", remedy="It has question and evidence."
            ) from error
    return found


def examples(pipeline: Pipeline, questions: Sequence[Labelled]) -> list[tuple[dict[str, float], bool]]:
    """The features of what is chosen for each question, and whether it answers: right words, not just an answer.

    Left out are questions that no section is read for, and those where the rules alone choose nothing.
    """
    found = []
    for number, item in enumerate(questions, start=1):
        ranked = pipeline.evidence(item.question)
        chosen = choose(*ranked) if ranked else []
        if ranked and chosen:
            said, wanted = squeeze(chosen[0].text), squeeze(item.evidence)
            right = bool(wanted) and (wanted in said or said in wanted)
            found.append((features_of(ranked[1], chosen[0]), right))
        if number % 50 == 0:
            logger.info("%d questions read", number)
    return found


def fit(table: Sequence[tuple[Mapping[str, float], bool]]) -> tuple[float, dict[str, float], list[float]]:
    """Intercept and weights of a logistic regression, and each example's confidence by one fitted without its fold.

    The features are brought to unit spread for the fit, so that the penalty treats them alike, and the weights back.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    rows = np.array([[values[name] for name in FEATURES] for values, _ in table])
    labels = np.array([label for _, label in table])
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = (rows - mean) / spread
    model = LogisticRegression(C=REGULARISATION).fit(scaled, labels)
    held_out = cross_val_predict(model, scaled, labels, cv=FOLDS, method="predict_proba")[:, 1]
    weights = model.coef_[0] / spread
    intercept = float(model.intercept_[0] - (weights * mean).sum())
    return intercept, dict(zip(FEATURES, map(float, weights), strict=True)), [float(value) for value in held_out]


def thresholds(confidences: Sequence[float]) -> dict[str, float]:
    """Each operating point's least confidence, from the held-out confidences of right answers."""
    ordered = sorted(confidences)
    return {name: ordered[int(share * len(ordered))] for name, share in REFUSED.items()}


@click.command()
@click.option(
    "--corpus", type=click.Path(exists=True, path_type=Path), default=Path("corpus"), help="the sample reports"
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="the TOML file to write")
def main(corpus: Path, out: Path) -> None:
    """Fit the calibration on questions and near misses about the sample reports, asked as people ask."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    config = load_config(generate=False)
    pipeline = open_over(read_reports(find_reports([corpus]), config=config), config, progress=silent)
    table = examples(pipeline, read_labelled(QUESTIONS))
    intercept, weights, held_out = fit(table)
    right = [confidence for confidence, (_, label) in zip(held_out, table, strict=True) if label]
    wrong = [confidence for confidence, (_, label) in zip(held_out, table, strict=True) if not label]
    points = thresholds(right)
    refused = sum(confidence < points["balanced"] for confidence in wrong) / len(wrong)
    lines = [
        "# Written by `python -m rag.training.calibration`; see rag/answers/answerability.py.",
        f"# Fitted on {len(table)} of the questions in rag/training/questions.jsonl ({len(right)} answered rightly)",
        f"# with {pipeline.reader.identity}. Held out in turn: AUROC {auroc(right, wrong):.3f}; `balanced` refuses",
        f"# {refused:.2f} of the others. How the thresholds were set: see REFUSED in the command.",
        f"intercept = {intercept:.4f}",
        "",
        "[weights]",
        *(f"{name} = {weight:.4f}" for name, weight in weights.items()),
        "",
        "[thresholds]",
        *(f"{name} = {value:.4f}" for name, value in points.items()),
    ]
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    logger.info("written to %s", out)


if __name__ == "__main__":
    main()
