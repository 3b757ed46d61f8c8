"""Questions understood: language, kind, reports, years and the figures asked for, against made-up metadata."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.asked import Asked, asked
from rag.answers.quantities import quantities
from rag.answers.query import Filters, Query, understand
from rag.errors import InputError
from rag.reports.metadata import Field, Metadata


@dataclass(frozen=True)
class Record:
    id: str
    metadata: Metadata
    superseded_by: str = ""


def field(value: str, label: str = "") -> Field:
    return Field(value, 0, len(value), label)


def record(name: str, region: str, *years: int, labels: tuple[str, ...] = (), title: str = "") -> Record:
    return Record(
        name,
        Metadata(
            title=field(title or f"{region}市教育局工作总结"),
            issuer=field(f"{region}市教育局"),
            region=field(region),
            kind=None,
            years=years,
            published=None,
            dated=None,
            document_number=None,
            index_number=None,
            labels=tuple(field("x", label) for label in labels),
        ),
    )


RECORDS = [
    record("west-2018", "洛阳", 2018, labels=("文章来源",)),
    record("west-2019", "洛阳", 2019),
    record("east-2018", "泉州", 2018),
]


def ask(question: str, filters: Filters | None = None) -> Query:
    return understand(question, RECORDS, filters=filters or Filters(), longest=100)


def test_a_region_of_an_indexed_report_selects_its_reports() -> None:
    assert ask("洛阳有多少所学校？").reports == ("west-2018", "west-2019")
    assert ask("有多少所学校？").reports == ()


def test_a_year_selects_among_the_reports_of_a_region() -> None:
    query = ask("洛阳2019年有多少所学校？")
    assert (query.reports, query.years) == (("west-2019",), (2019,))


def test_a_year_no_report_covers_leaves_the_region_and_is_kept_for_checking() -> None:
    query = ask("洛阳2015年有多少所学校？")
    assert (query.reports, query.years) == (("west-2018", "west-2019"), (2015,))


def test_of_two_reports_of_a_year_that_one_is_meant_which_is_called_so() -> None:
    both = [
        record("one", "洛阳", 2018, 2019, title="洛阳市教育局2018年工作总结和2019年工作计划"),
        record("two", "洛阳", 2019, title="洛阳市教育局2019年工作总结"),
    ]

    def meant(question: str) -> tuple[str, ...]:
        return understand(question, both, filters=Filters(), longest=100).reports

    assert meant("洛阳教育局2019年的总结是哪天公开的？") == ("two",)
    assert meant("洛阳教育局2019年的计划是哪天公开的？") == ("one",)
    assert meant("洛阳2019年有多少所学校？") == ()


def test_english_questions_name_regions_in_pinyin() -> None:
    query = ask("How many schools did Quanzhou build in 2018?")
    assert (query.language, query.reports, query.years) == ("en", ("east-2018",), (2018,))


def test_two_regions_make_a_comparison_with_a_facet_each() -> None:
    query = ask("洛阳2019年和泉州2018年各有多少所学校？")
    assert query.kind == "compare"
    assert [(facet.label, facet.reports, facet.years) for facet in query.facets] == [
        ("洛阳", ("west-2018", "west-2019")[1:], (2019,)),
        ("泉州", ("east-2018",), (2018,)),
    ]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("洛阳有多少所学校？", "plain"),
        ("洛阳建成了新校区吗？", "yesno"),
        ("洛阳是否建成了新校区？", "yesno"),
        ("请概括洛阳的师资工作。", "summary"),
        ("洛阳的校舍都修好了没有？", "yesno"),
        ("洛阳在终身学习上都做了些什么？", "summary"),
        ("洛阳准备怎么抓民办教育？", "summary"),
        ("洛阳在教育督导方面有什么打算？", "summary"),
        ("洛阳的特殊教育怎么安排的？", "summary"),
        ("洛阳既扶持又管民办学校的主要举措有哪些？", "summary"),
        ("洛阳咋保校园平安？", "summary"),
        ("洛阳下半年准备抓哪几件大事？", "summary"),
        ("洛阳为学生安全给学校安排了哪些事？", "summary"),
        ("洛阳为了学生别出事做了哪些动作？帮我捋几条带数的。", "summary"),
        ("洛阳是怎么拉一把乡村学校的？给我几条干货。", "summary"),
        ("洛阳有没有派校长去外地学怎么应对新高考？", "yesno"),
        ("洛阳出台了什么办法？", "plain"),
        ("洛阳的新校区盖得怎么样了，完成百分之几？", "plain"),
        ("洛阳的工作总结里提到多少所学校？", "plain"),
        ("洛阳的食堂工作由哪个科室牵头？", "responsible"),
        ("食堂这件事谁来管？", "responsible"),
        ("食堂归哪个科室管？", "responsible"),
        ("抓食堂是哪位领导带头？", "responsible"),
        ("食堂由谁在管？", "responsible"),
        ("食堂这事归哪位领导、哪个科室？", "responsible"),
        ("食堂里谁吃饭？", "plain"),
        ("食堂是不是由安全科牵头？", "responsible"),
        ("拖过期限会影响牵头股室负责人评优吗？", "yesno"),
        ("食堂由哪个牵头科室负责？", "responsible"),
        ("洛阳这份总结是什么时候发布的？", "metadata"),
        ("洛阳这份文件的文号是什么？", "metadata"),
        ("洛阳这份总结的文章来源是哪里？", "metadata"),
        ("洛阳制定办法时和哪几个部门一起发文？", "plain"),
        ("洛阳市教育局工作总结是什么时候发布的？", "metadata"),
        ("洛阳什么时候发布了智慧校园行动计划？", "plain"),
        ("《洛阳市智慧校园行动计划》是什么时候发布的？", "plain"),
    ],
)
def test_kinds(question: str, kind: str) -> None:
    assert ask(question).kind == kind


@pytest.mark.parametrize(
    ("question", "figures"),
    [
        ("有多少所学校、多少名学生？", [Asked("number", "所", "学校"), Asked("number", "名", "学生")]),
        ("入园率是多少？", [Asked("percent")]),
        ("投入了多少钱？", [Asked("number", "元")]),
        ("花了几个亿？", [Asked("number", "元")]),
        ("装修砸了大概多少？", [Asked("number", "元")]),
        ("有几成接入了专网？", [Asked("percent")]),
        ("排第几？", [Asked("ordinal")]),
        ("是哪一天开工的？", [Asked("date")]),
        ("和哪所大学合作？", []),
        ("支持几所名校办学，是哪几所？", []),
        ("How many schools were built?", [Asked("number")]),
    ],
)
def test_figures_asked_for(question: str, figures: list[Asked]) -> None:
    assert list(asked(question)) == figures


@pytest.mark.parametrize(
    ("text", "met"),
    [("次月15日前发放。", True), ("3月5日发放。", True), ("7个工作日内办结。", False), ("15人。", False)],
)
def test_a_day_of_a_month_answers_when(text: str, met: bool) -> None:
    (when,) = asked("最晚什么时候到账？")
    assert any(when.met_by(figure) for figure in quantities(text)) is met


def test_each_question_of_several_is_a_facet_with_its_own_years() -> None:
    query = ask("洛阳2018年建了几所学校？2019年又建了几所？")
    assert [facet.years for facet in query.facets] == [(2018,), (2019,)]


def test_a_pronoun_in_the_second_question_stands_for_what_the_first_is_about() -> None:
    query = ask("《春晓》是什么类型的校刊？它的主编是谁？")
    assert [facet.text for facet in query.facets][1] == "《春晓》的主编是谁?"


def test_points_to_sum_up_are_no_figure() -> None:
    assert ask("洛阳2018年怎么抓德育工作？请归纳几点。").facets[0].asked == ()


@pytest.mark.parametrize("question", ["", "   \n"])
def test_an_empty_question_is_refused(question: str) -> None:
    with pytest.raises(InputError, match="empty"):
        ask(question)


def test_an_overlong_question_says_both_lengths() -> None:
    with pytest.raises(InputError, match="has 101 characters, at most 100"):
        ask("问" * 101)


def test_filters_restrict_and_a_filter_without_a_report_is_an_error() -> None:
    assert ask("有多少所学校？", Filters(years=(2019,))).reports == ("west-2019",)
    with pytest.raises(InputError, match="no report has region 开封"):
        ask("有多少所学校？", Filters(regions=("开封",)))


def test_two_years_with_reports_of_their_own_make_a_comparison() -> None:
    query = ask("洛阳2018年和2019年各有多少所学校？")
    assert query.kind == "compare"
    assert [(facet.label, facet.reports) for facet in query.facets] == [
        ("2018年", ("west-2018",)),
        ("2019年", ("west-2019",)),
    ]


def test_a_side_of_a_comparison_asks_about_that_side_alone() -> None:
    query = ask("对比洛阳2019年和泉州2018年的学生资助规模:各惠及多少人次?")
    assert [facet.text for facet in query.facets] == [
        "洛阳2019年的学生资助规模:惠及多少人次?",
        "泉州2018年的学生资助规模:惠及多少人次?",
    ]


def test_the_year_of_a_document_chooses_it_and_no_comparison_is_made_of_another_year() -> None:
    query = ask("洛阳2018年的报告提出，到2019年底要建多少所？")
    assert (query.kind, query.reports) == ("plain", ("west-2018",))
    assert ask("2019年的总结里说建了多少所？").reports == ("west-2019",)
    both = ask("对照洛阳2018年和2019年两份报告，前一年（2017年与2018年）各建了多少所？")
    assert (both.kind, [facet.label for facet in both.facets]) == ("compare", ["2018年", "2019年"])


def test_a_question_with_its_own_preposition_is_one_of_several_in_english() -> None:
    query = ask("How many schools were built, and by which year are they to be open?")
    assert [facet.alone for facet in query.facets] == [
        "How many schools were built",
        "by which year are they to be open?",
    ]


def test_how_long_asks() -> None:
    assert len(ask("证件能用几年？到期前多久可以续？").facets) == 2


def test_an_outcome_is_asked_of_the_side_whose_words_ask_for_it() -> None:
    query = ask("入园率，洛阳2019年实际是多少？泉州2020年的目标是多少？")
    assert [(facet.label, facet.asks) for facet in query.facets] == [("洛阳", "outcome"), ("泉州", "target")]
    assert query.facets[0].text == "入园率，洛阳2019年实际是多少?"
    joined = ask("入园率，洛阳2019年实际和泉州2020年的目标分别是多少？")
    assert [(facet.label, facet.asks) for facet in joined.facets] == [("洛阳", "outcome"), ("泉州", "target")]
    years = ask("洛阳2019年打算新建的学校比2018年实际建的多还是少，各是多少所？")
    assert [(facet.label, facet.asks) for facet in years.facets] == [("2019年", "target"), ("2018年", "outcome")]


def test_a_year_beside_one_side_of_a_comparison_is_not_asked_of_a_side_that_has_no_report_of_it() -> None:
    sides = [record("a", "成都", 2018), record("b", "绵阳", 2019, 2020)]

    def years(question: str) -> list[tuple[int, ...]]:
        query = understand(question, sides, filters=Filters(), longest=500)
        assert query.kind == "compare"
        return [facet.years for facet in query.facets]

    assert years("成都2018年新聘的督学和绵阳第三届市政府督学各有多少人?") == [(2018,), ()]
    assert years("成都2018年和绵阳2019年各有多少督学?") == [(2018,), (2019,)]
    assert years("2018年成都和绵阳各有多少督学?") == [(2018,), (2018,)]
    assert years("成都和绵阳2018年各有多少督学?") == [(2018,), (2018,)]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("企业算不算关联企业?", "yesno"),
        ("隐患有多少处，都改好了吗?", "yesno"),
        ("在是否收费上推翻前议的是哪个区?", "plain"),
        ("哪些学校有没有食堂不明?", "plain"),
    ],
)
def test_whether_something_is_so_is_not_what_a_question_for_something_else_asks(question: str, kind: str) -> None:
    assert ask(question).kind == kind


def test_traditional_characters_ask_the_same() -> None:
    assert ask("洛陽2019年有多少所學校？") == ask("洛阳2019年有多少所学校？")


DISTRICT = [record("city", "广州", 2018), record("district", "天河", 2018), record("east", "泉州", 2018)]


@pytest.mark.parametrize(
    ("question", "kind", "reports"),
    [
        ("广州天河区有多少所学校？", "plain", ("city", "district")),
        ("天河区的广州户口孩子能报哪几所学校？", "plain", ("city", "district")),
        ("广州和天河各有多少所学校？", "compare", ("city", "district")),
        ("广州和泉州各有多少所学校？", "compare", ("city", "east")),
    ],
)
def test_a_city_and_its_district_are_no_two_sides_unless_joined(
    question: str, kind: str, reports: tuple[str, ...]
) -> None:
    query = understand(question, DISTRICT, filters=Filters(), longest=100)
    assert (query.kind, query.reports) == (kind, reports)


PIECES = [
    "洛阳",
    "泉州",
    "2018年",
    "2019年",
    "2017年",
    "的报告里",
    "和",
    "，",
    "？",
    "建了多少所",
    "哪些",
    "概括",
    "吗",
    "分别",
    "打算",
    "how many",
]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12))
def test_every_question_has_something_to_find_evidence_for(pieces: list[str]) -> None:
    query = ask("".join(pieces))
    assert query.facets
    assert all(set(facet.reports) <= {one.id for one in RECORDS} for facet in query.facets)


def test_years_of_two_digits_are_those_near_to_what_reports_tell_of() -> None:
    asked = ask("洛阳17年建了几所学校？")
    assert (asked.years, asked.facets[0].text) == ((2017,), "洛阳2017年建了几所学校?")
    for span in ("洛阳近10年建了几所学校？", "洛阳的12年一贯制学校有几所？", "洛阳95年建了几所学校？"):
        assert ask(span).years == ()


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("洛阳有几所学校？我写稿要用。", "洛阳有几所学校?"),
        ("洛阳2018年有几所学校？我看过2017年的了，谢谢。", "洛阳2018年有几所学校?"),
        ("洛阳有几所学校？我只要公办的。", "洛阳有几所学校?我只要公办的。"),
        ("洛阳有几所学校？说的是新建的那批。", "洛阳有几所学校?说的是新建的那批。"),
        ("我写稿要用。洛阳有几所学校？", "我写稿要用。洛阳有几所学校?"),
    ],
)
def test_what_is_said_of_the_asker_behind_the_question_is_no_part_of_it(question: str, asked: str) -> None:
    assert ask(question).facets[0].text == asked
