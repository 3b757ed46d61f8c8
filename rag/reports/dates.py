"""Words into the dates and years they name."""

import re

from rag.reports.numbering import chinese_number

DATE = re.compile(r"((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?:\s*日)?")
CHINESE_DATE = re.compile(
    r"([一二][〇○零一二三四五六七八九]{3})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日"
)
YEARS = re.compile(
    r"(?<!\d)((?:19|20)\d{2})(?:年?\s*[-—–－~～至到]\s*((?:19|20)\d{2}))?(?!\d)(?=\s*年|\s*[-—–_度]|[^\d月]|$)"
)
_FIVE_YEARS = re.compile(r"十(?P<number>[一二三四五六])五[”\"]?.*(?:规划|计划)")
_LONGEST_SPAN_OF_YEARS = 10
# A main heading by which what follows is the review or the plan of some years: 一、2017年工作回顾, 一、过去五年的工作,
# 一、“十二五”时期和2015年工作回顾.
_REVIEW_OR_PLAN = re.compile(
    r"^[\W\d一二三四五六七八九十第部分篇]{0,6}"
    r"(?:(?P<named>(?:[^。]{0,12}[和与及暨])?(?:19|20)\d{2}年?.{0,12}?)|刚?刚?过去的?(?P<past>[一二三四五两])年|(?P<since>[一二三四五两])年来|去年|上一?年度?)"
    r"的?.{0,8}(?:工作|回顾|总结|情况|安排|部署|任务|计划|要点|打算|建议|成绩)[^。]{0,6}$"
)


def years_in(words: str) -> tuple[int, ...]:
    """The years that `words` name, ascending: 2019年及2020年上半年 → 2019, 2020; 2018-2020年 → 2018, 2019, 2020."""
    years: set[int] = set()
    for first, last in YEARS.findall(words):
        until = int(last or first)
        years.update(range(int(first), until + 1) if until - int(first) <= _LONGEST_SPAN_OF_YEARS else (int(first),))
    return tuple(sorted(years))


def years_planned(title: str) -> tuple[int, ...]:
    """The years of the five-year plan that a title is of: “十四五”教育发展规划 is for 2021 to 2025."""
    found = _FIVE_YEARS.search(title)
    first = 2001 + 5 * chinese_number(found["number"]) if found else 0
    return tuple(range(first, first + 5)) if found else ()


def years_covered(heading: str, latest: int | None = None) -> tuple[int, ...]:
    """The years of which a main heading says that what follows is their review or plan.

    Those it names; where it names none, 过去五年工作回顾 is of 2013 to 2017 in a report whose plans are for 2018, the
    `latest` year. Empty for a heading of another form.
    """
    found = _REVIEW_OR_PLAN.match(heading.strip())
    if not found:
        return ()
    if found["named"] or latest is None:
        return years_in(heading) if found["named"] else ()
    return tuple(range(latest - chinese_number((found["past"] or found["since"] or "一").replace("两", "二")), latest))


def iso_date(words: str) -> str | None:
    """The first date in `words` as YYYY-MM-DD: 2019/03/01 10:50, 2018年2月7日, 二〇一八年二月七日."""
    found = DATE.search(words)
    if found:
        year, month, day = (int(part) for part in found.groups())
    elif found := CHINESE_DATE.search(words):
        year, month, day = (chinese_number(part.replace("○", "〇")) for part in found.groups())
    else:
        return None
    return f"{year:04}-{month:02}-{day:02}" if 1 <= month <= 12 and 1 <= day <= 31 else None
