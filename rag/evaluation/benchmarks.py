"""Public question sets to the figures they are known by: passages ranked and answers read."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rag.config import Config
from rag.errors import InputError
from rag.evaluation import measures
from rag.evaluation.json_lines import Line, read_lines
from rag.evaluation.runs import Progress, counted, open_over, silent
from rag.evaluation.tables import aligned, rounded, shown

if TYPE_CHECKING:
    from rag.answers.retrieval import Hit
    from rag.models.reader import Reader
    from rag.reports.reading import Report

DEPTH = 10  # MRR@10 looks this far
# Of the reader's log-odds beside the fused score of retrieval. By the reader alone 138 held-out questions of
# DuReader-robust had an MRR@10 of 0.84, by retrieval alone 0.91, with weights of 0.2 to 0.5 all 0.92.
READER_WEIGHT = 0.3
# Long passages are split, so that several chunks of one passage can stand among the first ones.
_CHUNKS_SEARCHED = 3 * DEPTH

Figures = dict[str, float | int | None]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Benchmark:
    """The figures of each file measured, by its name, and one row for each question asked."""

    name: str
    figures: Mapping[str, Figures]
    rows: Mapping[str, Rows]

    def as_json(self) -> dict[str, Any]:
        return {"benchmark": self.name, "files": rounded(self.figures), "rows": rounded(self.rows)}

    def table(self) -> str:
        """A line a measure, a column a file; – where a file does not have the measure."""
        names = dict.fromkeys(name for figures in self.figures.values() for name in figures)
        lines = [[name, *(shown(own.get(name)) for own in self.figures.values())] for name in names]
        return aligned([[self.name, *self.figures], *lines])


class Searching(Protocol):
    def search(self, query: str, *, top_k: int) -> "list[Hit]": ...


def measure_retrieval(
    passages: Path,
    questions: Path,
    *,
    config: Config,
    without: Collection[str] = (),
    limit: int | None = None,
    progress: Progress = silent,
) -> Benchmark:
    """Rank passages for questions with the product's own search, then with its reader reordering the first ones.

    `passages`: lines of `id`, `title`, `text`; `questions`: lines of `question`, `gold` (ids of passages). Asked are
    the questions whose id is not in `without`, or the first `limit` of them; all passages are indexed.
    """
    asked = _asked(questions, without=without, limit=limit)
    reports = [passage_report(line) for line in read_lines(passages)]
    unknown = {name for line in asked for name in line.texts("gold")} - {report.id for report in reports}
    if unknown:
        raise asked[0].malformed(f"gold passages that {passages} does not hold: {', '.join(sorted(unknown)[:5])}")
    pipeline = open_over(reports, replace(config, generate=False), progress=progress)
    return rank_passages(
        asked, pipeline, reader=pipeline.reader, read=config.top_k, name=questions.name, progress=progress
    )


def rank_passages(
    questions: Sequence[Line],
    pipeline: Searching,
    *,
    reader: "Reader",
    read: int,
    name: str,
    progress: Progress = silent,
) -> Benchmark:
    """R@1, R@5 and MRR@10 over the passages in the order in which their first chunks stand.

    `reader_…` are the same figures after the reader has had a say in the order of the first `read` chunks.
    """
    rows: Rows = []
    for done, line in enumerate(questions, start=1):
        question = line.required("question")
        hits = pipeline.search(question, top_k=_CHUNKS_SEARCHED)
        found, reordered = _passages_of(hits), _passages_of(_reordered(question, hits, reader, read=read))
        rows.append(
            {
                "id": line.text("id"),
                "question": question,
                "gold": line.texts("gold"),
                "found": found,
                "ranks": _ranks(line.texts("gold"), found),
                "reader_ranks": _ranks(line.texts("gold"), reordered),
            }
        )
        progress("searching", done, len(questions))
    figures: Figures = {"questions": len(rows)}
    for order in ("", "reader_"):
        ranks = [row[f"{order}ranks"] for row in rows]
        figures[f"{order}recall@1"] = measures.mean(measures.recall_at(own, 1) for own in ranks)
        figures[f"{order}recall@5"] = measures.mean(measures.recall_at(own, 5) for own in ranks)
        figures[f"{order}mrr@10"] = measures.mean(measures.reciprocal_rank_at(own, DEPTH) for own in ranks)
    return Benchmark("retrieval", {name: figures}, {name: rows})


def measure_reader(
    files: Sequence[Path],
    *,
    config: Config,
    without: Collection[str] = (),
    limit: int | None = None,
    progress: Progress = silent,
) -> Benchmark:
    """Read with the configured reader; see `read_contexts`."""
    from rag.models.reader import open_reader

    return read_contexts(files, open_reader(config), without=without, limit=limit, progress=progress)


def read_contexts(
    files: Sequence[Path],
    reader: "Reader",
    *,
    without: Collection[str] = (),
    limit: int | None = None,
    progress: Progress = silent,
) -> Benchmark:
    """EM and F1 of the reader's best span; where a file has unanswerable rows, the AUROC of its answerability too.

    Lines of `question`, `context`, `answers` (any is right) and, for a row that its context does not answer,
    `is_impossible`. Rows with an id in `without`, or a blank question, are left out; of the others the first `limit`
    are read.
    """
    figures: dict[str, Figures] = {}
    rows: dict[str, Rows] = {}
    asked = {path: _asked(path, without=without, limit=limit) for path in files}
    for line in (line for lines in asked.values() for line in lines):
        line.required("context")  # what is wrong with a late line is said before hours of reading
    for path, lines in asked.items():
        own = rows[path.name] = []
        for line in counted(lines, f"reading {path.name}", progress):
            own.append(_read(line, reader))
        answerable = [row for row in own if not row["is_impossible"]]
        impossible = [row for row in own if row["is_impossible"]]
        figures[path.name] = {
            "questions": len(own),
            "exact_match": measures.mean(row["exact_match"] for row in answerable),
            "f1": measures.mean(row["f1"] for row in answerable),
            "auroc": measures.auroc(
                [row["answerability"] for row in answerable], [row["answerability"] for row in impossible]
            ),
        }
    return Benchmark("reader", figures, rows)


def _asked(path: Path, *, without: Collection[str], limit: int | None) -> list[Line]:
    """The first `limit` lines that ask something: public sets have rows with a blank question, which say nothing."""
    lines = [line for line in read_lines(path) if line.text("id") not in without]
    if not lines:
        raise InputError(f"every question of {path} is to be left out", remedy="Ask questions of another set.")
    asking = [line for line in lines if line.text("question").strip()]
    if not asking:
        raise lines[0].malformed("has no `question`, nor has any other line")
    return asking[:limit]


def _read(line: Line, reader: "Reader") -> dict[str, Any]:
    context, answers = line.required("context"), line.texts("answers")
    (reading,) = reader.read(line.required("question"), [context], sentences=[[]])
    said = context[slice(*reading.span)]
    return {
        "id": line.text("id"),
        "question": line.text("question"),
        "answers": answers,
        "is_impossible": line.flag("is_impossible"),
        "said": said,
        "answerability": reading.answerability,
        "exact_match": measures.exact_match(said, answers),
        "f1": measures.f1(said, answers),
    }


def _passages_of(hits: "Sequence[Hit]") -> list[str]:
    return list(dict.fromkeys(hit.chunk.report for hit in hits))[:DEPTH]


def _ranks(gold: Sequence[str], found: Sequence[str]) -> list[int | None]:
    return [found.index(name) + 1 if name in found else None for name in gold]


def _reordered(question: str, hits: "Sequence[Hit]", reader: "Reader", *, read: int) -> "list[Hit]":
    """The first `read` hits by what retrieval and the reader make of them, the others behind them."""
    from rag.answers.answerability import log_odds

    first = hits[:read]
    readings = reader.read(question, [hit.chunk.text for hit in first], sentences=[[] for _ in first])
    worth = [
        hit.score + READER_WEIGHT * log_odds(reading.answerability)
        for hit, reading in zip(first, readings, strict=True)
    ]
    order = sorted(range(len(first)), key=lambda at: -worth[at])
    return [*(first[at] for at in order), *hits[read:]]


def passage_report(line: Line) -> "Report":
    """A passage as a report of one section, which is how the product indexes it."""
    from rag.reports.metadata import Field, Metadata
    from rag.reports.reading import Report
    from rag.reports.sections import FRONT, Section

    text, title = line.required("text"), line.text("title")
    return Report(
        id=line.required("id"),
        source=line.path.name,
        encoding="utf-8",
        sha256=hashlib.sha256(f"{title}\n{text}".encode()).hexdigest(),
        text=text,
        metadata=Metadata(title=Field(title, 0, 0, "") if title else None),
        sections=(Section("", "", FRONT, 0, len(text)),),
    )
