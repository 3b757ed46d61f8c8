"""Drafts to claims that stand or fall, and evidence in its own words."""

import pytest

from rag.answers.composition import answers_fully, check_draft, claims_of, in_its_own_words
from tests.answers.made import evidence, query

BUILT = evidence("全年新建幼儿园12所、小学3所。", start=0)
SPENT = evidence("投入资金1.7亿元,惠及学生12万人次。", start=100)


def test_a_draft_is_split_into_its_sentences_without_markers() -> None:
    assert claims_of("1. 新建幼儿园12所[1]。\n- 投入1.7亿元[2];惠及12万人次。") == [
        "新建幼儿园12所。",
        "投入1.7亿元;",
        "惠及12万人次。",
    ]


def test_each_claim_cites_the_sentence_that_bears_it_out() -> None:
    standing, fallen = check_draft(
        "投入资金1.7亿元。新建幼儿园12所。", query("投入多少资金,新建多少所幼儿园?"), [BUILT, SPENT], titles={}
    )
    assert [(statement.text, statement.evidence) for statement in standing] == [
        ("投入资金1.7亿元。", (SPENT,)),
        ("新建幼儿园12所。", (BUILT,)),
    ]
    assert fallen == []


def test_the_figure_of_one_sentence_is_not_told_of_what_only_another_names() -> None:
    first = evidence("全市本科入围率首次超过五成,达52.4%。", start=0)
    second = evidence("高考实现新突破,重点入围人数3460人。", start=60)
    asked = query("高考本科入围多少人,入围率是多少?")
    standing, fallen = check_draft("本科入围3460人,入围率52.4%。", asked, [first, second], titles={})
    assert standing == []
    assert fallen[0].verdict.value == "misattributed"
    standing, _ = check_draft("重点入围人数3460人,本科入围率52.4%。", asked, [first, second], titles={})
    assert [statement.evidence for statement in standing] == [(first, second)]


def test_a_claim_nothing_bears_out_falls_with_its_reason() -> None:
    standing, fallen = check_draft("新建幼儿园21所。", query("新建多少所幼儿园?"), [BUILT, SPENT], titles={})
    assert standing == []
    assert fallen[0].verdict.reason == "21所 is not in the cited words"


@pytest.mark.parametrize(
    ("draft", "full"),
    [
        ("新建幼儿园12所、小学3所。", True),
        ("新建幼儿园12所。", False),  # the second figure asked for is not there
    ],
)
def test_a_draft_must_hold_every_figure_asked_for(draft: str, full: bool) -> None:
    asked = query("新建了多少所幼儿园、多少所小学？")
    standing, _ = check_draft(draft, asked, [BUILT], titles={})
    assert answers_fully(standing, asked, [BUILT]) is full


def test_a_list_is_whole_or_not_there() -> None:
    item = evidence("与日本、泰国、法国开展合作。")
    asked = query("与哪些国家开展合作？")
    whole, _ = check_draft("与日本、泰国、法国开展合作。", asked, [item], titles={})
    cut, _ = check_draft("与日本、泰国开展合作。", asked, [item], titles={})
    assert answers_fully(whole, asked, [item])
    assert not answers_fully(cut, asked, [item])


def test_a_draft_that_only_repeats_the_question_does_not_answer() -> None:
    item = evidence("食堂建设由后勤科牵头。")
    asked = query("食堂建设由哪个科牵头？")
    standing, _ = check_draft("食堂建设由科牵头。", asked, [item], titles={})
    assert not answers_fully(standing, asked, [item])


def test_plans_are_marked_as_plans() -> None:
    plan = evidence("新建100所食堂。", planned=True)
    assert [statement.text for statement in in_its_own_words([plan, BUILT], language="zh")] == [
        "(计划)新建100所食堂。",
        "全年新建幼儿园12所、小学3所。",
    ]
    assert in_its_own_words([plan], language="en")[0].text == "The report plans: “新建100所食堂。”"


def test_a_name_from_another_clause_than_the_one_asked_about_falls() -> None:
    item = evidence("甲山市特殊学校秋季正式开班招生,乙山市特殊学校完成征地工作。")
    asked = query("秋季哪个市的特殊学校开始招生？")
    right, _ = check_draft("甲山市的特殊学校秋季开始招生。", asked, [item], titles={})
    wrong, fallen = check_draft("乙山市的特殊学校秋季开始招生。", asked, [item], titles={})
    bare, _ = check_draft("乙山市", asked, [item], titles={})
    assert [statement.text for statement in right] == ["甲山市的特殊学校秋季开始招生。"]
    assert (wrong, bare) == ([], [])
    assert fallen[0].verdict.value == "misattributed"


def test_a_claim_that_takes_two_sentences_cites_both() -> None:
    asked = query("投入多少资金,新建多少所幼儿园？")
    standing, _ = check_draft("投入资金1.7亿元,新建幼儿园12所。", asked, [BUILT, SPENT], titles={})
    assert [statement.evidence for statement in standing] == [(BUILT, SPENT)]
