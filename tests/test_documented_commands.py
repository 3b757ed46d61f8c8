"""Every command that the documents show, taken from them and executed over the sample reports."""

import functools
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from mcp import Client, StdioServerParameters, stdio_client

from rag.answers import indexing, pipeline
from rag.cli import main
from rag.config import Config
from rag.errors import ModelError
from rag.evaluation.scorecard import BEGIN
from rag.models import embedder, generator, judge, reader
from tests.models.test_server import Reply, model_server, stream
from tests.service.test_mcp import talk

PROJECT = Path(__file__).parents[1]
BIN = PROJECT / ".venv" / "bin"
DOCUMENTS = [PROJECT / "README.md", PROJECT / "README.zh-CN.md", *sorted((PROJECT / "docs").glob("*.md"))]
QUESTION = "疫情期间绵阳的学校可以从哪四种网课模式里挑选？"
QUOTE = "网课有四种模式供学校自选，分别是资源推送、网络课堂、网络学习空间和数字电视IPTV频道。"
CITATION = "bWlhbnlhbmctMjAxOS1zZWxmLWFzc2Vzc21lbnQK5LqMLyjkupQpCjU0MAo1ODQKMWYwMzc4YjM4NWVk"
PATIENCE = 240  # seconds that a program may take to load the models and answer, on a busy machine

_SPAN = r"`([^`\n]+)`"
_PROGRAM = re.compile(r"(?:[A-Z_]+=\S+ )*(?:make|rag|\.venv/bin/\w+|python|pip|apt-get|curl|docker|eval) .")


