"""The client against the running service: typed answers, and errors that carry the problem."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

import rag.client
from rag import Client, Filters, RagError
from rag.answers import indexing
from rag.client import ProblemError, UnreachableError
from rag.config import Config
from rag.errors import GeneratorError
from rag.index.snapshot import Snapshot
from rag.service.api import create_app
from rag.service.events import StatusEvent, TokenEvent
from rag.service.schemas import AnswerBody, ClaimBody, EvidenceBody
from tests.index.samples import HashEmbedder, sample_report
from tests.service.made import QUOTE, WrittenPipeline, serving, small_snapshot, taken_is

QUESTION = "甲市2018年新建了几所幼儿园?"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with closing(small_snapshot(tmp_path_factory.mktemp("index"))) as snapshot:
        yield snapshot


@pytest.fixture
def pipeline(snapshot: Snapshot, tmp_path: Path) -> WrittenPipeline:
    config = Config(index_dir=tmp_path, concurrent_answers=1, waiting_answers=0, max_question_characters=100)
    return WrittenPipeline(snapshot, config)


@pytest.fixture
def app(pipeline: WrittenPipeline) -> FastAPI:
    return create_app(pipeline.config, open_pipeline=lambda _: pipeline)


@pytest.fixture
def client(app: FastAPI, pipeline: WrittenPipeline) -> Iterator[Client]:
    with serving(app) as base, Client(base) as client:
        yield client
        pipeline.hold.set()


class TestAnswers:
    def test_a_question_has_its_answer(self, client: Client, pipeline: WrittenPipeline) -> None:
        answer = client.ask(
            QUESTION, history=["2017年呢?"], filters=Filters(years=(2018,), regions=("甲市",)), generate=False, top_k=3
        )
        assert answer == AnswerBody.model_validate(pipeline.answer(QUESTION).as_json())
        assert pipeline.asked == [(QUESTION, Filters(years=(2018,), regions=("甲市",)), False, 3)]
        assert pipeline.history == ("2017年呢?",)

    def test_a_stream_has_its_steps(self, client: Client, pipeline: WrittenPipeline) -> None:
        steps = list(client.stream(QUESTION))
        kinds = [StatusEvent, EvidenceBody, TokenEvent, TokenEvent, ClaimBody, AnswerBody]
        assert [type(step.data) for step in steps] == kinds
        assert [step.type for step in steps] == ["status", "evidence", "token", "token", "claim", "answer"]
        assert steps[2].data == TokenEvent(text="新建")
        assert steps[-1].data == client.ask(QUESTION)

    def test_a_closed_stream_stops_the_work(self, client: Client, app: FastAPI, pipeline: WrittenPipeline) -> None:
        pipeline.hold.clear()
        steps = client.stream(QUESTION)
        assert next(steps).type == "status"
        steps.close()
        time.sleep(0.5)  # the server hears of the end
        pipeline.hold.set()
        taken_is(app, 0)
        assert pipeline.closed.is_set()
        assert not pipeline.answered

    def test_sections_are_found_in_the_reports_meant(self, client: Client) -> None:
        hits = client.search("幼儿园", top_k=2, filters=Filters(reports=("甲市-2018",)))
        assert [(hit.report, hit.address) for hit in hits] == [("甲市-2018", "一"), ("甲市-2018", "二")]

    def test_a_citation_opens_and_reports_are_read(self, client: Client, pipeline: WrittenPipeline) -> None:
        passage = client.cite(pipeline.citation().id)
        assert (passage.status, passage.quote) == ("current", QUOTE)
        assert [report.id for report in client.reports()] == ["乙市-2019", "甲市-2018"]
        assert client.report("甲市-2018").text[passage.start : passage.end] == QUOTE


class TestChanges:
    @pytest.fixture
    def client(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
        """Of a service whose index is its own, and may change."""
        monkeypatch.setattr(indexing, "open_embedder", lambda _: HashEmbedder())
        monkeypatch.setattr(rag.client, "POLLING_SECONDS", 0.02)
        config = Config(index_dir=tmp_path / "index")
        small_snapshot(config.index_dir).close()

        def open_pipeline(config: Config) -> WrittenPipeline:
            return WrittenPipeline(Snapshot.open(config.index_dir, config=config), config)

        with serving(create_app(config, open_pipeline=open_pipeline)) as base, Client(base) as client:
            yield client

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        file = tmp_path / "丁市.txt"
        file.write_text(sample_report("丁市", number=5).text, encoding="utf-8")
        return file

    def test_a_report_is_put_in_replaced_and_taken_out(self, client: Client, file: Path) -> None:
        job = client.wait(client.upload(file))
        assert (job.action, job.report, job.state) == ("add", "丁市", "done")
        assert [report.id for report in client.reports()] == ["丁市", "乙市-2019", "甲市-2018"]
        file.write_text(sample_report("丁市", number=8).text, encoding="utf-8")
        client.wait(client.replace("丁市", file))
        assert "新建幼儿园8所" in client.report("丁市").text
        client.wait(client.upload(file, report_id="另一个"))
        client.wait(client.delete("丁市"))
        assert [report.id for report in client.reports()] == ["乙市-2019", "另一个", "甲市-2018"]

    def test_what_is_refused_and_what_fails_are_problems(self, client: Client, file: Path) -> None:
        with pytest.raises(ProblemError) as raised:
            client.delete("没有")
        assert raised.value.problem.status == 404
        file.write_text(" ", encoding="utf-8")
        job = client.upload(file)
        with pytest.raises(ProblemError, match="holds no text"):
            client.wait(job)

    def test_waiting_has_an_end(self, client: Client, file: Path) -> None:
        with pytest.raises(TimeoutError, match="after 0 s"):
            client.wait(client.upload(file), timeout_seconds=0)


class TestErrors:
    def test_they_carry_the_problem(self, client: Client) -> None:
        with pytest.raises(ProblemError, match="101 characters") as raised:
            client.ask("长" * 101)
        assert (raised.value.problem.status, raised.value.problem.remedy) == (422, "Shorten it.")
        assert isinstance(raised.value, RagError)
        with pytest.raises(ProblemError) as raised:
            client.cite("no/id")
        assert raised.value.problem.type == "urn:problem-type:report-rag:not-found"
        with pytest.raises(ProblemError) as raised:
            list(client.stream(QUESTION, filters=Filters(years=(1999,))))
        assert raised.value.problem.status == 422

    def test_a_fault_under_way_is_one_too(self, client: Client, pipeline: WrittenPipeline) -> None:
        pipeline.fault = GeneratorError("the server is silent")
        steps = client.stream(QUESTION)
        assert [next(steps).type for _ in range(3)] == ["status", "evidence", "token"]
        with pytest.raises(ProblemError, match="the server is silent"):
            next(steps)

    def test_an_overload_says_when_to_come_back(self, client: Client, pipeline: WrittenPipeline) -> None:
        pipeline.hold.clear()
        with closing(client.stream(QUESTION)) as steps:
            assert next(steps).type == "status"
            with pytest.raises(ProblemError) as raised:
                client.ask(QUESTION)
            assert raised.value.problem.status == 503
            assert 1 <= (raised.value.retry_after_seconds or 0) <= 60
            pipeline.hold.set()

    def test_nobody_there(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with Client(f"http://127.0.0.1:{port}") as client, pytest.raises(UnreachableError) as raised:
            client.ask(QUESTION)
        assert raised.value.message.startswith(f"http://127.0.0.1:{port} does not answer")
        assert "rag serve" in raised.value.remedy

    @pytest.mark.parametrize("status", ["200 OK", "502 Bad Gateway"])
    def test_somebody_else_there(self, status: str) -> None:
        page = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhtml"

        def answer(listener: socket.socket) -> None:
            with listener.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(page.encode())

        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=answer, args=(listener,))
            thread.start()
            with Client(f"http://127.0.0.1:{listener.getsockname()[1]}") as client, pytest.raises(UnreachableError):
                client.reports()
            thread.join(10)


def test_the_time_it_waits_is_set(client: Client, pipeline: WrittenPipeline) -> None:
    pipeline.hold.clear()
    with Client(str(client._http.base_url), timeout_seconds=0.3) as hasty, pytest.raises(UnreachableError) as raised:
        hasty.ask(QUESTION)
    assert isinstance(raised.value.__cause__, httpx.ReadTimeout)
    pipeline.hold.set()
