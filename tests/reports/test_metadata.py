"""Metadata: every field with the exact words it was read from."""

from pathlib import Path

import pytest

from rag.reports.dates import iso_date, years_covered, years_in, years_planned
from rag.reports.metadata import Field, Metadata, read_metadata
from rag.reports.sections import parse_sections

NOTICE = """关于印发《某市教育局2018年重点安排》的通知
字号: 大 中 小
  • 发文单位 某市教育局
  • 发文字号 某教发〔2018〕8号
  • 索引号 0051
  • 发布日期 2018-03-10
  • 成文日期 2018-03-09
  • 规范性文件登记号
  各区教育局:
  现印发给你们,请贯彻某教发〔2017〕5号文。
        某市教育局
                2018年3月7日
某市教育局2018年重点安排
一、抓党建
"""


def metadata_of(text: str, *, name: str = "") -> Metadata:
    return read_metadata(text, parse_sections(text), name=name)


def shown(field: Field | None, text: str) -> tuple[str, str, str] | None:
    """Value, label and the words at the field's span."""
    return None if field is None else (field.value, field.label, text[field.start : field.end])


def test_a_notice_with_a_cover_letter() -> None:
    found = metadata_of(NOTICE)
    assert shown(found.title, NOTICE) == (
        "关于印发《某市教育局2018年重点安排》的通知",
        "",
        "关于印发《某市教育局2018年重点安排》的通知",
    )
    assert shown(found.issuer, NOTICE) == ("某市教育局", "发文单位", "某市教育局")
    assert shown(found.kind, NOTICE) == ("通知", "", "通知")
    assert found.years == (2018,)
    assert shown(found.published, NOTICE) == ("2018-03-10", "发布日期", "2018-03-10")
    assert shown(found.dated, NOTICE) == ("2018-03-09", "成文日期", "2018-03-09")
    assert shown(found.document_number, NOTICE) == ("某教发〔2018〕8号", "发文字号", "某教发〔2018〕8号")
    assert shown(found.index_number, NOTICE) == ("0051", "索引号", "0051")
    assert [(field.label, field.value) for field in found.labels][-2:] == [
        ("规范性文件登记号", ""),
        ("落款日期", "2018年3月7日"),
    ]
    assert shown(found.labels[-1], NOTICE) == ("2018年3月7日", "落款日期", "2018年3月7日")


def test_the_date_below_a_signature_dates_a_report_that_says_no_other() -> None:
    text = "甲市教育局工作总结报告\n一、回顾\n(一)成绩。\n甲市教育局\n二〇一九年十二月三日\n附件:表\n"
    assert shown(metadata_of(text).dated, text) == ("2019-12-03", "落款日期", "二〇一九年十二月三日")


def test_a_number_in_a_sentence_is_another_document_s() -> None:
    text = "乙县工作计划方案\n根据省教〔2017〕7号要求,制定本计划。\n一、任务\n"
    assert metadata_of(text).document_number is None
    text = "乙县工作计划方案\n乙教字〔2017〕7号\n一、任务\n"
    assert shown(metadata_of(text).document_number, text) == ("乙教字〔2017〕7号", "", "乙教字〔2017〕7号")
    text = "乙县教育规划\n（乙政办发〔2021〕68号　乙县人民政府办公室　2021年11月9日印发）\n一、任务\n"
    assert shown(metadata_of(text).document_number, text) == ("乙政办发〔2021〕68号", "", "乙政办发〔2021〕68号")
    text = "乙县教育规划\n（根据乙政办发〔2021〕68号制定）\n一、任务\n"
    assert metadata_of(text).document_number is None


def test_a_blank_label_is_kept_and_gives_no_field() -> None:
    text = "公开日期: 2022-06-01 文  号: 主题词: 自评\n丙市2019年自评情况\n一、党建\n"
    found = metadata_of(text)
    assert found.document_number is None
    assert [shown(field, text) for field in found.labels] == [
        ("2022-06-01", "公开日期", "2022-06-01"),
        ("", "文号", "文  号"),
        ("自评", "主题词", "自评"),
    ]