def documented(text: str) -> tuple[list[str], list[str]]:
    """The commands that a document shows, in its `sh` blocks and at the head of its tables, and those that it names."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)).replace("\\\n", " ").splitlines()
    heads = re.findall(_SPAN, "\n".join(re.findall(r"^\| (.+?) \|", prose, re.M)))
    shown = [*blocks, *filter(_PROGRAM.match, heads)]
    named = filter(_PROGRAM.match, re.findall(_SPAN, prose))
    return list(map(plain, shown)), list(map(plain, named))


def plain(command: str) -> str:
    """Without its comment, and as one types it where `.venv/bin` is on the path."""
    return " ".join(re.sub(r"\s+#.*", "", command).replace(".venv/bin/rag", "rag").split())


def documented_everywhere() -> list[str]:
    """All that is shown, and what else is named, but for words that only begin a command shown in full."""
    read = [documented(path.read_text(encoding="utf-8")) for path in DOCUMENTS]
    shown = dict.fromkeys(command for commands, _ in read for command in commands)
    named = dict.fromkeys(command for _, commands in read for command in commands)
    begun = {name for name in named for other in {**shown, **named} if other.startswith(f"{name} ")}
    return [command for command in {**shown, **named} if command in shown or command not in begun]


COMMANDS = documented_everywhere()


@dataclass(frozen=True)
class Run:
    """A command with values for what it leaves open, and what it prints; it ends with 0."""

    command: str
    shows: str
    input: str = ""
    environment: dict[str, str] = field(default_factory=dict)


# The evaluations need no generator to be shown at work; the questions above them are answered with it.
_FAST = {"RAG_GENERATE": "false"}
_FIGURES = r"n +R@1 .*\ntotal +3 +1\.000"
_SCORES = r"gold\.jsonl +questions +3 *\n(.*\n)*noise\.jsonl +questions +1 *\n(.*\n)*made\.jsonl +questions +1 *\n"
RUNS = {
    "rag models pull": Run("rag models pull", r"multilingual-e5-small: \S+\nqwen2\.5-coder-0\.5b-instruct: "),
    "rag models list": Run("rag models list", r"qwen2\.5-coder-0\.5b-instruct +generator +Apache-2\.0 +yes"),
    "rag models verify": Run("rag models verify", r"multilingual-e5-small: \d+ files as they should be"),
    "rag index [PATH…]": Run("rag index corpus reports", "^6 reports"),
    "rag index FOLDER": Run("rag index reports", "^1 reports"),
    "rag index add PATH…": Run("rag index add 2019.txt", "^6 reports"),
    "rag index remove ID…": Run("rag index remove leshan-2020-priorities", "^4 reports"),
    "rag index verify": Run("rag index verify", "5 reports, .* all as it should be"),
    "rag index export FILE": Run("rag index export again.tar", r"^again\.tar: "),
    "rag index import FILE": Run("rag index import reports.tar", "^index/"),
    "rag index snapshots": Run("rag index snapshots", r" 5 .* live$"),
    "rag index prune --keep N": Run("rag index prune --keep 1", "^$"),
    "rag ask QUESTION": Run(f"rag ask {QUESTION}", rf"\[1\]\n\n\[1\] 绵阳市.*\n +“{QUOTE}”\n +rag cite {CITATION}"),
    "rag chat": Run("rag chat", QUOTE, input=f"{QUESTION}\n/quit\n"),
    "rag search QUERY": Run("rag search 网课模式", r"^1\. 绵阳市"),
    "rag verify FILE": Run("rag verify draft.txt", "^supported  2018年有481名"),
    "rag cite ID": Run(f"rag cite {CITATION}", f"^current: 绵阳市(.|\n)*【{QUOTE}】"),
    "rag reports": Run("rag reports", "chengdu-2018-summary +成都市"),
    "rag config": Run("rag config", r"^top_k +8$"),
    "rag serve --reference": Run("rag serve --reference", "^# HTTP API\n"),
    "rag config --reference": Run("rag config --reference", "^# Configuration\n"),
    "rag doctor": Run("rag doctor", "ok +.*index"),
    "rag eval GOLD --reports DIR --no-generate --curve docs/risk-coverage.svg": Run(
        "rag eval gold.jsonl --reports corpus --no-generate --curve docs/risk-coverage.svg", _FIGURES
    ),
    "rag eval tests/corpus_gold.jsonl --reports corpus": Run(
        "rag eval tests/corpus_gold.jsonl --reports corpus", _FIGURES, environment=_FAST
    ),
    "rag eval retrieval PASSAGES QUESTIONS": Run(
        "rag eval retrieval all/data/retrieval/made.passages.jsonl all/data/retrieval/made.questions.jsonl",
        r"recall@1 +1\.000",
    ),
    "rag eval reader FILE…": Run("rag eval reader all/data/reader/made.jsonl", r"questions +1"),
    "rag eval rgb FILE…": Run("rag eval rgb all/data/rgb/noise.jsonl", r"questions +1", environment=_FAST),
    "rag eval GOLD --reports DIR": Run("rag eval gold.jsonl --reports corpus", _FIGURES),
    "rag eval --all FOLDER": Run("rag eval --all all", _SCORES, environment=_FAST),
    "rag eval --all FOLDER --readme README.md": Run(
        "rag eval --all all --readme README.md", _SCORES, environment=_FAST
    ),
}


def json_lines(path: Path, *records: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records), encoding="utf-8")


def lay_out(folder: Path) -> None:
    """What the commands are given: the samples, one more report, and a little of everything that can be measured."""
    shutil.copytree(PROJECT / "corpus", folder / "corpus")
    (folder / "README.md").write_text((PROJECT / "README.md").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "docs").mkdir()
    (folder / "reports").mkdir()
    report = "乐东市教育局2019年工作总结\n\n一、学前教育\n新建幼儿园3所，增加学位300个。\n"
    for path in ("2019.txt", "reports/2019.txt"):
        (folder / path).write_text(report, encoding="utf-8")
    (folder / "draft.txt").write_text("2018年有481名在蓉高校留学生领到奖学金。\n", encoding="utf-8")
    gold = (PROJECT / "tests/corpus_gold.jsonl").read_text(encoding="utf-8").splitlines()[:3]
    (folder / "tests").mkdir()
    for path in ("gold.jsonl", "tests/corpus_gold.jsonl", "all/gold/gold.jsonl"):
        json_lines(folder / path, *map(json.loads, gold))
    shutil.copytree(PROJECT / "corpus", folder / "all/reports")
    passage = "桐溪小学的图书馆于2016年落成，藏书两万册。"
    noise = [f"{place}中学今年翻修了操场。" for place in ("南浦", "北浦", "东浦", "西浦", "中浦")]
    title = next(name for number in range(999) if held_out(name := f"桐溪{number}"))
    question = {"id": "1", "title": title, "question": "桐溪小学的图书馆是哪一年落成的？"}
    read = {"passage_id": "p", "context": passage, "answers": ["2016年"], "answer_start": [passage.index("2016年")]}
    json_lines(folder / "all/data/reader/made.jsonl", question | read)
    answered = {"answers": [["2016年"]], "positive": [passage], "negative": noise}
    json_lines(folder / "all/data/rgb/noise.jsonl", question | answered)
    json_lines(folder / "all/data/retrieval/made.questions.jsonl", question | {"gold": ["p"]})
    texts = [("p", passage), *((f"n{number}", text) for number, text in enumerate(noise))]
    passages = [{"id": id, "title": "", "text": text} for id, text in texts]
    json_lines(folder / "all/data/retrieval/made.passages.jsonl", *passages)


def held_out(title: str) -> bool:
    """Whether the reader is not trained on articles of this title: `rag eval --all` asks only about those."""
    return hashlib.sha256(title.encode()).digest()[0] % 10 == 0


@pytest.fixture(scope="module")
def once() -> Iterator[None]:
    """Each model is opened once for all commands of this process; they differ in nothing that a model reads."""

    @functools.cache
    def cached(open_model: Callable[[Config], Any]) -> Callable[[Config], Any]:
        opened: dict[str, Any] = {}

        def open_once(config: Config) -> Any:
            if config.generator_base_url not in opened:
                opened[config.generator_base_url] = open_model(config)
            return opened[config.generator_base_url]

        return open_once

    with pytest.MonkeyPatch.context() as patch:
        for module in (embedder, indexing, pipeline):
            patch.setattr(module, "open_embedder", cached(module.open_embedder))
        for module in (reader, pipeline):
            patch.setattr(module, "open_reader", cached(module.open_reader))
        for module in (judge, pipeline):
            patch.setattr(module, "open_judge", cached(module.open_judge))
        patch.setattr(generator, "open_generator", cached(generator.open_generator))
        yield


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, once: None) -> Path:
    """The folder with an index of the samples, built once."""
    folder = tmp_path_factory.mktemp("documented") / "prepared"
    folder.mkdir()
    lay_out(folder)
    with pytest.MonkeyPatch.context() as patch:
        settle(folder, patch, evaluation=folder.with_name("evaluation"))
        for command in ("rag models pull", "rag index", "rag index export reports.tar"):
            ran = CliRunner().invoke(main, shlex.split(command)[1:])
            if ran.exit_code == ModelError.exit_code:
                pytest.skip(f"needs the models: {ran.stderr}")
            assert ran.exit_code == 0, ran.output
    return folder


def settle(folder: Path, patch: pytest.MonkeyPatch, *, evaluation: Path) -> None:
    """Make it the working folder; of the settings of this machine only those that say where models are stay.

    All share the indexes that evaluations build.
    """
    patch.chdir(folder)
    for name in [name for name in os.environ if re.match("RAG_(?!MODELS_)", name)]:
        patch.delenv(name)
    patch.setenv("RAG_EVALUATION_DIR", str(evaluation))
    patch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def sandbox(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, for one command to work in."""
    folder = tmp_path / "sandbox"
    shutil.copytree(prepared, folder)
    settle(folder, monkeypatch, evaluation=prepared.with_name("evaluation"))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_a_command_of_the_program_does_what_the_documents_say(sandbox: Path, name: str) -> None:
    run = RUNS[name]
    ran = CliRunner().invoke(main, shlex.split(run.command)[1:], input=run.input, env=run.environment)
    assert "Traceback" not in ran.output
    assert ran.exit_code == 0, ran.output
    assert re.search(run.shows, ran.stdout, re.M), ran.output
    if "--curve" in name:
        assert (sandbox / "docs/risk-coverage.svg").read_text(encoding="utf-8").startswith("<svg ")
    if "--readme" in name:
        assert f"{BEGIN}\n| measured on | measure | value |" in (sandbox / "README.md").read_text(encoding="utf-8")


