"""The command line: what each command prints where, and the exit code it leaves."""

import json
import os
import re
import resource
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import click
import pytest
from click.testing import CliRunner, Result

from rag.answers import indexing
from rag.answers.indexing import BuildSummary
from rag.answers.pipeline import Pipeline
from rag.answers.query import Filters
from rag.cli import main
from rag.config import Config
from rag.errors import OverloadedError, SnapshotError
from rag.index.snapshot import Snapshot
from rag.service.schemas import AnswerBody, SearchBody
from tests.index.samples import HashEmbedder, sample_report
from tests.service.made import QUOTE, REPORTS, WrittenPipeline, small_snapshot

QUESTION = "甲市2018年新建了几所幼儿园?"
PROJECT = Path(__file__).parents[1]


def leaf_commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaf_commands(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of this machine, and no `rag.toml`, reaches the commands."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAG_MODELS_DIR", str(tmp_path / "models"))


@pytest.fixture
def index_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "snapshots"
    small_snapshot(folder).close()
    monkeypatch.setenv("RAG_INDEX_DIR", str(folder))
    return folder


@pytest.fixture
def pipeline(index_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WrittenPipeline]:
    config = Config(index_dir=index_dir)
    snapshot = Snapshot.open(index_dir, config=config)
    written = WrittenPipeline(snapshot, config)

    def open_written(config: Config) -> WrittenPipeline:
        written.config = config
        return written

    monkeypatch.setattr(Pipeline, "open", open_written)
    yield written
    snapshot.close()


