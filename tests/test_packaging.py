"""What is installed: the wheel's files, the declared and the locked dependencies, the image's sources."""

import ast
import json
import re
import shutil
import subprocess
import sys
import threading
import tomllib
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECLARED = {canonicalize_name(item.name): item for item in map(Requirement, PYPROJECT["dependencies"])}
# transformers imports the first two, and only when it reads a GGUF file; FastAPI reads uploads with the third.
NEEDED_BY_OTHERS = {"accelerate", "gguf", "python-multipart"}


def files_below(folder: Path) -> set[str]:
    return {
        str(path.relative_to(PROJECT))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def locked(name: str) -> dict[str, str]:
    """Names and versions of a lock file, whose every line is `name==version`: no address, no path, no local build."""
    lines = (PROJECT / name).read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == []
    return {canonicalize_name(package): version for package, version in (pin.split("==") for pin in pins)}


@pytest.mark.slow
def test_the_wheel_holds_the_whole_program_and_runs_without_the_checkout(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for folder in ("rag", "prompts"):
        shutil.copytree(PROJECT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / file, source)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", tmp_path, source], check=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
        archive.extractall(installed)

    prompts = {f"rag/{name}" for name in files_below(PROJECT / "prompts")}
    assert packed == files_below(PROJECT / "rag") | prompts
    assert {"rag/models/reader_weights/reader.safetensors", "rag/models/reader_weights/MODEL_CARD.md"} <= packed
    assert {"rag/models/judge_adapter/adapter.safetensors", "rag/models/judge_adapter/MODEL_CARD.md"} <= packed
    program = "import rag.answers.prompts as p; print(p.__file__, p.load_prompt('answer.zh').identity)"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=installed, capture_output=True, text=True, check=True, timeout=60
    )
    place, identity = ran.stdout.split()
    assert Path(place) == installed / "rag/answers/prompts.py"
    assert identity.startswith("answer.zh@")


def test_every_imported_package_is_declared_and_every_declared_one_is_needed() -> None:
    imported = set()
    for path in (PROJECT / "rag").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module).partition(".")[0])
    distributions = packages_distributions()
    outside = imported - set(sys.stdlib_module_names) - {"rag"}
    # What an extra brings need not be installed here; its distribution is named as its module is.
    used = {canonicalize_name(distributions.get(name, [name])[0]) for name in outside}
    extras = {canonicalize_name(Requirement(line).name) for line in PYPROJECT["optional-dependencies"]["ocr"]}
    assert (used | NEEDED_BY_OTHERS) - extras == set(DECLARED)
    assert extras <= used


def test_the_lock_pins_every_declared_dependency_within_its_range() -> None:
    pins = locked("requirements.lock")
    missing = set(DECLARED) - set(pins)
    assert not missing
    assert [name for name, wanted in DECLARED.items() if not wanted.specifier.contains(pins[name])] == []


def test_the_two_locks_together_pin_the_test_tools_and_no_package_twice() -> None:
    program, tools = locked("requirements.lock"), locked("requirements-dev.lock")
    assert not set(program) & set(tools)
    pins = program | tools
    for wanted in map(Requirement, PYPROJECT["optional-dependencies"]["dev"]):
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)])


def test_the_image_is_made_from_files_that_are_there_and_not_ignored() -> None:
    copied = re.findall(r"^COPY (?!--from)(?:--\S+ )*(.+) \S+$", (PROJECT / "Dockerfile").read_text(), re.M)
    sources = {source for line in copied for source in line.split()}
    kept = {line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sources == kept
    assert [source for source in sources if not (PROJECT / source).exists()] == []


@pytest.mark.parametrize(("status", "said"), [(200, ""), (503, "Run `rag index` to build one.")])
def test_the_image_is_as_healthy_as_its_service_is_ready(status: int, said: str) -> None:
    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: object) -> None:
            pass

    dockerfile = (PROJECT / "Dockerfile").read_text().replace("\\\n", "")
    (check,) = re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", dockerfile, re.M)
    _, *arguments = json.loads(check)
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        command = [sys.executable, *(word.replace("8000", str(server.server_port)) for word in arguments)]
        # Nobody listens at the proxy: the question must not go there.
        ran = subprocess.run(
            command, env={"http_proxy": "http://127.0.0.1:9"}, capture_output=True, text=True, timeout=60
        )
    assert (ran.returncode, ran.stderr.strip()) == (int(status != 200), said)
