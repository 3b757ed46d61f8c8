import pytest

from rag.answers.composition import in_its_own_words
from rag.answers.drawn_tables import cells_of, header_of, told_with
from rag.answers.evidence import Evidence
from rag.reports.chunks import Chunk

DRAWN = "五、条件\n\n指标　　　　小学　　初中\n校舍面积（万平方米）　　86.3　　71.9\n生均图书（册）　　24.1　　33.6\n"
BARRED = "下表为教师情况。\n| 学段 | 人数 | 2020年占比 |\n|---|---|---|\n| 小学 | 7520 | 72.5% |\n| 初中 | 3100 |  |\n"


def row_of(text: str, line: str, *, shift: int = 1000) -> Evidence:
    chunk = Chunk("r#1@0", "r", "1", ("五、条件",), "numbered", shift, shift + len(text), text, (2020,))
    start = shift + text.index(line)
    return Evidence(chunk, start, start + len(line), line, 0.0, {}, planned=False)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (DRAWN, "生均图书（册）　　24.1　　33.6", "生均图书（册）：小学 24.1，初中 33.6"),
        (BARRED, "| 小学 | 7520 | 72.5% |", "小学：人数 7520，2020年占比 72.5%"),
        (DRAWN.replace("　　", "\t"), "校舍面积（万平方米）\t86.3\t71.9", "校舍面积（万平方米）：小学 86.3，初中 71.9"),
    ],
)
def test_a_row_is_told_with_the_names_of_its_columns(text: str, line: str, told: str) -> None:
    row = row_of(text, line)
    header = header_of(row)
    assert header is not None
    assert told_with(header, row) == told
    statement = in_its_own_words([row], language="zh")[0]
    assert (statement.text, statement.evidence) == (told, (header, row))
    for item in statement.evidence:
        assert text[item.start - 1000 : item.end - 1000] == item.text


def test_the_header_is_the_first_row_of_the_table() -> None:
    header = header_of(row_of(DRAWN, "生均图书（册）　　24.1　　33.6"))
    assert header is not None
    assert cells_of(header.text) == ["指标", "小学", "初中"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (DRAWN, "指标　　　　小学　　初中"),  # the header itself
        ("甲　　12　　13\n乙　　14　　15\n", "乙　　14　　15"),  # no row names the columns
        ("指标　　小学\n乙　　14　　15\n", "乙　　14　　15"),  # of another number of columns
        ("上年情况：\n新建幼儿园 12 所。\n", "新建幼儿园 12 所。"),  # no row
        ("一、甲　　乙\n", "一、甲　　乙"),  # no figure
    ],
)
def test_what_is_no_row_below_a_header_stands_for_itself(text: str, line: str) -> None:
    assert header_of(row_of(text, line)) is None
    assert in_its_own_words([row_of(text, line)], language="zh")[0].text == " ".join(line.split())