def rag(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert "Traceback" not in result.output
    return result


class TestHelp:
    def test_it_answers_in_under_300_milliseconds(self) -> None:
        def seconds() -> float:
            """Processor time: what else a busy machine does is not the command's doing, and it waits for nothing."""
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-m", "rag", "--help"], check=True, capture_output=True, cwd=PROJECT)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

        assert min(seconds() for _ in range(5)) < 0.3

    def test_it_lists_the_exit_codes(self) -> None:
        result = rag("--help")
        assert result.exit_code == 0
        for code in ("0 ", "1 ", "2 ", "65 ", "66 ", "69 ", "70 ", "75 ", "78 ", "130 "):
            assert f"  {code}" in result.output

    @pytest.mark.parametrize("path", [path for path, _ in leaf_commands(main)], ids=" ".join)
    def test_every_command_shows_an_example_that_can_be_typed(self, path: tuple[str, ...]) -> None:
        result = rag(*path, "--help")
        assert result.exit_code == 0
        example = result.output.rpartition("Example:")[2]
        for name in ("gold", "passages", "questions", "dev", "test", "zh_refine", "zh_int"):
            Path(f"{name}.jsonl").touch()
        for name in ("README.md", "draft.txt"):
            Path(name).touch()
        Path("reports").mkdir()
        Path("shared").mkdir()
        program, *rest = shlex.split(example)
        assert program == "rag"
        command: click.Command | None = main
        while isinstance(command, click.Group):
            _, command, rest = command.resolve_command(click.Context(command), rest)
        assert command is dict(leaf_commands(main))[path]
        with command.make_context(path[-1], rest) as context:
            assert context.args == []

    def test_a_broken_configuration_does_not_keep_help_away(self) -> None:
        Path("rag.toml").write_text("nonsense = 1", encoding="utf-8")
        assert rag("ask", "--help").exit_code == 0
        result = rag("ask", QUESTION)
        assert result.exit_code == 78
        assert "unknown setting: nonsense" in result.stderr


class TestConfig:
    def test_the_settings_in_force_and_where_they_come_from(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Path("rag.toml").write_text("top_k = 3\nrefusal = 'strict'\n", encoding="utf-8")
        monkeypatch.setenv("RAG_TOP_K", "4")
        result = rag("config")
        assert result.exit_code == 0
        head, *lines = result.stdout.splitlines()
        assert head.split() == ["setting", "value", "from"]
        rows = {line.split()[0]: line.split()[1:] for line in lines}
        assert list(rows) == [item.name for item in fields(Config)]
        assert (rows["top_k"], rows["refusal"]) == (["4", "environment"], ['"strict"', "rag.toml"])
        assert (rows["port"], rows["offline"]) == (["8000"], ["false"])

    def test_json_has_the_values_in_their_types(self) -> None:
        file = Path("other.toml")
        file.write_text("generate = false\n", encoding="utf-8")
        found = {row.pop("name"): row for row in json.loads(rag("--config", "other.toml", "config", "--json").stdout)}
        assert found["generate"] == {"value": False, "origin": "other.toml"}
        assert found["dense_weight"] == {"value": 0.5, "origin": "default"}
        assert found["index_dir"] == {"value": "index", "origin": "default"}

    def test_the_reference_does_not_depend_on_what_is_configured(self) -> None:
        Path("rag.toml").write_text("nonsense = 1", encoding="utf-8")
        assert rag("config").exit_code == 78
        result = rag("config", "--reference")
        assert result.exit_code == 0
        assert result.stdout == (PROJECT / "docs/configuration.md").read_text(encoding="utf-8")
        assert "| `top_k` | `RAG_TOP_K` | whole number, at least 1 | `8` | sections read" in result.stdout
        assert '| `fusion` | `RAG_FUSION` | `zscore`, `rrf` | `"zscore"` | how dense and' in result.stdout


class TestAsk:
    def test_the_answer_with_its_citations_and_what_was_removed(self, pipeline: WrittenPipeline) -> None:
        result = rag("ask", QUESTION)
        assert result.exit_code == 0
        assert result.stdout == (
            "新建幼儿园3所。 [1]\n\n"
            "removed from the draft:\n"
            "  unsupported: 新建幼儿园5所。 (5所 is not in the cited words)\n\n"
            "[1] 甲市教育局2018年工作总结 › 一、学前教育\n"
            f"    “{QUOTE}”\n"
            f"    rag cite {pipeline.citation().id}\n"
        )
        assert result.stderr == ""

    def test_a_refusal_shows_the_nearest_sections(self, pipeline: WrittenPipeline) -> None:
        result = rag("ask", "费用是多少?")
        assert result.exit_code == 1
        assert result.stdout == "报告没有写到费用。\n\nnearest sections:\n  甲市教育局2018年工作总结 › 一、学前教育\n"

    def test_json_is_the_body_of_the_api(self, pipeline: WrittenPipeline) -> None:
        result = rag("ask", QUESTION, "--json")
        body = json.loads(result.stdout)
        AnswerBody.model_validate(body, strict=True, extra="forbid")
        assert body["answer"] == "新建幼儿园3所。 [1]"
        assert "\\u" not in result.stdout

    def test_filters_and_options_reach_the_pipeline(self, pipeline: WrittenPipeline) -> None:
        rag(
            "ask",
            QUESTION,
            "--report",
            "甲市-2018",
            "--region",
            "甲市",
            "--year",
            "2018",
            "--top-k",
            "3",
            "--no-generate",
        )
        filters = Filters(reports=("甲市-2018",), regions=("甲市",), years=(2018,))
        assert pipeline.asked == [(QUESTION, filters, None, 3)]
        assert pipeline.config.generate is False

    @pytest.mark.parametrize(
        ("arguments", "exit_code", "message"),
        [
            (("",), 65, "error: the question is empty\n"),
            (("几" * 1001,), 65, "error: the question has 1001 characters, at most 1000 are read\n"),
            ((QUESTION, "--region", "丙市"), 65, "error: no report has region 丙市"),
            ((), 2, "Missing argument 'QUESTION'"),
            ((QUESTION, "--year", "then"), 2, "'then' is not a valid integer range"),
            (("\udcff?",), 2, "it is not UTF-8"),
        ],
    )
    def test_what_cannot_be_used_has_its_exit_code(
        self, pipeline: WrittenPipeline, arguments: tuple[str, ...], exit_code: int, message: str
    ) -> None:
        result = rag("ask", *arguments)
        assert result.exit_code == exit_code
        assert message in result.stderr
        assert result.stdout == ""

    @pytest.mark.parametrize(
        ("error", "exit_code"),
        [
            (SnapshotError("there is no index in here", remedy="Run `rag index`."), 69),
            (OverloadedError("too much", retry_after_seconds=3), 75),
            (KeyboardInterrupt(), 130),
        ],
    )
    def test_errors_are_told_in_words(
        self, monkeypatch: pytest.MonkeyPatch, error: BaseException, exit_code: int
    ) -> None:
        def fail(_: Config) -> Pipeline:
            raise error

        monkeypatch.setattr(Pipeline, "open", fail)
        result = rag("ask", QUESTION)
        assert result.exit_code == exit_code
        assert result.stdout == ""
        assert result.stderr.startswith("error: " if exit_code != 130 else "interrupted")
        if isinstance(error, SnapshotError):
            assert result.stderr == "error: there is no index in here\nRun `rag index`.\n"

    def test_without_an_index_the_command_to_run_is_named(self) -> None:
        result = rag("ask", QUESTION)
        assert result.exit_code == 69
        assert "rag index" in result.stderr


class TestSearch:
    def test_hits_best_first(self, pipeline: WrittenPipeline) -> None:
        result = rag("search", "幼儿园", "--top-k", "1")
        assert result.exit_code == 0
        assert result.stdout == (
            "1. 乙市教育局2019年工作总结 › 一、学前教育  (2.00)\n   一、学前教育 新建幼儿园7所，增加学位700个。\n"
        )

    def test_json_is_the_body_of_the_api(self, pipeline: WrittenPipeline) -> None:
        body = SearchBody.model_validate_json(rag("search", "幼儿园", "--json").stdout)
        assert [hit.score for hit in body.hits] == sorted((hit.score for hit in body.hits), reverse=True)

    def test_nothing_found(self, pipeline: WrittenPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pipeline, "search", lambda *_, **__: [])
        result = rag("search", "幼儿园")
        assert (result.exit_code, result.stdout) == (1, "")

    def test_no_generator_is_loaded(self, pipeline: WrittenPipeline) -> None:
        rag("search", "幼儿园")
        assert pipeline.config.generate is False


class TestChat:
    def chat(self, *lines: str) -> Result:
        result = CliRunner().invoke(main, ["chat"], input="".join(f"{line}\n" for line in lines))
        assert "Traceback" not in result.output
        return result

    def test_a_question_leans_on_those_before_it_until_the_input_ends(self, pipeline: WrittenPipeline) -> None:
        result = self.chat(QUESTION, "", "  乙市呢? ")
        assert result.exit_code == 0
        assert [question for question, *_ in pipeline.asked] == [QUESTION, "乙市呢?"]
        assert pipeline.history == (QUESTION,)
        assert result.stdout.count("新建幼儿园3所。 [1]") == 2
        assert ">" not in result.stdout.splitlines()[0]  # nobody types, so nobody is asked

    def test_it_can_be_told_to_forget_and_to_quit(self, pipeline: WrittenPipeline) -> None:
        result = self.chat(QUESTION, "/new", "乙市呢?", "/quit", "never asked")
        assert result.exit_code == 0
        assert [question for question, *_ in pipeline.asked] == [QUESTION, "乙市呢?"]
        assert pipeline.history == ()

    def test_a_question_that_cannot_be_used_is_told_and_forgotten(self, pipeline: WrittenPipeline) -> None:
        result = self.chat("长" * 1001, QUESTION)
        assert result.exit_code == 0
        assert "1001 characters" in result.stderr
        assert pipeline.history == ()
        assert "新建幼儿园3所。 [1]" in result.stdout

    def test_an_interrupt_ends_the_answer_and_not_the_conversation(self, pipeline: WrittenPipeline) -> None:
        pipeline.fault = KeyboardInterrupt()
        result = self.chat(QUESTION, "/quit")
        assert (result.exit_code, result.stdout) == (0, "")
        assert "interrupted" in result.stderr
        assert pipeline.closed.is_set()

    def test_filters_and_options_reach_the_pipeline(self, pipeline: WrittenPipeline) -> None:
        CliRunner().invoke(main, ["chat", "--no-generate", "--region", "甲市"], input=QUESTION)
        assert pipeline.config.generate is False
        assert pipeline.asked == [(QUESTION, Filters(regions=("甲市",)), None, None)]


class TestColours:
    def test_none_in_a_pipe_nor_where_they_are_not_wanted(
        self, pipeline: WrittenPipeline, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "\033" not in rag("ask", QUESTION).stdout
        assert "\033[" in CliRunner().invoke(main, ["ask", QUESTION], color=True).stdout
        monkeypatch.setenv("NO_COLOR", "1")
        plain = CliRunner().invoke(main, ["ask", QUESTION], color=True)
        assert plain.stdout == rag("ask", QUESTION).stdout


class TestCompletion:
    def completed(self, words: str, *, shell: str = "bash") -> list[str]:
        environment = {"_RAG_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        return CliRunner().invoke(main, prog_name="rag", env=environment).stdout.split()

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_every_shell_has_its_script(self, shell: str) -> None:
        script = CliRunner().invoke(main, prog_name="rag", env={"_RAG_COMPLETE": f"{shell}_source"}).stdout
        assert f"_RAG_COMPLETE={shell}_complete" in script

    def test_commands_and_options(self) -> None:
        assert self.completed("rag ch") == ["plain,chat"]
        assert self.completed("rag ask --no") == ["plain,--no-generate"]
        assert "chat" in self.completed("rag ch", shell="zsh")

    def test_what_the_index_holds(self, index_dir: Path) -> None:
        assert self.completed("rag ask --report ") == ["plain,乙市-2019", "plain,甲市-2018"]
        assert self.completed("rag search --region 甲") == ["plain,甲市"]
        assert self.completed("rag chat --year 201") == ["plain,2019", "plain,2018"]

    def test_nothing_without_an_index(self) -> None:
        assert self.completed("rag ask --report ") == []


class TestCite:
    def test_the_words_in_their_surroundings(self, pipeline: WrittenPipeline) -> None:
        result = rag("cite", pipeline.citation().id)
        assert result.exit_code == 0
        assert result.stdout.startswith("current: 甲市教育局2018年工作总结 › 一、学前教育 (characters 40 to 57)\n")
        assert f"一、学前教育\n【{QUOTE}】\n二、义务教育" in result.stdout

    def test_a_citation_survives_a_rebuild_and_ends_with_its_report(
        self, pipeline: WrittenPipeline, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        identifier = pipeline.citation().id
        small_snapshot(Path("rebuilt")).close()
        monkeypatch.setenv("RAG_INDEX_DIR", "rebuilt")
        body = json.loads(rag("cite", identifier, "--json").stdout)
        assert (body["status"], body["quote"]) == ("current", QUOTE)
        small_snapshot(Path("without"), reports=REPORTS[1:]).close()
        monkeypatch.setenv("RAG_INDEX_DIR", "without")
        result = rag("cite", identifier)
        assert result.exit_code == 1
        assert result.stdout == "withdrawn: 甲市-2018 (characters 40 to 57)\n"

    def test_an_id_that_is_none(self, index_dir: Path) -> None:
        result = rag("cite", "nothing")
        assert result.exit_code == 66
        assert "'nothing' is not a citation id" in result.stderr


class TestReports:
    def test_the_list(self, index_dir: Path) -> None:
        lines = rag("reports").stdout.splitlines()
        assert lines[0].split() == [
            "id",
            "title",
            "region",
            "years",
            "kind",
            "day",
            "in",
            "force",
            "characters",
            "sections",
        ]
        assert [line.split()[:4] for line in lines[1:]] == [
            ["乙市-2019", "乙市教育局2019年工作总结", "乙市", "2019"],
            ["甲市-2018", "甲市教育局2018年工作总结", "甲市", "2018"],
        ]

    def test_json(self, index_dir: Path) -> None:
        body = json.loads(rag("reports", "--json").stdout)
        assert [report["id"] for report in body["reports"]] == ["乙市-2019", "甲市-2018"]


class TestIndex:
    @pytest.fixture
    def built(self, monkeypatch: pytest.MonkeyPatch) -> list[list[Path]]:
        calls: list[list[Path]] = []

        def build(paths: Any, config: Config, *, progress: Any) -> BuildSummary:
            calls.append(list(paths))
            progress("vectors", 1, 2)
            progress("vectors", 2, 2)
            return BuildSummary(snapshot="s1", reports=2, sections=9, chunks=10, seconds=1.25)

        monkeypatch.setattr(indexing, "build_index", build)
        return calls

    def test_given_folders(self, built: list[list[Path]]) -> None:
        result = rag("index", "here", "there")
        assert built == [[Path("here"), Path("there")]]
        assert result.stdout == "2 reports, 9 sections, 10 chunks in 1.2 s: index/s1\n"
        assert result.stderr == ""

    def test_the_configured_corpus(self, built: list[list[Path]]) -> None:
        body = json.loads(rag("index", "--json").stdout)
        assert built == [[]]
        assert (body["snapshot"], body["reports"], body["chunks"]) == ("s1", 2, 10)

    def test_a_folder_that_is_not_there(self) -> None:
        result = rag("index", "nowhere")
        assert result.exit_code == 65
        assert "nowhere" in result.stderr


class TestLivingIndex:
    @pytest.fixture(autouse=True)
    def embedder(self, index_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(indexing, "open_embedder", lambda _: HashEmbedder())

    def test_add_remove_and_build_anew(self, index_dir: Path, tmp_path: Path) -> None:
        Path("丙.txt").write_text(sample_report("丙").text, encoding="utf-8")
        result = rag("index", "add", "丙.txt")
        assert result.exit_code == 0
        assert re.fullmatch(rf"3 reports, 15 sections, 15 chunks in \d+\.\d s: {index_dir}/\S+\n", result.stdout)
        assert (index_dir / "added" / "丙.txt").exists()
        body = json.loads(rag("index", "remove", "乙市-2019", "甲市-2018", "--json").stdout)
        assert body["reports"] == 1
        assert json.loads(rag("index", "--json").stdout)["snapshot"] == body["snapshot"]
        result = rag("index", "remove", "乙市-2019")
        assert result.exit_code == 66
        assert "'乙市-2019'" in result.stderr

    def test_verify_says_what_is_damaged_and_how_to_mend_it(self, index_dir: Path) -> None:
        result = rag("index", "verify")
        assert result.exit_code == 0
        assert result.stdout.endswith(": 2 reports, 10 chunks, all as it should be\n")
        (vectors,) = index_dir.glob("*/vectors.faiss")
        vectors.write_bytes(vectors.read_bytes()[::-1])
        result = rag("index", "verify")
        assert result.exit_code == 69
        assert "vectors.faiss is damaged" in result.stderr
        assert "Run `rag index`" in result.stderr

    def test_export_and_import(self, index_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (snapshot,) = index_dir.glob("*Z-*")
        assert rag("index", "export", "all.tar").stdout == f"all.tar: {snapshot.name}, 7 files\n"
        monkeypatch.setenv("RAG_INDEX_DIR", "moved")
        assert rag("index", "import", "all.tar").stdout == f"moved/{snapshot.name}\n"
        assert rag("reports").stdout.count("教育局") == 2
        result = rag("index", "import", "nowhere.tar")
        assert result.exit_code == 65
        assert "nowhere.tar cannot be imported" in result.stderr

    def test_snapshots_and_prune(self, index_dir: Path) -> None:
        rag("index", "remove", "乙市-2019")
        listed = json.loads(rag("index", "snapshots", "--json").stdout)
        assert [(entry["reports"], entry["live"]) for entry in listed] == [(2, False), (1, True)]
        (index_dir / listed[0]["name"] / "manifest.json").write_text("{", encoding="utf-8")
        lines = rag("index", "snapshots").stdout.splitlines()
        assert lines[0].split() == ["name", "made", "reports", "chunks", "size"]
        assert "manifest.json cannot be read" in lines[1]
        assert lines[2].split()[2:] == ["1", "5", "0", "MB", "live"]
        assert rag("index", "prune", "--keep", "1").stdout == f"{listed[1]['name']}\n"
        assert not (index_dir / listed[0]["name"]).exists()
        assert rag("index", "prune").exit_code == 2

    def test_a_folder_called_like_a_command_is_indexed_by_its_path(self) -> None:
        Path("add").mkdir()
        Path("add", "丙.txt").write_text(sample_report("丙").text, encoding="utf-8")
        assert rag("index", "./add").stdout.startswith("1 reports")
        assert rag("index", "build", "add").stdout.startswith("1 reports")
        assert rag("index", "add").exit_code == 65


class TestModels:
    def test_the_list_says_what_is_not_there(self, tmp_path: Path) -> None:
        result = rag("models", "list")
        assert result.exit_code == 0
        line = next(line for line in result.stdout.splitlines() if line.startswith("multilingual-e5-small"))
        assert "yes" in line.split()
        assert "no: " in line
        listed = json.loads(rag("models", "list", "--json").stdout)
        assert {model["provided"] for model in listed} == {False}

    def test_pulling_without_a_network_says_what_to_do(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RAG_OFFLINE", "true")
        result = rag("models", "pull", "multilingual-e5-small")
        assert result.exit_code == 69
        assert "RAG_MODELS_SOURCE_DIR" in result.stderr

    def test_verifying_what_is_not_there_fails(self) -> None:
        result = rag("models", "verify")
        assert result.exit_code == 1
        assert result.stderr.count("rag models pull") == 2

    def test_an_unknown_model(self) -> None:
        assert rag("models", "pull", "no such model").exit_code in (69, 78)


class TestDoctor:
    def test_it_says_what_to_do(self) -> None:
        result = rag("doctor")
        assert result.exit_code == 1
        assert "ok    python: 3.11" in result.stdout
        assert "FAIL  index: there is no index in index\n      Run `rag index`" in result.stdout
        assert "Run `rag models pull multilingual-e5-small`." in result.stdout
        checks = {check["name"]: check["ok"] for check in json.loads(rag("doctor", "--json").stdout)}
        assert checks["prompts"] is True
        assert checks["index"] is False


class TestServe:
    def test_a_port_that_is_taken(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            result = rag("serve", "--port", str(port))
        assert result.exit_code == 78
        assert f"cannot listen on 127.0.0.1 port {port}" in result.stderr

    def test_it_prints_its_address_and_ends_on_an_interrupt(self, tmp_path: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        with subprocess.Popen(
            [sys.executable, "-m", "rag", "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            text=True,
            # Whoever runs the tests in the background has them ignore the signal, and a child inherits that.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
        ) as process:
            try:
                assert process.stdout is not None
                address = process.stdout.readline().strip()
                assert address.startswith("http://127.0.0.1:")
                with urlopen(f"{address}/healthz", timeout=30) as response:
                    assert json.load(response)["status"] == "alive"
                process.send_signal(signal.SIGINT)
                assert process.wait(30) == 130
            finally:
                process.kill()
