"""Refusals in words: what is missing, in the question's language."""

import pytest

from rag.answers.refusal import blank_line, silence, why_refused
from tests.answers.made import evidence, query


@pytest.mark.parametrize(
    ("unmet", "words"),
    [
        (("year:2017",), "所收报告没有给出2017年的这项内容。"),
        (("place:佛山",), "所收报告没有给出关于佛山的这项内容。"),
        (("outcome:",), "所收报告只写了计划或目标,没有写完成的结果。"),
        (("name:县管校聘",), "所收报告没有把这件事与“县管校聘”联系在一起。"),
        ((), "在所收报告里没有找到这个问题的答案。"),
    ],
)
def test_a_refusal_names_what_the_best_sentence_did_not_meet(unmet: tuple[str, ...], words: str) -> None:
    said = why_refused(query("有多少所学校？"), [evidence("新建12所。", unmet=unmet)], ())
    assert said == words + "最接近的内容见下列章节。"


def test_english_questions_are_refused_in_english() -> None:
    said = why_refused(
        query("How many schools were built in 2016?"), [evidence("新建12所。", unmet=("year:2016",))], ()
    )
    assert said == "The reports do not give this for 2016. The nearest sections are shown below."


def test_what_was_not_found_is_not_said_to_be_absent() -> None:
    assert silence("zh") == "没有找到这项内容。"
    assert "空白" in blank_line("文号", "zh")
