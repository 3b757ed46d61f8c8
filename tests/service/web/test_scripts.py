"""The page's modules in the browser, value by value."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from rag.answers import composition, verification
from rag.answers.answer import compose
from rag.answers.composition import Statement
from rag.config import Config
from rag.service.api import create_app
from tests.answers.made import evidence, query
from tests.service.made import serving


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page of a service without an index: the modules are all that is wanted of it."""
    with serving(create_app(Config()), seconds=0) as base:
        page = browser.new_page(locale="zh-CN")
        page.goto(base)
        page.evaluate("folder => { window.load = name => import(folder + name + '.js'); }", scripts_of(page))
        yield page
        page.close()


def scripts_of(page: Page) -> str:
    return re.sub(r"main\.js$", "", str(page.locator("script[type=module]").evaluate("node => node.src")))


def call(page: Page, module: str, expression: str, value: Any = None) -> Any:
    """The value of `expression`, in which `m` is the module and `v` the value, by way of JSON."""
    program = f"async json => {{ const m = await load('{module}'); const v = JSON.parse(json); return {expression}; }}"
    return page.evaluate(program, json.dumps(value))


class TestOffsets:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=st.text(st.sampled_from("ab一𠮷😀\n"), max_size=30), data=st.data())
    def test_units_cut_the_same_words_as_code_points(self, page: Page, text: str, data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        cut = "(o => v.text.slice(o.unit(v.start), o.unit(v.end)))(new m.Offsets(v.text))"
        assert call(page, "offsets", cut, {"text": text, "start": start, "end": end}) == text[start:end]


class TestStatements:
    def rows(self, page: Page, statements: list[Statement], **more: Any) -> list[list[Any]]:
        answer = compose(query("几所?"), statements, titles={}, confidence=1.0).as_json() | more
        shown = "m.statementsOf(v).map(row => [row.label, row.text, row.claim?.citations.length ?? null])"
        found: list[list[Any]] = call(page, "statements", shown, answer)
        return found

    def test_one_statement_is_the_text(self, page: Page) -> None:
        assert self.rows(page, [Statement("3所。", (evidence("新建3所。"),))]) == [["", "3所。", 1]]

    def test_a_comparison_keeps_its_labels_and_what_was_not_found(self, page: Page) -> None:
        first, second = evidence("新建3所。"), evidence("新建5所:甲、乙。", start=50)
        rows = self.rows(
            page,
            [
                Statement("没有找到这项内容。", (), label="丙市"),
                Statement("新建3所。", (first,), label="甲市"),
                Statement("新建5所:甲、乙。", (second, first), label="乙市"),
                Statement("没有找到这项内容。", (), label="丁市"),
            ],
            kind="compare",
        )
        assert rows == [
            ["丙市", "没有找到这项内容。", None],
            ["甲市", "新建3所。", 1],
            ["乙市", "新建5所:甲、乙。", 2],
            ["丁市", "没有找到这项内容。", None],
        ]

    def test_a_gap_outside_a_comparison_is_told_whole(self, page: Page) -> None:
        rows = self.rows(page, [Statement("3所。", (evidence("新建3所。"),)), Statement("注:没有找到。", ())])
        assert rows == [["", "3所。", 1], ["", "注:没有找到。", None]]


class TestFigures:
    @pytest.mark.parametrize(
        ("text", "figures"),
        [
            ("2018年新建幼儿园98所，添学位8.2万个", [[98, "所"], [82000, "个"]]),
            ("入园率为99.46%，提高1.5个百分点", [[99.46, "%"], [1.5, "个百分点"]]),
            ("投入29.7亿元，１２所学校", [[2970000000, "元"], [12, "所"]]),
            ("青教发〔2018〕8号，占1/3，师生比1:200，第12条，3至5岁", [[5, "岁"]]),
            ("近97%以上", [[97, "%"]]),
            ("1,200 schools and 3 teachers", [[1200, "schools"], [3, "teachers"]]),
        ],
    )
    def test_figures_have_value_and_unit_and_dates_are_none(self, page: Page, text: str, figures: list[Any]) -> None:
        assert call(page, "figures", "m.figuresOf(v).map(f => [f.value, f.unit])", text) == figures

    def test_a_figure_is_shown_with_its_bounds(self, page: Page) -> None:
        assert call(page, "figures", "m.figuresOf(v).map(f => f.text)", "毛入学率在97%以上，超过1.5万人") == [
            "97%以上",
            "超过1.5万人",
        ]

    @pytest.mark.parametrize(
        ("question", "sides", "bars"),
        [
            ("甲和乙的学位各有多少?", ["建成3所，添学位200个", "改建2所，学位90个"], ["个", 200, 90]),
            ("两地的毛入学率", ["毛入学率为98.5%", "毛入学率在97%以上；残疾儿童入学率95%"], ["%", 98.5, 97]),
            ("两地的毛入学率", ["毛入学率为98.5%", "毛入学率为97%，县里毛入学率为95%"], None),  # which of the two?
            ("各有多少学校?", ["建成3所学校", "建成5所、改建2所学校"], None),  # 5所 may be schools too
            ("各有多少学校?", ["建成3所学校", "学校、培训机构新增5所"], None),  # or institutions alone
            ("各有多少学校?", ["建成3所学校", "学校获得5亿元"], None),
            ("各有多少学校?", ["建成3所学校"], None),
        ],
    )
    def test_only_what_the_question_names_on_every_side_is_compared(
        self, page: Page, question: str, sides: list[str], bars: list[Any] | None
    ) -> None:
        rows = [{"label": label, "text": text, "claim": {}} for label, text in zip("甲乙", sides, strict=False)]
        shown = "(f => f && [f.unit, ...f.bars.map(bar => bar.value)])(m.comparableFigures(v.rows, v.question))"
        assert call(page, "figures", shown, {"rows": rows, "question": question}) == bars


class TestPlaces:
    def test_an_address_leads_back_to_what_it_was_made_from(self, page: Page) -> None:
        asked = {
            "question": "多少?&#/ 50% 𠮷",
            "history": ["先前=?", "再前"],
            "filters": {"reports": ["a/b"], "regions": ["成都"], "years": [2018, 2019], "issuers": []},
        }
        assert call(page, "places", "m.placeOf(m.toAnswer(v))", asked) == {"page": "answer", **asked}
        cited = call(page, "places", "m.placeOf(m.toCitation(v))", "a-_9")
        assert cited == {"page": "cite", "id": "a-_9"}
        report = call(page, "places", "m.placeOf(m.toReport('报/告', 3, 9))")
        assert report == {"page": "report", "id": "报/告", "start": 3, "end": 9}
        assert call(page, "places", "m.placeOf('#question')") is None


class TestWords:
    def test_every_word_is_there_in_both_languages(self, page: Page) -> None:
        texts = call(page, "texts", "m.TEXTS")
        assert len(texts) > 100
        for key, (chinese, english) in texts.items():
            assert chinese, key
            assert english, key
            assert set(re.findall(r"\{(\w+)", chinese)) == set(re.findall(r"\{(\w+)", english)), key
            assert re.search(r"[一-鿿]", english) is None or key.startswith("tools.language"), key

    def test_every_reason_the_checks_give_is_known_in_chinese(self, page: Page) -> None:
        """Reasons are English strings of the code; each is filled with a sample and must come back in Chinese."""
        code = inspect.getsource(verification) + inspect.getsource(composition)
        found = re.findall(r'return f?"([^"\n]*(?:cited words|cut short)[^"\n]*)"', code)
        found += re.findall(r'Verdict\("\w+", "([^"\n]+)"\)', code)
        found += re.findall(r'else f"(only [^"\n]+)"', code)
        assert len(found) >= 10
        for reason in found:
            sample = re.sub(r"\{[^}]*:\.0%\}", "41%", reason)
            sample = re.sub(r"\{[^}]*\}", "99.46%", sample)
            told = call(page, "reasons", "m.reasonOf(v)", sample)
            assert re.search(r"[一-鿿]", told), reason
        with_tail = call(page, "reasons", "m.reasonOf(v)", "5所 is not in the cited words; another passage says it")
        assert with_tail == "引用的原文里没有“5所”；另一处原文有这个内容"


class TestEvents:
    def test_events_are_read_across_pieces_of_the_stream(self, page: Page) -> None:
        text = 'event: status\ndata: {"text": "一𠮷"}\n\n: note\n\nevent: answer\r\ndata: {}\r\n\r\nevent: cut'
        program = """(async () => {
            const bytes = new TextEncoder().encode(v);
            const each = c => { for (const b of bytes) c.enqueue(new Uint8Array([b])); c.close(); };
            const stream = new ReadableStream({ start: each });
            const found = [];
            for await (const event of m.eventsOf(stream)) found.push([event.type, event.data]);
            return found;
        })()"""
        assert call(page, "events", f"await {program}", text) == [["status", {"text": "一𠮷"}], ["answer", {}]]
