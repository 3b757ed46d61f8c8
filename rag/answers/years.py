"""The years that a text names, and those among them that it speaks of."""

import re
from collections.abc import Collection, Sequence

from rag.answers.quantities import half_width, quantities

# A year that a sentence measures against (比2017年, 由2017年的…, 2017年同期) is not the year it speaks of.
_AGAINST = re.compile(r"[比较由从自]\s*$")
# Nor is one that something is put off to (结转至2023年).
_UNTIL = re.compile(r"(?:结转|顺延|推迟|延期|延长|延续|持续|有效期)[^,，。]{0,4}[至到]\s*$")
# A year as it is said (17年), which is no span of time (12年一贯制, 近10年).
_SHORT_YEAR = re.compile(
    r"(?<![\d.,第近满达约用花过了])\d{2}(?=年(?![来内间制以之前后级期多余左右限龄了]|义务|一贯|免费|教龄|时间))"
)
_NEAR = 3  # years: a question may ask of years that no report covers, and is to be told so
_DUE = re.compile(r"((?:19|20)\d{2})年(?:年?底|年?末|\d{1,2}月底)之?前")
_SAME_TIME = re.compile(r"\s*(?:同期|相比)")
# Behind a year: it is that of a document, which may tell of other years (2018年的报告提到).
_DOCUMENT_SAYS = (
    r"年?(?:[和与及、](?:19|20)\d{2}年?)*[的度]?[^,，。;；、?？\d]{0,12}(?:报告|总结|要点|计划|规划|方案|通知|文件|自评)(?:材料)?[》”]?"
    r"(?:[里中上,，]|提出|提到|说|写|指出|显示|要求|明确|披露|讲)"
)
# Without the word for it: before what it is the year of (2022世界大会), or at the end of a name in letters (CES2023).
_BARE_YEAR = re.compile(
    r"(?<![\d.,])(?:19|20)\d{2}(?=[㐀-鿿])(?!万|亿|千|百|余|多|[人名个所元场次门条项家])"
    r"|(?<=[A-Za-z])(?:19\d|20[0-3])\d(?![\d.,%A-Za-z])"
)


def with_centuries(question: str, known: Collection[int]) -> str:
    """The question with years of two digits (17年) written out, where they are near to years that reports tell of.

    >>> with_centuries("17年招了几人,10年来呢", {2018})
    '2017年招了几人,10年来呢'
    """
    near = {year + by for year in known for by in range(-_NEAR, _NEAR + 1)}
    return _SHORT_YEAR.sub(lambda found: f"20{found[0]}" if 2000 + int(found[0]) in near else found[0], question)


def years_said(text: str) -> set[int]:
    """Years a text names, those without the word for it too."""
    return {int(figure.value) for figure in quantities(text) if figure.kind == "year"} | {
        int(year) for year in _BARE_YEAR.findall(half_width(text))
    }


def own_years(text: str) -> set[int]:
    """The years that a sentence speaks of; none where they are a span (2019—2020年, two read off one word)."""
    named = [figure for figure in quantities(text) if figure.kind == "year"]
    if len({figure.start for figure in named}) < len(named):
        return set()
    return {
        int(figure.value)
        for figure in named
        if not _AGAINST.search(text[: figure.start])
        and not _UNTIL.search(text[: figure.start])
        and not _SAME_TIME.match(text, figure.end)
    }


def due(text: str) -> set[int]:
    """The years by whose end something is to be done (2021年底前), where a sentence speaks of no other year."""
    years = {int(year) for year in _DUE.findall(half_width(text))}
    return years if own_years(text) <= years else set()


def years_of_document(question: str, years: Sequence[int]) -> tuple[int, ...]:
    """Those of the years a question names that are the year of the document it asks about."""
    return tuple(year for year in years if re.search(f"{year}{_DOCUMENT_SAYS}", question))


def only_against(label: str, text: str) -> bool:
    """Whether a text names a year only as one that it measures against."""
    if not re.fullmatch(r"(?:19|20)\d{2}年", label):
        return False
    named = re.finditer(re.escape(label), half_width(text))
    return all(_AGAINST.search(text[: year.start()]) or _SAME_TIME.match(text, year.end()) for year in named)
