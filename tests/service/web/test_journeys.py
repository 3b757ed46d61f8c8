"""What people do on the page, from opening it to the words behind a citation, in both languages."""

import io
import re
import threading
import zipfile
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Page, expect

from rag.answers.citations import citation_id
from rag.answers.query import Filters
from rag.config import Config
from rag.errors import GeneratorError, SnapshotError
from rag.service.api import create_app
from rag.service.opening import StartingError
from tests.service.made import serving
from tests.service.web.conftest import ASTRAL, NARROW, WIDE, OpenPage
from tests.service.web.made import CHENGDU, KINDERGARTENS, PLACES, QINGDAO, STUDENTS, ScriptedPipeline

CHINESE, ENGLISH = "zh-CN", "en-US"
SEVERAL = "成都2018年随迁子女的入学情况怎样？"
COMPARED = "比较成都和青岛的幼儿园"
REFUSED = "成都的地铁票价是多少？"
SCHOLARSHIP = "How many students got a scholarship in Chengdu?"
TITLE = "成都市教育局2018年工作总结（摘编）"
MOST_MILLISECONDS = 300  # from a click on a citation to its words
MOST_BYTES = 500_000

# Milliseconds from a click on the nth citation until `words`, and no others, are marked and on screen.
CLICK_TO_WORDS = """async ([nth, words]) => {
    const start = performance.now();
    document.querySelectorAll(".chip")[nth].click();
    for (;;) {
        await new Promise(requestAnimationFrame);
        const marks = [...document.querySelectorAll("#reader[open] mark")];
        const box = marks[0]?.getBoundingClientRect();
        const shown = marks.map(mark => mark.textContent).join("") === words;
        if (shown && box.top >= 0 && box.bottom <= innerHeight) return performance.now() - start;
    }
}"""


def ask(page: Page, question: str) -> None:
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")


def answered(page: Page, question: str) -> None:
    """Ask and wait for the whole answer."""
    ask(page, question)
    expect(page.locator(".turn").last.locator(".answer")).to_be_visible()


def marked(page: Page) -> str:
    """The words marked in the report, which must be on screen."""
    expect(page.locator("#reader mark").first).to_be_in_viewport()
    return "".join(page.locator("#reader mark").all_inner_texts())


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{item['id']}: {item['nodes'][0]['html']}" for item in found if item["impact"] in ("serious", "critical")]


