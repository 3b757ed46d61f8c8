"""What the README says, held against the program: its commands, settings, exit codes, requests and citations."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest

from rag.answers.citations import look_up
from rag.answers.indexing import build_index
from rag.cli import main
from rag.config import Config, load_config
from rag.errors import RagError
from rag.reports.reading import Report, find_reports, read_reports
from rag.service.api import create_app
from tests.service.made import serving

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
START = README.splitlines()[:40]
# What stands in code: fenced blocks and inline spans, comments and Python aside.
SHOWN = re.sub(r"<!--.*?-->|```python\n.*?```\n", "", README, flags=re.S)
CODE = re.findall(r"```\n(.*?)```|`([^`\n]+)`", SHOWN, re.S)
COMMANDS = [
    line.strip() for pair in CODE for line in "".join(pair).splitlines() if re.search(r"(?:^|[ /])rag [a-z]", line)
]


def all_commands(group: click.Group, above: str = "rag") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        full = f"{above} {name}"
        found |= all_commands(command, full) if isinstance(command, click.Group) else {full: command}
    return found


class Corpus:
    """The sample reports, for looking up citations without an index."""

    def __init__(self) -> None:
        self.reports = {report.id: report for report in read_reports(find_reports([PROJECT / "corpus"]))}

    def report(self, report_id: str) -> Report:
        return self.reports[report_id]


def test_the_first_forty_lines_lead_to_a_cited_answer() -> None:
    assert "make ask" in START
    assert any(re.match(r"\[1\] \S+", line) for line in START)
    assert any(re.match(r" +rag cite \S+$", line) for line in START)


def test_the_settings_it_names_are_there() -> None:
    section = README.partition("## Configuration")[2].partition("\n## ")[0]
    named = {name for name in re.findall(r"`([a-z_]+)`", section) if name not in ("strict", "balanced", "eager")}
    assert {"index_dir", "generator", "refusal", "host"} <= named <= {item.name for item in fields(Config)}


def test_every_command_is_named_and_every_named_command_exists_with_its_options() -> None:
    commands = all_commands(main)
    named: set[str] = set()
    for line in COMMANDS:
        words = re.sub(r".*?(?:^|[ /])rag (?=[a-z])", "rag ", line, count=1).split()
        name, rest = "rag", words[1:]
        command: click.Command = main
        while isinstance(command, click.Group) and rest:
            below, found, rest = command.resolve_command(click.Context(command), rest)
            assert found is not None, f"no such command: {line}"
            name, command = f"{name} {below}", found
        if isinstance(command, click.Group):  # a group alone stands for its commands
            continue
        named.add(name)
        known = {option for parameter in command.params for option in parameter.opts}
        assert not [word for word in rest if word.startswith("--") and word not in known], line
    assert named == set(commands)


def test_every_make_target_is_there() -> None:
    targets = set(re.findall(r"^(\w+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = set(re.findall(r"(?:^|`|cpu )make (\w+)", README, re.M))
    assert {"ask", "test", "serve"} <= named <= targets


def test_every_picture_and_reference_is_there_and_named() -> None:
    linked = set(re.findall(r"\]\((docs/[^)]+)\)", README))
    assert linked == {f"docs/{path.name}" for path in (PROJECT / "docs").iterdir()}


def test_every_exit_code_of_an_error_is_explained() -> None:
    def codes(error: type[RagError]) -> set[int]:
        return {error.exit_code}.union(*(codes(below) for below in error.__subclasses__()))

    section = README.partition("Exit codes:")[2].partition("\n## ")[0]
    assert codes(RagError) <= set(map(int, re.findall(r"^\| (\d+) \|", section, re.M)))


def test_every_request_is_named_and_every_named_path_is_served() -> None:
    served = set(create_app(Config()).openapi()["paths"])
    named = set(re.findall(r"`(?:GET|POST) ([^?`]+)[^`]*`", README))
    assert named == served


def test_the_citations_shown_open_at_words_that_stand() -> None:
    identifiers = set(re.findall(r"rag cite (\S{20,})", README))
    assert identifiers
    corpus = Corpus()
    for identifier in identifiers:
        passage = look_up(identifier, corpus)
        assert passage.status == "current"
        assert f"“{' '.join(passage.quote.split())}”" in README


@pytest.mark.slow
def test_the_examples_in_python_give_the_answer_and_the_citations_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_process, over_http = re.findall(r"```python\n(.*?)```", README, re.S)
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    question = re.findall(r"^Q \?= (.+)$", makefile, re.M)[0]
    assert question in START
    assert question in in_process
    assert question in over_http
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAG_INDEX_DIR", str(tmp_path))
    build_index([PROJECT / "corpus"], load_config())
    names: dict[str, Any] = {}
    capsys.readouterr()

    exec(compile(in_process, "README.md", "exec"), names)
    answer = names["answer"]
    assert not answer.refused
    assert [citation.id for citation in answer.citations] == re.findall(r"rag cite (\S+)", "\n".join(START))
    text, *quotes = capsys.readouterr().out.splitlines()
    assert text in START
    assert [f"“{words}”" for words in quotes] == [line.strip() for line in START if line.strip().startswith("“")]

    pipeline = names["pipeline"]
    with serving(create_app(pipeline.config, open_pipeline=lambda _: pipeline)) as base:
        exec(compile(over_http.replace("http://127.0.0.1:8000", base), "README.md", "exec"), names)
    assert capsys.readouterr().out.splitlines() == [text, *(f"current {words}" for words in quotes)]
