"""Figures read from text: values worked out by hand, and the same figure written in other ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.quantities import Quantity, chinese_number, half_width, quantities


def read(text: str) -> list[tuple[str, str, str]]:
    return [(figure.kind, figure.value, figure.counter) for figure in quantities(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("新投用幼儿园98所、中小学55所", [("number", "98", "所"), ("number", "55", "所")]),
        ("奖补资金1,164万元", [("number", "11640000", "元")]),
        ("６００余万元", [("number", "6000000", "元")]),
        ("累计3.6万余人次", [("number", "36000", "人次")]),
        ("两千余人", [("number", "2000", "人")]),
        ("达52.43%,提高2.5个百分点", [("percent", "52.43", ""), ("points", "2.5", "")]),
        ("百分之五十", [("percent", "50", "")]),
        ("百分之八点五", [("percent", "8.5", "")]),
        ("超过五成", [("percent", "50", "")]),
        ("三成五来自外地,一成半来自本地", [("percent", "35", ""), ("percent", "15", "")]),
        ("1895年成立", [("year", "1895", "")]),
        ("占全省1/3", [("ratio", "1:3", "")]),
        ("占全省三分之一", [("ratio", "1:3", "")]),
        ("师生比不低于1:200", [("ratio", "1:200", "")]),
        ("排名第五", [("ordinal", "5", "")]),
        ("排名第5", [("ordinal", "5", "")]),
        ("2018-01-17", [("year", "2018", ""), ("date", "01-17", "")]),
        ("2018年1月17日", [("year", "2018", ""), ("date", "01-17", "")]),
        ("二〇一八年", [("year", "2018", "")]),
        ("2017—2020年", [("year", "2017", ""), ("year", "2020", "")]),
        ("甲教发〔2018〕8号", [("document", "2018-8", "")]),
        ("引进1—2所", [("number", "1", "所"), ("number", "2", "所")]),
        ("连续五届", [("number", "5", "届")]),
        ("统一安排一个方面、十分重要", [("number", "10", "分")]),
        ("100，200所", [("number", "100", ""), ("number", "200", "所")]),
    ],
)
def test_figures_of_a_text(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert read(text) == expected


def test_words_without_a_figure_have_none() -> None:
    assert read("统一思想,一方面抓质量,万一有事,成员单位") == []


@pytest.mark.parametrize(
    ("words", "value"),
    [("三十二", 32), ("十", 10), ("两千", 2000), ("一万二千", 12000), ("三亿零五万", 300050000), ("二〇一八", 2018)],
)
def test_chinese_numbers(words: str, value: int) -> None:
    assert chinese_number(words) == value


@pytest.mark.parametrize("words", ["", "甲", "三个", "亿"])
def test_what_is_no_chinese_number(words: str) -> None:
    assert chinese_number(words) is None


def counted(counter: str) -> Quantity:
    return Quantity("number", "45", counter, 0, 0)


def test_counters_of_one_row_agree_and_others_do_not() -> None:
    assert counted("名").agrees_with(counted("人"))
    assert counted("").agrees_with(counted("人"))
    assert counted("个").agrees_with(counted("所"))
    assert not counted("人次").agrees_with(counted("人"))
    assert not counted("元").agrees_with(counted("人"))


@given(st.integers(min_value=1, max_value=10**9))
def test_thousands_separators_and_full_width_change_nothing(number: int) -> None:
    plain, grouped = f"共{number}元", f"共{number:,}元"
    wide = plain.translate({ord(str(digit)): chr(ord("０") + digit) for digit in range(10)})
    assert read(plain) == read(grouped) == read(wide) == [("number", str(number), "元")]


@given(st.text())
def test_half_width_keeps_every_offset(text: str) -> None:
    assert len(half_width(text)) == len(text)


@given(st.text())
def test_spans_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    spans = dict.fromkeys((figure.start, figure.end) for figure in quantities(text))
    flat = [place for span in spans for place in span]
    assert flat == sorted(flat)
    assert all(0 <= place <= len(text) for place in flat)