class TestFromQuestionToWords:
    @pytest.mark.parametrize("language", [CHINESE, ENGLISH])
    def test_two_clicks_lead_to_exactly_the_cited_words(self, base: str, open_page: OpenPage, language: str) -> None:
        page = open_page(base, language=language)
        page.locator("#question").fill(SEVERAL)
        page.locator("#send").click()
        page.locator(".chip").first.click()
        assert marked(page) == PLACES
        expect(page.locator(".path li")).to_have_text(["四、公共服务更加可及", "（二）入学机会更加公平"])
        expect(page.locator("#reader h2")).to_have_text(TITLE)
        expect(page.locator(".contents [aria-current]")).to_have_text("（二）入学机会更加公平")
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans" if language == CHINESE else "en")
        page.locator(".chip").nth(1).click()
        expect(page.locator("#reader mark")).to_have_text(KINDERGARTENS)
        assert (
            page.locator("#reader .text").evaluate("node => node.textContent")
            == page.request.get(f"{base}/v1/reports/{CHENGDU}").json()["text"]
        )

    def test_the_words_are_there_at_once(self, base: str, open_page: OpenPage) -> None:
        page = open_page(base)
        answered(page, SEVERAL)
        expected = [PLACES, KINDERGARTENS]
        times = [page.evaluate(CLICK_TO_WORDS, [nth, expected[nth]]) for nth in (0, 1, 0, 1)]
        assert min(times) <= MOST_MILLISECONDS, times

    def test_characters_of_two_units_move_no_mark(
        self, base: str, open_page: OpenPage, pipeline: ScriptedPipeline
    ) -> None:
        item = pipeline.evidence("astral", "新建幼儿园3所")
        assert ASTRAL.text[: item.start].count("𠮷") == 1
        identifier = citation_id("astral", item.chunk.address, item.start, item.end, item.text)
        page = open_page(f"{base}/#/cite/{identifier}")
        assert marked(page) == "新建幼儿园3所"
        page.goto(f"{base}/#/report/astral?start=0&end=4")
        expect(page.locator("#reader mark")).to_have_text("𠮷市教育")

    @pytest.mark.parametrize("language", [CHINESE, ENGLISH])
    def test_the_keyboard_is_enough(self, base: str, open_page: OpenPage, language: str) -> None:
        page = open_page(base, language=language)
        page.locator(".skip").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#question")).to_be_focused()
        page.keyboard.type(SEVERAL)
        page.keyboard.press("Enter")
        expect(page.locator(".answer")).to_be_visible()
        for _ in range(30):
            page.keyboard.press("Shift+Tab")
            if page.evaluate("document.activeElement.className") == "chip":
                break
        page.keyboard.press("Enter")
        expect(page.locator("#reader mark")).to_be_focused()
        assert marked(page) == KINDERGARTENS
        page.keyboard.press("Escape")
        expect(page.locator("#reader")).to_be_hidden()
        assert page.evaluate("document.activeElement.textContent") == "2"

    def test_on_a_narrow_screen_the_report_is_a_sheet_over_the_answer(self, base: str, open_page: OpenPage) -> None:
        page = open_page(base, viewport=NARROW)
        answered(page, SEVERAL)
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
        page.locator(".chip").first.click()
        assert marked(page) == PLACES
        assert page.locator("#reader").evaluate("node => node.matches(':modal')")
        page.locator("#reader summary").click()
        page.get_by_role("button", name="五、各类教育齐头并进").click()
        expect(page.locator("#reader .text p.heading", has_text="五、各类教育")).to_be_in_viewport()
        page.keyboard.press("Escape")
        expect(page.locator("#reader")).to_be_hidden()
        expect(page.locator(".chip").first).to_be_focused()

    def test_the_words_found_are_shown_before_the_answer(
        self, base: str, open_page: OpenPage, pipeline: ScriptedPipeline
    ) -> None:
        pipeline.hold.clear()
        page = open_page(base)
        ask(page, SEVERAL)
        expect(page.locator(".found .quote").first).to_have_text(PLACES)
        expect(page.locator(".status")).to_contain_text("逐句核对")
        expect(page.locator(".answer")).to_have_count(0)
        page.locator(".found .passage").first.click()
        assert marked(page) == PLACES
        pipeline.hold.set()
        expect(page.locator(".answer")).to_be_visible()
        expect(page.locator(".found")).to_have_count(0)
        assert "草稿" not in page.locator("main").inner_text()
        expect(page.locator("#announcer")).to_contain_text("共 2 句")


