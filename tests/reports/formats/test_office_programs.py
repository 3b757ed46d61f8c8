"""The real reports through a browser's print and an office program: the same words and sections as the text."""

import html
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.reports.lines import squeezed
from rag.reports.reading import Report, read_report
from rag.reports.sections import FURNITURE, address, walk

pytestmark = pytest.mark.slow


def program(*names: str) -> str:
    """The path of the first of `names` that is installed; the test skips without one."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"needs {' or '.join(names)}")
    return found


def printed(source: Path, folder: Path) -> Path:
    """`source`, a page or text, as a browser prints it."""
    target = folder / f"{source.stem}.pdf"
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}")
    command = [program("chromium", "google-chrome"), *options, f"--print-to-pdf={target}", source.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return target


def converted(sources: list[Path], suffix: str, folder: Path) -> list[Path]:
    """Texts as an office program saves them."""
    command = [
        program("soffice", "libreoffice"),
        "--headless",
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
    ]
    command += ["--infilter=Text (encoded):UTF8", "--convert-to", suffix, "--outdir", str(folder), *map(str, sources)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return [folder / f"{source.stem}.{suffix}" for source in sources]


def as_page(text: str) -> str:
    """The text as a page of paragraphs that are indented as Chinese ones are."""
    paragraphs = "".join(f"<p>{html.escape(line)}</p>\n" for line in text.splitlines())
    head = "<meta charset='utf-8'><title>Printed</title><style>p { text-indent: 2em }</style>"
    return f"<!DOCTYPE html><html lang='zh'><head>{head}</head><body>{paragraphs}</body></html>"


def printed_pages(sources: list[Path], folder: Path) -> list[Path]:
    pages = []
    for source in sources:
        page = folder / f"{source.stem}.html"
        page.write_text(as_page(source.read_text(encoding="utf-8-sig")), encoding="utf-8")
        pages.append(printed(page, folder))
    return pages


WAYS: dict[str, Callable[[list[Path], Path], list[Path]]] = {
    "a browser's print of a page": printed_pages,
    "an office program's PDF": lambda sources, folder: converted(sources, "pdf", folder),
    "an office program's DOCX": lambda sources, folder: converted(sources, "docx", folder),
}


def tree(report: Report) -> list[tuple[str, str, str, str]]:
    return [
        (address(path), path[-1].number, squeezed(path[-1].heading), path[-1].kind) for path in walk(report.sections)
    ]


@pytest.mark.parametrize("way", WAYS)
def test_the_same_words_and_sections_as_the_text(shared: Path, tmp_path: Path, way: str) -> None:
    sources = sorted((shared / "reports").glob("*.txt"))
    assert len(sources) == 5
    for source, made in zip(sources, WAYS[way](sources, tmp_path), strict=True):
        text, report = read_report(source), read_report(made)
        words, sections = squeezed(text.text), tree(text)
        assert squeezed(report.text)[: len(words)] == words, made.name
        assert tree(report)[: len(sections)] == sections, made.name
        # Behind them stands only what the program prints along the edges of its pages.
        assert [step[-1] for step in tree(report)[len(sections) :]] in ([], [FURNITURE]), made.name
        assert len(squeezed(report.text)) == len(words) or report.sections[-1].kind == FURNITURE, made.name
