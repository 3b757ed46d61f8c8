"""Tables as lines: headers, spans, captions, and words that a line break has parted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reports.formats.tables import Caption, Cell, joined, read_caption, table_lines


def plain(*rows: str) -> list[list[Cell]]:
    return [[Cell(text) for text in row.split("|")] for row in rows]


def test_every_cell_stands_behind_its_header() -> None:
    rows = plain("区县|学校数|在校生", "东区|12|3400", "西区||2100")
    assert table_lines(rows) == ["区县：东区；学校数：12；在校生：3400", "区县：西区；在校生：2100"]


def test_title_and_unit_are_said_in_each_row() -> None:
    rows = plain("项目|金额", "校舍|30", "图书|5")
    assert table_lines(rows, caption=Caption("2021年支出", "万元")) == [
        "2021年支出（单位：万元） 项目：校舍；金额：30",
        "2021年支出（单位：万元） 项目：图书；金额：5",
    ]


def test_a_unit_that_the_title_names_is_not_said_twice() -> None:
    assert table_lines(plain("项目|数", "甲|1"), caption=Caption("支出（万元）", "万元")) == [
        "支出（万元） 项目：甲；数：1"
    ]


def test_headers_above_headers_are_said_together() -> None:
    rows = [
        [Cell("区县", rows=2), Cell("小学", columns=2)],
        [Cell("学校"), Cell("学生")],
        [Cell("东区"), Cell("7"), Cell("900")],
    ]
    assert table_lines(rows) == ["区县：东区；小学 学校：7；小学 学生：900"]


def test_a_cell_over_several_rows_is_said_in_each_and_one_over_columns_once() -> None:
    rows = [
        [Cell("片区"), Cell("学校"), Cell("人数"), Cell("班数")],
        [Cell("北片", rows=2), Cell("一小"), Cell("50"), Cell("2")],
        [Cell("二小"), Cell("未统计", columns=2)],
    ]
    assert table_lines(rows) == ["片区：北片；学校：一小；人数：50；班数：2", "片区：北片；学校：二小；人数：未统计"]


def test_a_row_all_across_on_top_is_the_title() -> None:
    rows = [[Cell("招生计划", columns=2)], *plain("学校|名额", "一中|80")]
    assert table_lines(rows) == ["招生计划", "招生计划 学校：一中；名额：80"]


def test_the_headers_of_empty_columns_are_not_lost() -> None:
    assert table_lines(plain("学校|名额|备注", "一中|80|")) == ["学校：一中；名额：80", "备注"]


def test_equal_cells_are_two_cells() -> None:
    assert table_lines(plain("甲|乙", "3|3")) == ["甲：3；乙：3"]


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (plain("只有一列", "的文字"), ["只有一列", "的文字"]),
        (plain("合计|20|30", "东区|8|12"), ["合计；20；30", "东区；8；12"]),
        (plain("学校|名额"), ["学校；名额"]),
        ([], []),
        (plain("|", "|"), []),
    ],
)
def test_without_headers_the_cells_give_their_words(rows: list[list[Cell]], lines: list[str]) -> None:
    assert table_lines(rows) == lines


def test_what_the_file_says_of_headers_counts() -> None:
    rows = plain("1班|2班", "30|31")
    assert table_lines(rows, header_rows=1) == ["1班：30；2班：31"]
    assert table_lines(rows, header_rows=0) == ["1班；2班", "30；31"]
    marked = [[Cell("2019", header=True), Cell("2020.5", header=True)], *plain("30|31")]
    assert table_lines(marked) == ["2019：30；2020.5：31"]


@pytest.mark.parametrize(
    ("above", "caption"),
    [
        (["表2 各区学位", "单位：个"], Caption("表2 各区学位", "个")),
        (["表2 各区学位（单位：万元）"], Caption("表2 各区学位", "万元")),
        (["各区学位：", "", "计量单位: 人"], Caption("各区学位", "人")),
        (["全年新增学位较多。", ""], Caption()),
        ([], Caption()),
    ],
)
def test_a_caption_is_read_from_the_lines_above(above: list[str], caption: Caption) -> None:
    assert read_caption(above) == caption


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("教育", "系统", "教育系统"),
        ("共有2018", "年", "共有2018年"),
        ("state of", "the art", "state of the art"),
        ("devel-", "opment", "development"),
        ("COVID-", "19", "COVID-19"),
        ("e-", "Learning", "e-Learning"),
        ("soft\u00ad", "ware", "software"),
        ("by law,", "(see 3)", "by law, (see 3)"),
        ("", "甲", "甲"),
    ],
)
def test_parted_words_are_joined(first: str, second: str, whole: str) -> None:
    assert joined(first, second) == whole


@given(st.lists(st.lists(st.builds(Cell, st.text("甲乙12 \n", max_size=4), st.integers(1, 3), st.integers(1, 3)))))
def test_no_cell_is_lost(rows: list[list[Cell]]) -> None:
    said = "\n".join(table_lines(rows))
    for row in rows:
        for cell in row:
            assert all(part in said for part in cell.text.split())
