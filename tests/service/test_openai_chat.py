"""OpenAI's protocol as its own client speaks it, and as chat front ends do."""

import base64
import json
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import openai
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rag.config import Config
from rag.errors import GeneratorError
from rag.index.snapshot import Snapshot
from rag.service.api import create_app
from rag.service.openai_schemas import ChatChunk, ChatCompletion, EmbeddingList
from rag.service.schemas import AnswerBody
from tests.index.samples import HashEmbedder, hashed_vector
from tests.service.made import QUOTE, WrittenPipeline, asking, serving, taken_is

QUESTION = "甲市2018年新建了几所幼儿园?"
CONTENT = f"新建幼儿园3所。 [1]\n\n[1] 甲市教育局2018年工作总结 › 一、学前教育 “{QUOTE}”"


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def chunks_of(text: str) -> list[dict[str, Any]]:
    """What stands in the data lines, without the mark of the end, which must be the last of them."""
    data = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    assert data[-1] == "[DONE]"
    return [json.loads(line) for line in data[:-1]]


def error(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert list(response.json()) == ["error"]
    detail: dict[str, Any] = response.json()["error"]
    assert list(detail) == ["message", "type", "param", "code"]
    return detail


@pytest.fixture
def client_of(base: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{base}/v1", api_key="none is needed", max_retries=0) as client:
        yield client


class TestOfficialClient:
    def test_a_question_has_its_answer_with_footnotes_and_all_the_rest(
        self, client_of: openai.OpenAI, pipeline: WrittenPipeline
    ) -> None:
        reply = client_of.chat.completions.create(model="report-rag", messages=[user(QUESTION)])
        assert reply.choices[0].message.content == CONTENT
        assert reply.choices[0].message.role == "assistant"
        assert reply.choices[0].finish_reason == "stop"
        assert reply.object == "chat.completion"
        assert reply.id.startswith("chatcmpl-")
        assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (len(QUESTION), len(CONTENT))
        extension = reply.choices[0].message.report_rag
        assert extension == pipeline.answer(QUESTION).as_json()
        AnswerBody.model_validate(extension, strict=True, extra="forbid")

    def test_a_stream_has_the_same_and_loses_no_citation(
        self, client_of: openai.OpenAI, pipeline: WrittenPipeline
    ) -> None:
        stream = client_of.chat.completions.create(
            model="report-rag", messages=[user(QUESTION)], stream=True, stream_options={"include_usage": True}
        )
        *chunks, usage = list(stream)
        assert len({chunk.id for chunk in chunks}) == 1
        assert chunks[0].choices[0].delta.role == "assistant"
        pieces = [chunk.choices[0].delta.content for chunk in chunks[:-1]]
        assert pieces == ["", "新建幼儿园3所。 [1]", CONTENT.removeprefix("新建幼儿园3所。 [1]")]
        assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, None, "stop"]
        assert chunks[-1].choices[0].delta.report_rag == pipeline.answer(QUESTION).as_json()
        assert usage.choices == []
        assert usage.usage.total_tokens == len(QUESTION) + len(CONTENT)
        assert all(chunk.usage is None for chunk in chunks)

    def test_a_refusal_is_an_answer_with_a_mark_and_the_nearest_sections(self, client_of: openai.OpenAI) -> None:
        message = (
            client_of.chat.completions.create(model="report-rag", messages=[user("费用是多少?")]).choices[0].message
        )
        assert message.content == "报告没有写到费用。\n\n- 甲市教育局2018年工作总结 › 一、学前教育"
        assert message.refusal is None
        assert message.report_rag["refused"] is True

    def test_a_fault_under_way_is_an_error(self, client_of: openai.OpenAI, pipeline: WrittenPipeline) -> None:
        pipeline.fault = GeneratorError("the server is silent", remedy="Start it.")
        stream = client_of.chat.completions.create(model="report-rag", messages=[user(QUESTION)], stream=True)
        with pytest.raises(openai.APIError, match=r"the server is silent\. Start it\."):
            list(stream)
        with pytest.raises(openai.InternalServerError) as raised:
            client_of.chat.completions.create(model="report-rag", messages=[user(QUESTION)])
        assert (raised.value.status_code, raised.value.code) == (502, "generator")

    def test_the_models_and_one_of_them(self, client_of: openai.OpenAI) -> None:
        listed = client_of.models.list().data
        assert [model.id for model in listed] == ["report-rag", "multilingual-e5-small"]
        assert client_of.models.retrieve("report-rag") == listed[0]
        assert listed[0].created > 1_700_000_000
        with pytest.raises(openai.NotFoundError) as raised:
            client_of.models.retrieve("gpt-4o")
        assert raised.value.code == "model_not_found"

    def test_texts_are_embedded(self, client_of: openai.OpenAI) -> None:
        texts = ["学前教育", "幼儿园"]
        by_default = client_of.embeddings.create(
            model="multilingual-e5-small", input=texts
        )  # the client asks for base64
        as_numbers = client_of.embeddings.create(model="multilingual-e5-small", input=texts, encoding_format="float")
        expected = HashEmbedder().encode_documents(texts)
        for reply in (by_default, as_numbers):
            assert [item.index for item in reply.data] == [0, 1]
            np.testing.assert_array_equal(np.array([item.embedding for item in reply.data], dtype=np.float32), expected)
        assert as_numbers.usage.prompt_tokens == as_numbers.usage.total_tokens == 7
        query = client_of.embeddings.create(
            model="multilingual-e5-small", input="幼儿园", extra_body={"input_type": "query"}, dimensions=16
        )
        np.testing.assert_allclose(query.data[0].embedding, hashed_vector("query: 幼儿园"), rtol=1e-6)


class TestFrontEnds:
    """Requests as Open WebUI, LibreChat and others send them."""

    def test_earlier_questions_are_the_history_and_only_users_are_read(
        self, client: TestClient, pipeline: WrittenPipeline
    ) -> None:
        messages = [
            {"role": "system", "content": "Answer like a pirate."},
            user("甲市2018年新建了几所幼儿园?"),
            {"role": "assistant", "content": "新建幼儿园3所。 [1]"},
            user("长" * 101),  # a pasted document, which no question leans on
            {"role": "assistant", "content": None, "tool_calls": []},
            user([{"type": "text", "text": "乙市呢?"}]),
        ]
        settings = {"temperature": 0.7, "max_tokens": 4000, "seed": 1, "stop": ["\n"], "user": "u", "chat_id": "c"}
        body = {"model": "report-rag", "messages": messages, "stream": True, "n": 1, "tools": [], **settings}
        response = client.post("/v1/chat/completions", json=body, headers={"Authorization": "Bearer anything"})
        assert response.status_code == 200
        assert [question for question, *_ in pipeline.asked] == ["乙市呢?"]
        assert pipeline.history == ("甲市2018年新建了几所幼儿园?",)

    def test_no_word_of_the_draft_is_content_and_comments_keep_the_connection(self, client: TestClient) -> None:
        response = client.post("/v1/chat/completions", json={"messages": [user(QUESTION)], "stream": True})
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.text.startswith(": retrieving\n\n")
        chunks = chunks_of(response.text)
        assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == CONTENT
        assert all("usage" not in chunk for chunk in chunks)
        for chunk in chunks:
            ChatChunk.model_validate(chunk, extra="forbid")

    def test_the_whole_is_as_described(self, client: TestClient) -> None:
        body = client.post("/v1/chat/completions", json={"messages": [user(QUESTION)]}).json()
        ChatCompletion.model_validate(body, extra="forbid")
        assert body["choices"][0]["logprobs"] is None
        assert QUOTE.encode() in client.post("/v1/chat/completions", json={"messages": [user(QUESTION)]}).content

    @pytest.mark.parametrize(
        "prompt",
        [
            "### Task: a title\n<chat_history>\nUSER: 甲市建了几所幼儿园?\nASSISTANT: 3所\n</chat_history>",
            "A short title for the conversation, in title case.\n\nUser: 甲市建了几所幼儿园?\nAI: 3所",
            "The language, and a concise title in the detected language\n\nUser: 甲市建了几所幼儿园?\nAI: 3所",
        ],
    )
    @pytest.mark.parametrize("stream", [True, False])
    def test_a_title_is_the_first_question_and_nothing_is_computed(
        self, client: TestClient, pipeline: WrittenPipeline, prompt: str, stream: bool
    ) -> None:
        response = client.post("/v1/chat/completions", json={"messages": [user(prompt)], "stream": stream})
        if stream:
            title = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks_of(response.text))
        else:
            title = response.json()["choices"][0]["message"]["content"]
        assert title == "甲市建了几所幼儿园?"
        assert pipeline.asked == []

    def test_a_long_title_is_cut(self, client: TestClient) -> None:
        prompt = f"<chat_history>\nUSER: {'长' * 90}\n</chat_history>"
        body = client.post("/v1/chat/completions", json={"messages": [user(prompt)]}).json()
        assert body["choices"][0]["message"]["content"] == "长" * 39 + "…"


