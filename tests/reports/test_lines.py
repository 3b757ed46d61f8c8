"""Lines, trimming and what stands outside quotation marks."""

from hypothesis import given, strategies

from rag.reports.lines import split_lines, squeezed, trimmed, unquoted


@given(strategies.text(alphabet="ab \n\r\u200b\u2028", max_size=60))
def test_lines_join_to_their_text(text: str) -> None:
    lines = split_lines(text)
    assert "".join(text[line.start : line.end] for line in lines) == text
    assert all(line.text.count("\n") == 0 and line.start < line.end for line in lines)


def test_words_know_where_they_begin() -> None:
    line = split_lines("甲\n \u200b\xa0乙 丙 \n")[1]
    assert (line.start, line.words, line.words_start) == (2, "乙 丙", 5)


def test_trimming_takes_zero_width_characters_along() -> None:
    assert trimmed("\ufeff \u200b甲 乙\u200d\n") == "甲 乙"
    assert squeezed(" 甲\u200b 乙\xa0") == "甲乙"


def test_marks_in_closed_quotes_do_not_count() -> None:
    text = "“甲。乙”。《丙。》(丁。“戊。"
    assert [text[:index] for index in unquoted(text, "。")] == [
        "“甲。乙”",
        "“甲。乙”。《丙。》(丁",
        "“甲。乙”。《丙。》(丁。“戊",
    ]


def test_many_open_quotes_take_linear_time() -> None:
    assert list(unquoted("(“《" * 200_000 + "。", "。")) == [600_000]
