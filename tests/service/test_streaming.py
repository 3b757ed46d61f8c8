"""The stream of one answer: named events in order, the last one always `answer` or `error`, and an end to the work."""

import json
import time
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rag.errors import GeneratorError
from rag.service import streaming
from rag.service.events import PAYLOADS, heartbeat
from tests.service.made import QUOTE, WrittenPipeline, asking, taken_is

QUESTION = "甲市2018年新建了几所幼儿园?"


def body(*, stream: bool) -> dict[str, Any]:
    return {"question": QUESTION, "stream": stream}


def request_to(path: str, *, stream: bool) -> dict[str, Any]:
    if path == "/v1/ask":
        return body(stream=stream)
    return {"messages": [{"role": "user", "content": QUESTION}], "stream": stream}


def events_of(text: str) -> list[tuple[str, Any]]:
    events = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        assert name.startswith("event: ")
        assert data.startswith("data: ")
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


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

    def test_every_event_is_described_with_its_payload(self, client: TestClient, pipeline: WrittenPipeline) -> None:
        described = client.get("/openapi.json").json()
        content = described["paths"]["/v1/ask"]["post"]["responses"]["200"]["content"]["text/event-stream"]
        items = content["itemSchema"]["oneOf"]
        assert [item["properties"]["event"]["const"] for item in items] == list(PAYLOADS)
        for item in items:
            reference = item["properties"]["data"]["contentSchema"].get("$ref", "").rpartition("/")[2]
            assert not reference or reference in described["components"]["schemas"]
        told = events_of(client.post("/v1/ask", json=body(stream=True)).text)
        pipeline.fault = GeneratorError("the server is silent")
        told += events_of(client.post("/v1/ask", json=body(stream=True)).text)
        told += events_of(heartbeat().decode())
        assert {name for name, _ in told} == set(PAYLOADS)
        for name, data in told:
            PAYLOADS[name][0].model_validate(data, extra="forbid")

    def test_the_evidence_is_with_the_client_before_the_generator_starts(
        self, base: str, pipeline: WrittenPipeline
    ) -> None:
        pipeline.generator_waits.clear()
        with (
            httpx.Client(base_url=base, timeout=10) as client,
            client.stream("POST", "/v1/ask", json=body(stream=True)) as response,
        ):
            names = (line for line in response.iter_lines() if line.startswith("event: "))
            assert [next(names), next(names)] == ["event: status", "event: evidence"]
            assert not pipeline.drafting.is_set()
            pipeline.generator_waits.set()
            assert list(names)[-1] == "event: answer"


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

    @pytest.mark.parametrize("stream", [True, False])
    @pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions"])
    def test_a_closed_connection_ends_the_work(
        self,
        app: FastAPI,
        base: str,
        pipeline: WrittenPipeline,
        monkeypatch: pytest.MonkeyPatch,
        stream: bool,
        path: str,
    ) -> None:
        answered: list[str] = []
        monkeypatch.setattr(pipeline, "answer", answered.append)
        pipeline.hold.clear()
        with asking(base, request_to(path, stream=stream), path=path):
            assert pipeline.drafting.wait(10)
        time.sleep(0.5)  # the server hears of the end
        assert not pipeline.closed.is_set()  # a step under way is not torn apart
        pipeline.hold.set()
        assert pipeline.closed.wait(10)
        taken_is(app, 0)  # and the place is free again
        assert not pipeline.answered

    def test_a_client_that_leaves_the_line_is_not_answered(
        self, app: FastAPI, base: str, pipeline: WrittenPipeline
    ) -> None:
        pipeline.hold.clear()
        with asking(base, body(stream=True)):
            assert pipeline.drafting.wait(10)
            with asking(base, body(stream=False)):
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
        names: list[str] = []
        with (
            httpx.Client(base_url=base, timeout=10) as client,
            client.stream("POST", "/v1/ask", json=body(stream=True)) as response,
        ):
            for line in response.iter_lines():
                if line.startswith("event: "):
                    names.append(line.removeprefix("event: "))
                    if names[-2:] == ["heartbeat", "heartbeat"] and "token" in names:
                        pipeline.hold.set()
        told = [name for name in names if name != "heartbeat"]
        assert told == ["status", "evidence", "token", "token", "claim", "answer"]
        assert names[names.index("token") + 1] == "heartbeat"
        assert names[-1] == "answer"
