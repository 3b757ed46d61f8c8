"""Requests to statuses and bodies, value by value."""

import json
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from rag.answers.pipeline import Pipeline
from rag.answers.query import Filters
from rag.config import Config
from rag.errors import GeneratorError
from rag.reports.sections import parse_sections
from rag.service import opening
from rag.service.api import create_app
from rag.service.openai_chat import PATHS
from rag.service.schemas import AnswerBody
from tests.service.made import QUOTE, WrittenPipeline, taken_is, wait_until_ready

QUESTION = "甲市2018年新建了几所幼儿园?"


def ask(client: TestClient, question: str = QUESTION, **more: Any) -> Response:
    return client.post("/v1/ask", json={"question": question, **more})


def problem(response: Response, status: int) -> dict[str, Any]:
    """The body of a response that must be a problem of this status."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:problem-type:report-rag:")
    assert body["title"]
    assert body["detail"]
    assert "Traceback" not in response.text
    return body


class TestAsk:
    def test_an_answer_has_all_its_fields_under_their_names(
        self, client: TestClient, pipeline: WrittenPipeline
    ) -> None:
        response = ask(client)
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
        body = response.json()
        citation = pipeline.citation()
        assert body["answer"] == "新建幼儿园3所。 [1]"
        assert body["refused"] is False
        assert body["claims"] == [
            {"text": "新建幼儿园3所。", "verdict": "supported", "reason": "", "citations": [citation.id]}
        ]
        assert body["removed"][0]["reason"] == "5所 is not in the cited words"
        assert body["citations"] == [
            {
                "id": citation.id,
                "number": 1,
                "report": "甲市-2018",
                "title": "甲市教育局2018年工作总结",
                "section": ["一、学前教育"],
                "address": "一",
                "quote": QUOTE,
                "start": 40,
                "end": 57,
                "planned": False,
            }
        ]
        assert body["evidence"][0]["scores"] == {"reader": 0.9}
        assert body["timings"] == {"total": 0.01}
        assert body["identity"] == {"snapshot": "made"}

    def test_the_body_is_what_the_description_says(self, client: TestClient) -> None:
        for question in (QUESTION, "费用是多少?"):
            body = ask(client, question).json()
            assert set(body) == set(AnswerBody.model_fields)
            AnswerBody.model_validate(body, strict=True, extra="forbid")

    def test_json_is_utf8_without_escapes(self, client: TestClient) -> None:
        assert QUOTE.encode() in ask(client).content
        assert rb"\u" not in ask(client).content

    def test_a_refusal_is_an_answer_with_the_nearest_sections(self, client: TestClient) -> None:
        response = ask(client, "费用是多少?")
        assert response.status_code == 200
        body = response.json()
        assert body["refused"] is True
        assert body["citations"] == []
        assert [(item["report"], item["section"]) for item in body["nearest"]] == [("甲市-2018", ["一、学前教育"])]

    def test_filters_and_options_reach_the_pipeline(self, client: TestClient, pipeline: WrittenPipeline) -> None:
        filters = {"reports": ["甲市-2018"], "regions": ["甲市"], "years": [2018]}
        ask(client, filters=filters, options={"generate": False, "top_k": 3})
        assert pipeline.asked == [
            (QUESTION, Filters(reports=("甲市-2018",), regions=("甲市",), years=(2018,)), False, 3)
        ]

    def test_earlier_questions_reach_the_pipeline(self, client: TestClient, pipeline: WrittenPipeline) -> None:
        ask(client, history=["乙市新建多少所?", "丙市呢?"])
        assert pipeline.history == ("乙市新建多少所?", "丙市呢?")

    def test_what_is_left_out_is_left_to_the_configuration(self, client: TestClient, pipeline: WrittenPipeline) -> None:
        ask(client, f"  {QUESTION}\n")
        assert pipeline.asked == [(QUESTION, Filters(), None, None)]


class TestRequestsThatCannotBeUsed:
    @pytest.mark.parametrize("question", ["", "  \n", "　"])
    def test_an_empty_question(self, client: TestClient, question: str) -> None:
        body = problem(ask(client, question), 422)
        assert body["errors"][0]["location"] == "body.question"
        assert body["instance"] == "/v1/ask"

    def test_a_question_that_is_too_long(self, client: TestClient) -> None:
        assert ask(client, "几" * 100).status_code == 200
        body = problem(ask(client, "几" * 101), 422)
        assert "101 characters, at most 100" in body["detail"]
        assert body["remedy"] == "Shorten it."

    @pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-broken"])
    def test_a_question_that_is_not_utf8(self, client: TestClient, encoding: str) -> None:
        text = json.dumps({"question": QUESTION}, ensure_ascii=False)
        content = text.encode()[:-4] + b'"}' if encoding == "utf-8-broken" else text.encode(encoding)
        response = client.post("/v1/ask", content=content, headers={"content-type": "application/json"})
        body = problem(response, 422)
        assert body["detail"].startswith("the body is not UTF-8")
        assert body["remedy"] == "Send it as UTF-8."

    def test_a_question_with_half_a_surrogate_pair(self, client: TestClient) -> None:
        content = rb'{"question": "\ud83d how many?"}'
        response = client.post("/v1/ask", content=content, headers={"content-type": "application/json"})
        problem(response, 422)

    @pytest.mark.parametrize("content", [b"{", b"", b"[]", b'"text"', b"\xef\xbb\xbf{"])
    def test_malformed_json(self, client: TestClient, content: bytes) -> None:
        response = client.post("/v1/ask", content=content, headers={"content-type": "application/json"})
        problem(response, 422)

    def test_a_body_that_is_not_json(self, client: TestClient) -> None:
        problem(client.post("/v1/ask", content="question=甲市".encode()), 422)

    @pytest.mark.parametrize(
        ("more", "location"),
        [
            ({"stram": True}, "body.stram"),
            ({"filters": {"year": [2018]}}, "body.filters.year"),
            ({"filters": {"years": ["last"]}}, "body.filters.years.0"),
            ({"filters": {"years": [18]}}, "body.filters.years.0"),
            ({"filters": {"regions": "甲市"}}, "body.filters.regions"),
            ({"filters": {"reports": [""]}}, "body.filters.reports.0"),
            ({"options": {"top_k": 0}}, "body.options.top_k"),
            ({"options": {"top_k": 101}}, "body.options.top_k"),
            ({"options": {"generate": "perhaps"}}, "body.options.generate"),
        ],
    )
    def test_unknown_fields_and_bad_values_are_named(
        self, client: TestClient, more: dict[str, Any], location: str
    ) -> None:
        body = problem(ask(client, **more), 422)
        assert [fault["location"] for fault in body["errors"]] == [location]
        assert location in body["detail"]

    @pytest.mark.parametrize(
        "filters", [{"reports": ["丙市-2018"]}, {"regions": ["丙市"]}, {"years": [1999]}, {"issuers": ["无"]}]
    )
    def test_a_filter_that_no_report_meets(self, client: TestClient, filters: dict[str, Any]) -> None:
        body = problem(ask(client, filters=filters), 422)
        value = next(iter(filters.values()))[0]
        assert str(value) in body["detail"]

    def test_the_same_when_streamed(self, client: TestClient) -> None:
        problem(ask(client, "几" * 101, stream=True), 422)

    def test_a_body_that_is_too_large(self, client: TestClient) -> None:
        body = problem(ask(client, "几" * 1_000_000), 413)
        assert "more than 1000000 bytes" in body["detail"]

    def test_json_nested_beyond_reason(self, client: TestClient) -> None:
        content = b"[" * 100_000
        problem(client.post("/v1/ask", content=content, headers={"content-type": "application/json"}), 400)

    def test_the_value_is_not_repeated(self, client: TestClient) -> None:
        secret = "a word nobody should find in a log"
        assert secret not in ask(client, filters={"years": [secret]}).text


class TestSearch:
    def test_hits_are_best_first_with_places_and_scores(self, client: TestClient) -> None:
        response = client.get("/v1/search", params={"q": "幼儿园", "top_k": 2})
        assert response.status_code == 200
        body = response.json()
        assert body["query"] == "幼儿园"
        assert [hit["score"] for hit in body["hits"]] == [2.0, 1.0]
        assert body["hits"][0] == {
            "report": "乙市-2019",
            "title": "乙市教育局2019年工作总结",
            "section": ["一、学前教育"],
            "address": "一",
            "text": "一、学前教育\n新建幼儿园7所，增加学位700个。\n",
            "start": 33,
            "end": 58,
            "score": 2.0,
            "scores": {"dense": 0.5, "lexical": 1.5},
        }

    def test_filters_restrict(self, client: TestClient) -> None:
        response = client.get("/v1/search", params=[("q", "幼儿园"), ("report", "甲市-2018"), ("year", "2018")])
        assert {hit["report"] for hit in response.json()["hits"]} == {"甲市-2018"}

    @pytest.mark.parametrize(
        "query", ["", "q=", "q=%20", "q=a&top_k=0", "q=a&top_k=x", "q=a&year=18", "q=a&years=2018", "q=a&report=none"]
    )
    def test_bad_queries(self, client: TestClient, query: str) -> None:
        problem(client.get(f"/v1/search?{query}"), 422)

    def test_a_query_that_is_not_utf8(self, client: TestClient) -> None:
        body = problem(client.get("/v1/search?q=" + quote("幼儿园".encode("gb18030"))), 422)
        assert body["detail"].startswith("the query string is not UTF-8")


class TestCitations:
    def test_the_cited_words_in_their_surroundings(self, client: TestClient, pipeline: WrittenPipeline) -> None:
        identifier = pipeline.citation().id
        response = client.get(f"/v1/citations/{identifier}")
        assert response.status_code == 200
        body = response.json()
        assert body["status"] == "current"
        assert body["quote"] == QUOTE
        assert body["section"] == ["一、学前教育"]
        text = client.get(f"/v1/reports/{quote('甲市-2018')}").json()["text"]
        assert text[body["start"] : body["end"]] == QUOTE
        assert body["before"] + body["quote"] + body["after"] in text

    @pytest.mark.parametrize("identifier", ["nothing", "%FF", "a" * 3000])
    def test_an_id_that_is_none(self, client: TestClient, identifier: str) -> None:
        body = problem(client.get(f"/v1/citations/{identifier}"), 404)
        assert "is not a citation id" in body["detail"]


class TestReports:
    def test_the_list(self, client: TestClient) -> None:
        listed = client.get("/v1/reports").json()["reports"]
        assert [report["id"] for report in listed] == ["乙市-2019", "甲市-2018"]
        assert listed[1]["title"] == "甲市教育局2018年工作总结"
        assert listed[1]["region"] == "甲市"
        assert listed[1]["years"] == [2018]
        assert listed[1]["published"] is None
        assert listed[1]["characters"] == 111

    def test_a_report_whole(self, client: TestClient) -> None:
        body = client.get(f"/v1/reports/{quote('甲市-2018')}").json()
        assert body["title"] == "甲市教育局2018年工作总结"
        assert body["metadata"]["region"] == {"value": "甲市", "start": 0, "end": 2, "label": "", "origin": ""}
        assert "".join(body["text"][node["start"] : node["end"]] for node in body["sections"]) == body["text"]
        assert body["versions"] == {"duplicates": [], "revision_of": "", "superseded_by": ""}
        second = body["sections"][2]
        assert (second["number"], second["heading"], second["kind"]) == ("二", "二、义务教育", "numbered")
        assert [node["number"] for node in second["sections"]] == ["(一)", "(二)"]
        assert len(body["sections"]) == len(parse_sections(body["text"]))

    def test_a_report_that_is_not_there(self, client: TestClient) -> None:
        body = problem(client.get(f"/v1/reports/{quote('丙市-2018')}"), 404)
        assert "丙市-2018" in body["detail"]
        assert body["instance"] == "/v1/reports/丙市-2018"


class TestPathsAndMethods:
    def test_an_unknown_path(self, client: TestClient) -> None:
        assert problem(client.get("/v2/ask"), 404)["type"].endswith(":not-found")

    def test_a_wrong_method(self, client: TestClient) -> None:
        response = client.get("/v1/ask")
        assert problem(response, 405)["type"].endswith(":method-not-allowed")
        assert response.headers["allow"] == "POST"

    def test_the_description_has_examples_and_problems(self, client: TestClient) -> None:
        description = client.get("/openapi.json").json()
        schemas = description["components"]["schemas"]
        assert schemas["AskRequest"]["examples"][0]["question"]
        AnswerBody.model_validate(schemas["AnswerBody"]["examples"][0])
        assert "text/event-stream" in description["paths"]["/v1/ask"]["post"]["responses"]["200"]["content"]
        for path, operations in description["paths"].items():
            for operation in operations.values():
                for status, response in operation["responses"].items():
                    if not status.startswith("2"):
                        media_type = "application/json" if path.startswith(PATHS) else "application/problem+json"
                        reference = response["content"][media_type]["schema"]["$ref"]
                        assert reference.rsplit("/", 1)[1] in schemas, (path, status)
        for reference in re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(description)):
            assert reference in schemas
        assert client.get("/docs").status_code == 200


class TestReadiness:
    @pytest.fixture
    def opened(self) -> threading.Event:
        return threading.Event()

    @pytest.fixture
    def starting(self, pipeline: WrittenPipeline, config: Config, opened: threading.Event) -> Iterator[TestClient]:
        def open_slowly(_: Config) -> WrittenPipeline:
            assert opened.wait(10)
            return pipeline

        with TestClient(create_app(config, open_pipeline=open_slowly)) as client:
            yield client
            opened.set()

    def test_the_port_answers_while_the_models_load(self, starting: TestClient, opened: threading.Event) -> None:
        assert starting.get("/healthz").json() == {"status": "alive", "identity": {}}
        for response in (starting.get("/readyz"), ask(starting), starting.get("/v1/reports")):
            assert problem(response, 503)["type"].endswith(":starting")
            assert response.headers["retry-after"] == "5"
        problem(ask(starting, ""), 422)  # what can never be answered is said at once
        opened.set()
        wait_until_ready(starting)
        assert starting.get("/readyz").json() == {"status": "ready", "identity": {"snapshot": "made"}}
        assert ask(starting).status_code == 200

    def test_without_an_index_the_command_is_named_until_there_is_one(
        self, config: Config, pipeline: WrittenPipeline, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(opening, "RETRY_SECONDS", 0.0)
        there = threading.Event()

        def open_it(settings: Config) -> Any:
            return pipeline if there.is_set() else Pipeline.open(settings)

        with TestClient(create_app(config, open_pipeline=open_it)) as client:
            deadline = time.monotonic() + 10
            while "starting" in client.get("/readyz").json()["type"]:
                assert time.monotonic() < deadline
            responses = [ask(client), ask(client, stream=True), client.get("/v1/search?q=a"), client.get("/v1/reports")]
            bodies = [problem(response, 503) for response in responses]
            assert "rag index" in next(body["detail"] for body in bodies if body["type"].endswith(":index"))
            assert client.get("/healthz").status_code == 200
            there.set()
            wait_until_ready(client)
            assert ask(client).status_code == 200

    def test_a_fault_while_opening_is_told_without_its_inside(self, config: Config) -> None:
        def fail(_: Config) -> WrittenPipeline:
            raise ZeroDivisionError("a fault with a secret")

        with TestClient(create_app(config, open_pipeline=fail), raise_server_exceptions=False) as client:
            deadline = time.monotonic() + 10
            while (response := client.get("/readyz")).status_code == 503:
                assert time.monotonic() < deadline
            assert "secret" not in json.dumps(problem(response, 500))


class TestLoad:
    def test_beyond_the_waiting_places_clients_are_told_when_to_come_back(
        self, client: TestClient, pipeline: WrittenPipeline
    ) -> None:
        pipeline.hold.clear()
        with ThreadPoolExecutor(2) as threads:
            one_answered_one_waiting = [threads.submit(ask, client) for _ in range(2)]
            assert pipeline.drafting.wait(10)
            taken_is(client.app, 2)
            for stream in (False, True):
                response = ask(client, stream=stream)
                body = problem(response, 503)
                assert body["type"].endswith(":overloaded")
                assert 1 <= int(response.headers["retry-after"]) <= 60
            pipeline.hold.set()
            assert [future.result().status_code for future in one_answered_one_waiting] == [200, 200]
        assert ask(client).status_code == 200

    def test_the_event_loop_goes_on_while_an_answer_is_computed(
        self, client: TestClient, pipeline: WrittenPipeline
    ) -> None:
        pipeline.hold.clear()
        with ThreadPoolExecutor(1) as threads:
            future = threads.submit(ask, client)
            assert pipeline.drafting.wait(10)
            started = time.monotonic()
            for path in ("/healthz", "/readyz", "/v1/reports", "/v1/search?q=a"):
                assert client.get(path).status_code == 200
            assert time.monotonic() - started < 5
            assert not future.done()
            pipeline.hold.set()
            assert future.result().status_code == 200


class TestFaults:
    def test_an_error_of_the_generator_keeps_its_status(self, client: TestClient, pipeline: WrittenPipeline) -> None:
        pipeline.fault = GeneratorError("the server is silent", remedy="Start it.")
        assert problem(ask(client), 502)["detail"] == "the server is silent. Start it."
        assert pipeline.closed.is_set()

    def test_any_other_fault_is_told_without_its_inside(self, client: TestClient, pipeline: WrittenPipeline) -> None:
        pipeline.fault = ZeroDivisionError("a fault with a secret")
        assert "secret" not in json.dumps(problem(ask(client), 500))
        pipeline.fault = None
        assert ask(client).status_code == 200


def test_the_schemas_leave_the_answer_as_it_is(pipeline: WrittenPipeline) -> None:
    body = pipeline.answer(QUESTION).as_json()
    assert AnswerBody.model_validate(body).model_dump(exclude_unset=True) == body
