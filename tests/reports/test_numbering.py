"""Markers at line starts and the headings behind them."""

import pytest

from rag.reports.numbering import chinese_number, heading_of, read_marker


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("一", 1),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("二十七", 27),
        ("一百二十", 120),
        ("一百零三", 103),
        ("二〇", 20),
    ],
)
def test_chinese_numbers(text: str, value: int) -> None:
    assert chinese_number(text) == value


@pytest.mark.parametrize(
    ("line", "style", "value", "number"),
    [
        ("一、总则", "一、", 1, "一"),
        ("\xa0\xa0\u3000二、总则", "一、", 2, "二"),
        ("一、2018年工作回顾", "一、", 1, "一"),
        ("三．总则", "一、", 3, "三"),
        ("（十二）总则", "(一)", 12, "(十二)"),
        ("贰、总则", "壹、", 2, "贰"),
        ("拾壹、总则", "壹、", 11, "拾壹"),
        ("( 四 )总则", "(一)", 4, "(四)"),
        ("19.总则", "1.", 19, "19"),
        ("3、总则", "1.", 3, "3"),
        ("4．总则", "1.", 4, "4"),
        ("1.2018年完成", "1.", 1, "1"),
        ("（2）总则", "(1)", 2, "(2)"),
        ("5）总则", "1)", 5, "5)"),
        ("③总则", "①", 3, "③"),
        ("第三条 总则", "第一条", 3, "第三条"),
        ("第 二 章  总则", "第一章", 2, "第二章"),
        ("第12条 总则", "第一条", 12, "第12条"),
        ("第一部分：总则", "第一部分", 1, "第一部分"),
        ("一是总则", "一是", 1, "一是"),
        ("二要总则", "一要", 2, "二要"),
        ("第二，总则", "第一,", 2, "第二"),
    ],
)
def test_markers(line: str, style: str, value: int, number: str) -> None:
    marker = read_marker(line)
    assert marker is not None
    assert (marker.style.name, marker.value, marker.number) == (style, value, number)


@pytest.mark.parametrize(
    "line",
    [
        "1.35万个",
        "2018.3",
        "2018年",
        "2018、2019年",
        "2.5",
        "2",
        "十三五",
        "一带一路",
        "第五届",
        "第五条的规定",
        "一年来",
        "四川省",
        "七、八年级学生上学",
        "一、二、三等奖",
        "1、2月份收入",
        "3.15晚会",
        "1.5亿元",
        "20所学校",
        "第一步兵团",
        "",
        "　",
    ],
)
def test_what_is_no_marker(line: str) -> None:
    assert read_marker(line) is None


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("一、总体要求", "一、总体要求"),
        ("  （一）总体要求。", "（一）总体要求"),
        ("(二)机会公平切实保障。深化改革。", "(二)机会公平切实保障"),
        ("9.加大力度。投资3亿元。", "9.加大力度"),
        ("(三)做强,做优,做大。还有。", "(三)做强,做优,做大"),
        ("1.工作目标:到年底,完成三项。", "1.工作目标"),
        ("(一)主要做法:", "(一)主要做法"),
        ("（一）坚持“质量第一。效益优先。”的方针。其他。", "（一）坚持“质量第一。效益优先。”的方针"),
        ("一、怎么申请？先登录。", "一、怎么申请？"),
        ("(一)" + "学" * 20 + "," + "习" * 40 + "。", "(一)" + "学" * 20),
        ("(一)" + "学" * 80, "(一)" + "学" * 50),
        ("第三条 本办法适用于本市。", "第三条"),
        ("第三条 申请应当符合下列条件:", "第三条"),
        ("第三条 适用范围", "第三条 适用范围"),
        ("一是推进改革。要大胆。", "一是推进改革"),
        ("2.“满天星(试点", "2.“满天星(试点"),
        ("一、全面加强党的\n建设\n", "一、全面加强党的建设"),
        ("三、存在问题 一是学位不足；二是师资不均。", "三、存在问题"),
        ("二、总体要求 坚持以人民为中心，" + "办" * 50 + "。", "二、总体要求"),
    ],
)
def test_headings(line: str, heading: str) -> None:
    marker = read_marker(line)
    assert marker is not None
    assert heading_of(line, marker) == heading