class TestAnswers:
    @pytest.mark.parametrize(
        ("language", "verdict", "reason"),
        [
            (CHINESE, "与原文一致", "删去的原因：引用的原文里没有“99.46%”"),
            (ENGLISH, "Supported", "Removed: 99.46% is not in the cited words"),
        ],
    )
    def test_every_sentence_has_a_verdict_and_what_was_removed_a_reason(
        self, base: str, open_page: OpenPage, language: str, verdict: str, reason: str
    ) -> None:
        page = open_page(base, language=language)
        answered(page, SEVERAL)
        expect(page.locator(".statements .verdict")).to_have_text([verdict, verdict])
        expect(page.locator(".removed .reason")).to_be_hidden()
        page.locator(".removed summary").click()
        expect(page.locator(".removed del")).to_have_text("随迁子女入学率达到99.46%。")
        expect(page.locator(".removed .reason")).to_have_text(reason)

    def test_a_refusal_says_what_is_missing_and_leads_to_the_nearest_section(
        self, base: str, open_page: OpenPage
    ) -> None:
        page = open_page(base)
        answered(page, REFUSED)
        expect(page.locator(".refusal")).to_contain_text("成都的报告没有给出所问的数字。")
        expect(page.locator(".chip")).to_have_count(0)
        page.locator(".refusal .passage").click()
        assert marked(page).startswith("（二）入学机会更加公平。")

    def test_a_comparison_is_a_table_with_a_chart(self, base: str, open_page: OpenPage) -> None:
        page = open_page(base)
        answered(page, COMPARED)
        rows = page.locator(".comparison > table tbody tr")
        expect(rows.locator("th")).to_have_text(["成都", "青岛", "江门"])
        expect(rows.nth(2)).to_contain_text("没有找到这项内容。")
        expect(rows.nth(2).locator(".verdict")).to_have_text("未找到")
        widths = page.locator(".chart rect:not(.rail)").evaluate_all("all => all.map(bar => bar.getAttribute('width'))")
        assert [float(width.rstrip("%")) for width in widths] == [100.0, pytest.approx(100 * 60 / 98)]
        page.locator(".chart summary").click()
        expect(page.locator(".chart td")).to_have_text(["98所", "60所"])
        expect(page.locator(".chart th[scope=row]")).to_have_text(["成都", "青岛（计划）"])

    def test_a_comparison_is_told_in_english_too(self, base: str, open_page: OpenPage) -> None:
        page = open_page(base, language=ENGLISH)
        answered(page, COMPARED)
        expect(page.locator(".comparison thead th")).to_have_text(["Compared", "What the reports say"])
        expect(page.locator(".sources .tag")).to_have_text("Planned")

    def test_filters_say_which_reports_are_read(
        self, base: str, open_page: OpenPage, pipeline: ScriptedPipeline
    ) -> None:
        page = open_page(base)
        page.locator("#filters summary").click()
        page.get_by_label("成都", exact=True).check()
        page.get_by_label("2018", exact=True).check()
        expect(page.locator("#scope")).to_have_text("范围：成都 · 2018")
        answered(page, SEVERAL)
        assert pipeline.asked == [(SEVERAL, Filters(regions=("成都",), years=(2018,)), ())]

    def test_a_follow_up_is_asked_with_the_questions_before_it(
        self, base: str, open_page: OpenPage, pipeline: ScriptedPipeline
    ) -> None:
        page = open_page(base)
        answered(page, SEVERAL)
        answered(page, "那留学生呢？")
        expect(page.locator(".turn")).to_have_count(2)
        page.locator("#fresh").click()
        expect(page.locator(".turn")).to_have_count(0)
        answered(page, COMPARED)
        assert [(question, history) for question, _, history in pipeline.asked] == [
            (SEVERAL, ()),
            ("那留学生呢？", (SEVERAL,)),
            (COMPARED, ()),
        ]

    def test_an_answer_in_the_making_can_be_stopped_and_asked_again(
        self, base: str, open_page: OpenPage, pipeline: ScriptedPipeline
    ) -> None:
        pipeline.hold.clear()
        page = open_page(base)
        ask(page, SEVERAL)
        expect(page.locator(".found")).to_be_visible()
        page.locator("#stop").click()
        expect(page.locator(".status")).to_contain_text("已停止。")
        pipeline.hold.set()
        page.get_by_role("button", name="再问一次").click()
        expect(page.locator(".answer .chip")).to_have_count(2)


