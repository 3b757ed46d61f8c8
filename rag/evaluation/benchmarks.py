"""Public question sets to the figures they are known by: retrieval, reading, and answering among noise (RGB)."""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from rag.config import Config
from rag.evaluation import measures
from rag.evaluation.json_lines import Line, read_lines
from rag.evaluation.runs import Progress, open_over, silent
from rag.evaluation.tables import aligned, rounded, shown

if TYPE_CHECKING:
    from rag.answers.answer import Answer
    from rag.answers.retrieval import Hit
    from rag.models.reader import Reader
    from rag.reports.reading import Report

DEPTH = 10  # MRR@10 looks this far
# Long passages are split, so that several chunks of one passage can stand among the first ones.
_CHUNKS_SEARCHED = 3 * DEPTH

# RGB (Chen et al. 2024, arXiv:2309.01431): five passages a question, a share of which is noise.
RGB_PASSAGES = 5
RGB_NOISE = (0.2, 0.4, 0.6, 0.8)
RGB_INTEGRATION_NOISE = (0.0, 0.2, 0.4)
ONLY_NOISE = 1.0

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


class Answering(Protocol):
    """What RGB asks of the pipeline: its own way of answering, on passages given."""

    def answer_from(self, question: str, passages: Sequence[str]) -> "Answer": ...


def measure_retrieval(
    passages: Path, questions: Path, *, config: Config, limit: int | None = None, progress: Progress = silent
) -> Benchmark:
    """Rank passages for questions with the product's own search, then with its reader reordering the first ones.

    `passages`: lines of `id`, `title`, `text`; `questions`: lines of `question`, `gold` (ids of passages). Only the
    first `limit` questions are asked; all passages are indexed, below `config.evaluation_dir`.
    """
    asked = read_lines(questions)[:limit]
    reports = [_passage_report(line) for line in read_lines(passages)]
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

    `reader_…` are the same figures after the reader has put the first `read` chunks in the order of answerability.
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
    files: Sequence[Path], reader: "Reader", *, limit: int | None = None, progress: Progress = silent
) -> Benchmark:
    """EM and F1 of the reader's best span; where a file has unanswerable rows, the AUROC of its answerability too.

    Lines of `question`, `context`, `answers` (any is right) and, for a row that its context does not answer,
    `is_impossible`.
    """
    figures: dict[str, Figures] = {}
    rows: dict[str, Rows] = {}
    for path in files:
        own = rows[path.name] = []
        for line in _counted(read_lines(path)[:limit], f"reading {path.name}", progress):
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


def measure_rgb(
    files: Sequence[Path], pipeline: Answering, *, limit: int | None = None, progress: Progress = silent
) -> Benchmark:
    """Answer RGB's questions from the passages it gives, as the benchmark mixes them.

    A file is one of three by what its rows hold. Plain `positive` passages: accuracy at each share of noise and, from
    noise alone, refusals. `positive` as a list of lists (one a part of the answer): accuracy with parts from several
    passages. `positive_wrong`: accuracy with true passages and with falsified ones, and how often the false answer is
    repeated; who answers from the passages alone must repeat it.
    """
    figures: dict[str, Figures] = {}
    rows: dict[str, Rows] = {}
    for path in files:
        lines = read_lines(path)[:limit]
        measure = _kind_of_rgb(lines[0])
        figures[path.name], rows[path.name] = measure(lines, pipeline, progress)
    return Benchmark("rgb", figures, rows)


def mixed(true: Sequence[str], noise: Sequence[str], *, share: float, random: Random) -> list[str]:
    """`RGB_PASSAGES` passages, ceil(share x 5) of them noise, shuffled; where one side has too few, the other fills.

    At a share of 1 there is nothing but noise, however little of it.
    """
    noisy = min(math.ceil(RGB_PASSAGES * share), len(noise))
    kept = 0 if share == ONLY_NOISE else min(RGB_PASSAGES - noisy, len(true))
    chosen = [*true[:kept], *noise[: RGB_PASSAGES - kept]]
    random.shuffle(chosen)
    return chosen


def says_answer(answer: "Answer", groups: Sequence[Sequence[str]]) -> bool:
    """RGB's accuracy: not refused, and at least one string of every group stands anywhere in the answer.

    Unlike RGB's own script it does not find a number in the tail of another (70 in 170).
    """
    return not answer.refused and measures.right_answer(answer.text, groups)


def _kind_of_rgb(line: Line) -> Callable[[Sequence[Line], Answering, Progress], tuple[Figures, Rows]]:
    if "positive_wrong" in line.record:
        return _counterfactual
    positive = line.record.get("positive")
    if isinstance(positive, list) and any(isinstance(part, list) for part in positive):
        return _integration
    return _noise_and_refusal


