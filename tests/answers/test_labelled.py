"""Mastheads and lines that name who is responsible, read as evidence."""

from pathlib import Path

import pytest

from rag.answers.evidence import Evidence
from rag.answers.labelled import Found, read_masthead, read_roles
from rag.answers.query import Filters, Query, understand
from rag.index.storage import summary_of
from rag.reports.chunks import Chunk, chunk_report
from rag.reports.reading import Report, read_report

TEXT = """索引号: 0077-2020-01 发布日期: 2020-03-25 文  号: 主题分类: 教育

某市教育局2020年工作要点

一、加强保障

1.推进食堂建设。新建100所食堂。

牵头领导:李一

牵头科室:后勤科

责任科室:基教科、办公室

2.推进信息化。建成示范校6所。

牵头领导:

牵头科室:技装处

3.更新校车24辆，淘汰旧车。（牵头股室：安全股、校车办，配合股室：计财股；责任领导：王五）

4.改造厕所（共30座）。检查1次（时间：9月）。

5.开展家访（鼓励学生参与）。走访2000户。（基教科、安全科）

6.发放补助300万元（市教育局牵头，市财政局、市民政局配合）。
"""


@pytest.fixture
def report(tmp_path: Path) -> Report:
    file = tmp_path / "r1.txt"
    file.write_text(TEXT, encoding="utf-8")
    return read_report(file)


def chunks(report: Report) -> list[Chunk]:
    return chunk_report(report, count_tokens=len, limit=500)


def ask(question: str, report: Report) -> Query:
    return understand(question, [summary_of(report, chunks=0)], filters=Filters(), longest=200)


def masthead(question: str, report: Report) -> Found:
    return read_masthead(ask(question, report), [report], lambda _: chunks(report))


def roles(question: str, report: Report, heading: str, said: str = "") -> Found:
    """With `said` as the sentence that was found for the question, which has more of its words than the heading."""
    chunk = next(chunk for chunk in chunks(report) if chunk.path and chunk.path[-1].startswith(heading))
    start = chunk.start + chunk.text.index(said)
    scores = {"coverage": 0.6, "heading": 0.2 if said else 0.6}
    best = Evidence(chunk, start, start + len(said), said, 1.0, scores, planned=False)
    return read_roles(ask(question, report), [best], report)


def test_a_masthead_field_is_cited_with_its_label(report: Report) -> None:
    found = masthead("这份要点是什么时候发布的？", report)
    assert found.statements[0].text == "《某市教育局2020年工作要点》的发布日期:2020-03-25"
    assert [item.text for item in found.statements[0].evidence] == ["发布日期: 2020-03-25"]


def test_a_field_the_masthead_leaves_blank_is_said_to_be_blank(report: Report) -> None:
    found = masthead("这份要点的文号是什么？", report)
    assert (found.statements, found.blank) == ((), ("文号",))


def test_how_to_reach_the_office_is_read_from_the_footer(tmp_path: Path) -> None:
    file = tmp_path / "r2.txt"
    footer = "主办单位:某市教育局  联系地址:某市书院街9号  联系电话:0000-1234567\n网站标识码:5100000000  网站地图\n"
    file.write_text(f"{TEXT}\n扫一扫在手机打开当前页\n上一条:\n下一条:\n\n{footer}", encoding="utf-8")
    report = read_report(file)
    found = masthead("给某市教育局打电话，网页上留的号码是多少？", report)
    assert found.statements[0].text == "《某市教育局2020年工作要点》的联系电话:0000-1234567"
    item = found.statements[0].evidence[0]
    assert (item.text, item.chunk.kind) == ("联系电话:0000-1234567", "furniture")
    assert report.text[item.start : item.end] == item.text


def test_who_leads_is_read_from_the_item_and_cited_line_by_line(report: Report) -> None:
    found = roles("食堂建设由哪个科室牵头？", report, "1.")
    assert found.statements[0].text == "1.推进食堂建设:牵头科室:后勤科"
    assert [item.text for item in found.statements[0].evidence] == ["1.推进食堂建设", "牵头科室:后勤科"]


def test_the_matter_is_cited_too_where_the_heading_does_not_name_it(report: Report) -> None:
    found = roles("新建食堂由哪个科室牵头？", report, "1.", "新建100所食堂。")
    assert found.statements[0].text == "1.推进食堂建设:新建100所食堂;牵头科室:后勤科"
    assert [item.text for item in found.statements[0].evidence] == [
        "1.推进食堂建设",
        "新建100所食堂。",
        "牵头科室:后勤科",
    ]


def test_both_are_told_when_both_are_asked(report: Report) -> None:
    found = roles("食堂建设由哪位领导牵头，哪个科室具体负责？", report, "1.")
    assert found.statements[0].text == "1.推进食堂建设:牵头领导:李一;牵头科室:后勤科"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("食堂建设由哪位领导主管？", "1.推进食堂建设:牵头领导:李一"),
        ("食堂建设由哪个科室主管？", "1.推进食堂建设:牵头科室:后勤科;责任科室:基教科、办公室"),
        ("食堂建设由哪个科室挑头？", "1.推进食堂建设:牵头科室:后勤科"),
        ("食堂建设的责任科室是哪个？", "1.推进食堂建设:责任科室:基教科、办公室"),
    ],
)
def test_a_role_that_no_line_has_stands_for_any(report: Report, question: str, said: str) -> None:
    assert roles(question, report, "1.").statements[0].text == said


def test_roles_in_brackets_behind_an_item_are_read_too(report: Report) -> None:
    found = roles("校车更新由哪个股室牵头？", report, "3.")
    assert found.statements[0].text == "3.更新校车24辆，淘汰旧车:牵头股室：安全股、校车办"
    assert roles("校车更新归谁管？", report, "3.").statements[0].text.endswith("旧车:责任领导：王五")
    assert roles("校车更新由谁、哪个股室配合？", report, "3.").statements[0].text.endswith("旧车:配合股室：计财股")
    assert roles("厕所由谁负责？", report, "4.") == Found(())


def test_offices_in_brackets_without_a_label_are_read_too(report: Report) -> None:
    assert roles("家访由哪个科室负责？", report, "5.").statements[0].text.endswith(":基教科、安全科")
    assert roles("补助由谁牵头？", report, "6.").statements[0].text.endswith(":市教育局牵头")
    assert roles("补助由哪些部门配合？", report, "6.").statements[0].text.endswith(":市财政局、市民政局配合")


def test_a_leader_left_blank_is_said_to_be_blank(report: Report) -> None:
    found = roles("信息化的牵头领导是谁？", report, "2.")
    assert (found.statements, found.blank) == ((), ("牵头领导",))


def test_each_field_asked_for_is_answered(report: Report) -> None:
    found = masthead("这份要点的索引号是什么？哪天发布的，主题分类呢？", report)
    assert [statement.text.rpartition("的")[2] for statement in found.statements] == [
        "索引号:0077-2020-01",
        "发布日期:2020-03-25",
        "主题分类:教育",
    ]
    both = masthead("这份要点的发布日期和主题分类分别是什么？", report)
    assert [statement.text[-10:] for statement in both.statements] == ["2020-03-25", "点》的主题分类:教育"]
    assert masthead("这份要点哪天挂到网上的？", report).statements[0].text.endswith("发布日期:2020-03-25")