class TestTakingAway:
    def test_an_answer_is_copied_with_footnotes(self, base: str, open_page: OpenPage) -> None:
        page = open_page(base, permissions=["clipboard-read", "clipboard-write"])
        answered(page, SEVERAL)
        page.get_by_role("button", name="复制", exact=True).click()
        expect(page.get_by_role("button", name="已复制")).to_be_visible()
        first, second = (str(link) for link in page.locator(".chip").evaluate_all("all => all.map(chip => chip.href)"))
        path = f"{TITLE} › 四、公共服务更加可及 › "
        assert page.evaluate("navigator.clipboard.readText()") == (
            f"**{SEVERAL}**\n\n"
            "- 2018年妥善安排了37.8万名随迁子女的义务教育。[^1]\n"
            "- 当年启用幼儿园98所，添学位3万个。[^2]\n\n"
            f"[^1]: {path}（二）入学机会更加公平: “{PLACES}” <{first}>\n"
            f"[^2]: {path}（一）学位供给明显增加: “{KINDERGARTENS}” <{second}>\n"
        )

    def test_an_answer_is_downloaded_as_a_word_file(self, base: str, open_page: OpenPage) -> None:
        page = open_page(base, language=ENGLISH)
        answered(page, SCHOLARSHIP)
        with page.expect_download() as caught:
            page.get_by_role("button", name="Word file").click()
        assert caught.value.suggested_filename == "How many students got a scholarship in Chengdu.docx"
        with zipfile.ZipFile(io.BytesIO(caught.value.path().read_bytes())) as archive:
            notes = archive.read("word/footnotes.xml").decode()
        assert STUDENTS in notes
        assert f"{base}/#/cite/" in notes

    def test_a_citation_has_a_link_that_opens_it_anywhere(self, base: str, open_page: OpenPage) -> None:
        page = open_page(base)
        answered(page, SEVERAL)
        link = str(page.locator(".chip").first.evaluate("chip => chip.href"))
        other = open_page(link, language=ENGLISH)
        assert marked(other) == PLACES
        other.get_by_role("button", name="Close the report").click()
        expect(other.locator("h1")).to_be_visible()

    def test_an_answer_has_a_link_that_asks_it_again(
        self, base: str, open_page: OpenPage, pipeline: ScriptedPipeline
    ) -> None:
        page = open_page(base)
        answered(page, SEVERAL)
        answered(page, "那留学生呢？")
        link = page.url
        other = open_page(link, language=ENGLISH)
        expect(other.locator(".question")).to_have_text("那留学生呢？")
        expect(other.locator(".answer")).to_be_visible()
        assert pipeline.asked[-1] == ("那留学生呢？", Filters(), (SEVERAL,))
        assert pipeline.asked[-1] == pipeline.asked[-2]

    def test_back_and_forward_go_through_what_was_shown(self, base: str, open_page: OpenPage) -> None:
        page = open_page(base)
        answered(page, SEVERAL)
        page.locator(".chip").first.click()
        assert marked(page) == PLACES
        page.go_back()
        expect(page.locator("#reader")).to_be_hidden()
        expect(page.locator(".answer")).to_be_visible()
        page.go_forward()
        assert marked(page) == PLACES

    @pytest.mark.parametrize("language", [CHINESE, ENGLISH])
    def test_history_is_kept_opened_and_deleted(
        self, base: str, open_page: OpenPage, pipeline: ScriptedPipeline, language: str
    ) -> None:
        page = open_page(base, language=language)
        answered(page, SEVERAL)
        page.goto(f"{base}/#/")
        page.reload()
        page.locator("#open-past").click()
        page.get_by_role("button", name=re.compile(f"^{SEVERAL}")).click()
        expect(page.locator(".answer .chip")).to_have_count(2)
        assert len(pipeline.asked) == 1
        page.locator("#open-past").click()
        page.locator("#past .row .quiet").click()
        expect(page.locator("#past .row")).to_have_count(0)
        assert page.evaluate("JSON.parse(localStorage['report-rag.conversations'])") == []