def output_of(command: list[str], *, folder: Path = PROJECT, **environment: str) -> str:
    """What a program prints; it has to end with 0."""
    ran = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def made(*arguments: str, **environment: str) -> str:
    """What `make` prints in the checkout, in which nothing is to be installed."""
    if not (BIN / "rag").exists():
        pytest.skip("needs the environment that `make` makes: .venv")
    # Called from `make test`, it would tell of its folders.
    return output_of(
        ["make", "--no-print-directory", "-o", ".venv/.installed", "-o", ".venv/.dev", *arguments], **environment
    )


def index_of(sandbox: Path) -> dict[str, str]:
    return {"RAG_INDEX_DIR": str(sandbox / "index")}


def make_ask(sandbox: Path) -> None:
    """It prints what the README shows below it."""
    shown = re.search(r"It prints:\n\n```\n(.*?)```", (PROJECT / "README.md").read_text(encoding="utf-8"), re.S)
    assert shown is not None
    assert made("ask", **index_of(sandbox)).endswith(f"\n{shown[1]}")


def make_ask_another(sandbox: Path) -> None:
    assert "[1] 绵阳市" in made(
        "ask", "Q=绵阳履行教育职责自评材料的索引号是多少？", RAG_GENERATE="false", **index_of(sandbox)
    )