class TestRefusedRequests:
    @pytest.mark.parametrize(
        ("more", "param", "words"),
        [
            ({"n": 2}, "n", "n must be 1, not 2"),
            ({"tools": [{"type": "function"}]}, "tools", "calls no tools"),
            ({"functions": [{}]}, "functions", "calls no tools"),
            ({"response_format": {"type": "json_object"}}, "response_format", "not json_object"),
            ({"modalities": ["text", "audio"]}, "modalities", "answers are text"),
            ({"logprobs": True}, "logprobs", "no token probabilities"),
            ({"messages": []}, "messages", "no user message"),
            ({"messages": [{"role": "system", "content": "x"}]}, "messages", "no user message"),
            ({"messages": [user(" ")]}, "messages", "the last user message is empty"),
            ({"messages": [user([{"type": "image_url"}])]}, "messages", "not image_url"),
            ({"messages": [user("长" * 101)]}, None, "101 characters, at most 100"),
            ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role", "Input should be"),
        ],
    )
    def test_what_would_be_answered_wrongly_is_named(
        self, client: TestClient, more: dict[str, Any], param: str | None, words: str
    ) -> None:
        body = {"model": "report-rag", "messages": [user(QUESTION)], **more}
        detail = error(client.post("/v1/chat/completions", json=body), 400)
        assert (detail["type"], detail["param"], detail["code"]) == ("invalid_request_error", param, "input")
        assert words in detail["message"]

    def test_tools_that_may_not_be_called_do_no_harm(self, client: TestClient) -> None:
        body = {"messages": [user(QUESTION)], "tools": [{"type": "function"}], "tool_choice": "none"}
        assert client.post("/v1/chat/completions", json=body).status_code == 200

    def test_another_model(self, client: TestClient) -> None:
        body = {"model": "gpt-4o", "messages": [user(QUESTION)]}
        detail = error(client.post("/v1/chat/completions", json=body), 404)
        assert detail["code"] == "model_not_found"
        assert "Ask for report-rag" in detail["message"]
        error(client.post("/v1/embeddings", json={"model": "report-rag", "input": "x"}), 404)

    @pytest.mark.parametrize(
        "more",
        [{"input": ""}, {"input": []}, {"input": [1, 2]}, {"input": "x", "dimensions": 8}, {"input": ["x"] * 257}],
    )
    def test_texts_that_cannot_be_embedded(self, client: TestClient, more: dict[str, Any]) -> None:
        error(client.post("/v1/embeddings", json={"model": "multilingual-e5-small", **more}), 400)

    def test_bytes_that_are_no_request(self, client: TestClient) -> None:
        headers = {"content-type": "application/json"}
        assert error(client.post("/v1/chat/completions", content=b"{", headers=headers), 400)["code"] == "input"
        assert error(client.get("/v1/chat/completions"), 405)["code"] == "method_not_allowed"
        assert error(client.post("/v1/embeddings", content="几".encode("gb18030"), headers=headers), 400)

    def test_a_fault_of_the_program_keeps_its_inside(self, client: TestClient, pipeline: WrittenPipeline) -> None:
        pipeline.fault = ZeroDivisionError("a fault with a secret")
        response = client.post("/v1/chat/completions", json={"messages": [user(QUESTION)]})
        detail = error(response, 500)
        assert (detail["type"], detail["code"]) == ("server_error", "unexpected")
        assert "secret" not in response.text


