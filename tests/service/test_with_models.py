"""The service over the sample reports with the real models, from a question to the words behind its citations."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from mcp import Client, StdioServerParameters, stdio_client
from mcp.types import CallToolResult

from rag.answers.indexing import build_index
from rag.answers.pipeline import Pipeline
from rag.config import load_config
from rag.errors import ModelError
from rag.service.api import create_app
from tests.service.made import serving, wait_until_ready
from tests.service.test_mcp import talk

pytestmark = pytest.mark.slow

CORPUS = Path(__file__).parents[2] / "corpus"
QUESTION = "2018年有多少名在成都读大学的留学生拿到了奖学金？"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    config = replace(load_config(), index_dir=tmp_path_factory.mktemp("index"))
    try:
        build_index([CORPUS], config)
        return Pipeline.open(config)
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")


@pytest.fixture(scope="module")
def app(pipeline: Pipeline) -> FastAPI:
    return create_app(pipeline.config, open_pipeline=lambda _: pipeline)


@pytest.fixture(scope="module")
def service(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        wait_until_ready(client)
        yield client


def check_answer(service: TestClient, body: dict[str, Any]) -> None:
    """Every statement is supported by citations, and every citation opens at exactly the words it quotes."""
    cited = {citation["id"]: citation for citation in body["citations"]}
    for claim in body["claims"]:
        assert claim["verdict"] == "supported"
        assert claim["citations"]
        assert set(claim["citations"]) <= set(cited)
    for citation in cited.values():
        assert f"[{citation['number']}]" in body["answer"]
        report = service.get(f"/v1/reports/{citation['report']}").json()
        assert report["text"][citation["start"] : citation["end"]] == citation["quote"]
        passage = service.get(f"/v1/citations/{citation['id']}").json()
        assert (passage["status"], passage["quote"]) == ("current", citation["quote"])
        assert passage["section"] == citation["section"]


def test_a_question_is_answered_with_citations_that_open(service: TestClient) -> None:
    body = service.post("/v1/ask", json={"question": QUESTION}).json()
    assert body["refused"] is False
    assert "481" in body["answer"]
    assert body["citations"][0]["report"] == "chengdu-2018-summary"
    assert set(body["identity"]) == {"embedder", "reader", "judge", "generator", "prompt", "snapshot"}
    check_answer(service, body)


def test_a_stream_shows_evidence_before_it_writes(service: TestClient) -> None:
    response = service.post("/v1/ask", json={"question": QUESTION, "stream": True})
    names = [line.removeprefix("event: ") for line in response.text.splitlines() if line.startswith("event: ")]
    assert names[0] == "status"
    assert names[-1] == "answer"
    assert names.index("evidence") < names.index("token")
    body = json.loads(response.text.rstrip().rpartition("\ndata: ")[2])
    assert "481" in body["answer"]
    check_answer(service, body)


def test_what_the_reports_do_not_say_is_refused(service: TestClient) -> None:
    body = service.post("/v1/ask", json={"question": "成都2018年地铁的票价是多少元？"}).json()
    assert body["refused"] is True
    assert body["claims"] == body["citations"] == []
    assert body["nearest"]


def test_another_region_is_left_out_by_a_filter(service: TestClient) -> None:
    response = service.get("/v1/search", params={"q": "随迁子女", "region": "江门", "top_k": 5})
    assert {hit["report"] for hit in response.json()["hits"]} == {"jiangmen-2017-summary-2018-plan"}


def test_sections_partition_every_report(service: TestClient) -> None:
    def check(sections: list[dict[str, Any]], start: int, end: int) -> None:
        at = start
        for section in sections:
            assert section["start"] == at
            assert section["end"] <= end
            if section["sections"]:
                check(section["sections"], section["sections"][0]["start"], section["end"])
            at = section["end"]
        assert at == end

    reports = service.get("/v1/reports").json()["reports"]
    assert [report["id"] for report in reports] == sorted(path.stem for path in CORPUS.glob("*.txt"))
    for summary in reports:
        report = service.get(f"/v1/reports/{summary['id']}").json()
        check(report["sections"], 0, len(report["text"]))


def test_openais_client_streams_an_answer_with_its_footnotes_and_embeds(app: FastAPI) -> None:
    with (
        serving(app) as base,
        openai.OpenAI(base_url=f"{base}/v1", api_key="none", max_retries=0, timeout=120) as client,
    ):
        stream = client.chat.completions.create(
            model="report-rag",
            messages=[{"role": "user", "content": QUESTION}],
            stream=True,
            stream_options={"include_usage": True},
        )
        *chunks, last, usage = list(stream)
        content = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        answer = last.choices[0].delta.report_rag
        statement, _, footnotes = content.partition("\n\n")
        assert statement == answer["answer"]
        assert "481" in statement
        assert footnotes.startswith(f"[1] {answer['citations'][0]['title']} › ")
        assert answer["citations"][0]["quote"] in footnotes
        assert 10 < usage.usage.prompt_tokens < 20
        assert usage.usage.completion_tokens > 40

        texts = ["留学生奖学金", "义务教育入学", "2018年有多少留学生拿到奖学金？"]
        passages = client.embeddings.create(model="multilingual-e5-small", input=texts[:2]).data
        query = client.embeddings.create(
            model="multilingual-e5-small", input=texts[2], extra_body={"input_type": "query"}
        ).data[0]
        near, far = (np.dot(query.embedding, passage.embedding) for passage in passages)
        assert near > far
        assert np.linalg.norm(query.embedding) == pytest.approx(1.0, abs=1e-5)


def test_an_agent_asks_and_opens_the_citation_over_both_transports(app: FastAPI, pipeline: Pipeline) -> None:
    async def words(client: Client) -> None:
        result = await client.call_tool("ask", {"question": QUESTION})
        assert isinstance(result, CallToolResult)
        answer = result.structured_content or {}
        assert "481" in answer["answer"]
        opened = await client.call_tool("open_citation", {"citation_id": answer["citations"][0]["id"]})
        assert isinstance(opened, CallToolResult)
        passage = opened.structured_content or {}
        assert (passage["status"], passage["quote"]) == ("current", answer["citations"][0]["quote"])

    with serving(app) as base:
        talk(f"{base}/mcp", words)
    environment = {**os.environ, "PYTHONPATH": str(CORPUS.parent), "RAG_INDEX_DIR": str(pipeline.config.index_dir)}
    talk(stdio_client(StdioServerParameters(command=sys.executable, args=["-m", "rag", "mcp"], env=environment)), words)