class TestStates:
    @pytest.mark.parametrize(("language", "title"), [(CHINESE, "正在加载模型"), (ENGLISH, "Loading the models")])
    def test_while_the_models_load_it_waits_and_goes_on_by_itself(
        self,
        config: Config,
        pipeline: ScriptedPipeline,
        open_page: OpenPage,
        monkeypatch: pytest.MonkeyPatch,
        language: str,
        title: str,
    ) -> None:
        monkeypatch.setattr(StartingError, "retry_after_seconds", 1)
        loaded = threading.Event()

        def open_pipeline(_: Config) -> ScriptedPipeline:
            assert loaded.wait(30)
            return pipeline

        app = create_app(config, open_pipeline=open_pipeline)  # type: ignore[arg-type,return-value]
        with serving(app, seconds=0) as base:
            page = open_page(base, language=language, mishaps="503")
            expect(page.locator("#notice h3")).to_have_text(title)
            loaded.set()
            expect(page.locator("#notice")).to_be_empty()
            expect(page.locator(".card")).to_have_count(6)

    def test_without_an_index_it_names_the_command(self, config: Config, open_page: OpenPage) -> None:
        def open_pipeline(_: Config) -> ScriptedPipeline:
            raise SnapshotError("there is no index in index", remedy="Run `rag index`.")

        app = create_app(config, open_pipeline=open_pipeline)  # type: ignore[arg-type,return-value]
        with serving(app, seconds=0) as base:
            page = open_page(base, mishaps="503")
            expect(page.locator("#notice h3")).to_have_text("还没有可用的索引")
            expect(page.locator("#notice code")).to_have_text("rag index FOLDER")

    def test_overload_is_said_and_the_question_asked_again(self, base: str, app: FastAPI, open_page: OpenPage) -> None:
        page = open_page(base, mishaps="503")
        expect(page.locator(".card").first).to_be_visible()
        app.state.service.turns.taken += 2  # both places are taken
        ask(page, SEVERAL)
        expect(page.locator(".turn .notice h3")).to_have_text("提问的人较多")
        expect(page.locator(".turn .wait")).to_contain_text("秒后自动再试")
        app.state.service.turns.taken -= 2
        expect(page.locator(".answer .chip")).to_have_count(2)

    @pytest.mark.parametrize(("language", "title"), [(CHINESE, "连接中断"), (ENGLISH, "Connection lost")])
    def test_a_lost_connection_is_said_and_the_question_kept(
        self, base: str, open_page: OpenPage, language: str, title: str
    ) -> None:
        page = open_page(base, language=language, mishaps="ERR_INTERNET_DISCONNECTED")
        expect(page.locator(".card").first).to_be_visible()
        page.context.set_offline(True)
        ask(page, SEVERAL)
        expect(page.locator(".turn .notice h3")).to_have_text(title)
        page.context.set_offline(False)
        page.locator(".turn .notice button").click()
        expect(page.locator(".answer .chip")).to_have_count(2)

    def test_a_fault_under_way_is_told_with_its_remedy(
        self, base: str, open_page: OpenPage, pipeline: ScriptedPipeline
    ) -> None:
        pipeline.fault = GeneratorError("the server is silent", remedy="Start it.")
        page = open_page(base)
        ask(page, SEVERAL)
        expect(page.locator(".turn .notice h3")).to_have_text("生成模型没有回应")
        expect(page.locator(".turn .detail")).to_have_text("the server is silent. Start it.")
        pipeline.fault = None
        page.get_by_role("button", name="再试一次").click()
        expect(page.locator(".answer .chip")).to_have_count(2)

    def test_a_question_that_cannot_be_used_says_why(
        self, pipeline: ScriptedPipeline, config: Config, open_page: OpenPage
    ) -> None:
        pipeline.config = replace(config, max_question_characters=10)
        with serving(create_app(config, open_pipeline=lambda _: pipeline)) as base:  # type: ignore[arg-type,return-value]
            page = open_page(base, language=ENGLISH, mishaps="422")
            ask(page, "几" * 11)
            expect(page.locator(".turn .detail")).to_contain_text("11 characters, at most 10")

    def test_a_citation_whose_words_are_gone_says_so(
        self, base: str, open_page: OpenPage, pipeline: ScriptedPipeline
    ) -> None:
        item = pipeline.evidence(CHENGDU, PLACES)
        changed = citation_id(CHENGDU, item.chunk.address, item.start, item.end, "别的话。")
        page = open_page(f"{base}/#/cite/{changed}", mishaps="404")
        expect(page.locator("#reader .note")).to_contain_text("引用时的原话不在了")
        assert marked(page).startswith("（二）入学机会更加公平。")
        withdrawn = citation_id("gone", "一", 3, 9, "没有的话")
        page.goto(f"{base}/#/cite/{withdrawn}")
        expect(page.locator("#reader .text")).to_contain_text("已被删除")
        page.goto(f"{base}/#/cite/nothing")
        expect(page.locator("#reader .text")).to_contain_text("找不到")


