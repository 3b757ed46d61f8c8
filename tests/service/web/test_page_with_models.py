"""The page over the sample reports with the real models: the whole way, and how long a reader waits."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from playwright.sync_api import expect

from rag.answers.indexing import build_index
from rag.answers.pipeline import Pipeline
from rag.config import load_config
from rag.errors import ModelError
from rag.models.runtime import arithmetic
from rag.service.api import create_app
from tests.service.made import serving
from tests.service.web.conftest import OpenPage
from tests.service.web.made import CORPUS
from tests.service.web.test_journeys import CLICK_TO_WORDS, MOST_MILLISECONDS, ask, marked

pytestmark = pytest.mark.slow

QUESTION = "2018年有多少名在成都读大学的留学生拿到了奖学金？"
# Milliseconds from Enter to the first words on screen, warm, where the processor multiplies bfloat16, and where not.
MOST_TO_EVIDENCE, MOST_IN_FLOAT32 = 1_000, 5_000

# Milliseconds from Enter to the first passage on screen.
ENTER_TO_EVIDENCE = """async question => {
    const field = document.querySelector("#question");
    const before = document.querySelectorAll(".turn").length;
    field.value = question;
    const start = performance.now();
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    for (;;) {
        await new Promise(requestAnimationFrame);
        const turn = document.querySelectorAll(".turn")[before];
        if (turn?.querySelector(".passage")) return performance.now() - start;
    }
}"""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    config = replace(load_config(), index_dir=tmp_path_factory.mktemp("index"))
    try:
        build_index([CORPUS], config)
        pipeline = Pipeline.open(config)
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")
    with serving(create_app(config, open_pipeline=lambda _: pipeline)) as base:
        yield base


def test_a_question_leads_to_the_cited_words(real: str, open_page: OpenPage) -> None:
    page = open_page(real)
    page.set_default_timeout(120_000)
    ask(page, QUESTION)
    page.locator(".answer .chip").first.wait_for()
    assert "481" in page.locator(".statements").inner_text()
    words = page.locator(".sources .quote").first.inner_text()
    times = []
    for _ in range(3):
        times.append(page.evaluate(CLICK_TO_WORDS, [0, words]))
        page.keyboard.press("Escape")
    assert min(times) <= MOST_MILLISECONDS, times
    page.locator(".chip").first.click()
    assert "481名在蓉高校留学生" in marked(page)
    expect(page.locator(".path li").last).to_have_text("（三）开放合作更有成色")


def test_the_first_words_are_on_screen_within_a_second(real: str, open_page: OpenPage) -> None:
    page = open_page(real)
    page.set_default_timeout(120_000)
    ask(page, QUESTION)  # the first answer warms the models
    page.locator(".answer").wait_for()
    times = []
    for question in ("成都2018年启用了多少所幼儿园？", QUESTION, "成都2018年新聘了多少名督学？"):
        page.locator("#fresh").click()
        expect(page.locator(".turn")).to_have_count(0)
        times.append(page.evaluate(ENTER_TO_EVIDENCE, question))
        page.locator(".answer").wait_for()
    fast = arithmetic(load_config()) == torch.bfloat16
    assert sorted(times)[1] <= (MOST_TO_EVIDENCE if fast else MOST_IN_FLOAT32), times


def test_what_the_reports_do_not_say_leads_to_the_nearest_section(real: str, open_page: OpenPage) -> None:
    page = open_page(real, language="en-US")
    page.set_default_timeout(120_000)
    ask(page, "What was the metro fare in Chengdu in 2018?")
    page.locator(".refusal .passage").first.click()
    assert marked(page)
