"""Reports put in, replaced and taken out on the page, over an index that really changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from rag.answers import indexing
from rag.config import Config
from rag.index.snapshot import Snapshot
from rag.service.api import create_app
from tests.index.samples import sample_report
from tests.service.made import serving, small_snapshot
from tests.service.test_reports import SlowEmbedder
from tests.service.web.conftest import OpenPage
from tests.service.web.made import ScriptedPipeline
from tests.service.web.test_journeys import marked


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> SlowEmbedder:
    embedder = SlowEmbedder()
    monkeypatch.setattr(indexing, "open_embedder", lambda _: embedder)
    return embedder


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(index_dir=tmp_path / "index")


@pytest.fixture
def changing(config: Config, embedder: SlowEmbedder) -> Iterator[str]:
    """A service over the index of `config`, whatever is there."""

    def open_pipeline(config: Config) -> ScriptedPipeline:
        pipeline = ScriptedPipeline(Snapshot.open(config.index_dir, config=config), config)
        pipeline.embedder = embedder
        return pipeline

    app = create_app(config, open_pipeline=open_pipeline)  # type: ignore[arg-type,return-value]
    with serving(app, seconds=30 if (config.index_dir / "CURRENT").exists() else 0) as base:
        yield base
        embedder.goes.set()


@pytest.fixture
def two_reports(config: Config) -> None:
    small_snapshot(config.index_dir).close()


def report_file(place: str, *, number: int = 3, name: str = "") -> FilePayload:
    text = sample_report(place, number=number).text
    return {"name": name or f"{place}.txt", "mimeType": "text/plain", "buffer": text.encode()}


def choose(page: Page, button: str, file: FilePayload) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("#library").get_by_role("button", name=button).click()
    chooser.value.set_files(file)


@pytest.mark.usefixtures("two_reports")
@pytest.mark.parametrize(
    ("language", "upload", "working", "done"),
    [
        ("zh-CN", "上传报告", "丙市.txt：阅读 1/1", "丙市.txt：完成"),
        ("en-US", "Upload reports", "丙市.txt: reading 1/1", "丙市.txt: done"),
    ],
)
def test_a_report_is_uploaded_with_progress_and_can_be_read(
    changing: str,
    open_page: OpenPage,
    embedder: SlowEmbedder,
    language: str,
    upload: str,
    working: str,
    done: str,
) -> None:
    embedder.goes.clear()
    page = open_page(changing, language=language)
    page.locator("#open-library").click()
    expect(page.locator("#library .row")).to_have_count(2)
    choose(page, upload, report_file("丙市"))
    expect(page.locator(".jobs li")).to_contain_text(working)
    expect(page.locator(".jobs progress")).to_be_visible()
    embedder.goes.set()
    expect(page.locator(".jobs .done")).to_have_text(done)
    expect(page.locator("#library .row")).to_have_count(3)
    page.locator("#library [data-report=丙市] a").click()
    expect(page.locator("#reader .text")).to_contain_text("丙市教育局2018年工作总结")


@pytest.mark.usefixtures("two_reports")
def test_a_replaced_report_shows_its_new_words(changing: str, open_page: OpenPage) -> None:
    page = open_page(f"{changing}/#/report/甲市-2018?start=40&end=57")
    assert marked(page) == "新建幼儿园3所，增加学位300个。"
    page.locator("#open-library").click()
    choose(page, "替换：甲市教育局2018年工作总结", report_file("甲市", number=8))
    expect(page.locator(".jobs .done")).to_be_visible()
    page.locator("#library [data-report=甲市-2018] a").click()
    expect(page.locator("#reader .text")).to_contain_text("新建幼儿园8所，增加学位800个。")


@pytest.mark.usefixtures("two_reports")
def test_a_report_is_deleted_only_when_that_is_confirmed(changing: str, open_page: OpenPage) -> None:
    page = open_page(changing, language="en-US")
    page.locator("#open-library").click()
    delete = page.get_by_role("button", name="Delete: 甲市教育局2018年工作总结")
    delete.click()
    expect(page.locator("#confirm")).to_contain_text("Delete “甲市教育局2018年工作总结”?")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#library .row")).to_have_count(2)
    delete.click()
    page.locator("#confirm .danger").click()
    expect(page.locator("#library .row")).to_have_count(1)
    expect(page.locator("#library [data-report=甲市-2018]")).to_have_count(0)


@pytest.mark.usefixtures("two_reports")
def test_a_file_that_is_not_read_says_why(changing: str, open_page: OpenPage) -> None:
    page = open_page(changing, mishaps="415")
    page.locator("#open-library").click()
    choose(page, "上传报告", report_file("丙市", name="丙市.xyz"))
    expect(page.locator(".jobs .failed")).to_contain_text(".xyz is not read")


def test_the_first_report_is_uploaded_where_there_is_no_index(changing: str, open_page: OpenPage) -> None:
    page = open_page(changing, mishaps="503")
    expect(page.locator("#notice h3")).to_have_text("还没有可用的索引")
    page.locator("#notice").get_by_role("button", name="上传报告").click()
    choose(page, "上传报告", report_file("甲市"))
    expect(page.locator(".jobs .done")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#notice")).to_be_empty()
    expect(page.locator(".card h3")).to_have_text(["甲市教育局2018年工作总结"])