class TestInterface:
    def test_language_and_theme_are_switched_kept_and_lose_nothing(self, base: str, open_page: OpenPage) -> None:
        page = open_page(base, color_scheme="dark")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        answered(page, SEVERAL)
        page.locator("#switch-language").click()
        page.locator("#switch-theme").click()
        expect(page.locator(".statements .verdict").first).to_have_text("Supported")
        expect(page.locator(".question")).to_have_text(SEVERAL)
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("html")).to_have_attribute("data-theme", "light")
        expect(page.locator("#question")).to_have_attribute("placeholder", "Ask a follow-up…")

    def test_enter_while_composing_does_not_ask(self, base: str, open_page: OpenPage) -> None:
        page = open_page(base)
        page.locator("#question").fill("随迁")
        page.locator("#question").dispatch_event("keydown", {"key": "Enter", "isComposing": True})
        expect(page.locator(".turn")).to_have_count(0)
        page.locator("#question").press("Shift+Enter")
        expect(page.locator("#question")).to_have_value("随迁\n")

    @pytest.mark.parametrize(("scheme", "size"), [("dark", WIDE), ("light", NARROW)])
    def test_the_reference_of_the_api_is_as_fit_to_read(
        self, base: str, open_page: OpenPage, scheme: str, size: dict[str, int]
    ) -> None:
        page = open_page(f"{base}/#/", color_scheme=scheme, bypass_csp=True, viewport=size)
        page.goto(f"{base}/docs")
        page.get_by_role("link", name="POST /v1/ask", exact=True).click()
        expect(page.get_by_role("heading", name="POST /v1/ask")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.lang") == "en"
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert serious(page) == []

    @pytest.mark.parametrize(
        ("language", "scheme", "size"),
        [(CHINESE, "light", None), (ENGLISH, "dark", None), (CHINESE, "dark", NARROW), (ENGLISH, "light", NARROW)],
    )
    def test_axe_finds_nothing_serious_in_any_state(
        self, base: str, open_page: OpenPage, language: str, scheme: str, size: dict[str, int] | None
    ) -> None:
        page = open_page(
            base, language=language, color_scheme=scheme, bypass_csp=True, **({"viewport": size} if size else {})
        )
        expect(page.locator(".card").first).to_be_visible()
        page.locator("#filters summary").click()
        found = {"home": serious(page)}
        for question in (SEVERAL, COMPARED, REFUSED):
            answered(page, question)
        for fold in page.locator(".turn summary").all():
            fold.click()
        found["answers"] = serious(page)
        page.locator(".chip").first.click()
        assert marked(page) == PLACES
        found["report"] = serious(page)
        page.keyboard.press("Escape")
        for name in ("library", "past"):
            page.locator(f"#open-{name}").click()
            expect(page.locator(f"#{name} .row").first).to_be_visible()
            found[name] = serious(page)
            page.keyboard.press("Escape")
        assert found == {state: [] for state in found}

    def test_the_page_weighs_little_and_the_second_visit_next_to_nothing(self, base: str, open_page: OpenPage) -> None:
        page = open_page(base)
        expect(page.locator(".card").first).to_be_visible()
        weigh = (
            "() => [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]"
            ".reduce((sum, entry) => sum + entry.transferSize, 0)"
        )
        first = page.evaluate(weigh)
        assert 50_000 < first <= MOST_BYTES
        page.reload()
        expect(page.locator(".card").first).to_be_visible()
        assert page.evaluate(weigh) < first / 2

    def test_reports_are_found_read_and_asked_alone(
        self, base: str, open_page: OpenPage, pipeline: ScriptedPipeline
    ) -> None:
        page = open_page(base)
        page.locator("#open-library").click()
        page.get_by_label("按名称、地区、年份查找").fill("青岛 2018")
        expect(page.locator("#library .row")).to_have_count(1)
        page.get_by_role("button", name=re.compile("^只问这份")).click()
        expect(page.locator("#scope")).to_contain_text("青岛市教育系统2018年工作要点")
        page.locator("#open-library").click()
        page.get_by_role("link", name=f"阅读：{TITLE}").click()
        expect(page.locator("#reader h2")).to_have_text(TITLE)
        answered(page, SCHOLARSHIP)
        assert pipeline.asked[0][1].reports == (QINGDAO,)
