"""The sample reports and the real models to the pictures of the README: `python -m tests.screenshots`."""

import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from rag.answers.indexing import build_index
from rag.config import load_config
from rag.service.api import create_app
from tests.service.made import serving
from tests.service.web.made import CORPUS

FOLDER = Path(__file__).parents[1] / "docs"
QUESTION = "成都2018年解决了多少随迁子女的义务教育？"
ENGLISH = "How many students on scholarships are there in Chengdu?"
COMPARISON = "成都和绵阳的高中阶段毛入学率各是多少？"
LONGEST = 120_000  # milliseconds that an answer may take on a busy machine


def main() -> int:
    """Write a picture for each state shown; the exit code."""
    program = shutil.which("chromium")
    if program is None:
        sys.stderr.write("needs Chromium: apt-get install chromium fonts-noto-cjk\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        config = replace(load_config(), index_dir=Path(folder))
        build_index([CORPUS], config)
        with serving(create_app(config), seconds=120) as base, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            warm = browser.new_page()
            warm.goto(f"{base}/#/answer?q={QUESTION}")
            warm.locator(".answer").wait_for(timeout=LONGEST)
            warm.close()
            picture(browser, base, "page", language="zh-CN", width=1280, question=QUESTION)
            picture(browser, base, "page-en", language="en-US", width=1280, scheme="dark", question=ENGLISH)
            picture(browser, base, "page-narrow", language="zh-CN", width=360, question=QUESTION)
            picture(browser, base, "comparison", language="zh-CN", width=1280, question=COMPARISON, cited=False)
            browser.close()
    return 0


def picture(
    browser: Browser,
    base: str,
    name: str,
    *,
    language: str,
    width: int,
    question: str,
    scheme: str = "light",
    cited: bool = True,
) -> None:
    """Ask `question` and write `docs/NAME.png`, with the first citation opened where `cited`."""
    page = browser.new_page(
        locale=language,
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page.set_default_timeout(LONGEST)
    page.goto(base)
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")
    page.locator(".answer").wait_for()
    if cited:
        page.locator(".chip").first.click()
        page.locator("#reader mark").first.wait_for()
    page.screenshot(path=FOLDER / f"{name}.png")
    page.close()


if __name__ == "__main__":
    sys.exit(main())
