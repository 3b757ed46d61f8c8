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
_LONGEST_SPAN_OF_YEARS = 10


def years_in(words: str) -> tuple[int, ...]:
    """The years that `words` name, ascending: 2019年及2020年上半年 → 2019, 2020; 2018-2020年 → 2018, 2019, 2020."""
    years: set[int] = set()
    for first, last in YEARS.findall(words):
        until = int(last or first)
        years.update(range(int(first), until + 1) if until - int(first) <= _LONGEST_SPAN_OF_YEARS else (int(first),))
    return tuple(sorted(years))


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
