"""A run over fixed answers: JSON, table, failures, and agreement with the grader outside the project."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from rag.answers.answer import Answer
from rag.config import Config
from rag.errors import InputError
from rag.evaluation.gold import GoldQuestion, read_gold
from rag.evaluation.runs import ask_all, evaluate_gold
from tests.evaluation.made import FixedPipeline, answer, citation, hit

SCHOOLS = GoldQuestion(
    id="schools",
    question="甲市新建几所小学?",
    kind="number",
    docs=("a.txt",),
    evidence=("新建小学3所",),
    evidence_docs=("a.txt",),
    must=(("3所", "三所"),),
    must_not=("13所",),
)
NOWHERE = GoldQuestion(id="nowhere", question="丙市新建几所?", kind="unanswerable", note="只有甲市")
PIPELINE = FixedPipeline(
    {
        SCHOOLS.question: answer("新建3所[1]。", citations=[citation(1, "新建小学3所")], timings={"retrieve": 0.25}),
        NOWHERE.question: answer("丙市新建5所。", confidence=0.25),
    },
    {SCHOOLS.question: [hit("a", "新建小学3所", path=("一、建设",))], NOWHERE.question: [hit("a", "别的")]},
)
KEYS = [
    *("evidence_recall@1", "evidence_recall@5", "mrr@10", "right", "citation_precision", "citation_recall"),
    *("unsupported_figures", "refusal_precision", "refusal_recall", "false_refusal", "auroc"),
    *("median_seconds", "p95_seconds"),
]


def test_the_json_holds_total_kinds_and_rows() -> None:
    seen: list[tuple[str, int, int]] = []
    evaluation = ask_all(
        [SCHOOLS, NOWHERE], PIPELINE, report_ids={"a.txt": "a"}, progress=lambda *step: seen.append(step)
    )
    figures = json.loads(json.dumps(evaluation.as_json()))
    assert list(figures) == ["total", "kinds", "rows"]
    assert list(figures["kinds"]) == ["number", "unanswerable"]
    for group in (figures["total"], *figures["kinds"].values()):
        assert [key for key in KEYS if key not in group] == []
    total = figures["total"]
    assert [total[key] for key in KEYS[:-2]] == [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1, None, 0.0, 0.0, 1.0]
    assert total["stages"]["retrieve"] == {"median": 0.25, "p95": 0.25}
    assert [row["id"] for row in figures["rows"]] == ["schools", "nowhere"]
    assert figures["rows"][0]["retrieved"] == ["a › 一、建设"]
    assert seen == [("asking", 1, 2), ("asking", 2, 2)]


def test_the_table_is_aligned_with_the_total_first() -> None:
    table = ask_all([SCHOOLS, NOWHERE], PIPELINE, report_ids={"a.txt": "a"}).table()
    questions, stages = table.split("\n\n")
    lines = questions.splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line.split()[0] for line in lines] == ["kind", "total", "number", "unanswerable"]
    assert lines[1].split()[1:11] == ["2", "1.000", "1.000", "1.000", "1.000", "1.000", "1.000", "1", "–", "0.000"]
    assert lines[3].split()[2:8] == ["–"] * 6
    assert [line.split() for line in stages.splitlines()[:2]] == [
        ["stage", "median", "s", "p95", "s"],
        ["retrieve", "0.250", "0.250"],
    ]


def test_a_failure_shows_what_was_asked_found_said_and_expected() -> None:
    failures = ask_all([SCHOOLS, NOWHERE], PIPELINE, report_ids={"a.txt": "a"}).failures()
    assert failures.splitlines() == [
        "nowhere (unanswerable): 丙市新建几所?",
        "  failing    answered, though no report says it",
        "  failing    figures not in their own citation: 5",
        "  expected   a refusal",
        "  note       只有甲市",
        "  said       丙市新建5所。",
        "  found  1   a › front",
        "",
        "1 of 2 questions have a fault.",
    ]


def test_a_gold_that_names_a_report_not_given_is_refused(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"question": "几所?", "docs": ["absent.txt"]}', encoding="utf-8")
    report = tmp_path / "reports" / "present.txt"
    report.parent.mkdir()
    report.write_text("甲市2018年工作总结\n一、建设\n新建小学3所。\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"absent\.txt, which is not among the reports"):
        evaluate_gold(gold, [report.parent], Config(evaluation_dir=tmp_path / "evaluation"))


def test_the_grader_outside_agrees(shared: Path, tmp_path: Path) -> None:
    """Both grade the same answers: right, wrong, half cited, with loose figures, refused and falsely refused."""
    answers = {}
    for number, question in enumerate(questions := gold_questions(shared)):
        answers[question.question] = _varied_answer(number, question)
    with served(answers) as address:
        grader = [sys.executable, str(shared / "tools" / "grade.py"), str(joined(shared, tmp_path)), address]
        printed = subprocess.run(grader, capture_output=True, text=True, check=True).stdout
    outside = json.loads(printed)
    total = ask_all(
        questions,
        FixedPipeline(answers, {}),
        report_ids={name: name for question in questions for name in question.docs},
    ).total
    assert total["answers_with_unsupported_figures"] == pytest.approx(outside["answers_with_loose_figures"], abs=6e-4)
    assert 0.1 < total["answers_with_unsupported_figures"] < 0.9
    for key in (
        "right",
        "citation_precision",
        "citation_recall",
        "refusal_recall",
        "false_refusal",
        "pairs_both_right",
    ):
        assert total[key] == pytest.approx(outside[key], abs=6e-4), key
        assert 0.05 < total[key] < 0.95, f"{key} tells nothing at {total[key]}"


def gold_questions(shared: Path) -> list[GoldQuestion]:
    return [*read_gold(shared / "gold" / "dev.jsonl"), *read_gold(shared / "gold" / "pairs.dev.jsonl")]


def joined(shared: Path, folder: Path) -> Path:
    path = folder / "gold.jsonl"
    parts = [(shared / "gold" / name).read_text(encoding="utf-8") for name in ("dev.jsonl", "pairs.dev.jsonl")]
    path.write_text("".join(parts), encoding="utf-8")
    return path


def _varied_answer(number: int, question: GoldQuestion) -> Answer:
    """A deterministic mix: some refuse, others drop a group, add a figure or cite a part or something else."""
    if number % (5 if question.answerable else 3) == 0:
        return answer("报告没有给出2099年的数字。", refused=True, confidence=0.1)
    groups = question.must[: -1 if number % 4 == 1 else None]
    said = ",".join(group[number % len(group)] for group in groups) + ("。另有77所" if number % 3 == 0 else "。")
    quotes: Sequence[str] = question.evidence[: 1 if number % 2 else None]
    citations = [
        citation(at, quote[2:] if number % 7 else quote, title="2018年总结", section=("9.加大建设力度",))
        for at, quote in enumerate(quotes, start=1)
    ]
    if number % 6 == 2:
        citations.append(citation(len(citations) + 1, "与所问无关的一句话"))
    return answer(said, citations=citations, confidence=0.9)


@contextmanager
def served(answers: dict[str, Answer]) -> Iterator[str]:
    """A service that answers `POST /v1/ask` from `answers`, at the address given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["question"]
            given = answers[asked]
            body = {
                "answer": given.text,
                "refused": given.refused,
                "citations": [
                    {"quote": each.quote, "title": each.title, "section": list(each.section)}
                    for each in given.citations
                ],
            }
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
