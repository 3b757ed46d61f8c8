"""A browser, a service over written answers, and pages of it that may not log an error or reach for another host."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from rag.config import Config
from rag.index.snapshot import Snapshot
from rag.service.api import create_app
from tests.index.samples import sample_report
from tests.service.made import serving
from tests.service.web.made import ScriptedPipeline, sample_snapshot

WIDE = {"width": 1280, "height": 860}
NARROW = {"width": 360, "height": 740}
PATIENCE = 20_000  # milliseconds; a busy machine is slow, and a test that is right does not wait
ASTRAL = sample_report("𠮷市", id="astral")  # whose name takes two UTF-16 units wherever it stands

OpenPage = Callable[..., Page]


# For the package and no longer: while it runs, no other test could start an event loop of its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium where there is one: that of RAG_TEST_BROWSER, or Debian's."""
    program = os.environ.get("RAG_TEST_BROWSER") or shutil.which("chromium")
    if program is None:
        pytest.skip("needs Chromium (apt-get install chromium), or RAG_TEST_BROWSER with the path of one")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        except Error as error:
            pytest.skip(f"Chromium does not start: {error}")
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    snapshot = sample_snapshot(tmp_path_factory.mktemp("index"), more=[ASTRAL])
    yield snapshot
    snapshot.close()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(index_dir=tmp_path, concurrent_answers=1, waiting_answers=1)


@pytest.fixture
def pipeline(snapshot: Snapshot, config: Config) -> ScriptedPipeline:
    return ScriptedPipeline(snapshot, config)


@pytest.fixture
def app(pipeline: ScriptedPipeline, config: Config) -> FastAPI:
    return create_app(config, open_pipeline=lambda _: pipeline)  # type: ignore[arg-type,return-value]


@pytest.fixture
def base(app: FastAPI, pipeline: ScriptedPipeline) -> Iterator[str]:
    with serving(app) as base:
        yield base
        pipeline.hold.set()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens an address in a browser that has never been there.

    At the end of the test no script may have failed, no policy may have been broken and no other host asked for
    anything. `mishaps` names what a test brings about itself.
    """
    faults: list[str] = []

    def open_page(address: str, *, language: str = "zh-CN", mishaps: str = "", **options: object) -> Page:
        context = browser.new_context(locale=language, **({"viewport": WIDE} | options))
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        host = address.split("/#")[0].rstrip("/")

        def note(fault: str) -> None:
            if not mishaps or mishaps not in fault:
                faults.append(fault)

        page.on("pageerror", lambda error: note(f"script: {error}"))
        page.on("console", lambda message: note(message.text) if message.type == "error" else None)
        page.on("request", lambda request: request.url.startswith((host, "blob:")) or note(f"asked {request.url}"))
        page.goto(address)
        return page

    yield open_page
    for context in browser.contexts:
        context.close()
    assert faults == []
