"""The shape of the house, read from its source: what may import what, and what no module may hold."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "rag"
SOURCES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
LONGEST_MODULE = 400

# The way of the data: a room imports from itself and from the rooms on its line, in-function imports included.
ROOMS = {
    "errors": set(),
    "config": {"errors"},
    "reports": {"errors", "config"},
    "index": {"errors", "config", "reports"},
    "models": {"errors", "config", "reports", "index"},
    "answers": {"errors", "config", "reports", "index", "models"},
    "service": {"errors", "config", "reports", "index", "models", "answers"},
    # Two workshops, which share measures and the split of the public sets; no answer passes through them.
    "evaluation": {"errors", "config", "reports", "index", "models", "answers", "training"},
    "training": {"errors", "config", "reports", "index", "models", "answers", "evaluation"},
    "terminal": {"errors", "config", "reports", "index", "models", "answers"},
    "doctor": {"errors", "config", "reports", "index", "models", "answers"},
    "commands": {"errors", "config"},
    "configuring": {"config", "terminal", "commands"},
    "indexing": {"errors", "config", "index", "models", "answers", "terminal", "commands"},
    "evaluating": {"errors", "config", "answers", "evaluation", "terminal", "commands"},
    "verifying": {"errors", "config", "answers", "terminal", "commands"},
    "asking": {"errors", "config", "index", "answers", "service", "terminal", "commands"},
    "cli": {
        *("errors", "config", "reports", "index", "models", "answers", "service"),
        *("terminal", "doctor", "commands", "evaluating", "asking", "verifying", "indexing", "configuring"),
    },
    "client": {"errors", "answers", "service"},
    "__main__": {"cli"},
}
# Seconds to import each; only what uses them may wait for them.
HEAVY = {"torch", "transformers", "sentence_transformers", "faiss", "jieba", "bm25s", "accelerate", "gguf"}
NOT_FOR_HELP = HEAVY | {"numpy", "fastapi", "pydantic", "uvicorn", "httpx", "tqdm", "starlette", "anyio", "sqlite3"}
NOT_FOR_HELP |= {"docx", "lxml", "pypdfium2"}


def tree(module: str) -> ast.Module:
    return ast.parse(SOURCES[module].read_text(encoding="utf-8"))


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    """Full names of the modules that import statements among `nodes` load."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their module in full"
            assert node.module is not None
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= (below & set(SOURCES)) or {node.module}
    return names


def outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when a module is imported; what only type checkers read is left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from outside_functions(child)


def loaded_by(module: str) -> set[str]:
    """All modules, of this package and others, that importing `module` loads."""
    found: set[str] = set()
    left = [module]
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        if name in SOURCES:
            left += imported(outside_functions(tree(name)))
            left += [name.rpartition(".")[0]] * ("." in name)
    return found


def heads(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("module", SOURCES)
def test_a_module_imports_only_from_rooms_before_it(module: str) -> None:
    parts = module.split(".")
    room = parts[1] if len(parts) > 1 else ""
    if not room:
        return
    assert room in ROOMS, f"the room {room} has no place in the order of imports"
    rooms = {name.split(".")[1] for name in imported(ast.walk(tree(module))) if name.startswith("rag.")}
    assert rooms - {room} <= ROOMS[room]


def test_no_module_needs_itself() -> None:
    needs = {module: imported(ast.walk(tree(module))) & set(SOURCES) - {module} for module in SOURCES}
    while free := {module for module, needed in needs.items() if not needed & set(needs)}:
        needs = {module: needed for module, needed in needs.items() if module not in free}
    assert needs == {}, "these modules import each other in a circle, or need such a circle"


def test_help_loads_nothing_heavy() -> None:
    assert heads(loaded_by("rag.cli")) & NOT_FOR_HELP == set()
    code = "import sys, rag.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) & NOT_FOR_HELP == set()


def test_the_package_loads_nothing_until_it_is_asked() -> None:
    code = "import sys, rag; print(*sys.modules); from rag import *; print(Pipeline.__module__, Client.__module__)"
    at_first, modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {name for name in at_first.split() if name.startswith("rag")} == {"rag"}
    assert modules == "rag.answers.pipeline rag.client"


def test_the_port_opens_before_anything_heavy_is_loaded() -> None:
    assert heads(loaded_by("rag.service.api")) & HEAVY == set()


@pytest.mark.parametrize("module", SOURCES)
def test_a_module_has_one_purpose(module: str) -> None:
    source = SOURCES[module].read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LONGEST_MODULE
    if source:
        docstring = ast.get_docstring(tree(module))
        assert docstring, "a module says in one sentence what it turns into what"
        assert docstring.partition("\n")[0].endswith((".", ":")) or "\n" in docstring
    assert SOURCES[module].stem not in ("utils", "util", "helpers", "common", "types", "misc")


@pytest.mark.parametrize("module", SOURCES)
def test_nothing_is_swallowed_or_left_undone(module: str) -> None:
    source = SOURCES[module].read_text(encoding="utf-8")
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ExceptHandler):
            caught = {ast.unparse(part) for part in _parts(node.type)}
            assert caught & {"", "Exception", "BaseException"} == set(), f"line {node.lineno} catches everything"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and module != "rag.cli":
            assert node.func.id not in ("print", "breakpoint"), f"line {node.lineno} prints"
        if isinstance(node, ast.ClassDef):
            assert not node.name.endswith(("Manager", "Factory", "Helper")), node.name
    assert not re.search(r"\b(?:TODO|FIXME|XXX)\b", source)
    assert not re.search(r"#\s*type:\s*ignore(?!\[)", source), "an ignored type error names its code"
    assert "/work/" not in source


def _parts(caught: ast.expr | None) -> list[ast.expr]:
    if caught is None:
        return [ast.Name("")]
    return caught.elts if isinstance(caught, ast.Tuple) else [caught]
