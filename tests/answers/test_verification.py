"""Verdicts on claims: every kind of change to a supported claim must fail, every other way of writing it must pass."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.verification import shared_wording, verify

SPAN = "全年新投用幼儿园98所、中小学55所,投入资金1164万元,毕业率达到97.5%,比上年增加307人"
PLAN = "力争新增公办园学位1.35万个,入园率达到93%以上"


@pytest.mark.parametrize(
    "claim",
    [
        "全年新投用幼儿园98所、中小学55所。",
        "新投用幼儿园９８所。",
        "投入资金1,164万元。",
        "投入资金11640000元。",
        "毕业率达到百分之九十七点五。",
        "比上年增加307人。",
        "新投用中小学55所,投入资金1164万元。",
    ],
)
def test_the_same_facts_in_other_writing_are_supported(claim: str) -> None:
    assert verify(claim, SPAN).value == "supported"


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("全年新投用幼儿园89所。", "89所 is not in the cited words"),
        ("投入资金1164元。", "1164元 is not in the cited words"),
        ("毕业率达到97.6%。", "97.6% is not in the cited words"),
        ("毕业率提高97.5个百分点。", "97.5个百分点 is not in the cited words"),
        ("比上年减少307人。", "it says 'down' where the cited words say 'up'"),
        ("投入资金没有达到1164万元。", "differ in a negation"),
        ("新投用幼儿园55所。", "55所 belongs to something else in the cited words"),
        ("2019年投入资金1164万元。", "2019年 is not in the cited words"),
        ("《民办教育办法》投入资金1164万元。", "the name 民办教育办法 is not in the cited words"),
        ("全市组织教师外出考察并给予了高度评价。", "of its wording is in the cited words"),
    ],
)
def test_a_changed_claim_is_unsupported(claim: str, reason: str) -> None:
    verdict = verify(claim, SPAN)
    assert verdict.value == "unsupported"
    assert reason in verdict.reason


def test_a_plan_may_not_be_told_as_an_outcome_nor_an_outcome_as_a_plan() -> None:
    assert verify("力争新增公办园学位1.35万个。", PLAN, planned=True).supported
    assert verify("已新增公办园学位1.35万个。", PLAN, planned=True).reason == (
        "the cited words state a plan, the claim an outcome"
    )
    assert verify("计划新投用幼儿园98所。", SPAN).reason == "the cited words state an outcome, the claim a plan"


def test_a_rate_is_not_told_as_a_share_of_something() -> None:
    span = "全市3-5岁幼儿入园率达99.46%。"
    assert verify("全市3-5岁幼儿占99.46%。", span).reason == "the cited words state no share"
    assert verify("全市3-5岁幼儿入园率为99.46%。", span).supported
    assert verify("其中女生占学生的48%。", "其中女生比例为学生的48%。").supported


def test_a_limit_may_not_change_sides() -> None:
    assert verify("入园率达到93%以下。", PLAN, planned=True).reason == (
        "it says 'at most' where the cited words say 'at least'"
    )


def test_years_may_come_from_the_title_but_figures_may_not() -> None:
    assert verify("2018年投入资金1164万元。", SPAN, context="2018年工作总结").supported
    assert not verify("投入资金29亿元。", SPAN, context="投入29亿元").supported


def test_a_claim_another_passage_supports_is_misattributed() -> None:
    verdict = verify("力争新增公办园学位1.35万个。", SPAN, others=(PLAN,), planned=True)
    assert verdict.value == "misattributed"


FIGURE = re.compile(r"\d")


@given(st.integers(min_value=0, max_value=30), st.integers(min_value=1, max_value=9))
def test_changing_any_digit_fails(which: int, step: int) -> None:
    places = [match.start() for match in FIGURE.finditer(SPAN)]
    at = places[which % len(places)]
    changed = SPAN[:at] + str((int(SPAN[at]) + step) % 10) + SPAN[at + 1 :]
    assert not verify(changed, SPAN).supported


def test_wording_shared_is_a_share_of_character_pairs() -> None:
    assert shared_wording("新建学校", "新建的学校") == pytest.approx(2 / 3)
    assert shared_wording("98", "") == 1.0


def test_english_figures_must_stand_beside_the_words_they_are_said_of() -> None:
    span = "义务教育大班额消除695个,超大班额190个全部清零,没有大班额的区由11个增至16个。"
    assert verify("695 oversized classes in compulsory education were dissolved.", span).supported
    wrong = verify("16 oversized classes in compulsory education were dissolved.", span)
    assert wrong.reason == "16 cannot be told to belong to this in the cited words"
    assert not verify("16", span).supported


@pytest.mark.parametrize(
    ("claim", "span", "reason"),
    [
        (
            "高考本科重点入围人数3460人。",
            "高考重点入围人数3460人,比去年增加307人。",
            "'本科' is not in the cited words",
        ),
        (
            "与四川有限公司成都分公司签订合作协议。",
            "与华光通信集团四川有限公司成都分公司签订合作协议。",
            "is cut short",
        ),
    ],
)
def test_names_and_qualified_nouns_are_neither_changed_nor_cut_short(claim: str, span: str, reason: str) -> None:
    verdict = verify(claim, span)
    assert verdict.value == "unsupported"
    assert reason in verdict.reason
