"""`rag eval`: which function each form of it calls with what, and what is printed of the result."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rag.cli import main
from rag.config import Config
from rag.errors import InputError
from rag.evaluation import benchmarks, rgb, runs, scorecard
from rag.evaluation.benchmarks import Benchmark
from rag.evaluation.scorecard import BEGIN, END, Scorecard, read_scorecard

Calls = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with what the commands are given, where no setting of this machine reaches them."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)
    for name in ("gold.jsonl", "a.jsonl", "b.jsonl"):
        Path(name).touch()
    for name in ("reports", "other", "all"):
        Path(name).mkdir()


def evaluate(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["eval", *arguments])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


class Evaluation:
    def table(self) -> str:
        return "the table"

    def failures(self) -> str:
        return "the failures"

    def as_json(self) -> dict[str, Any]:
        return {"total": {"right": 1.0}, "kinds": {}, "rows": []}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Every call of an evaluation function, in place of it: its name and its arguments."""
    calls: Calls = []

    def evaluate_gold(gold: Path, reports: Any, config: Config, *, distractors: Any, progress: Any) -> Evaluation:
        calls.append({"gold": gold, "reports": reports, "distractors": distractors, "generate": config.generate})
        progress("asking", 1, 1)
        return Evaluation()

    def measure_retrieval(passages: Path, questions: Path, *, config: Config, limit: Any, progress: Any) -> Benchmark:
        calls.append({"passages": passages, "questions": questions, "limit": limit})
        progress("searching", 1, 1)
        return Benchmark("retrieval", {questions.name: {"mrr@10": 0.85}}, {questions.name: [{"ranks": [1]}]})

    def measure_reader(files: Any, *, config: Config, limit: Any, progress: Any) -> Benchmark:
        calls.append({"reader": files, "limit": limit})
        return Benchmark("reader", {path.name: {"f1": 0.5} for path in files}, {path.name: [] for path in files})

    def measure_rgb(files: Any, *, config: Config, limit: Any, progress: Any) -> Benchmark:
        calls.append({"rgb": files, "limit": limit})
        return Benchmark("rgb", {path.name: {"refusal": 1.0} for path in files}, {path.name: [] for path in files})

    def measure_all(folder: Path, config: Config, *, limit: Any, progress: Any) -> Scorecard:
        calls.append({"all": folder, "limit": limit})
        return Scorecard({"dev.jsonl": {"questions": 91, "right": 0.9623}})

    monkeypatch.setattr(runs, "evaluate_gold", evaluate_gold)
    monkeypatch.setattr(benchmarks, "measure_retrieval", measure_retrieval)
    monkeypatch.setattr(benchmarks, "measure_reader", measure_reader)
    monkeypatch.setattr(rgb, "measure_rgb", measure_rgb)
    monkeypatch.setattr(scorecard, "measure_all", measure_all)
    return calls


class TestHelp:
    def test_it_lists_every_form_with_an_example(self) -> None:
        result = evaluate("--help")
        assert result.exit_code == 0
        listed = result.stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
        assert [line.split()[0] for line in listed] == ["GOLD", "--all", "retrieval", "reader", "rgb"]
        assert not any(line.endswith("...") for line in listed)
        examples = result.stdout.partition("Examples:\n")[2].splitlines()
        for start in ("gold.jsonl --reports", "retrieval ", "reader ", "rgb ", "--all "):
            assert sum(line.startswith(f"    rag eval {start}") for line in examples) == 1
        assert evaluate("-h").stdout == result.stdout

    @pytest.mark.parametrize(
        ("arguments", "usage"),
        [
            (("GOLD",), "GOLD --reports DIR [OPTIONS]"),
            (("gold.jsonl",), "GOLD --reports DIR [OPTIONS]"),
            (("--all",), "--all [OPTIONS] FOLDER"),
            (("rgb",), "rgb [OPTIONS] FILE..."),
        ],
    )
    def test_each_form_has_its_own(self, arguments: tuple[str, ...], usage: str) -> None:
        result = evaluate(*arguments, "--help")
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: main eval {usage}\n")

    def test_nothing_at_all_shows_it(self) -> None:
        result = evaluate()
        assert result.exit_code == 2
        assert "retrieval" in result.stderr


