"""Headings without a number, reports without any, and attachments."""

import pytest

from rag.reports.formats import Heading
from rag.reports.sections import address, heading_path, parse_sections, walk

TEXT = "为了丰富群众的文化生活，本市决定在今年夏天举办一系列活动，欢迎广大市民参加。" * 2


def parts(text: str, *marked: tuple[str, int]) -> list[tuple[str, str]]:
    headings = [Heading(text.index(f"{words}\n"), level) for words, level in marked]
    return [(address(path), path[-1].kind) for path in walk(parse_sections(text, headings=headings))]


def test_short_lines_above_text_are_headings_where_nothing_else_is() -> None:
    text = f"某市活动说明\n活动背景\n{TEXT}\n活动时间\n{TEXT}\n{TEXT}\n"
    assert parts(text) == [("front", "front"), ("活动背景", "titled"), ("活动时间", "titled")]
    assert heading_path((parse_sections(text)[2],)) == ("活动时间",)


def test_text_without_headings_is_cited_by_paragraph() -> None:
    text = f"某市关于举办活动的通知\n各区局：\n{TEXT}\n{TEXT}{TEXT}\n\n请参加。\n{TEXT}{TEXT}\n某局\n2020年1月2日\n"
    assert parts(text) == [("front", "front"), ("第1段", "paragraph"), ("第2段", "paragraph")]
    sections = parse_sections(text)
    assert text[sections[1].start : sections[1].end] == f"{TEXT}\n{TEXT}{TEXT}\n\n"
    assert text[sections[2].start :] == f"请参加。\n{TEXT}{TEXT}\n某局\n2020年1月2日\n"


def test_lines_above_numbers_that_begin_anew_are_headings() -> None:
    text = "某市惠民政策指南\n申请条件\n1.本市户籍。\n2.年满六十周岁。\n办理流程\n1.提交申请。\n2.审核发放。\n"
    assert [place for place, _ in parts(text)] == [
        *("front", "申请条件", "申请条件/1", "申请条件/2", "办理流程", "办理流程/1", "办理流程/2"),
    ]


def test_headings_that_the_file_marks_are_levels() -> None:
    text = f"某单位介绍\n概况\n{TEXT}\n沿革\n{TEXT}\n现状\n{TEXT}\n展望\n{TEXT}\n"
    marked = [("某单位介绍", 1), ("概况", 2), ("沿革", 3), ("现状", 3), ("展望", 2)]
    assert [place for place, _ in parts(text, *marked)] == ["front", "概况", "概况/沿革", "概况/现状", "展望"]


def test_a_marked_heading_among_numbers_stands_below_those_that_go_on() -> None:
    text = "一、甲\n1.乙\n2.丙\n说明\n1.丁\n2.戊\n二、己\n1.庚\n结语\n辛。\n"
    assert [place for place, _ in parts(text, ("说明", 3), ("结语", 1))] == [
        *("一", "一/1", "一/2", "一/说明", "一/说明/1", "一/说明/2", "二", "二/1", "结语"),
    ]


def test_marks_on_numbered_headings_and_the_title_change_nothing() -> None:
    text = "某局2020年工作总结\n一、甲\n（一）乙\n丙。\n二、丁\n戊。\n"
    assert parts(text, ("某局2020年工作总结", 1), ("一、甲", 2), ("（一）乙", 3), ("二、丁", 2)) == parts(text)


RULE = "某市奖励办法\n第一章 总则\n第一条 为了甲。\n第二章 附则\n第二条 自发布起施行。\n"


@pytest.mark.parametrize(
    ("attachment", "expected"),
    [
        ("附件1\n某市奖励标准\n一、一等奖\n二、二等奖\n", ["某市奖励标准", "某市奖励标准/一", "某市奖励标准/二"]),
        ("附件\n\n任务分工安排\n序号 任务 单位\n1 扩大学位 基教科\n", ["任务分工安排"]),
        ("附件2：某市申请书样式\n姓名 性别\n填写说明如下。\n", ["附件2：某市申请书样式"]),
        ("附件1\n甲表\n内容。\n附件2\n乙表\n内容。\n", ["甲表", "乙表"]),
    ],
)
def test_attachments_are_parts(attachment: str, expected: list[str]) -> None:
    own = ["front", "第一章", "第一章/第一条", "第二章", "第二章/第二条"]
    assert [place for place, _ in parts(RULE + attachment)] == own + expected


@pytest.mark.parametrize(
    "listed",
    [
        "附件：1.某市申请书\n2.某市审批表\n某市教育局\n2020年1月2日\n",
        "附件1：某市申请书\n附件2：某市审批表\n某市教育局\n2020年1月2日\n",
        "附件：重点任务分工\n",
    ],
)
def test_a_list_of_attachments_is_no_part(listed: str) -> None:
    assert "part" not in [kind for _, kind in parts(RULE + listed)]
