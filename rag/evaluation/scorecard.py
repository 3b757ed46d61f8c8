"""A folder of gold, reports and public sets to one scorecard, compared with the one in the README and written there."""

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.config import Config
from rag.errors import InputError
from rag.evaluation.benchmarks import measure_reader, measure_retrieval
from rag.evaluation.gold import read_gold
from rag.evaluation.rgb import measure_rgb
from rag.evaluation.runs import Evaluation, Progress, evaluate_gold, silent
from rag.evaluation.tables import aligned, shown

logger = logging.getLogger(__name__)

BEGIN, END = "<!-- scorecard: written by `rag eval --all` -->", "<!-- end of scorecard -->"
_HEADER = ("measured on", "measure", "value")
_ROW = re.compile(r"^\|\s*(?P<part>[^|]+?)\s*\|\s*(?P<name>[^|]+?)\s*\|\s*(?P<value>[\d.]+)\s*\|\s*$", re.M)
_LESS_IS_BETTER = re.compile(r"unsupported|false_|_seconds")
# What one run differs from the next by without anything having changed: rounding, and the clock of a shared machine.
_TOLERANCE, _CLOCK_TOLERANCE = 0.0005, 0.25  # of the value itself for times

_OF_GOLD = [
    *("questions", "right", "evidence_recall@1", "evidence_recall@5", "mrr@10"),
    *("citation_precision", "citation_recall", "unsupported_figures"),
    *("refusal_precision", "refusal_recall", "false_refusal", "auroc", "pairs_both_right"),
    *("median_seconds", "p95_seconds"),
]
_OF_DISTRACTED = ["right", "evidence_recall@5", "citation_precision", "false_refusal", "median_seconds"]

Figures = Mapping[str, Mapping[str, float | int | None]]


@dataclass(frozen=True)
class Scorecard:
    """Figures by what they were measured on and by measure, in the order of the table."""

    figures: Figures

    def as_json(self) -> dict[str, dict[str, float | int | None]]:
        return {part: dict(own) for part, own in self.figures.items()}

    def table(self, *, earlier: Figures | None = None) -> str:
        """One aligned table; with `earlier` figures it shows those that were others, and marks what is worse now."""
        lines = [[*_HEADER, "before", ""]] if earlier else [[*_HEADER]]
        for part, name, value in self._rows():
            before = (earlier or {}).get(part, {}).get(name)
            changed = before is not None and shown(before) != shown(value)
            mark = "worse" if changed and worse(name, before, value) else ""
            lines.append([part, name, shown(value), *([shown(before) if changed else "", mark] if earlier else [])])
        return aligned(lines)

    def write_into(self, readme: Path) -> None:
        """Put the table between the two marker lines of `readme`; `InputError` if they are not there."""
        text = _read(readme)
        before, _, rest = text.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not end:
            raise InputError(
                f"{readme} has no place for the scorecard", remedy=f"Write the lines\n{BEGIN}\n{END}\nwhere it belongs."
            )
        rows = [" | ".join((part, name, shown(value))) for part, name, value in self._rows()]
        table = "\n".join(f"| {row} |" for row in (" | ".join(_HEADER), "--- | --- | ---:", *rows))
        readme.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")

    def _rows(self) -> list[tuple[str, str, float | int]]:
        return [
            (part, name, value)
            for part, own in self.figures.items()
            for name, value in own.items()
            if value is not None
        ]


def worse(name: str, before: float | None, now: float | None) -> bool:
    """Whether a figure has become worse by more than rounding or, for times, by more than a quarter."""
    if before is None or now is None:
        return False
    loss = now - before if _LESS_IS_BETTER.search(name) else before - now
    return loss > (_CLOCK_TOLERANCE * before if name.endswith("_seconds") else _TOLERANCE)


def read_scorecard(readme: Path) -> dict[str, dict[str, float | int | None]]:
    """The figures that the scorecard in `readme` shows; empty where it has none."""
    _, _, rest = _read(readme).partition(BEGIN)
    figures: dict[str, dict[str, float | int | None]] = {}
    for match in _ROW.finditer(rest.partition(END)[0]):
        figures.setdefault(match["part"], {})[match["name"]] = _number(match["value"])
    return figures


def measure_all(folder: Path, config: Config, *, limit: int | None = None, progress: Progress = silent) -> Scorecard:
    """Measure all that `folder` holds: `gold/*.jsonl` on `reports/`, alone and with `data/documents/` as distractors,
    and the public sets in `data/rgb/`, `data/reader/` and `data/retrieval/` (`X.passages.jsonl`, `X.questions.jsonl`).

    Of a set that is also in `data/reader/` only the questions that the reader was not trained on are asked. `limit`
    bounds the questions asked of each public file. What is not there is left out.
    """
    figures: dict[str, Mapping[str, float | int | None]] = {}
    for gold in sorted((folder / "gold").glob("*.jsonl")):
        figures[gold.name] = _chosen(evaluate_gold(gold, [folder / "reports"], config, progress=progress), _OF_GOLD)
        documents = folder / "data" / "documents"
        if documents.is_dir() and not any(question.pair for question in read_gold(gold)):
            among = evaluate_gold(gold, [folder / "reports"], config, distractors=[documents], progress=progress)
            figures[f"{gold.name} among other documents"] = _chosen(among, _OF_DISTRACTED)
    rgb = sorted((folder / "data" / "rgb").glob("*.jsonl"))
    if rgb:
        figures |= measure_rgb(rgb, config=config, limit=limit, progress=progress).figures
    reading = sorted((folder / "data" / "reader").glob("*.jsonl"))
    seen = trained_on(reading)
    if reading:
        figures |= measure_reader(reading, config=config, without=seen, limit=limit, progress=progress).figures
    for passages in sorted((folder / "data" / "retrieval").glob("*.passages.jsonl")):
        questions = passages.with_name(passages.name.replace(".passages.", ".questions."))
        figures |= measure_retrieval(
            passages, questions, config=config, without=seen, limit=limit, progress=progress
        ).figures
    if not figures:
        raise InputError(f"{folder} holds nothing to measure", remedy="Give a folder with `gold/` and `reports/`.")
    return Scorecard(figures)


def trained_on(files: Sequence[Path]) -> frozenset[str]:
    """Ids of the questions in `files` that the reader is trained on; the others are held out."""
    from rag.training.examples import load_rows, split

    return frozenset(row.id for row in split(load_rows(files))[0])


def _chosen(evaluation: Evaluation, names: Collection[str]) -> dict[str, float | int | None]:
    total = evaluation.total
    return {name: total.get(name) for name in names}


def _number(text: str) -> float | int:
    return float(text) if "." in text else int(text)


def _read(readme: Path) -> str:
    try:
        return readme.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{readme} cannot be read: {error}", remedy="Give an existing README.") from error
