"""A pipeline whose answers are written down beforehand, over a real snapshot of small reports."""

import copy
import json
import socket
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rag.answers.answer import Answer, Claim, Event
from rag.answers.citations import Citation, CitedPassage, citation_id, look_up
from rag.answers.evidence import Evidence
from rag.answers.pipeline import NO_FILTERS
from rag.answers.query import Filters, understand
from rag.answers.retrieval import Hit
from rag.answers.verification import Verdict
from rag.config import Config
from rag.index.building import build_snapshot
from rag.index.snapshot import Snapshot
from rag.reports.reading import Report
from tests.index.samples import HashEmbedder, sample_report

REPORTS = (sample_report("甲市", year=2018, number=3), sample_report("乙市", year=2019, number=7))
QUOTE = "新建幼儿园3所，增加学位300个。"


def small_snapshot(folder: Path, *, reports: Sequence[Report] = REPORTS) -> Snapshot:
    config = Config(index_dir=folder)
    build_snapshot(reports, embedder=HashEmbedder(), config=config)
    return Snapshot.open(folder, config=config)


def wait_until_ready(client: TestClient) -> None:
    deadline = time.monotonic() + 10
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, "the service did not become ready"
        time.sleep(0.01)


def taken_is(app: FastAPI, number: int) -> None:
    """Wait until so many places of the service are taken."""
    deadline = time.monotonic() + 20
    while app.state.service.turns.taken != number:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def serving(app: FastAPI, *, seconds: float = 30) -> Iterator[str]:
    """The address of the running service: only over a real socket can a client go away, or a browser come.

    It is waited for until it is ready, for as many `seconds`; for 0 not at all.
    """
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        deadline = time.monotonic() + seconds
        try:
            while seconds and httpx.get(f"{base}/readyz", timeout=30).status_code != 200:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield base
        finally:
            server.should_exit = True
            thread.join(20)
        assert not thread.is_alive()


@contextmanager
def asking(base: str, body: Mapping[str, Any], *, path: str = "/v1/ask") -> Iterator[None]:
    """A client that has sent its question, and goes away at the end of the `with`."""
    address = httpx.URL(base)
    content = json.dumps(body).encode()
    head = "\r\n".join(
        [
            f"POST {path} HTTP/1.1",
            f"Host: {address.host}:{address.port}",
            "Accept: application/json, text/event-stream",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
            *("", ""),
        ]
    )
    with socket.create_connection((address.host, address.port or 80)) as connection:
        connection.sendall(head.encode() + content)
        yield


class WrittenPipeline:
    """Answers every question alike: two pieces of draft, then one cited statement, or a refusal for 费用.

    `generator_waits` keeps the draft back until it is set, `hold` the answer; `fault` is raised instead of the answer.
    `drafting` is set once the draft is under way, `closed` once the stream is over, however it ended; `answered` tells
    whether it came to its answer.
    """

    def __init__(self, snapshot: Snapshot, config: Config) -> None:
        self.snapshot = snapshot
        self.config = config
        self.identity = {"snapshot": "made"}
        self.embedder = HashEmbedder()
        self.hold = threading.Event()
        self.hold.set()
        self.generator_waits = threading.Event()
        self.generator_waits.set()
        self.fault: BaseException | None = None
        self.drafting = threading.Event()
        self.closed = threading.Event()
        self.answered = False
        self.history: tuple[str, ...] = ()
        self.asked: list[tuple[str, Filters, bool | None, int | None]] = []

    def renewed(self) -> "WrittenPipeline":
        newer = copy.copy(self)
        newer.snapshot = Snapshot.open(self.config.index_dir, config=self.config)
        return newer

    def title(self, report_id: str) -> str:
        return next(record.title for record in self.snapshot.reports() if record.id == report_id)

    def stream(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        filters: Filters = NO_FILTERS,
        generate: bool | None = None,
        top_k: int | None = None,
    ) -> Generator[Event, None, None]:
        understand(question, self.snapshot.reports(), filters=filters, longest=self.config.max_question_characters)
        self.asked.append((question, filters, generate, top_k))
        self.history = tuple(history)
        try:
            yield Event("status", "retrieving")
            yield Event("evidence", self.evidence())
            self.generator_waits.wait(10)
            self.drafting.set()
            yield Event("token", "新建")
            self.hold.wait(10)
            if self.fault is not None:
                raise self.fault
            yield Event("token", "3所")
            answer = self.refusal(question) if "费用" in question else self.answer(question)
            for claim in answer.claims:
                yield Event("claim", claim)
            self.answered = True
            yield Event("answer", answer)
        finally:
            self.closed.set()

    def search(self, query: str, *, top_k: int, filters: Filters) -> list[Hit]:
        chosen = filters.reports or tuple(record.id for record in self.snapshot.reports())
        understand(query, self.snapshot.reports(), filters=filters, longest=self.config.max_question_characters)
        chunks = [chunk for report in chosen for chunk in self.snapshot.chunks(report) if chunk.path]
        return [Hit(chunk, 2.0 - rank, 0.5, 1.5) for rank, chunk in enumerate(chunks[:top_k])]

    def cite(self, identifier: str) -> CitedPassage:
        return look_up(identifier, self.snapshot)

    def evidence(self) -> Evidence:
        report = self.snapshot.report("甲市-2018")
        start = report.text.index(QUOTE)
        chunk = next(chunk for chunk in self.snapshot.chunks(report.id) if QUOTE in chunk.text)
        return Evidence(chunk, start, start + len(QUOTE), QUOTE, score=0.9, scores={"reader": 0.9}, planned=False)

    def citation(self) -> Citation:
        item = self.evidence()
        return Citation(
            id=citation_id(item.chunk.report, item.chunk.address, item.start, item.end, item.text),
            number=1,
            report=item.chunk.report,
            title="甲市教育局2018年工作总结",
            section=item.chunk.path,
            address=item.chunk.address,
            quote=item.text,
            start=item.start,
            end=item.end,
            planned=False,
        )

    def answer(self, question: str) -> Answer:
        citation = self.citation()
        return Answer(
            question=question,
            text="新建幼儿园3所。 [1]",
            refused=False,
            language="zh",
            kind="plain",
            confidence=0.9,
            claims=(Claim("新建幼儿园3所。", Verdict("supported"), (citation.id,)),),
            removed=(Claim("新建幼儿园5所。", Verdict("unsupported", "5所 is not in the cited words"), ()),),
            citations=(citation,),
            evidence=(self.evidence(),),
            titles={"甲市-2018": "甲市教育局2018年工作总结"},
            timings={"total": 0.01},
            identity=self.identity,
        )

    def refusal(self, question: str) -> Answer:
        chunk = self.snapshot.chunks("甲市-2018")[1]
        return Answer(
            question=question,
            text="报告没有写到费用。",
            refused=True,
            language="zh",
            kind="plain",
            confidence=0.1,
            nearest=(Hit(chunk, 1.0, 0.5, 0.5),),
            titles={"甲市-2018": "甲市教育局2018年工作总结"},
        )
