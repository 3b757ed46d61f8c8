"""What questions ask for, and whether a sentence names it."""

import pytest

from rag.answers.answer_types import AnswerType, answer_type, is_question, names_answer, repeats


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("督查组由谁担任组长？", "person"),
        ("校长叫什么名字？", "person"),
        ("当时的市长叫什么？", "person"),
        ("学院后来改叫什么名字了？", ""),
        ("食堂归哪个处室管？", "body"),
        ("大会在哪里举办？", "place"),
        ("哪个城市承办了比赛？", "place"),
        ("校园什么时候开放？", "time"),
        ("运动会啥时候开幕？", "time"),
        ("运动会开幕时间", "time"),
        ("学校有多少所？", "figure"),
        ("新建了几所学校？", "figure"),
        ("新建了哪几所学校？", ""),
        ("踩踏事故死亡人数", "figure"),
        ("有几成学校接入了专网？", "figure"),
        ("Where was the meeting held?", "place"),
        ("How many schools were built?", "figure"),
        ("为什么减少了作业？", ""),
        ("时间安排上有什么考虑？", ""),
    ],
)
def test_the_words_that_ask_tell_what_for(question: str, kind: AnswerType) -> None:
    assert answer_type(question) == kind


@pytest.mark.parametrize(
    ("text", "question", "kind", "named"),
    [
        ("大会在泉州市举行。", "2022年大会在哪里举行？", "place", True),
        ("大会如期举行。", "2022年大会在哪里举行？", "place", False),
        ("泉州市的大会如期举行。", "泉州市的大会在哪里举行？", "place", False),
        ("专项督导，泉州市高分通过评估。", "哪个地方通过了评估？", "place", True),
        ("县级市高分通过评估。", "哪个地方通过了评估？", "place", False),
        ("某区人民政府区长  杜联合", "区长叫什么名字？", "person", True),
        ("市 长：杜联合", "市长叫什么？", "person", True),
        ("由市老龄工作机构核准。", "由谁核准？", "person", True),
        ("新建100所标准化食堂。", "食堂归哪个处室管？", "body", False),
        ("责任处室:体卫艺处", "食堂归哪个处室管？", "body", True),
        ("期满前一个月内可以续期。", "提前多久可以续期？", "figure", True),
        ("期满后可以续期。", "提前多久可以续期？", "figure", False),
        ("局长负总责，科室抓落实。", "谁来负责？", "person", True),
        ("保障部门负责落实。", "保障部门要谁来负责？", "person", False),
        ("落实到位。", "由谁核准？", "person", False),
        ("由市老龄工作机构核准。", "核准的人叫什么名字？", "person", False),
        ("中小学校(幼儿园)副校长授课。", "副校长叫什么名字？", "person", False),
        ("9月1日开学。", "什么时候开学？", "time", True),
        ("按时开学。", "什么时候开学？", "time", False),
        ("新建12所。", "建了多少所？", "figure", True),
        ("2018年新建学校。", "建了多少所？", "figure", False),
        ("建了很多。", "为什么建？", "", True),
    ],
)
def test_a_sentence_names_what_the_question_does_not_say(
    text: str, question: str, kind: AnswerType, named: bool
) -> None:
    assert names_answer(text, question, kind) is named


def test_a_question_is_told_from_a_statement() -> None:
    assert is_question("吉祥物是什么样子的？”")
    assert not is_question("他问：“为什么？”然后走了。")


@pytest.mark.parametrize(
    ("text", "nothing_new"),
    [
        ("全市举办了校园足球联赛。", True),
        ("举办校园足球联赛3次。", False),
        ("校园足球联赛由市体育局举办。", False),
    ],
)
def test_a_sentence_repeats_a_question_when_it_adds_no_figure_and_no_word_of_meaning(
    text: str, nothing_new: bool
) -> None:
    assert repeats("市里举办了什么样的校园足球联赛？", text) is nothing_new