class TestGold:
    def test_the_table(self, calls: Calls) -> None:
        result = evaluate("gold.jsonl", "--reports", "reports")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "the table\n", "")
        expected = {"gold": Path("gold.jsonl"), "reports": (Path("reports"),), "distractors": (), "generate": True}
        assert calls == [expected]

    def test_options_may_stand_before_the_file(self, calls: Calls) -> None:
        assert evaluate("--json", "--reports", "reports", "gold.jsonl").exit_code == 0
        assert calls[0]["gold"] == Path("gold.jsonl")

    def test_distractors(self, calls: Calls) -> None:
        evaluate("gold.jsonl", "--reports", "reports", "--distractors", "other", "--distractors", "all")
        assert calls[0]["reports"] == (Path("reports"),)
        assert calls[0]["distractors"] == (Path("other"), Path("all"))

    def test_the_failures_below_it(self, calls: Calls) -> None:
        result = evaluate("gold.jsonl", "--reports", "reports", "--failures", "--no-generate")
        assert result.stdout == "the table\n\nthe failures\n"
        assert calls[0]["generate"] is False

    def test_json(self, calls: Calls) -> None:
        result = evaluate("gold.jsonl", "--reports", "reports", "--json", "--failures")
        assert json.loads(result.stdout) == {"total": {"right": 1.0}, "kinds": {}, "rows": []}

    def test_a_file_with_the_name_of_a_command(self, calls: Calls) -> None:
        Path("rgb").touch()
        assert evaluate("./rgb", "--reports", "reports").exit_code == 0
        assert calls[0]["gold"] == Path("rgb")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("none.jsonl", "--reports", "reports"), "File 'none.jsonl' does not exist"),
            (("gold.jsonl",), "Missing option '--reports'"),
            (("--reports", "reports"), "Missing argument 'GOLD'"),
            (("gold.jsonl", "--reports", "reports", "--distractors", "none"), "Path 'none' does not exist"),
        ],
    )
    def test_what_cannot_be_used(self, calls: Calls, arguments: tuple[str, ...], message: str) -> None:
        result = evaluate(*arguments)
        assert result.exit_code == 2
        assert message in result.stderr
        assert calls == []


class TestPublicSets:
    def test_retrieval(self, calls: Calls) -> None:
        result = evaluate("retrieval", "a.jsonl", "b.jsonl", "--limit", "7")
        assert result.exit_code == 0
        assert [line.split() for line in result.stdout.splitlines()] == [["retrieval", "b.jsonl"], ["mrr@10", "0.850"]]
        assert calls == [{"passages": Path("a.jsonl"), "questions": Path("b.jsonl"), "limit": 7}]

    def test_retrieval_as_json(self, calls: Calls) -> None:
        assert json.loads(evaluate("retrieval", "a.jsonl", "b.jsonl", "--json").stdout) == {
            "benchmark": "retrieval",
            "files": {"b.jsonl": {"mrr@10": 0.85}},
            "rows": {"b.jsonl": [{"ranks": [1]}]},
        }
        assert calls[0]["limit"] is None

    @pytest.mark.parametrize(("name", "figure"), [("reader", ["f1", "0.500"]), ("rgb", ["refusal", "1.000"])])
    def test_files(self, calls: Calls, name: str, figure: list[str]) -> None:
        result = evaluate(name, "a.jsonl", "--limit", "3", "b.jsonl")
        assert result.exit_code == 0
        lines = [line.split() for line in result.stdout.splitlines()]
        assert lines == [[name, "a.jsonl", "b.jsonl"], [*figure, figure[1]]]
        assert calls == [{name: (Path("a.jsonl"), Path("b.jsonl")), "limit": 3}]
        body = json.loads(evaluate(name, "b.jsonl", "--json").stdout)
        assert body["files"] == {"b.jsonl": {figure[0]: float(figure[1])}}

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("retrieval", "a.jsonl"), "Missing argument 'QUESTIONS'"),
            (("reader",), "Missing argument"),
            (("rgb", "none.jsonl"), "File 'none.jsonl' does not exist"),
            (("rgb", "a.jsonl", "--limit", "0"), "0 is not in the range x>=1"),
        ],
    )
    def test_what_cannot_be_used(self, calls: Calls, arguments: tuple[str, ...], message: str) -> None:
        result = evaluate(*arguments)
        assert result.exit_code == 2
        assert message in result.stderr
        assert calls == []

    def test_a_file_that_is_no_question_set(self) -> None:
        Path("a.jsonl").write_text('{"id": "1"}\n[]\n', encoding="utf-8")
        result = evaluate("retrieval", "b.jsonl", "a.jsonl")
        assert result.exit_code == 65
        assert result.stderr == (
            "error: a.jsonl, line 2: is not a JSON object\nMend that line: one JSON object a line.\n"
        )


