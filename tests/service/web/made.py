"""A pipeline whose answers are written down beforehand, over a snapshot of the sample reports."""

import copy
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rag.answers.answer import Answer, Event, compose, refuse
from rag.answers.citations import CitedPassage, look_up
from rag.answers.composition import Statement
from rag.answers.evidence import Evidence
from rag.answers.query import Filters, Query, understand
from rag.answers.refusal import silence
from rag.answers.retrieval import Hit
from rag.answers.verification import Verdict
from rag.config import Config
from rag.index.building import build_snapshot
from rag.index.snapshot import Snapshot
from rag.reports.reading import Report, find_reports, read_reports
from tests.index.samples import HashEmbedder

CORPUS = Path(__file__).parents[3] / "corpus"
CHENGDU, QINGDAO = "chengdu-2018-summary", "qingdao-2018-priorities"

STUDENTS = "481名在蓉高校留学生领到奖学金，教育国际化窗口学校建成39所，外籍人员子女学校已有4所。"
KINDERGARTENS = "年内启用幼儿园98所，添学位3万个；启用中小学55所，添学位8.2万个。"
PLACES = "37.8万名随迁子女的义务教育得到妥善安排。"

# What a question asks for, by a word it has; anything else is answered with one plain sentence.
COMPARISON, REFUSAL, SEVERAL, ENGLISH = "比较", "票价", "入学", "scholarship"


def sample_snapshot(folder: Path, *, more: Sequence[Report] = ()) -> Snapshot:
    """The sample reports, and `more`, in an index that needs no model."""
    config = Config(index_dir=folder)
    reports = [*read_reports(find_reports([CORPUS]), config=config), *more]
    build_snapshot(reports, embedder=HashEmbedder(), config=config)
    return Snapshot.open(folder, config=config)


class ScriptedPipeline:
    """Answers by the words of the question, step by step.

    `hold` keeps the answer back after the evidence until it is set; `fault` is raised there instead of the answer.
    """

    def __init__(self, snapshot: Snapshot, config: Config) -> None:
        self.snapshot = snapshot
        self.config = config
        self.identity = {"embedder": "hash-16", "snapshot": "made"}
        self.embedder = HashEmbedder()
        self.hold = threading.Event()
        self.hold.set()
        self.fault: Exception | None = None
        self.asked: list[tuple[str, Filters, tuple[str, ...]]] = []

    def renewed(self) -> "ScriptedPipeline":
        newer = copy.copy(self)
        newer.snapshot = Snapshot.open(self.config.index_dir, config=self.config)
        return newer

    def title(self, report_id: str) -> str:
        return self._titles.get(report_id, report_id)

    @property
    def _titles(self) -> Mapping[str, str]:
        return {record.id: record.title or record.id for record in self.snapshot.reports()}

    def stream(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        filters: Filters,
        generate: bool | None = None,
        top_k: int | None = None,
    ) -> Iterator[Event]:
        query = understand(
            question, self.snapshot.reports(), filters=filters, longest=self.config.max_question_characters
        )
        self.asked.append((question, filters, tuple(history)))
        yield Event("status", "retrieving")
        answer = self._answer(query)
        for item in answer.evidence:
            yield Event("evidence", item)
        self.hold.wait(20)
        if self.fault is not None:
            raise self.fault
        yield Event("token", "草稿")
        for claim in answer.claims:
            yield Event("claim", claim)
        yield Event("answer", replace(answer, question=question, timings={"total": 1.25}, identity=self.identity))

    def cite(self, identifier: str) -> CitedPassage:
        return look_up(identifier, self.snapshot)

    def evidence(self, report_id: str, words: str, *, planned: bool = False) -> Evidence:
        report = self.snapshot.report(report_id)
        start = report.text.index(words)
        chunk = next(chunk for chunk in self.snapshot.chunks(report_id) if chunk.start <= start < chunk.end)
        return Evidence(chunk, start, start + len(words), words, score=0.9, scores={"reader": 0.9}, planned=planned)

    def _answer(self, query: Query) -> Answer:
        if REFUSAL in query.text:
            chunks = self.snapshot.chunks(CHENGDU)
            near = [chunk for chunk in chunks if chunk.path and "入学机会" in chunk.path[-1]] or chunks[-1:]
            reason = "成都的报告没有给出所问的数字。最接近的内容见下列章节。"
            return refuse(query, reason, [Hit(near[0], 1.0, 0.5, 0.5)], titles=self._titles, confidence=0.05)
        evidence = [self.evidence(CHENGDU, STUDENTS)]
        removed: list[Statement] = []
        statements = [Statement("2018年有481名在成都读大学的留学生拿到了奖学金。", tuple(evidence))]
        if SEVERAL in query.text:
            evidence = [self.evidence(CHENGDU, PLACES), self.evidence(CHENGDU, KINDERGARTENS)]
            statements = [
                Statement("2018年妥善安排了37.8万名随迁子女的义务教育。", (evidence[0],)),
                Statement("当年启用幼儿园98所，添学位3万个。", (evidence[1],)),
            ]
            verdict = Verdict("unsupported", "99.46% is not in the cited words")
            removed = [Statement("随迁子女入学率达到99.46%。", (), verdict)]
        elif COMPARISON in query.text:
            plan = self.evidence(QINGDAO, _sentence_with(self.snapshot.report(QINGDAO).text, "幼儿园"), planned=True)
            evidence = [self.evidence(CHENGDU, KINDERGARTENS), plan]
            statements = [
                Statement("年内启用幼儿园98所。", (evidence[0],), label="成都"),
                Statement("(计划)新建、改扩建幼儿园60所。", (plan,), label="青岛"),
                Statement(silence(query.language), (), label="江门"),
            ]
        elif ENGLISH in query.text:
            statements = [Statement(f"The report says: “{STUDENTS}”", tuple(evidence))]
        kind = "compare" if COMPARISON in query.text else "plain"
        answer = compose(query, statements, removed=removed, evidence=evidence, titles=self._titles, confidence=0.93)
        return replace(answer, kind=kind)


def _sentence_with(text: str, word: str) -> str:
    start = max(text.rfind(mark, 0, text.index(word)) for mark in "。\n") + 1
    end = text.index("。", start) + 1
    return text[start:end].strip()
