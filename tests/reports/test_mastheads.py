"""Pairs of labels and values, several on a line, blank ones included."""

import pytest

from rag.reports.lines import split_lines
from rag.reports.mastheads import read_pairs


@pytest.mark.parametrize(
    ("line", "pairs"),
    [
        pytest.param(
            "阅读次数:\xa0\xa0 发布日期: 2021/11/30 08:05:09\xa0\xa0 文章来源: 办公室",
            [("阅读次数", ""), ("发布日期", "2021/11/30 08:05:09"), ("文章来源", "办公室")],
            id="a blank value before another label",
        ),
        pytest.param(
            "索 引 号: 84/20-01 主题分类: 教育 发文机关: 某区教育局",
            [("索引号", "84/20-01"), ("主题分类", "教育"), ("发文机关", "某区教育局")],
            id="a letter-spaced label",
        ),
        pytest.param(
            "公开日期: 2022-06-01 文  号: 主 题 词: 体育;督导",
            [("公开日期", "2022-06-01"), ("文号", ""), ("主题词", "体育;督导")],
            id="a blank document number",
        ),
        pytest.param(
            "信息来源:市教育局发布时间:2020-03-25", [("信息来源", "市教育局"), ("发布时间", "2020-03-25")], id="no gap"
        ),
        pytest.param("  • 发文字号 某教发〔2018〕8号", [("发文字号", "某教发〔2018〕8号")], id="a bullet"),
        pytest.param(
            "【文    号】某教〔2023〕68号    【有 效 性】有效 【主题分类】",
            [("文号", "某教〔2023〕68号"), ("有效性", "有效"), ("主题分类", "")],
            id="labels in frames",
        ),
        pytest.param("【要闻】某区召开大会", [], id="a frame that is no label"),
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
