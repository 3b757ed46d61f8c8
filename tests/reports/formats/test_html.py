"""Saved web pages: the report told from the site, tables as rows, and no visible character lost on any page."""

import html
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import ReportError
from rag.reports.formats import Document
from rag.reports.formats.html import read
from rag.reports.lines import squeezed
from rag.reports.reading import read_report
from rag.reports.sections import address, walk
from tests.reports.formats import pages


def page(body: str) -> Document:
    return read(f"<html><body>{body}</body></html>".encode(), name="page.html")


def content(document: Document) -> list[str]:
    """The lines that are no furniture."""
    text = document.text
    for start, end in reversed(document.furniture):
        text = text[:start] + text[end:]
    return text.splitlines()


def test_a_notice_on_a_site_of_today() -> None:
    document = read(pages.PORTAL.encode(), name="a.html")
    assert content(document) == [
        "云台市教育局关于做好2023年秋季招生的通知",
        "索引号：YT-2023-017",
        "发布日期：2023-06-02",
        "来源：云台市教育局",
        "各区县教育局：",
        "为做好今年秋季的招生，现把有关事项说明如下，请各校照办。",
        "一、招生计划",
        "全市计划招收七年级新生12,600人，比上年多300人。",
        "二、报名时间",
        "（一）网上报名从6月20日开始。",
        "（二）现场审核在7月5日以前完成，逾期不再受理。",
        "云台市教育局",
        "2023年6月1日",
        "附件：1.招生计划表.docx",
    ]
    furniture = "".join(document.text[start:end] for start, end in document.furniture).split("\n")
    assert {"首页", "政务公开", "搜索", "您的位置：首页 > 政务公开 > 通知", "相关新闻", "学校名单", "网站地图"} <= set(
        furniture
    )
    assert "不是正文" not in document.text and "color" not in document.text
    assert document.url == "https://www.example.org/tz/17.html"
    assert document.title and document.text[slice(*document.title)] == "云台市教育局关于做好2023年秋季招生的通知"
    assert [(document.text[heading.start :][:3], heading.level) for heading in document.headings] == [("云台市", 1)]


def test_the_report_of_a_page_has_its_tree_and_metadata(tmp_path: Path) -> None:
    (tmp_path / "notice.htm").write_text(pages.PORTAL, encoding="utf-8")
    report = read_report(tmp_path / "notice.htm")
    assert (report.id, report.format, report.encoding) == ("notice", "html", "utf-8")
    places = [address(path) for path in walk(report.sections) if path[-1].kind == "numbered"]
    assert places == ["一", "二", "二/(一)", "二/(二)"]
    found = report.metadata
    assert [field and field.value for field in (found.title, found.index_number, found.published)] == [
        "云台市教育局关于做好2023年秋季招生的通知",
        "YT-2023-017",
        "2023-06-02",
    ]


def test_a_page_that_tables_arrange() -> None:
    document = read(pages.OLD.encode("gbk"), name="old.htm")
    assert document.encoding == "gb18030"
    assert [squeezed(line) for line in content(document)][:4] == [
        "白石县2005年农业工作总结",
        "今年以来，全县农业生产总体平稳，粮食总产达到31万吨。",
        "一、粮食生产",
        "全县播种面积52万亩，单产比上年提高百分之三，农民收入稳步增加。",
    ]
    furniture = "".join(document.text[start:end] for start, end in document.furniture)
    assert furniture.splitlines()[:4] == ["本县概况 | 政策法规 | 联系我们", "文件", "公报", "图片"]
    assert furniture.splitlines()[-1] == "版权所有 白石县农业局"


def test_a_row_says_title_unit_and_every_header_above_its_cells() -> None:
    document = page(pages.TABLE)
    lines = document.text.splitlines()
    assert lines[4:6] == [
        "表1 各区学校和学生数（单位：人） 区县：东湖区；在校学生 小学：23,410；在校学生 初中：11,208；教师：4,020",
        "表1 各区学校和学生数（单位：人） 区县：西山区；在校学生 小学：18,977；教师：4,020",
    ]
    assert lines[6].startswith("注：")
    in_table = [document.text[start : end - 1] for start, end in document.rows]
    assert in_table == lines[3:6], "the unit and the rows, of which none is a heading"
    assert document.title and document.text[slice(*document.title)] == lines[0]


def test_a_masthead_in_a_table_stays_labels_and_values() -> None:
    body = "<table><tr><td>索 引 号：</td><td>A-7</td><td>发布日期</td><td>2020年1月2日</td></tr></table>"
    assert page(body).text == "索 引 号：A-7  发布日期：2020年1月2日\n"


def test_a_table_that_only_arranges_is_just_text() -> None:
    long = "这一格里是整整一段说明，" * 8
    assert page(f"<table><tr><td>左边</td><td>{long}</td></tr></table>").text == f"左边\n{long}\n"
    nested = (
        "<table><tr><td>外<table><tr><th>甲</th><th>乙</th></tr><tr><td>1</td><td>2</td></tr></table></td></tr></table>"
    )
    assert page(nested).text == "外\n外 甲：1；乙：2\n"
    assert page("<table><tr><td>一</td></tr><tr><td>二</td></tr></table>").text == "一\n二\n"