def _noise_and_refusal(lines: Sequence[Line], pipeline: Answering, progress: Progress) -> tuple[Figures, Rows]:
    rows: Rows = []
    figures: Figures = {"questions": len(lines)}
    for share in (*RGB_NOISE, ONLY_NOISE):
        answers = []
        for line in _counted(lines, f"noise {share}", progress):
            passages = mixed(line.texts("positive"), line.texts("negative"), share=share, random=_random(line))
            answers.append(_asked(line, passages, pipeline, rows, noise=share))
        if share == ONLY_NOISE:
            figures["refusal"] = measures.mean(answer.refused for answer, _ in answers)
        else:
            figures[f"accuracy@{share}"] = measures.mean(right for _, right in answers)
            figures[f"false_refusal@{share}"] = measures.mean(answer.refused for answer, _ in answers)
    return figures, rows


def _integration(lines: Sequence[Line], pipeline: Answering, progress: Progress) -> tuple[Figures, Rows]:
    rows: Rows = []
    figures: Figures = {"questions": len(lines)}
    for share in RGB_INTEGRATION_NOISE:
        answers = []
        for line in _counted(lines, f"integration, noise {share}", progress):
            true = _in_turn(line.groups("positive"), _random(line))
            parts = len(line.groups("positive"))  # one passage of each part is there however much noise is asked for
            most = max(parts, RGB_PASSAGES - math.ceil(RGB_PASSAGES * share))
            passages = true[:most]
            passages += line.texts("negative")[: max(0, RGB_PASSAGES - len(passages))]
            _random(line).shuffle(passages)
            answers.append(_asked(line, passages, pipeline, rows, noise=share))
        figures[f"integration@{share}"] = measures.mean(right for _, right in answers)
    return figures, rows


def _counterfactual(lines: Sequence[Line], pipeline: Answering, progress: Progress) -> tuple[Figures, Rows]:
    rows: Rows = []
    right: dict[str, list[bool]] = {"positive": [], "positive_wrong": []}
    repeated = []
    for line in _counted(lines, "counterfactual", progress):
        answers = {}
        for key, own in right.items():
            passages = mixed(line.texts(key), line.texts("negative"), share=0.0, random=_random(line))
            answers[key], is_right = _asked(line, passages, pipeline, rows, noise=0.0)
            own.append(is_right)
        fake = (
            line.texts("fakeanswer") if isinstance(line.record.get("fakeanswer"), list) else [line.text("fakeanswer")]
        )
        repeated.append(says_answer(answers["positive_wrong"], [fake]))
    return {
        "questions": len(lines),
        "accuracy": measures.mean(right["positive"]),
        "accuracy_counterfactual": measures.mean(right["positive_wrong"]),
        "false_answer_repeated": measures.mean(repeated),
    }, rows


def _asked(
    line: Line, passages: Sequence[str], pipeline: Answering, rows: Rows, *, noise: float
) -> "tuple[Answer, bool]":
    answer = pipeline.answer_from(line.required("question"), passages)
    right = says_answer(answer, line.groups("answers"))
    rows.append(
        {
            "id": line.text("id"),
            "question": line.text("question"),
            "noise": noise,
            "answer": answer.text,
            "refused": answer.refused,
            "confidence": answer.confidence,
            "right": right,
            "answers": [list(group) for group in line.groups("answers")],
        }
    )
    return answer, right


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
    """The first `read` hits by answerability, equal ones as they were; the others behind them."""
    first = hits[:read]
    readings = reader.read(question, [hit.chunk.text for hit in first], sentences=[[] for _ in first])
    order = sorted(range(len(first)), key=lambda at: -readings[at].answerability)
    return [*(first[at] for at in order), *hits[read:]]


def _in_turn(parts: Sequence[Sequence[str]], random: Random) -> list[str]:
    """The passages of all parts, the first of each part first, each part in a random order."""
    shuffled = [random.sample(part, len(part)) for part in parts]
    return [part[at] for at in range(max(map(len, shuffled))) for part in shuffled if at < len(part)]


def _random(line: Line) -> Random:
    """Fixed by the question, so that two runs mix the same passages."""
    return Random(line.text("question"))


def _counted(lines: Sequence[Line], what: str, progress: Progress) -> Iterator[Line]:
    for done, line in enumerate(lines, start=1):
        yield line
        progress(what, done, len(lines))


def _passage_report(line: Line) -> "Report":
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