class TestState:
    def test_while_the_models_load_clients_are_told_when_to_come_back(
        self, config: Config, pipeline: WrittenPipeline
    ) -> None:
        opened = threading.Event()

        def open_slowly(_: Config) -> WrittenPipeline:
            assert opened.wait(10)
            return pipeline

        with TestClient(create_app(config, open_pipeline=open_slowly)) as client:
            response = client.get("/v1/models")
            assert error(response, 503)["code"] == "starting"
            assert response.headers["retry-after"] == "5"
            opened.set()

    def test_beyond_the_waiting_places_clients_are_sent_away(
        self, base: str, app: FastAPI, client_of: openai.OpenAI, pipeline: WrittenPipeline
    ) -> None:
        pipeline.hold.clear()
        body = {"messages": [user(QUESTION)]}
        path = "/v1/chat/completions"
        with asking(base, body, path=path), asking(base, body | {"stream": True}, path=path):
            taken_is(app, 2)
            with pytest.raises(openai.InternalServerError) as raised:
                client_of.chat.completions.create(model="report-rag", messages=[user(QUESTION)])
            assert (raised.value.status_code, raised.value.code) == (503, "overloaded")
        pipeline.hold.set()
        taken_is(app, 0)  # both have left, and so their work has ended
        assert pipeline.closed.wait(10)


def test_vectors_in_base64_are_little_endian_floats(client: TestClient) -> None:
    body = {"model": "multilingual-e5-small", "input": "学前教育", "encoding_format": "base64"}
    reply = client.post("/v1/embeddings", json=body).json()
    EmbeddingList.model_validate(reply, extra="forbid")
    vector = np.frombuffer(base64.b64decode(reply["data"][0]["embedding"]), dtype="<f4")
    np.testing.assert_array_equal(vector, hashed_vector("学前教育"))


def test_an_embedder_in_a_folder_tells_its_name_only(snapshot: Snapshot) -> None:
    config = Config(embedder="/srv/models/own-embedder")
    written = WrittenPipeline(snapshot, config)
    with (
        serving(create_app(config, open_pipeline=lambda _: written)) as base,
        openai.OpenAI(base_url=f"{base}/v1", api_key="x", max_retries=0) as client,
    ):
        assert [model.id for model in client.models.list()] == ["report-rag", "own-embedder"]
        assert client.embeddings.create(model="own-embedder", input="x").model == "own-embedder"
