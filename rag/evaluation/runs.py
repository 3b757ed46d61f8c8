"""A gold file and the reports it asks about to graded answers, as one table, as JSON and as a list of failures."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from rag.config import Config
from rag.errors import InputError
from rag.evaluation.gold import GoldQuestion, read_gold
from rag.evaluation.grading import SEARCH_DEPTH, Row, grade, pairs_both_right, stage_times, summarise
from rag.evaluation.tables import aligned, rounded, shown

if TYPE_CHECKING:
    from rag.answers.answer import Answer
    from rag.answers.pipeline import Pipeline
    from rag.answers.retrieval import Hit
    from rag.reports.reading import Report

logger = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all
Item = TypeVar("Item")

_COLUMNS = {
    "kind": "kind",
    "questions": "n",
    "evidence_recall@1": "R@1",
    "evidence_recall@5": "R@5",
    "mrr@10": "MRR@10",
    "right": "right",
    "citation_precision": "cite P",
    "citation_recall": "cite R",
    "unsupported_figures": "loose figures",
    "refusal_precision": "refuse P",
    "refusal_recall": "refuse R",
    "false_refusal": "false refusals",
    "auroc": "AUROC",
    "median_seconds": "median s",
    "p95_seconds": "p95 s",
}


class Asked(Protocol):
    """What an evaluation asks of the pipeline."""

    def ask(self, question: str) -> "Answer": ...
    def search(self, query: str, *, top_k: int) -> "list[Hit]": ...


@dataclass(frozen=True)
class Evaluation:
    """The graded rows of one run, in the order of the gold file."""

    rows: tuple[Row, ...]

    @property
    def total(self) -> dict[str, Any]:
        """The figures over all rows, with the seconds of each stage and, where the gold has pairs, the pairs won."""
        pairs = pairs_both_right(self.rows)
        figures: dict[str, Any] = summarise(self.rows)
        return figures | ({} if pairs is None else {"pairs_both_right": pairs}) | {"stages": stage_times(self.rows)}

    @property
    def kinds(self) -> dict[str, dict[str, float | int | None]]:
        """The figures of each kind of question, kinds in the order they first occur."""
        names = dict.fromkeys(row.question.kind for row in self.rows)
        return {name: summarise([row for row in self.rows if row.question.kind == name]) for name in names}

    def as_json(self) -> dict[str, Any]:
        """`total`, `kinds` by name and `rows`; figures are rounded to four places."""
        return {
            "total": rounded(self.total),
            "kinds": rounded(self.kinds),
            "rows": [rounded(row.as_json()) for row in self.rows],
        }

    def table(self) -> str:
        """One aligned table, all questions first, then by kind; below it the seconds of each stage."""
        total = self.total
        lines = aligned(
            [list(_COLUMNS.values())]
            + [
                [shown({"kind": name, **figures}[key]) for key in _COLUMNS]
                for name, figures in {"total": total, **self.kinds}.items()
            ]
        )
        stages = [
            [stage, *(shown(times[key]) for key in ("median", "p95"))] for stage, times in total["stages"].items()
        ]
        parts = [lines, aligned([["stage", "median s", "p95 s"], *stages])]
        if "pairs_both_right" in total:
            parts.append(f"pairs with every twin right  {total['pairs_both_right']:.3f}")
        return "\n\n".join(parts)

    def failures(self) -> str:
        """Each question that has a fault: what was asked, found, said and expected, and why it fails."""
        blocks = [_failure(row) for row in self.rows if row.faults]
        return "\n\n".join([*blocks, f"{len(blocks)} of {len(self.rows)} questions have a fault."])


def evaluate_gold(
    gold: Path,
    reports: Sequence[Path],
    config: Config,
    *,
    distractors: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Evaluation:
    """Index `reports` (files or folders), with `distractors` that no question asks about, and ask every question.

    The index lies in a folder of `config.evaluation_dir` named after the reports, so the user's own index is left
    alone and a second run embeds only what changed. Raises `InputError` for a gold that names a file not given.
    """
    from rag.reports.reading import find_reports, read_reports

    progress = progress or silent
    questions = read_gold(gold)
    read = read_reports(find_reports([*reports, *distractors]), config=config)
    report_ids = {report.source: report.id for report in read}
    _check_files(questions, report_ids, gold)
    pipeline = open_over(read, config, progress=progress)
    return ask_all(questions, pipeline, report_ids=report_ids, progress=progress)


def open_over(reports: "Sequence[Report]", config: Config, *, progress: Progress) -> "Pipeline":
    """The pipeline over just these reports, on an index of their own below `config.evaluation_dir`."""
    from rag.answers.pipeline import Pipeline
    from rag.index.building import build_snapshot
    from rag.models.embedder import open_embedder

    fingerprint = hashlib.sha256("\n".join(sorted(f"{report.id} {report.sha256}" for report in reports)).encode())
    own = replace(config, index_dir=config.evaluation_dir.expanduser() / fingerprint.hexdigest()[:16])
    logger.info("index of %d reports in %s", len(reports), own.index_dir)
    build_snapshot(reports, embedder=open_embedder(own), config=own, progress=progress)
    return Pipeline.open(own)


def ask_all(
    questions: Sequence[GoldQuestion],
    pipeline: Asked,
    *,
    report_ids: Mapping[str, str],
    progress: Progress | None = None,
) -> Evaluation:
    """Search and ask each question once, one after the other, and grade it; `report_ids`: file name to report id."""
    rows = []
    for question in counted(questions, "asking", progress or silent):
        started = time.perf_counter()
        hits = pipeline.search(question.question, top_k=SEARCH_DEPTH)
        searched = time.perf_counter()
        answer = pipeline.ask(question.question)
        answered = time.perf_counter()
        rows.append(
            grade(
                question,
                answer,
                hits=hits,
                report_ids=report_ids,
                seconds=answered - searched,
                search_seconds=searched - started,
            )
        )
    return Evaluation(tuple(rows))


def counted(items: Sequence[Item], what: str, progress: Progress) -> Iterator[Item]:
    """The items one by one; progress is told of each when the next is asked for."""
    for done, item in enumerate(items, start=1):
        yield item
        progress(what, done, len(items))


def _check_files(questions: Sequence[GoldQuestion], report_ids: Mapping[str, str], gold: Path) -> None:
    named = {name for question in questions for name in (*question.docs, *question.evidence_docs)}
    absent = sorted(named - set(report_ids))
    if absent:
        raise InputError(
            f"{gold} asks about {', '.join(absent)}, which {'is' if len(absent) == 1 else 'are'} not among the reports",
            remedy="Give the folder that holds them with --reports.",
        )


def _failure(row: Row) -> str:
    question = row.question
    expected = "; ".join(" or ".join(group) for group in question.must) if question.answerable else "a refusal"
    unwanted = f", not {' or '.join(question.must_not)}" if question.must_not else ""
    lines = [f"{question.id} ({question.kind}): {question.question}"]
    lines += [f"  failing    {fault}" for fault in row.faults]
    lines += [f"  expected   {expected}{unwanted}"]
    lines += [f"  evidence   {' | '.join(question.evidence)}"] if question.evidence else []
    lines += [f"  note       {question.note}"] if question.note else []
    lines += [f"  said       {' '.join(row.answer.split())}"]
    lines += [f"  quoted     {' | '.join(' '.join(quote.split()) for quote in row.quotes)}"] if row.quotes else []
    lines += [f"  found {rank:>2}   {heading}" for rank, heading in enumerate(row.retrieved[:5], start=1)]
    return "\n".join(lines)


def silent(what: str, done: int, total: int) -> None:
    """The progress nobody watches."""
