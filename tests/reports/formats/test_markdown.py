"""Markdown: what its marks say is kept, the marks go, and front matter is no content."""

from pathlib import Path

import pytest

from rag.errors import ReportError
from rag.reports.formats.markdown import read
from rag.reports.reading import find_reports, read_report

REPORT = """---
title: 草稿
owner: 某人
---

# 云台市2022年水利工作总结

一、工程建设
全年新建水库3座，加固堤防
46公里，完成投资2.1亿元。

灌溉面积
--------

| 区县 | 面积（万亩） |
| ---- | -----------: |
| 东湖 | 12.5 |
| 西山 | 8 |

2. 维修泵站 *17* 座
3. 清淤河道
   - 主河道 [详见附图](a.png)

> 各区县要抓紧落实。
"""


def test_marks_go_and_what_they_say_stays() -> None:
    document = read(REPORT.encode(), name="a.md")
    end = document.furniture[-1][1]
    assert document.text[:end] == "---\ntitle: 草稿\nowner: 某人\n---\n"
    assert document.text[end:].splitlines() == [
        "云台市2022年水利工作总结",
        "一、工程建设",
        "全年新建水库3座，加固堤防46公里，完成投资2.1亿元。",
        "灌溉面积",
        "灌溉面积 区县：东湖；面积（万亩）：12.5",
        "灌溉面积 区县：西山；面积（万亩）：8",
        "2. 维修泵站 17 座",
        "3. 清淤河道",
        "主河道 详见附图",
        "各区县要抓紧落实。",
    ]
    marked = [(document.text[heading.start :].split("\n")[0], heading.level) for heading in document.headings]
    assert marked == [("云台市2022年水利工作总结", 1), ("灌溉面积", 2)]
    assert (document.format, document.encoding) == ("markdown", "utf-8")


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("甲，\n乙", ["甲，乙"]),
        ("甲。\n乙", ["甲。", "乙"]),
        ("甲\n（一）乙", ["甲", "（一）乙"]),
        ("**甲**\nb\nc", ["甲b c"]),
        ("甲  \n乙", ["甲", "乙"]),
        ("<table><tr><th>甲</th><th>乙</th></tr><tr><td>1</td><td>2</td></tr></table>", ["甲：1；乙：2"]),
        ("---\n甲\n", ["甲"]),  # a rule, and no front matter
    ],
)
def test_lines(source: str, lines: list[str]) -> None:
    document = read(source.encode(), name="a.md")
    assert document.text.splitlines() == lines
    assert document.furniture == ()


@pytest.mark.parametrize("mark", [">", "- "])
def test_what_the_parser_would_leave_out_is_an_error(mark: str) -> None:
    assert read((mark * 20 + " 甲").encode(), name="a.md").text.strip() == "甲"
    for depth in (60, 120, 400):
        try:
            assert "甲" in read((mark * depth + " 甲").encode(), name="a.md").text
        except ReportError as error:
            assert "deep" in error.message
            assert depth > 20


def test_a_readme_in_a_folder_of_reports_is_none_unless_it_is_named(tmp_path: Path) -> None:
    readme, report = tmp_path / "README.md", tmp_path / "a.md"
    readme.write_text("# 关于这些文件", encoding="utf-8")
    report.write_text(REPORT, encoding="utf-8")
    assert find_reports([tmp_path]) == [report]
    assert find_reports([tmp_path, readme]) == [readme, report]
    assert read_report(readme).text == "关于这些文件\n"
    found = read_report(report)
    assert (found.format, found.sections[0].kind) == ("markdown", "furniture")