def test_a_title_broken_over_two_lines() -> None:
    text = "中共丁州市委教育工委 丁州市教育局\n2020年工作要点\n“改革”为主基调。\n一、党建\n"
    found = metadata_of(text)
    assert shown(found.title, text) == (
        "中共丁州市委教育工委 丁州市教育局2020年工作要点",
        "",
        "中共丁州市委教育工委 丁州市教育局\n2020年工作要点",
    )
    assert found.region and found.region.value == "丁州"


def test_a_title_that_says_little_is_completed_from_the_name() -> None:
    text = (
        "政 府 工 作 报 告\n——2016年2月19日在戊江区人民代表大会会议上\n戊江区人民政府区长 某某\n"
        "各位代表:\n一、2015年回顾\n"
    )
    assert shown(metadata_of(text).title, text) == ("政府工作报告", "", "政 府 工 作 报 告")
    found = metadata_of(text, name="2016_戊江区_政府工作报告")
    assert shown(found.title, text) == ("2016_戊江区_政府工作报告", "", "政 府 工 作 报 告")
    assert shown(found.kind, text) == ("报告", "", "政 府 工 作 报 告")
    assert shown(found.issuer, text) == ("戊江区人民政府", "", "戊江区人民政府")
    assert shown(found.region, text) == ("戊江", "", "戊江区")
    assert shown(found.dated, text) == ("2016-02-19", "", "2016年2月19日")
    assert found.years == (2015, 2016)


def test_without_a_title_the_name_stands_in() -> None:
    found = metadata_of("各位代表:\n现在报告。\n一、回顾\n", name="2014年工作报告")
    assert found.title == Field("2014年工作报告", 0, 0, origin="file name")
    assert (found.kind, found.years) == (Field("报告", 0, 0, origin="file name"), (2014,))
    assert metadata_of("一、回顾\n").title is None


def test_the_region_of_a_report_whose_title_and_issuer_name_none() -> None:
    text = (
        "某某网2017年工作总结\n来源:教育局\n一、回顾\n"
        "《己门市办法》、己门市。己门市、全市、各市、庚山市、城市、自治区。\n"
    )
    assert shown(metadata_of(text).region, text) == ("己门", "", "己门市")


def test_the_innermost_place_of_an_issuer() -> None:
    text = "辛东省壬海市癸乐区教育局2018年工作总结\n一、回顾\n"
    assert shown(metadata_of(text).region, text) == ("癸乐", "", "癸乐区")


def test_a_title_for_two_years_names_two_kinds() -> None:
    text = "某网2017年工作总结2018年工作计划\n一、回顾\n"
    found = metadata_of(text)
    assert shown(found.kind, text) == ("总结、计划", "", "工作总结2018年工作计划")
    assert found.years == (2017, 2018)


def test_the_masthead_of_the_first_of_two_reports() -> None:
    text = "某县2017年工作总结\n发布日期:2018-01-17\n一、甲\n某县2018年工作计划\n一、乙\n"
    found = metadata_of(text)
    assert shown(found.title, text) == ("某县2017年工作总结", "", "某县2017年工作总结")
    assert shown(found.published, text) == ("2018-01-17", "发布日期", "2018-01-17")
    assert found.years == (2017, 2018)


@pytest.mark.parametrize(
    ("words", "years"),
    [
        ("2019年及2020年上半年", (2019, 2020)),
        ("2018-2020年规划", (2018, 2019, 2020)),
        ("2016年—2018年", (2016, 2017, 2018)),
        ("2015_某区_报告", (2015,)),
        ("20240101导出", ()),
        ("第2018号", (2018,)),
        ("1990-2035年", (1990,)),
        ("没有", ()),
    ],
)
def test_years(words: str, years: tuple[int, ...]) -> None:
    assert years_in(words) == years


def test_a_five_year_plan_is_of_all_its_years() -> None:
    assert years_planned("某区教育事业发展“十四五”规划的通知") == (2021, 2022, 2023, 2024, 2025)
    assert years_planned("某市“十三五”时期工作总结") == ()
    title = "某区教育事业发展“十三五”规划"
    years = metadata_of(f"{title}\n\n一、总则\n建设学校。\n二、任务\n建设校舍。\n").years
    assert years == (2016, 2017, 2018, 2019, 2020)


