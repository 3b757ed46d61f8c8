"""Pairs of labels and values, several on a line, blank ones included."""

import pytest

from rag.reports.lines import split_lines
from rag.reports.mastheads import read_pairs


@pytest.mark.parametrize(
    ("line", "pairs"),
    [
        pytest.param(
            "阅读次数:\xa0\xa0 发布日期: 2019/03/01 10:50:00\xa0\xa0 文章来源: 办公室",
            [("阅读次数", ""), ("发布日期", "2019/03/01 10:50:00"), ("文章来源", "办公室")],
            id="a blank value before another label",
        ),
        pytest.param(
            "索 引 号: 84/20-01 主题分类: 政策文件 发布机构: 教育和体育局",
            [("索引号", "84/20-01"), ("主题分类", "政策文件"), ("发布机构", "教育和体育局")],
            id="a letter-spaced label",
        ),
        pytest.param(
            "发布日期: 2020-08-12 文  号: 关 键 词: 教育;自评",
            [("发布日期", "2020-08-12"), ("文号", ""), ("关键词", "教育;自评")],
            id="a blank document number",
        ),
        pytest.param(
            "信息来源:市教育局发布时间:2020-03-25", [("信息来源", "市教育局"), ("发布时间", "2020-03-25")], id="no gap"
        ),
        pytest.param("  • 发文字号 某教发〔2018〕8号", [("发文字号", "某教发〔2018〕8号")], id="a bullet"),
        pytest.param("  • 规范性文件登记号", [("规范性文件登记号", "")], id="a blank bullet"),
        pytest.param("  • 各区、市教育局,各有关单位:", [], id="an addressee"),
        pytest.param("牵头领导:张三", [], id="a line of the report"),
        pytest.param("要求如下:一是抓落实。", [], id="a sentence"),
    ],
)
def test_pairs(line: str, pairs: list[tuple[str, str]]) -> None:
    text = "标题\n" + line + "\n"
    found = read_pairs(split_lines(text)[1])
    assert [(pair.label, pair.value) for pair in found] == pairs
    for pair in found:
        words = text[pair.start : pair.end]
        assert words == pair.value if pair.value else "".join(words.split()) == pair.label
