"""Labelled questions on sample reports, and on passages, to the calibrations of answerability, as a command."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import click

from rag.answers.answerability import Calibration, Source, features_of
from rag.answers.evidence import choose
from rag.answers.pipeline import Pipeline
from rag.answers.query import Kind
from rag.answers.second_look import JUDGED, SURE
from rag.answers.verification import squeeze
from rag.config import load_config
from rag.errors import InputError
from rag.evaluation.measures import auroc
from rag.evaluation.runs import open_over, silent
from rag.reports.reading import find_reports, read_reports
from rag.training.examples import Row, load_rows, sentence_spans, split
from rag.training.mixture import hard_neighbours

if TYPE_CHECKING:
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

QUESTIONS = Path(__file__).parent / "questions.jsonl"
REGULARISATION = 1.0  # loss of the examples beside the penalty (scikit-learn's C), on features of unit spread
FOLDS = 10
# Share of the right answers that each operating point may refuse. Given passages most often come from a search of the
# web: more of them are about something else than of reports that were chosen to be asked about. The share of `balanced`
# for reports was chosen between 0.015 and 0.03 on the dev gold, its pairs and 280 questions that others had asked of
# the same and of other documents: the questions here were made to be hard, those refuse three times their share.
REFUSED: Mapping[Source, Mapping[str, float]] = {
    "reports": {"strict": 0.15, "balanced": 0.015, "eager": 0.0075},
    "passages": {"strict": 0.15, "balanced": 0.05, "eager": 0.025},
}
# The same of questions whether something is so, and of summaries: of a sentence that says the contrary, or a part of
# what is asked for, the reader is less sure though it be right. Chosen on the same questions.
REFUSED_WHETHER: Mapping[Source, Mapping[str, float]] = {
    "reports": {"strict": 0.15, "balanced": 0.0075, "eager": 0.00375},
    "passages": REFUSED["passages"],
}
FEWEST = 20  # right answers to questions whether something is so, from which thresholds of their own are taken
ROWS, AMONG = 170, 4  # questions about passages, and neighbours that each passage stands among
SEED = 1  # of those questions and the order of passages


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


@dataclass(frozen=True)
class Asked:
    """A question's features as the reader alone ranks the evidence, and after the judge's second look.

    With each whether the sentence that would be chosen is the right one. None where nothing would be chosen, and of the
    judge for a kind of question that it is not asked about.
    """

    reader: tuple[dict[str, float], bool] | None
    judge: tuple[dict[str, float], bool] | None
    kind: Kind = "plain"


def ask(pipeline: Pipeline, question: str, right: Callable[[str], bool], *, passages: Sequence[str] = ()) -> Asked:
    """Ask about the index, or about the passages where such are given; `right` tells the sentence that answers."""
    found = pipeline.evidence(question, passages=passages)
    if found is None:
        return Asked(None, None)
    kind, facet, *rankings = found
    both = []
    for ranked in rankings:
        chosen = choose(facet, ranked)
        both.append((features_of(ranked, chosen[0]), right(chosen[0].text)) if chosen else None)
    read, judged = both
    return Asked(read, judged if kind in JUDGED else None, kind)


def on_reports(pipeline: Pipeline, questions: Sequence[Labelled]) -> Iterator[Asked]:
    """Each labelled question asked of the index. Right are its words, not just any answer."""
    for item in questions:
        wanted = squeeze(item.evidence)

        def right(sentence: str, wanted: str = wanted) -> bool:
            said = squeeze(sentence)
            return bool(wanted) and (wanted in said or said in wanted)

        yield ask(pipeline, item.question, right)


def on_passages(pipeline: Pipeline, rows: Sequence[Row], random: Random) -> Iterator[Asked]:
    """Each row asked twice: of its passage, and of what is left of it without the answer, each among neighbours."""
    neighbours = hard_neighbours(rows)
    for row in random.sample(rows, min(len(rows), ROWS)):

        def right(sentence: str, answers: Sequence[str] = row.answers) -> bool:
            return any(squeeze(answer) in squeeze(sentence) for answer in answers)

        rest = "".join(
            row.passage[start:end] for start, end in sentence_spans(row.passage) if not right(row.passage[start:end])
        )
        for passage in (row.passage, rest):
            given = [passage, *neighbours[row.id][:AMONG]]
            yield ask(pipeline, row.question, right, passages=random.sample(given, len(given)))


def calibrate(
    asked: Sequence[Asked], refused: Mapping[str, float], whether: Mapping[str, float]
) -> tuple[dict[str, Any], list[float], list[float]]:
    """The calibrations of the reader alone and with the judge, and the thresholds by which right answers are refused.

    `refused` and, for questions whether something is so, `whether` are the shares of them, by operating point. Also the
    held-out confidences of the right choices and of the others, with the judge asked where it would be.
    """
    # Questions whether something is so have no part in the fit: what is fitted is good enough to order them.
    both = [item for item in asked if item.reader and item.judge and item.kind != "yesno"]
    tables = {name: [table for item in both if (table := getattr(item, name))] for name in ("reader", "judge")}
    fitted: dict[str, Any] = {}
    held_out: dict[str, list[float]] = {}
    for name, table in tables.items():
        intercept, weights, held_out[name] = fit(table)
        fitted[name] = {"intercept": intercept, "weights": weights}
    right: list[float] = []
    wrong: list[float] = []
    for at, sure in enumerate(held_out["reader"]):
        name = "reader" if sure >= SURE else "judge"
        (right if tables[name][at][1] else wrong).append(held_out[name][at])
    fitted["thresholds"] = thresholds(right, refused)
    reader, judge = (Calibration(**fitted[name]) for name in ("reader", "judge"))
    yes = []
    for item in asked:
        if item.kind == "yesno" and item.reader and item.judge:
            sure = reader.confidence(item.reader[0]) >= SURE
            features, is_right = item.reader if sure else item.judge
            yes += [(reader if sure else judge).confidence(features)] if is_right else []
    if len(yes) >= FEWEST:
        fitted["yesno"] = thresholds(yes, whether)
    return fitted, right, wrong


def fit(table: Sequence[tuple[Mapping[str, float], bool]]) -> tuple[float, dict[str, float], list[float]]:
    """Intercept and weights of a logistic regression, and each example's confidence by one fitted without its fold.

    The features are brought to unit spread for the fit, so that the penalty treats them alike, and the weights back. No
    weight may be negative, for more of each feature can only speak for an answer; where examples say otherwise, as
    questions that were worded to have no word of the report do of coverage, it is their making.
    """
    import numpy as np

    names = list(table[0][0])
    rows = np.array([[values[name] for name in names] for values, _ in table])
    labels = np.array([label for _, label in table])
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = (rows - mean) / spread
    fold = np.arange(len(labels)) * FOLDS // len(labels)  # neighbours, which share a report or a passage, together
    held_out = np.zeros(len(labels))
    for number in range(FOLDS):
        rest = _logistic(scaled[fold != number], labels[fold != number])
        held_out[fold == number] = 1 / (1 + np.exp(-(rest[0] + scaled[fold == number] @ rest[1:])))
    found = _logistic(scaled, labels)
    weights = found[1:] / spread
    intercept = float(found[0] - (weights * mean).sum())
    return intercept, dict(zip(names, map(float, weights), strict=True)), [float(value) for value in held_out]


def _logistic(rows: "NDArray[Any]", labels: "NDArray[Any]") -> "NDArray[Any]":
    """Intercept and non-negative weights [1 + features] with the least logistic loss and half the squared weights."""
    import numpy as np
    from scipy.optimize import minimize

    signs = np.where(labels, 1.0, -1.0)

    def loss(values: "NDArray[Any]") -> tuple[float, "NDArray[Any]"]:
        margins = signs * (values[0] + rows @ values[1:])
        slopes = -signs / (1 + np.exp(margins))
        penalty = 0.5 * float(values[1:] @ values[1:]) / REGULARISATION
        gradient = np.concatenate(([slopes.sum()], slopes @ rows + values[1:] / REGULARISATION))
        return float(np.logaddexp(0, -margins).sum()) + penalty, gradient

    bounds = [(None, None)] + [(0.0, None)] * rows.shape[1]
    found: NDArray[Any] = minimize(loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    return found


def thresholds(confidences: Sequence[float], refused: Mapping[str, float]) -> dict[str, float]:
    """Each operating point's least confidence: that quantile of the held-out confidences of right answers."""
    import numpy as np

    return {name: float(np.quantile(confidences, share)) for name, share in refused.items()}