class TestAll:
    def test_the_scorecard(self, calls: Calls) -> None:
        result = evaluate("--all", "all")
        assert result.exit_code == 0
        assert [line.split() for line in result.stdout.splitlines()] == [
            ["measured", "on", "measure", "value"],
            ["dev.jsonl", "questions", "91"],
            ["dev.jsonl", "right", "0.962"],
        ]
        assert calls == [{"all": Path("all"), "limit": None}]

    def test_options_may_stand_before_it(self, calls: Calls) -> None:
        result = evaluate("--limit", "5", "--json", "--all", "all")
        assert json.loads(result.stdout) == {"dev.jsonl": {"questions": 91, "right": 0.9623}}
        assert calls == [{"all": Path("all"), "limit": 5}]

    def test_the_readme_is_compared_with_and_then_written(self, calls: Calls) -> None:
        readme = Path("README.md")
        readme.write_text(f"# Title\n{BEGIN}\n| dev.jsonl | right | 0.975 |\n{END}\nEnd\n", encoding="utf-8")
        result = evaluate("--all", "all", "--readme", "README.md")
        assert result.exit_code == 0
        assert result.stdout.splitlines()[2].split() == ["dev.jsonl", "right", "0.962", "0.975", "worse"]
        assert read_scorecard(readme) == {"dev.jsonl": {"questions": 91, "right": 0.962}}
        assert readme.read_text(encoding="utf-8").endswith(f"{END}\nEnd\n")

    def test_figures_are_printed_though_the_readme_has_no_place_for_them(self, calls: Calls) -> None:
        Path("README.md").write_text("# Title\n", encoding="utf-8")
        result = evaluate("--all", "all", "--readme", "README.md")
        assert result.exit_code == 65
        assert "0.962" in result.stdout
        assert "error: README.md has no place for the scorecard" in result.stderr

    def test_a_readme_that_cannot_be_read_is_told_before_anything_is_measured(self, calls: Calls) -> None:
        Path("README.md").write_bytes(b"\xff\xfe\xff")
        assert evaluate("--all", "all", "--readme", "README.md").exit_code == 65
        assert calls == []

    def test_an_error_of_the_measuring(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(folder: Path, config: Config, **others: Any) -> Scorecard:
            raise InputError(f"{folder} holds nothing to measure", remedy="Give another.")

        monkeypatch.setattr(scorecard, "measure_all", fail)
        result = evaluate("--all", "all")
        assert (result.exit_code, result.stdout) == (65, "")
        assert result.stderr == "error: all holds nothing to measure\nGive another.\n"

    @pytest.mark.parametrize("arguments", [("--all",), ("--all", "none"), ("gold.jsonl", "--all", "all")])
    def test_what_cannot_be_used(self, calls: Calls, arguments: tuple[str, ...]) -> None:
        assert evaluate(*arguments).exit_code == 2
        assert calls == []