def test_a_page_without_a_sentence_keeps_its_entries() -> None:
    assert content(page(pages.LISTING)) == [
        "南屏区2020年公共卫生工作要点 2020-03-02",
        "南屏区2019年公共卫生工作总结 2020-01-15",
    ]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("<p>甲<b>乙</b> <span>丙</span>\n 丁</p>", ["甲乙 丙 丁"]),
        ("甲<br/>乙<div>丙</div>丁", ["甲", "乙", "丙", "丁"]),
        ("<p>　　甲。　　乙</p>", ["　　甲。", "　　乙"]),
        ("<p>第一条　　本办法适用于全部学校和幼儿园，包括民办学校，自发布之日起施行。</p>", None),
        ("<pre>一  二\n三</pre>", ["一  二", "三"]),
        ("<ol start=3><li>甲<li>4、乙<li>丙</ol>", ["3. 甲", "4、乙", "5. 丙"]),
        ("<p><my-tag>甲</my-tag>乙<ins>丙</ins></p>", ["甲乙丙"]),
        ("<span style='display:block'>甲</span>乙<div style='display: inline'>丙</div>", ["甲", "乙丙"]),
        ("<p>甲&nbsp;&amp;&#20057;&lt;丙></p><p> &nbsp;　</p>", ["甲\xa0&乙<丙>"]),
        ("<noscript>甲</noscript><template>乙</template><!-- 丙 --><svg><text>丁</text></svg>", ["甲", "丁"]),
    ],
)
def test_lines_are_what_a_browser_shows(body: str, lines: list[str] | None) -> None:
    expected = lines or [html.unescape(body).removeprefix("<p>").removesuffix("</p>")]
    assert page(body).text.splitlines() == expected


def test_a_hidden_copy_of_the_article_is_furniture() -> None:
    sentence = "全市新建学校十二所，增加学位一万三千个，投资八亿元。"
    document = page(f"<div><p>{sentence}</p><p>完成。</p></div><div style='display:none'>{sentence}</div>")
    assert content(document) == [sentence, "完成。"]


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ('<link rel="canonical" href="/only/a/path">', ""),
        ("<!-- saved from url=(0026)http://www.example.org/a.htm -->", "http://www.example.org/a.htm"),
        ('<meta name="url" content="https://www.example.org/b.htm">', "https://www.example.org/b.htm"),
    ],
)
def test_where_a_page_comes_from(head: str, url: str) -> None:
    assert read(f"{head}<p>甲".encode(), name="a.html").url == url


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ('<meta charset="gb2312"><p>全市小学在校生'.encode(), "utf-8"),  # converted, its declaration left as it was
        ('<meta charset="big5"><p>全市小學在校生'.encode("big5"), "big5"),
        ("\ufeff<p>全市小学在校生".encode("utf-16"), "utf-16"),
    ],
)
def test_what_a_page_says_of_its_encoding_counts_less_than_its_bytes(data: bytes, encoding: str) -> None:
    document = read(data, name="a.html")
    assert document.encoding == encoding
    assert squeezed(document.text)[-3:] in ("在校生",)


def test_a_page_that_shows_nothing_is_no_report(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<html><script>alert('一、甲')</script></html>", encoding="utf-8")
    with pytest.raises(ReportError, match="holds no text"):
        read_report(tmp_path / "a.html")


WORDS = st.text(alphabet="甲乙丙，。：；一二三、（）1.9aZ- \u3000\xa0\n", min_size=1, max_size=12)
INLINE = st.sampled_from(["b", "span", "a href='x'", "font", "o:p", "label", "i style='display:block'"])
BLOCK = st.sampled_from(
    ["p", "div", "li", "ul", "ol", "h2", "td", "table", "section", "nav", "blockquote", "button", "pre"]
)


def elements(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def wrapped(pair: tuple[str, list[str]]) -> str:
        return f"<{pair[0]}>{''.join(pair[1])}</{pair[0].split()[0]}>"

    table = st.lists(st.lists(children, min_size=1, max_size=3), min_size=1, max_size=4).map(
        lambda rows: f"<table>{''.join('<tr>' + ''.join(f'<td>{cell}</td>' for cell in row) for row in rows)}</table>"
    )
    return st.one_of(
        st.tuples(st.one_of(INLINE, BLOCK), st.lists(children, max_size=4)).map(wrapped), table, st.just("<br>")
    )


HTML = st.recursive(WORDS.map(html.escape), elements, max_leaves=25)


class Shown(HTMLParser):
    """The text of a page outside of what no browser shows, as another parser finds it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._unseen = 0
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in ("script", "style", "title")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in ("script", "style", "title")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.texts.append(data)


@given(HTML)
@settings(max_examples=400, deadline=None)
def test_no_visible_character_is_lost_on_any_page(source: str) -> None:
    document = page(source)
    found = squeezed(document.text)
    for text in Shown(source).texts:
        assert all(squeezed(part) in found for part in text.split("\u3000\u3000"))
    assert Counter(squeezed("".join(Shown(source).texts))) <= Counter(found)


@given(st.text(alphabet="<>/abtdr='\"!-&;甲乙 \n", max_size=80))
@settings(max_examples=300, deadline=None)
def test_broken_pages_are_read_too(source: str) -> None:
    document = page(source)
    assert all(0 <= start < end <= len(document.text) for start, end in document.furniture)


def test_real_pages_lose_nothing(shared: Path) -> None:
    for path in sorted((shared / "data/documents/html").glob("*.html")):
        found = squeezed(read(path.read_bytes(), name=path.name).text)
        shown = [squeezed(text) for text in Shown(path.read_text(encoding="utf-8")).texts]
        assert [text for text in shown if text not in found] == []