@click.command()
@click.option(
    "--corpus", type=click.Path(exists=True, path_type=Path), default=Path("corpus"), help="the sample reports"
)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="folder with the sets that the reader was trained on, of which only held-out articles are used",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="the TOML file to write")
def main(corpus: Path, data: Path, out: Path) -> None:
    """Fit the calibrations: for reports on questions and near misses about the sample reports, asked as people ask;
    for given passages on questions about encyclopedia articles and web pages, every other one without its answer.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    config = load_config(generate=False)
    pipeline = open_over(read_reports(find_reports([corpus]), config=config), config, progress=silent)
    if pipeline.judge is None:
        raise InputError("there is no judge to calibrate", remedy="Set `judge` to default, or to a folder with one.")
    _, held_out = split(load_rows(sorted(data.glob("*.jsonl"))))
    sources: dict[Source, Iterator[Asked]] = {
        "reports": _counted(on_reports(pipeline, read_labelled(QUESTIONS))),
        "passages": _counted(on_passages(pipeline, held_out, Random(SEED))),
    }
    lines = [
        "# Written by `python -m rag.training.calibration`; see rag/answers/answerability.py.",
        f"# With {pipeline.reader.identity} and {pipeline.judge.identity}.",
    ]
    for source, asked in sources.items():
        fitted, right, wrong = calibrate(list(asked), REFUSED[source], REFUSED_WHETHER[source])
        refused = sum(confidence < fitted["thresholds"]["balanced"] for confidence in wrong) / len(wrong)
        lines += [
            "",
            f"# {len(right)} of {len(right) + len(wrong)} choices right. Held out in turn: AUROC"
            f" {auroc(right, wrong):.3f}; `balanced` refuses {refused:.2f} of the others.",
        ]
        for name in ("thresholds", "yesno"):
            lines += _table(f"{source}.{name}", fitted[name]) if name in fitted else []
        for name in ("reader", "judge"):
            lines += _table(f"{source}.{name}", {"intercept": fitted[name]["intercept"]})
            lines += _table(f"{source}.{name}.weights", fitted[name]["weights"])
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    logger.info("written to %s", out)


def _table(name: str, values: Mapping[str, float]) -> list[str]:
    return [f"[{name}]", *(f"{key} = {value:.4f}" for key, value in values.items())]


def _counted(asked: Iterator[Asked]) -> Iterator[Asked]:
    for number, item in enumerate(asked, start=1):
        if number % 50 == 0:
            logger.info("%d questions asked", number)
        yield item


if __name__ == "__main__":
    main()