def make_ask_with_another_package_index(_: Path) -> None:
    """It is pip that reads the variable; make has only to pass it on to pip, as it does with all."""
    recipe = made("-n", "-W", "requirements.lock", "ask", PIP_EXTRA_INDEX_URL="https://download.pytorch.org/whl/cpu")
    assert ".venv/bin/rag ask" in recipe
    assert "PIP_" not in (PROJECT / "Makefile").read_text(encoding="utf-8")


def make_test(_: Path) -> None:
    """What it calls is what calls this test, so it is not run again: its programs are there."""
    programs = [line.split()[0] for line in made("-n", "test").splitlines() if "models pull" not in line]
    assert programs == [f".venv/bin/{name}" for name in ("ruff", "ruff", "mypy", "pytest")]
    for program in programs:
        assert output_of([program, "--version"])


def make_docs(_: Path) -> None:
    """Both references are printed by commands that have a run of their own; test_drawing.py compares the pictures."""
    lines = [line for line in made("-n", "docs").splitlines() if "models pull" not in line]
    called = [line.removeprefix(".venv/bin/").partition(" >")[0] for line in lines]
    assert called == ["rag config --reference", "rag serve --reference", "python -m tests.drawing"]
    assert set(called[:2]) <= set(RUNS)


def make_screenshots(sandbox: Path) -> None:
    """The pictures are taken of the index that is there."""
    from tests import screenshots

    def take_it(_: list[Path], config: Config) -> None:
        shutil.copytree(sandbox / "index", config.index_dir, dirs_exist_ok=True)

    assert ".venv/bin/python -m tests.screenshots" in made("-n", "screenshots")
    if shutil.which("chromium") is None:
        pytest.skip("needs Chromium (apt-get install chromium)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screenshots, "FOLDER", sandbox / "pictures")
        patch.setattr(screenshots, "build_index", take_it)
        assert screenshots.main() == 0
    taken = {path.name for path in (sandbox / "pictures").iterdir()}
    assert taken == {path.name for path in (PROJECT / "docs").glob("*.png")}


@contextmanager
def started(command: list[str], folder: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A program under way, interrupted at the end, and all that it started with it."""
    # In the background a shell has children ignore interrupts, which they would hand on.
    heeding = functools.partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heeding,
    ) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(30)


def first_line(process: subprocess.Popen[str], beginning: str) -> str:
    """The next line of its output that begins so."""
    assert process.stdout is not None
    return next(line for line in process.stdout if line.startswith(beginning))


@contextmanager
def served(sandbox: Path) -> Iterator[str]:
    """The address of `make serve` on a port that is free, once it answers questions."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = ["make", "-o", ".venv/.installed", "serve"]
    with started(
        command, PROJECT, RAG_PORT=str(port), RAG_ADDED_DIR=str(sandbox / "added"), **index_of(sandbox)
    ) as make:
        base = f"http://127.0.0.1:{port}"
        assert first_line(make, "http://").strip() == base
        deadline = time.monotonic() + PATIENCE
        while httpx.get(f"{base}/readyz", timeout=30).status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield base


def serve_and_curl(sandbox: Path) -> None:
    """One service for all that is said to it: starting one takes as long as everything else here."""
    if not (BIN / "rag").exists() or shutil.which("curl") is None:
        pytest.skip("needs the environment that `make` makes, and curl")
    with served(sandbox) as base:
        assert httpx.get(f"{base}/").status_code == httpx.get(f"{base}/docs").status_code == 200
        for command in CURLS:
            words = [word.replace("localhost:8000", base.removeprefix("http://")) for word in shlex.split(command)]
            body = json.loads(output_of(words, folder=sandbox))
            if "/v1/ask" in command:
                assert (body["refused"], [item["quote"] for item in body["citations"]]) == (False, [QUOTE])
            else:
                assert (body["action"], body["report"], body["problem"]) == ("add", "2019", None)


def ask_with_a_server(sandbox: Path) -> None:
    """The command as it stands, but for the port of the server."""
    assert sandbox.is_dir()
    (command,) = (command for command in COMMANDS if command.startswith("RAG_GENERATOR_BASE_URL"))
    *variables, program, ask, question = shlex.split(command)
    assert (program, ask, question) == ("rag", "ask", "…")
    environment = dict(variable.split("=", 1) for variable in variables)
    with model_server(Reply(stream(f"{QUOTE}[1]"))) as server:
        environment["RAG_GENERATOR_BASE_URL"] = server.url
        ran = CliRunner().invoke(main, ["ask", QUESTION], env=environment)
        assert ran.exit_code == 0, ran.output
        assert server.requests[0]["model"] == environment["RAG_GENERATOR"]
    assert f"“{QUOTE}”" in ran.stdout


def index_watch(sandbox: Path) -> None:
    with started([sys.executable, "-m", "rag", "index", "watch", "reports"], sandbox, PYTHONPATH=str(PROJECT)) as rag:
        assert first_line(rag, "1 reports")
        shutil.copy(sandbox / "corpus/leshan-2020-priorities.txt", sandbox / "reports")
        assert first_line(rag, "2 reports")
    assert rag.returncode == 130


def mcp(sandbox: Path) -> None:
    environment = dict(os.environ) | {
        "PYTHONPATH": str(PROJECT),
        **index_of(sandbox),
    }
    program = StdioServerParameters(command=sys.executable, args=["-m", "rag", "mcp"], env=environment)

    async def words(client: Client) -> set[str]:
        return {tool.name for tool in (await client.list_tools()).tools}

    assert talk(stdio_client(program), words) == {"ask", "search", "open_citation", "list_reports", "read_section"}


def complete_in_bash(_: Path) -> None:
    assert "rag" in output_of(["bash", "-c", 'eval "$(_RAG_COMPLETE=bash_source rag)" && complete -p rag'])


def complete_in_fish(_: Path) -> None:
    assert "complete --no-files --command rag" in output_of(["rag"], _RAG_COMPLETE="fish_source")


def install_ocr(sandbox: Path) -> None:
    """What the extra brings is left where it is; pip is asked whether there is such an extra."""
    source = sandbox / "source"
    for folder in ("rag", "prompts"):
        shutil.copytree(
            PROJECT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__", "*.safetensors")
        )
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / file, source)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        ".[ocr]",
    ]
    ran = subprocess.run(pip, cwd=source, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert "Would install report-rag-" in ran.stdout
    assert "does not provide the extra" not in ran.stdout + ran.stderr


def install_chromium(_: Path) -> None:
    packages = ["chromium", "fonts-noto-cjk"]
    if shutil.which("apt-get") is None:
        pytest.skip("needs apt-get")
    if subprocess.run(["apt-cache", "show", *packages], capture_output=True, timeout=60).returncode:
        pytest.skip("needs the package lists: apt-get update")
    assert output_of(["apt-get", "install", "--simulate", *packages])


def scale(_: Path) -> None:
    assert "20 reports" in output_of([sys.executable, "-m", "tests.scale", "--reports", "20"])


def docker(_: Path) -> None:
    """Under names and a port of their own. The image is built anew only where it was built before: that takes long."""
    if shutil.which("docker") is None or subprocess.run(["docker", "info"], capture_output=True, timeout=60).returncode:
        pytest.skip("needs a docker engine that answers")
    if subprocess.run(["docker", "image", "inspect", "report-rag"], capture_output=True, timeout=60).returncode:
        pytest.skip("needs the image: docker build -t report-rag .")
    build, run, index = (shlex.split(command) for command in COMMANDS if command.startswith("docker "))
    own = f"reports-{os.getpid()}"
    names = {
        "127.0.0.1:8000:8000": "127.0.0.1::8000",
        "rag-index:/var/lib/rag/index": f"{own}:/var/lib/rag/index",
        "reports": own,
    }
    output_of(build)
    try:
        with started([names.get(word, word) for word in run], PROJECT) as service:
            assert first_line(service, "http://")
            if subprocess.run(["docker", "exec", own, "rag", "models", "verify"], capture_output=True).returncode:
                pytest.skip("the image that was built here holds no models")
            assert output_of([names.get(word, word) for word in index]).startswith("5 reports")
    finally:
        subprocess.run(["docker", "rm", "--force", own], capture_output=True)
        subprocess.run(["docker", "volume", "rm", own], capture_output=True)


CURLS = [command for command in COMMANDS if command.startswith("curl ")]
# What is not a command of the program alone, or does not end by itself.
CASES: dict[str, Callable[[Path], None]] = {
    "make ask": make_ask,
    'make ask Q="绵阳履行教育职责自评材料的索引号是多少？"': make_ask_another,
    "PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu make ask": make_ask_with_another_package_index,
    "make test": make_test,
    "make docs": make_docs,
    "make screenshots": make_screenshots,
    **dict.fromkeys(["make serve", "rag serve", *CURLS], serve_and_curl),
    'RAG_GENERATOR_BASE_URL=http://127.0.0.1:8080/v1 RAG_GENERATOR=qwen3-8b rag ask "…"': ask_with_a_server,
    "rag index watch FOLDER": index_watch,
    "rag mcp": mcp,
    'eval "$(_RAG_COMPLETE=bash_source rag)"': complete_in_bash,
    "_RAG_COMPLETE=fish_source rag | source": complete_in_fish,
    "pip install '.[ocr]'": install_ocr,
    "apt-get install chromium fonts-noto-cjk": install_chromium,
    "python -m tests.scale": scale,
    **dict.fromkeys((command for command in COMMANDS if command.startswith("docker ")), docker),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", dict.fromkeys(CASES.values()), ids=lambda case: case.__name__)
def test_any_other_command_does_what_the_documents_say(sandbox: Path, case: Callable[[Path], None]) -> None:
    case(sandbox)


def test_every_documented_command_is_executed() -> None:
    assert len(COMMANDS) > 40
    assert sorted(COMMANDS) == sorted([*RUNS, *CASES])


def test_a_command_is_told_from_what_only_names_one() -> None:
    prose = "`rag`, `rag.toml` and `rag ask X`, `A_B=c make it`\n| `rag reports` | `rag x` |\n"
    text = f"{prose}```sh\nmake \\\n  it  # so\n```\n```\nrag cite X\n```\n"
    assert documented(text) == (["make it", "rag reports"], ["rag ask X", "A_B=c make it", "rag reports", "rag x"])


def test_no_block_hides_a_command_from_these_tests() -> None:
    for path in DOCUMENTS:
        for kind, block in re.findall(r"^```(\w*)\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S):
            if kind != "sh":
                assert not [line for line in block.splitlines() if _PROGRAM.match(line)], f"{path.name}: tag it as sh"
