"""Any single change to a supported claim is found, and another way of writing its figures is no change."""

import re
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answers.quantities import half_width
from rag.answers.verification import verify

unhurried = settings(deadline=None)  # the first example loads a dictionary
PLACES = ("洛阳市", "泉州市", "宜宾市", "芜湖市", "绍兴市", "遵义市")
SCHOOLS = ("幼儿园", "小学", "初中", "普通高中", "特殊教育学校")


@dataclass(frozen=True)
class Fact:
    """A sentence of an invented report and the title it stands under."""

    span: str
    title: str
    place: str
    year: int
    planned: bool = False


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    place, year = draw(st.sampled_from(PLACES)), draw(st.integers(2001, 2029))
    school = draw(st.sampled_from(SCHOOLS))
    built, money, people = draw(st.integers(2, 399)), draw(st.integers(101, 98_999)), draw(st.integers(1001, 99_999))
    share = draw(st.integers(500, 999)) / 10
    span = (
        f"{year}年{place}新建{school}{built}所,投入资金{money}万元,毛入学率达到{share}%,在校学生比上年增加{people}人。"
    )
    return Fact(span, f"{place}教育局{year}年工作总结", place, year)


def supported(claim: str, fact: Fact) -> bool:
    return verify(claim, fact.span, context=fact.title, planned=fact.planned).supported


@unhurried
@given(facts())
def test_the_words_themselves_are_supported(fact: Fact) -> None:
    assert supported(fact.span, fact)


@unhurried
@given(facts(), st.data())
def test_changing_any_digit_fails(fact: Fact, data: st.DataObject) -> None:
    at = data.draw(st.sampled_from([found.start() for found in re.finditer(r"\d", fact.span)]))
    other = data.draw(st.sampled_from([digit for digit in "123456789" if digit != fact.span[at]]))
    assert not supported(f"{fact.span[:at]}{other}{fact.span[at + 1 :]}", fact)


@unhurried
@given(
    facts(),
    st.sampled_from([("万元", "亿元"), ("万元", "元"), ("%", "个百分点"), ("%", "人"), ("所", "名"), ("人。", "所。")]),
)
def test_changing_a_unit_fails(fact: Fact, change: tuple[str, str]) -> None:
    assert not supported(fact.span.replace(*change), fact)


@unhurried
@given(facts(), st.integers(-3, 3).filter(bool))
def test_changing_the_year_fails(fact: Fact, years: int) -> None:
    assert not supported(fact.span.replace(f"{fact.year}年", f"{fact.year + years}年"), fact)


@unhurried
@given(facts(), st.sampled_from(PLACES))
def test_changing_the_place_fails(fact: Fact, other: str) -> None:
    assert supported(fact.span.replace(fact.place, other), fact) == (other == fact.place)


@unhurried
@given(
    facts(),
    st.sampled_from(
        [
            ("增加", "减少"),
            ("增加", "没有增加"),
            ("新建", "未新建"),
            ("达到", "没有达到"),
            ("达到", "不低于"),
            ("达到", "低于"),
        ]
    ),
)
def test_negating_or_turning_round_fails(fact: Fact, change: tuple[str, str]) -> None:
    assert not supported(fact.span.replace(*change), fact)


@unhurried
@given(facts(), st.sampled_from([("新建", "计划新建"), ("新建", "力争新建"), ("达到", "的目标是达到")]))
def test_telling_an_outcome_as_a_plan_fails(fact: Fact, change: tuple[str, str]) -> None:
    assert not supported(fact.span.replace(*change), fact)


@unhurried
@given(facts(), st.sampled_from([("力争新建", "已新建"), ("力争新建", "完成新建"), ("力争新建", "实际新建")]))
def test_telling_a_plan_as_an_outcome_fails(fact: Fact, change: tuple[str, str]) -> None:
    planned = Fact(fact.span.replace("新建", "力争新建"), fact.title, fact.place, fact.year, planned=True)
    assert supported(planned.span, planned)
    assert not supported(planned.span.replace(*change), planned)


@unhurried
@given(facts(), st.sampled_from(["full width", "thousands", "written out", "percent in words", "spaces"]))
def test_writing_the_same_figures_otherwise_passes(fact: Fact, way: str) -> None:
    claim = fact.span
    if way == "full width":
        claim = re.sub(r"\d", lambda found: chr(ord(found[0]) + 0xFEE0), claim)
        assert half_width(claim) == fact.span
    elif way == "thousands":
        claim = re.sub(r"\d{4,}(?=[万人])", lambda found: f"{int(found[0]):,}", claim)
    elif way == "written out":
        claim = re.sub(r"(\d+)万元", lambda found: f"{found[1]}0000元", claim)
    elif way == "percent in words":
        claim = re.sub(r"([\d.]+)%", r"百分之\1", claim)
    else:
        claim = re.sub(r"(\d+)(所|万元|人)", r" \1 \2", claim)
    assert supported(claim, fact)