@pytest.mark.parametrize(
    ("heading", "years"),
    [
        ("一、2011年工作回顾", (2011,)),
        ("第一部分 2019年及2020年上半年工作总结", (2019, 2020)),
        ("二、2012年工作总体部署", (2012,)),
        ("一、“十二五”时期和2015年工作回顾", (2015,)),
        ("一、过去一年工作回顾", (2012,)),
        ("一、过去五年的工作", (2008, 2009, 2010, 2011, 2012)),
        ("一、一年来的主要工作", (2012,)),
        ("一、上年度工作情况", (2012,)),
        ("三、2020年高考改革", ()),
        ("三、推进2020年学生运动会筹备工作", ()),
        ("二、三年行动计划", ()),
        ("二、一年级招生工作", ()),
    ],
)
def test_the_years_that_a_main_heading_sets_apart(heading: str, years: tuple[int, ...]) -> None:
    assert years_covered(heading, 2013) == years


def test_a_review_without_a_year_is_of_those_before_the_plan_and_else_of_the_reports_own() -> None:
    plan = metadata_of("某局2018年工作报告\n一、过去一年工作回顾\n二、2018年工作安排\n")
    assert plan.years == (2017, 2018)
    assert metadata_of("某局2018年工作总结\n一、一年来的主要工作\n二、存在问题\n").years == (2018,)


@pytest.mark.parametrize(
    ("words", "date"),
    [
        ("2019/03/01 10:50:00", "2019-03-01"),
        ("2018年2月7日", "2018-02-07"),
        ("2018.12.31", "2018-12-31"),
        ("二〇一八年二月十七日", "2018-02-17"),
        ("二○一八年十二月三十一日", "2018-12-31"),
        ("2018-13-01", None),
        ("去年", None),
    ],
)
def test_dates(words: str, date: str | None) -> None:
    assert iso_date(words) == date


