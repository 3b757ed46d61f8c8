"""The reference of the HTTP API: it leaves nothing out, its links lead somewhere, and docs/api.md is what it prints."""

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from rag.cli import main
from rag.config import Config
from rag.service import events
from rag.service.api import create_app
from rag.service.reference import markdown

PRINTED = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    return create_app(Config()).openapi()


def part(heading: str) -> str:
    """What stands under a heading of the reference, up to the next."""
    return re.split(r"^##+ ", PRINTED.partition(f"### {heading}\n")[2], maxsplit=1, flags=re.M)[0]


def test_the_file_is_what_the_command_prints() -> None:
    result = CliRunner().invoke(main, ["serve", "--reference"])
    assert result.exit_code == 0
    assert result.stdout == PRINTED


def test_every_request_is_there_with_its_parameters_bodies_and_statuses(openapi: dict[str, Any]) -> None:
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            told = part(f"`{method.upper()} {path}`")
            assert told.startswith(f"\n{operation['summary']}."), path
            named = set(re.findall(r"^\| `(\w+)` \(", told, re.M))
            assert named == {parameter["name"] for parameter in operation.get("parameters", [])}
            assert set(re.findall(r"^\| (\d\w\w) \|", told, re.M)) == set(operation["responses"])
            for kind in operation.get("requestBody", {}).get("content", {}):
                assert f"(`{kind}`)" in told


def test_every_body_is_there_with_its_fields(openapi: dict[str, Any]) -> None:
    for name, schema in openapi["components"]["schemas"].items():
        if not name.startswith("Body_"):  # of forms the fields stand with their request
            fields = re.findall(r"^\| `(\w+)` \|", part(name), re.M)
            assert fields == list(schema.get("properties", {})), name
    assert "| `id` | string or null; optional | the report's id" in part("`POST /v1/reports`")


def test_the_events_of_the_stream_are_told_with_their_data() -> None:
    rows = re.findall(r"^\| `(\w+)` \| \[(\w+)\]\(#\w+\) \| (.+) \|$", part("`POST /v1/ask`"), re.M)
    assert rows == [(name, model.__name__, meaning) for name, (model, meaning) in events.PAYLOADS.items()]


@pytest.mark.parametrize(
    "row",
    [
        "| `top_k` (query) | integer from 1 to 100; left out: `10` | how many hits at most |",
        "| `report` (query) | list of string of 1 to 200 characters, at most 100 of them; optional "
        "| only this report, by its id |",
        "| `question` | string, not empty |  |",
        "| `planned` | boolean | the words state a plan or target, not an outcome |",
        "| `region` | string or null |  |",
        '| `validity` | string or null | e.g. `"有效"`, `"失效"`, `"废止"` |',
        "| `verdict` | `supported`, `unsupported`, `misattributed` |  |",
        "| `timings` | object of number | seconds by stage |",
        "| `problem` | [Problem](#problem) or null |  |",
        "| without a name | [ChatChunk](#chatchunk) |  |",
    ],
)
def test_what_values_may_be(row: str) -> None:
    assert row in PRINTED.splitlines()


def test_bars_and_line_breaks_do_not_break_a_table() -> None:
    field = {"type": "string", "description": "one | two\n\nthree"}
    schemas = {"Made": {"properties": {"made": field}, "required": ["made"]}}
    told = markdown({"info": {"description": "Made."}, "paths": {}, "components": {"schemas": schemas}})
    assert told.endswith(
        "### Made\n\n| field | kind | meaning |\n| --- | --- | --- |\n| `made` | string | one \\| two three |\n"
    )


def test_the_page_at_docs_says_the_same_and_loads_nothing_from_elsewhere() -> None:
    client = TestClient(create_app(Config()))
    response = client.get("/docs")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == client.get("/").headers["content-security-policy"]
    assert re.search(r"https?://|{version}|{reference}", response.text) is None
    for address in re.findall(r'(?:src|href)="((?:static/|openapi)[^"]+)"', response.text):
        assert client.get(f"/{address}").status_code == 200, address
    headings = re.findall(r"^##+ .*$", PRINTED, re.M)
    assert len(re.findall(r"<h[23] id=", response.text)) == len(headings)
    assert client.get("/redoc").status_code == 404


def test_every_link_leads_to_a_heading() -> None:
    page = TestClient(create_app(Config())).get("/docs").text
    names = re.findall(r' id="([^"]+)"', page)
    assert len(names) == len(set(names))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(names)
    assert set(re.findall(r"\]\(#([^)]+)\)", PRINTED)) <= set(names)
