"""The Model Context Protocol as the SDK's own client speaks it, over HTTP and over stdio."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from fastapi import FastAPI
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.types import INVALID_PARAMS, CallToolResult, TextContent

from rag.answers.query import Filters
from rag.service.schemas import AnswerBody
from tests.service.made import QUOTE, WrittenPipeline, asking, taken_is

QUESTION = "甲市2018年新建了几所幼儿园?"
PROJECT = Path(__file__).parents[2]
RESOURCE = "report-rag://reports/%E7%94%B2%E5%B8%82-2018"

Result = TypeVar("Result")


def talk(server: Any, words: Callable[[Client], Awaitable[Result]], *, mode: str = "auto") -> Result:
    """What comes of a conversation with the server at an address, or behind a transport."""

    async def conversation() -> Result:
        async with Client(server, mode=mode) as client:
            return await words(client)

    return asyncio.run(conversation())


def call(server: Any, tool: str, **arguments: Any) -> CallToolResult:
    result = talk(server, lambda client: client.call_tool(tool, arguments))
    assert isinstance(result, CallToolResult)
    return result


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.fixture
def server(base: str) -> str:
    return f"{base}/mcp"


class TestTools:
    # The newer protocol, and the one that begins with a handshake, which most clients speak.
    @pytest.mark.parametrize("mode", ["auto", "legacy"])
    def test_they_are_described_and_change_nothing(self, server: str, mode: str) -> None:
        tools = {tool.name: tool for tool in talk(server, lambda client: client.list_tools(), mode=mode).tools}
        assert set(tools) == {"ask", "search", "open_citation", "list_reports", "read_section"}
        for tool in tools.values():
            assert tool.annotations is not None
            assert (tool.annotations.read_only_hint, tool.annotations.open_world_hint) == (True, False)
            assert tool.description
            assert tool.output_schema is not None
        assert set(tools["ask"].input_schema["properties"]) == {"question", "history", "filters"}
        assert tools["ask"].input_schema["required"] == ["question"]
        assert "claims" in (tools["ask"].output_schema or {})["properties"]

    def test_an_answer_is_text_with_footnotes_and_all_its_parts(self, server: str, pipeline: WrittenPipeline) -> None:
        result = call(server, "ask", question=QUESTION, history=["2017年呢?"], filters={"years": [2018]})
        assert text_of(result) == f"新建幼儿园3所。 [1]\n\n[1] 甲市教育局2018年工作总结 › 一、学前教育 “{QUOTE}”"
        body = AnswerBody.model_validate(result.structured_content, strict=True)
        assert body == AnswerBody.model_validate(pipeline.answer(QUESTION).as_json())
        assert pipeline.asked == [(QUESTION, Filters(years=(2018,)), None, None)]
        assert pipeline.history == ("2017年呢?",)

    def test_progress_says_what_is_being_done(self, server: str) -> None:
        told: list[str | None] = []

        async def on_progress(progress: float, total: float | None, message: str | None) -> None:
            told.append(message)

        talk(server, lambda client: client.call_tool("ask", {"question": QUESTION}, progress_callback=on_progress))
        assert told == ["retrieving"]

    def test_a_refusal_shows_the_nearest_sections(self, server: str) -> None:
        result = call(server, "ask", question="费用是多少?")
        assert result.is_error is not True
        assert (result.structured_content or {})["refused"] is True
        assert text_of(result) == "报告没有写到费用。\n\n- 甲市教育局2018年工作总结 › 一、学前教育"

    def test_a_search_gives_what_reading_on_needs(self, server: str) -> None:
        result = call(server, "search", query="幼儿园", top_k=1, filters={"reports": ["甲市-2018"]})
        (hit,) = (result.structured_content or {})["hits"]
        assert (hit["report"], hit["address"]) == ("甲市-2018", "一")
        assert text_of(result).splitlines()[:2] == ["甲市教育局2018年工作总结 › 一、学前教育", "(甲市-2018, 一)"]
        section = call(server, "read_section", report_id=hit["report"], address=hit["address"])
        assert (section.structured_content or {})["text"] == hit["text"]

    def test_a_citation_opens_at_its_words(self, server: str, pipeline: WrittenPipeline) -> None:
        result = call(server, "open_citation", citation_id=pipeline.citation().id)
        passage = result.structured_content or {}
        assert (passage["status"], passage["quote"], passage["start"]) == ("current", QUOTE, 40)
        assert text_of(result).startswith("current: 甲市教育局2018年工作总结 › 一、学前教育\n")
        assert f"【{QUOTE}】" in text_of(result)

    def test_the_reports_are_listed(self, server: str) -> None:
        result = call(server, "list_reports")
        assert [report["id"] for report in (result.structured_content or {})["reports"]] == ["乙市-2019", "甲市-2018"]
        assert text_of(result).splitlines()[1] == "甲市-2018: 甲市教育局2018年工作总结 (甲市, 2018)"

    def test_a_section_is_read_with_what_is_below_it(self, server: str) -> None:
        contents = call(server, "read_section", report_id="甲市-2018")
        addresses = [entry["address"] for entry in (contents.structured_content or {})["sections"]]
        assert addresses[-4:] == ["一", "二", "二/(一)", "二/(二)"]
        assert text_of(contents).endswith("二/(二)  (二)教师队伍")
        part = (call(server, "read_section", report_id="甲市-2018", address="二").structured_content) or {}
        assert part["section"] == ["二、义务教育"]
        assert part["text"].endswith("培训乡村教师30人次。\n")
        assert [entry["address"] for entry in part["sections"]] == ["二/(一)", "二/(二)"]

    @pytest.mark.parametrize(
        ("tool", "arguments", "words"),
        [
            ("ask", {"question": "长" * 101}, "101 characters, at most 100"),
            ("ask", {"question": QUESTION, "filters": {"years": [1999]}}, "1999"),
            ("ask", {"question": QUESTION, "filters": {"year": [2018]}}, "filters.year"),
            ("ask", {"question": " "}, "question"),
            ("open_citation", {"citation_id": "nothing"}, "'nothing' is not a citation id"),
            ("read_section", {"report_id": "丙市-2018"}, "丙市-2018"),
            ("read_section", {"report_id": "甲市-2018", "address": "九"}, "no section '九'\nIts sections are"),
        ],
    )
    def test_what_cannot_be_done_is_told_with_the_remedy(
        self, server: str, tool: str, arguments: dict[str, Any], words: str
    ) -> None:
        result = call(server, tool, **arguments)
        assert result.is_error is True
        assert words in text_of(result)

    def test_a_fault_of_the_program_keeps_its_inside(self, server: str, pipeline: WrittenPipeline) -> None:
        pipeline.fault = ZeroDivisionError("a fault with a secret")
        result = call(server, "ask", question=QUESTION)
        assert result.is_error is True
        assert "secret" not in text_of(result)


class TestResources:
    def test_every_report_is_one(self, server: str, pipeline: WrittenPipeline) -> None:
        resources = talk(server, lambda client: client.list_resources()).resources
        assert [resource.title for resource in resources] == ["乙市教育局2019年工作总结", "甲市教育局2018年工作总结"]
        assert resources[1].uri == RESOURCE
        (content,) = talk(server, lambda client: client.read_resource(RESOURCE)).contents
        assert content.text == pipeline.snapshot.report("甲市-2018").text

    def test_one_that_is_not_there(self, server: str) -> None:
        async def words(client: Client) -> None:
            with pytest.raises(MCPError, match="no report 'nothing'") as raised:
                await client.read_resource("report-rag://reports/nothing")
            assert raised.value.code == INVALID_PARAMS

        talk(server, words)


def test_an_agent_that_leaves_is_not_answered(app: FastAPI, base: str, pipeline: WrittenPipeline) -> None:
    pipeline.hold.clear()
    call = {"name": "ask", "arguments": {"question": QUESTION}}
    with asking(base, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}, path="/mcp"):
        assert pipeline.drafting.wait(20)
    time.sleep(0.5)  # the server hears of the end
    pipeline.hold.set()
    taken_is(app, 0)
    assert pipeline.closed.is_set()
    assert not pipeline.answered


def test_another_site_cannot_reach_the_service_through_a_browser(base: str) -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for header in ({"Origin": "http://elsewhere.example"}, {"Host": "elsewhere.example"}):
        headers = {"Accept": "application/json, text/event-stream", **header}
        assert httpx.post(f"{base}/mcp", json=request, headers=headers).status_code in (403, 421)


def test_over_stdio_it_answers_at_once_and_names_the_command_where_there_is_no_index(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    environment |= {"PYTHONPATH": str(PROJECT), "RAG_INDEX_DIR": str(tmp_path / "none")}
    program = StdioServerParameters(command=sys.executable, args=["-m", "rag", "mcp"], env=environment)

    async def words(client: Client) -> tuple[list[str], CallToolResult]:
        tools = (await client.list_tools()).tools
        result = await client.call_tool("ask", {"question": QUESTION})
        assert isinstance(result, CallToolResult)
        return [tool.name for tool in tools], result

    names, result = talk(stdio_client(program), words)
    assert "ask" in names
    assert result.is_error is True
    assert "Run `rag index`" in text_of(result)
