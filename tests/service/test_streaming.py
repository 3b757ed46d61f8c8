"""The stream of one answer: named events in order, the last one always `answer` or `error`, and an end to the work."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rag.config import Config
from rag.errors import GeneratorError
from rag.service import streaming
from rag.service.api import create_app
from tests.service.made import QUOTE, WrittenPipeline, taken_is

QUESTION = "甲市2018年新建了几所幼儿园?"


def events_of(text: str) -> list[tuple[str, Any]]:
    events = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        assert name.startswith("event: ")
        assert data.startswith("data: ")
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


@contextmanager
def asking(base: str, *, stream: bool) -> Iterator[None]:
    """A client that has sent its question, and goes away at the end of the `with`."""
    address = httpx.URL(base)
    body = json.dumps({"question": QUESTION, "stream": stream}).encode()
    head = (
        f"POST /v1/ask HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.host, address.port or 80)) as connection:
        connection.sendall(head.encode() + body)
        yield


class TestOrder:
    @pytest.mark.parametrize("way", ["field", "header"])
    def test_evidence_comes_before_the_draft_and_the_answer_last(self, client: TestClient, way: str) -> None:
        response = client.post(
            "/v1/ask",
            json={"question": QUESTION} | ({"stream": True} if way == "field" else {}),
            headers={"accept": "text/event-stream"} if way == "header" else {},
        )
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-cache"
        assert "content-length" not in response.headers
        events = events_of(response.text)
        assert [name for name, _ in events] == ["status", "evidence", "token", "token", "claim", "answer"]
        assert events[4][1] == events[5][1]["claims"][0]
        assert events[0][1] == {"text": "retrieving"}
        assert events[1][1] == {
            "report": "甲市-2018",
            "title": "甲市教育局2018年工作总结",
            "section": ["一、学前教育"],
            "address": "一",
            "text": QUOTE,
            "start": 40,
            "end": 57,
            "planned": False,
            "score": 0.9,
            "scores": {"reader": 0.9},
        }
        assert "".join(data["text"] for name, data in events if name == "token") == "新建3所"
        assert rb"\u" not in response.content

    def test_the_last_event_is_the_answer_as_it_is_without_a_stream(self, client: TestClient) -> None:
        streamed = events_of(client.post("/v1/ask", json={"question": QUESTION, "stream": True}).text)[-1][1]
        assert streamed == client.post("/v1/ask", json={"question": QUESTION}).json()


class TestFaults:
    def test_an_error_under_way_is_the_last_event(self, client: TestClient, pipeline: WrittenPipeline) -> None:
        pipeline.fault = GeneratorError("the server is silent", remedy="Start it.")
        response = client.post("/v1/ask", json={"question": QUESTION, "stream": True})
        assert response.status_code == 200  # it had begun before the fault
        events = events_of(response.text)
        assert [name for name, _ in events] == ["status", "evidence", "token", "error"]
        assert events[-1][1] == {
            "type": "urn:problem-type:report-rag:generator",
            "title": "The generator did not answer",
            "status": 502,
            "detail": "the server is silent. Start it.",
            "instance": "/v1/ask",
            "remedy": "Start it.",
        }

    def test_any_other_fault_is_an_error_event_without_its_inside(
        self, client: TestClient, pipeline: WrittenPipeline
    ) -> None:
        pipeline.fault = ZeroDivisionError("a fault with a secret")
        response = client.post("/v1/ask", json={"question": QUESTION, "stream": True})
        events = events_of(response.text)
        assert events[-1][0] == "error"
        assert events[-1][1]["status"] == 500
        assert "secret" not in response.text

    def test_an_unanswerable_filter_has_its_own_status(self, client: TestClient) -> None:
        body = {"question": QUESTION, "stream": True, "filters": {"years": [1999]}}
        assert client.post("/v1/ask", json=body).status_code == 422


class TestConnection:
    """Over a real socket, because only there a client can go away."""

    @pytest.fixture
    def app(self, pipeline: WrittenPipeline, config: Config) -> FastAPI:
        return create_app(config, open_pipeline=lambda _: pipeline)

    @pytest.fixture
    def base(self, app: FastAPI, pipeline: WrittenPipeline) -> Iterator[str]:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            deadline = time.monotonic() + 20
            while httpx.get(f"{base}/readyz").status_code != 200:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield base
            pipeline.hold.set()
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()

    @pytest.mark.parametrize("stream", [True, False])
    def test_a_closed_connection_ends_the_work(
        self, app: FastAPI, base: str, pipeline: WrittenPipeline, stream: bool
    ) -> None:
        pipeline.hold.clear()
        with asking(base, stream=stream):
            assert pipeline.drafting.wait(10)
        time.sleep(0.2)  # the server hears of the end
        assert not pipeline.closed.is_set()  # a step under way is not torn apart
        pipeline.hold.set()
        assert pipeline.closed.wait(10)
        taken_is(app, 0)  # and the place is free again

    def test_a_client_that_leaves_the_line_is_not_answered(
        self, app: FastAPI, base: str, pipeline: WrittenPipeline
    ) -> None:
        pipeline.hold.clear()
        with asking(base, stream=True):
            assert pipeline.drafting.wait(10)
            with asking(base, stream=False):
                taken_is(app, 2)
            taken_is(app, 1)
            pipeline.hold.set()
            taken_is(app, 0)
        assert len(pipeline.asked) == 1

    def test_silence_is_filled_with_heartbeats(
        self, base: str, pipeline: WrittenPipeline, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(streaming, "HEARTBEAT_SECONDS", 0.05)
        pipeline.hold.clear()
        names = []
        with (
            httpx.Client(base_url=base, timeout=10) as client,
            client.stream("POST", "/v1/ask", json={"question": QUESTION, "stream": True}) as response,
        ):
            for line in response.iter_lines():
                if line.startswith("event: "):
                    names.append(line.removeprefix("event: "))
                    if names.count("heartbeat") == 2:
                        pipeline.hold.set()
        assert [name for name in names if name != "heartbeat"] == [
            "status",
            "evidence",
            "token",
            "token",
            "claim",
            "answer",
        ]
        assert names.index("heartbeat") > names.index("token")
        assert names[-1] == "answer"
