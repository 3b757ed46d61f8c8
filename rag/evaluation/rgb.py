"""Questions with passages that answer them and passages that do not to how well the product answers among noise.

RGB, the Retrieval-Augmented Generation Benchmark: Chen, Lin, Han and Sun 2024, arXiv:2309.01431.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from rag.config import Config
from rag.evaluation import measures
from rag.evaluation.benchmarks import Benchmark, Figures, Rows, passage_report
from rag.evaluation.json_lines import Line, read_lines
from rag.evaluation.runs import Progress, counted, open_over, silent

if TYPE_CHECKING:
    from rag.answers.answer import Answer

PASSAGES = 5  # given with each question, as in the paper
NOISE = (0.2, 0.4, 0.6, 0.8)  # shares of the passages
INTEGRATION_NOISE = (0.0, 0.2, 0.4)
ONLY_NOISE = 1.0


class Answering(Protocol):
    """What the benchmark asks of the pipeline: its own way of answering, on passages given."""

    def answer_from(self, question: str, passages: Sequence[str]) -> "Answer": ...


def measure_rgb(
    files: Sequence[Path], *, config: Config, limit: int | None = None, progress: Progress = silent
) -> Benchmark:
    """Answer with the configured pipeline; see `answer_among_noise`."""
    # The pipeline opens an index, of which these questions ask nothing: one passage makes the least there can be.
    nothing = Line(files[0], 1, {"id": "none", "text": "无"})
    pipeline = open_over([passage_report(nothing)], config, progress=progress)
    return answer_among_noise(files, pipeline, limit=limit, progress=progress)


def answer_among_noise(
    files: Sequence[Path], pipeline: Answering, *, limit: int | None = None, progress: Progress = silent
) -> Benchmark:
    """Answer each file's first `limit` questions from the passages it gives, mixed as the benchmark does.

    Lines of `question`, `answers` (all are to be said, of an inner list any), `positive` and `negative` passages. A
    file is one of three. Plain `positive`: accuracy at each share of noise and, from noise alone, refusals. `positive`
    as a list of lists, one a part of the answer: accuracy where the parts are in different passages. With
    `positive_wrong` and `fakeanswer`: accuracy with true passages and with falsified ones, and how often the false
    answer is repeated, which who answers from the passages alone must do.
    """
    figures: dict[str, Figures] = {}
    rows: dict[str, Rows] = {}
    for path in files:
        lines = read_lines(path)[:limit]
        if "positive_wrong" in lines[0].record:
            measure = _counterfactual
        elif any(isinstance(part, list) for part in lines[0].record.get("positive") or []):
            measure = _integration
        else:
            measure = _noise_and_refusal
        figures[path.name], rows[path.name] = measure(lines, pipeline, progress)
    return Benchmark("rgb", figures, rows)


def mixed(true: Sequence[str], noise: Sequence[str], *, share: float, random: Random) -> list[str]:
    """`PASSAGES` passages, ceil(share x 5) of them noise, shuffled; where one side has too few, the other fills up.

    At a share of 1 there is nothing but noise, however little of it.
    """
    noisy = min(math.ceil(PASSAGES * share), len(noise))
    kept = 0 if share == ONLY_NOISE else min(PASSAGES - noisy, len(true))
    chosen = [*true[:kept], *noise[: PASSAGES - kept]]
    random.shuffle(chosen)
    return chosen


def says_answer(answer: "Answer", groups: Sequence[Sequence[str]]) -> bool:
    """RGB's accuracy: not refused, and at least one string of every group stands anywhere in the answer.

    Unlike RGB's own script it does not find a number in the tail of another (70 in 170).
    """
    return not answer.refused and measures.right_answer(answer.text, groups)


def _noise_and_refusal(lines: Sequence[Line], pipeline: Answering, progress: Progress) -> tuple[Figures, Rows]:
    figures: Figures = {"questions": len(lines)}
    rows: Rows = []
    for share in (*NOISE, ONLY_NOISE):
        asked = [
            _ask(
                line, mixed(line.texts("positive"), line.texts("negative"), share=share, random=_random(line)), pipeline
            )
            for line in counted(lines, f"answering at noise {share}", progress)
        ]
        rows += [row | {"noise": share} for row in asked]
        if share == ONLY_NOISE:
            figures["refusal"] = measures.mean(row["refused"] for row in asked)
        else:
            figures[f"accuracy@{share}"] = measures.mean(row["right"] for row in asked)
            figures[f"false_refusal@{share}"] = measures.mean(row["refused"] for row in asked)
    return figures, rows


def _integration(lines: Sequence[Line], pipeline: Answering, progress: Progress) -> tuple[Figures, Rows]:
    figures: Figures = {"questions": len(lines)}
    rows: Rows = []
    for share in INTEGRATION_NOISE:
        asked = [
            _ask(line, _mixed_parts(line, share=share), pipeline)
            for line in counted(lines, f"integrating at noise {share}", progress)
        ]
        rows += [row | {"noise": share} for row in asked]
        figures[f"integration@{share}"] = measures.mean(row["right"] for row in asked)
    return figures, rows


def _mixed_parts(line: Line, *, share: float) -> list[str]:
    """As `mixed`, but one passage of each part is among them however much noise there is to be."""
    random = _random(line)
    parts = [random.sample(part, len(part)) for part in line.groups("positive")]
    in_turn = [part[at] for at in range(max(map(len, parts))) for part in parts if at < len(part)]
    chosen = in_turn[: max(len(parts), PASSAGES - math.ceil(PASSAGES * share))]
    chosen += line.texts("negative")[: max(0, PASSAGES - len(chosen))]
    random.shuffle(chosen)
    return chosen


def _counterfactual(lines: Sequence[Line], pipeline: Answering, progress: Progress) -> tuple[Figures, Rows]:
    rows: dict[str, Rows] = {"positive": [], "positive_wrong": []}
    for line in counted(lines, "answering from falsified passages", progress):
        for key, own in rows.items():
            passages = mixed(line.texts(key), line.texts("negative"), share=0.0, random=_random(line))
            own.append(_ask(line, passages, pipeline) | {"passages": key})
    return {
        "questions": len(lines),
        "accuracy": measures.mean(row["right"] for row in rows["positive"]),
        "accuracy_counterfactual": measures.mean(row["right"] for row in rows["positive_wrong"]),
        "false_answer_repeated": measures.mean(row["says_fake"] for row in rows["positive_wrong"]),
    }, [*rows["positive"], *rows["positive_wrong"]]


def _ask(line: Line, passages: Sequence[str], pipeline: Answering) -> dict[str, Any]:
    answer = pipeline.answer_from(line.required("question"), passages)
    fake = line.record.get("fakeanswer")
    return {
        "id": line.text("id"),
        "question": line.text("question"),
        "answers": line.groups("answers"),
        "answer": answer.text,
        "refused": answer.refused,
        "confidence": answer.confidence,
        "right": says_answer(answer, line.groups("answers")),
        "says_fake": fake is not None and says_answer(answer, [fake if isinstance(fake, list) else [str(fake)]]),
    }


def _random(line: Line) -> Random:
    """Fixed by the question, so that two runs mix the same passages."""
    return Random(line.text("question"))
