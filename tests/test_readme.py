"""What the READMEs say, held against the program: its commands, settings, exit codes, requests and citations."""

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
README, CHINESE = ((PROJECT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
in_both_languages = pytest.mark.parametrize("readme", [README, CHINESE], ids=["en", "zh"])


def start_of(readme: str) -> list[str]:
    return readme.splitlines()[:40]


def code_in(readme: str) -> str:
    """What stands in code, fenced blocks and inline spans, one a line; comments and Python aside."""
    shown = re.sub(r"<!--.*?-->|```python\n.*?```\n", "", readme, flags=re.S)
    return "\n".join("".join(pair) for pair in re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", shown, re.S))


def commands_in(readme: str) -> list[str]:
    return [line.strip() for line in code_in(readme).splitlines() if re.search(r"(?:^|[ /])rag [a-z]", line)]


def anchors(readme: str) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", readme, flags=re.S), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


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


@in_both_languages
def test_the_first_forty_lines_lead_to_a_cited_answer(readme: str) -> None:
    start = start_of(readme)
    assert "make ask" in start
    assert any(re.match(r"\[1\] \S+", line) for line in start)
    assert any(re.match(r" +rag cite \S+$", line) for line in start)


def test_both_say_the_same_in_their_language() -> None:
    def told(readme: str) -> list[str]:
        blocks = re.findall(r"```(?:sh|json|python)\n.*?```", readme, re.S)
        # Comments, and the line breaks of the table, are in the language of the reader.
        return [re.sub(r" {2,}#.*$", "", block, flags=re.M) for block in blocks]

    assert told(CHINESE) == told(README)
    for first_cells in (
        r"^\| (`rag .+?) \|",
        r"^\| (`(?:GET|POST|PUT|DELETE) .+?) \|",
        r"^\| (\d+) \|",
        r"^\| (`[\w.-]+`) \|",
    ):
        assert re.findall(first_cells, CHINESE, re.M) == re.findall(first_cells, README, re.M), first_cells
    assert len(re.findall(r"^## ", CHINESE, re.M)) == len(re.findall(r"^## ", README, re.M))
    assert "](README.zh-CN.md)" in README
    assert "](README.md)" in CHINESE


@in_both_languages
def test_its_links_lead_somewhere(readme: str) -> None:
    for file, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", readme):
        assert not file or (PROJECT / file).exists(), file
        if anchor:
            assert anchor in anchors((PROJECT / file).read_text(encoding="utf-8") if file else readme)


@in_both_languages
def test_the_settings_it_names_are_there(readme: str) -> None:
    (section,) = re.findall(r"^## (?:Configuration|配置)\n(.*?)^## ", readme, re.M | re.S)
    named = {name for name in re.findall(r"`([a-z_]+)`", section) if name not in ("strict", "balanced", "eager")}
    assert {"index_dir", "generator", "refusal", "host"} <= named <= {item.name for item in fields(Config)}


@in_both_languages
def test_every_command_is_named_and_every_named_command_exists_with_its_options(readme: str) -> None:
    commands = all_commands(main)
    named: set[str] = set()
    for line in commands_in(readme):
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


@in_both_languages
def test_every_make_target_is_there(readme: str) -> None:
    targets = set(re.findall(r"^(\w+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = set(re.findall(r"(?:^|`|cpu )make (\w+)", readme, re.M))
    assert {"ask", "test", "serve"} <= named <= targets


def test_every_picture_and_reference_is_there_and_named() -> None:
    linked = set(re.findall(r"\]\((docs/[^)]+)\)", README + CHINESE))
    assert linked == {f"docs/{path.name}" for path in (PROJECT / "docs").iterdir()}


@in_both_languages
def test_every_exit_code_of_an_error_is_explained(readme: str) -> None:
    def codes(error: type[RagError]) -> set[int]:
        return {error.exit_code}.union(*(codes(below) for below in error.__subclasses__()))

    section = re.split(r"^(?:Exit codes:|退出码：)$", readme, flags=re.M)[1].partition("\n## ")[0]
    assert codes(RagError) <= set(map(int, re.findall(r"^\| (\d+) \|", section, re.M)))


@in_both_languages
def test_every_request_is_named_and_every_named_path_is_served(readme: str) -> None:
    served = set(create_app(Config()).openapi()["paths"])
    named = set(re.findall(r"`(?:GET|POST) ([^?`]+)[^`]*`", readme))
    assert named == served


@in_both_languages
def test_the_citations_shown_open_at_words_that_stand(readme: str) -> None:
    identifiers = set(re.findall(r"rag cite (\S{20,})", readme))
    assert identifiers
    corpus = Corpus()
    for identifier in identifiers:
        passage = look_up(identifier, corpus)
        assert passage.status == "current"
        assert f"“{' '.join(passage.quote.split())}”" in readme


@pytest.mark.slow
def test_the_examples_in_python_give_the_answer_and_the_citations_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_process, over_http = re.findall(r"```python\n(.*?)```", README, re.S)
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    question = re.findall(r"^Q \?= (.+)$", makefile, re.M)[0]
    start = start_of(README)
    assert question in start
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
    assert [citation.id for citation in answer.citations] == re.findall(r"rag cite (\S+)", "\n".join(start))
    text, *quotes = capsys.readouterr().out.splitlines()
    assert text in start
    assert [f"“{words}”" for words in quotes] == [line.strip() for line in start if line.strip().startswith("“")]

    pipeline = names["pipeline"]
    with serving(create_app(pipeline.config, open_pipeline=lambda _: pipeline)) as base:
        exec(compile(over_http.replace("http://127.0.0.1:8000", base), "README.md", "exec"), names)
    assert capsys.readouterr().out.splitlines() == [text, *(f"current {words}" for words in quotes)]