REAL = {
    "000_39003f366a6a70eb": ("成都", "总结", (2018,), "2019-03-01", None, None, None),
    "001_e9f23c0a48caaf43": ("绵阳", "自评", (2019, 2020), "2020-08-12", None, None, "8410223/20"),
    "002_8b4ccafcf1a37e02": ("江门", "总结、计划", (2017, 2018), "2018-01-17", None, None, None),
    "003_a3159c773e7f4869": ("乐山", "工作要点", (2020,), "2020-03-25", None, None, None),
    "004_4953a450a86010f3": (
        *("青岛", "通知", (2018,), "2018-02-09", "2018-02-09", "青教发〔2018〕8号", "0051177850"),
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_metadata_of_real_reports(shared: Path, name: str) -> None:
    text = (shared / "reports" / f"{name}.txt").read_text(encoding="utf-8")
    found = metadata_of(text, name=name)
    fields = (found.region, found.kind, found.years, found.published, found.dated, found.document_number)
    values = [field.value if isinstance(field, Field) else field for field in fields]
    index_number = found.index_number.value[:10] if found.index_number else None
    assert (*values, index_number) == REAL[name]


def test_every_span_of_real_metadata_holds_its_value(shared: Path) -> None:
    for path in [*(shared / "reports").glob("*.txt"), *(shared / "data/documents/text").glob("*.txt")]:
        text = path.read_text(encoding="utf-8")
        found = metadata_of(text, name=path.stem)
        for field in found.labels:
            words = text[field.start : field.end]
            assert words == field.value or (not field.value and "".join(words.split()) == field.label)
        for field in (found.issuer, found.document_number, found.index_number):
            assert field is None or field.value in text[field.start : field.end]
        assert found.title and found.years


RULE = """（转载）临水县财政局等3部门关于印发《临水县住房补助办法》的通知
2021-05-10 09:30
时效性：现行有效（2021）　原文链接：https://www.example.gov.cn/rule/7.html
发布机构：临水县城关镇人民政府
临财规〔2021〕7号
各镇人民政府：
现将《临水县住房补助办法》印发给你们，请认真遵照执行。
临水县财政局
2021年5月6日
第一条 每户每月补助六百元。
第二条 本办法自2021年7月1日起施行，自2019年1月1日起施行的《临水县租房补贴规定》（临财规〔2018〕12号）同时废止。
"""


def test_what_a_rule_says_of_its_force() -> None:
    found = metadata_of(RULE)
    assert shown(found.validity, RULE) == ("有效", "时效性", "现行有效（2021）")
    assert shown(found.effective, RULE) == ("2021-07-01", "", "2021年7月1日")
    assert shown(found.published, RULE) == ("2021-05-10", "", "2021-05-10")
    assert shown(found.dated, RULE) == ("2021-05-06", "落款日期", "2021年5月6日")
    assert shown(found.document_number, RULE) == ("临财规〔2021〕7号", "", "临财规〔2021〕7号")
    url = "https://www.example.gov.cn/rule/7.html"
    assert shown(found.source_url, RULE) == (url, "原文链接", url)
    assert [shown(field, RULE) for field in found.repeals] == [
        ("临水县租房补贴规定", "", "临水县租房补贴规定"),
        ("临财规〔2018〕12号", "", "临财规〔2018〕12号"),
    ]


def test_how_surely_each_value_was_read() -> None:
    found = metadata_of(RULE)
    fields = (found.issuer, found.region, found.validity, found.effective, found.dated, found.period)
    assert [field and (field.value, field.origin) for field in fields] == [
        ("临水县财政局", "title"),
        ("临水", "title"),
        ("有效", "masthead"),
        ("2021-07-01", "body"),
        ("2021-05-06", "body"),
        ("2021", "masthead"),
    ]
    assert found.years == (2021,)


def test_an_address_that_the_file_names() -> None:
    found = read_metadata("一、甲\n", (), url="https://www.example.gov.cn/a")
    assert found.source_url == Field("https://www.example.gov.cn/a", 0, 0, origin="masthead")


@pytest.mark.parametrize(
    ("text", "validity"),
    [
        ("临水县补助办法（已废止）\n第一条 甲。\n", "废止"),
        ("临水县补助办法\n本文件已失效\n第一条 甲。\n", "失效"),
        ("临水县补助办法\n有效性: 已废止\n第一条 甲。\n", "废止"),
        ("临水县补助办法\n第一条 甲。\n第二条 本办法有效期五年，原办法同时废止。\n", None),
    ],
)
def test_validity_where_it_is_stated(text: str, validity: str | None) -> None:
    found = metadata_of(text).validity
    assert (found and found.value) == validity


def test_the_body_that_signs_issues_what_nothing_else_says() -> None:
    text = "关于做好防汛工作的通知\n各镇：\n请做好防汛工作。\n一、甲\n二、乙\n临水县水利局\n2020年6月1日\n"
    assert shown(metadata_of(text).issuer, text) == ("临水县水利局", "", "临水县水利局")


@pytest.mark.parametrize(
    ("title", "period"),
    [
        ("某市2019年及2020年上半年履职自评情况", "2019年及2020年上半年"),
        ("某局2018年度工作总结", "2018年度"),
        ("某局2018-2020年工作计划", "2018-2020年"),
    ],
)
def test_the_words_that_name_the_years(title: str, period: str) -> None:
    text = f"{title}\n一、甲\n"
    assert shown(metadata_of(text).period, text) == (period, "", period)


def test_a_flattened_report_has_its_title_and_masthead() -> None:
    text = "临水县教育局2023年工作总结 发布日期：2023-12-01 来源：办公室 一、党建 抓好学习。 二、质量 扩大学位。"
    found = metadata_of(text)
    assert shown(found.title, text) == ("临水县教育局2023年工作总结", "", "临水县教育局2023年工作总结")
    assert shown(found.published, text) == ("2023-12-01", "发布日期", "2023-12-01")
    assert shown(found.region, text) == ("临水", "", "临水县")
