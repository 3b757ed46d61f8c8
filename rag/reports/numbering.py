"""The beginning of a line into the number it carries (第三条, 四、, (二), 19., ①, 一是) and the heading behind it."""

import re
import unicodedata
from dataclasses import dataclass

from rag.reports.lines import INVISIBLE, trimmed, unquoted

_CHINESE = "[〇零一二三四五六七八九十百]"
_FORMAL, _PLAIN = "壹贰叁肆伍陆柒捌玖拾", "一二三四五六七八九十"
LONGEST_HEADING = 50  # characters behind the marker; a longer first sentence is text, and its first clause the heading
_LONGEST_LABEL = 20  # characters before a colon that ends a heading ("1.工作目标:到年底…")
LARGEST_GAP = 2  # numbers that may be missing in a sequence (a lost line, a slip of the typist)
FIRSTLY = "首先"
WHOLE = "1 "  # a bare number, which is one of a heading only above 1.1


@dataclass(frozen=True)
class Style:
    """One way to number.

    `rank` orders the ways as official documents nest them (GB/T 9704-2012, 7.3.3: 一、 (一) 1. (1)); it decides only
    where the document itself gives no clue. A `listing` counts arguments rather than headings;
    it has to start at one and skip nothing, or it is prose.
    """

    name: str
    rank: int
    pattern: re.Pattern[str]
    listing: bool = False


@dataclass(frozen=True)
class Marker:
    """A number at the beginning of a line; `end` is where the heading's own words begin in that line."""

    style: Style
    value: int
    number: str
    end: int


def _style(name: str, rank: int, pattern: str, *, listing: bool = False) -> Style:
    return Style(name, rank, re.compile(pattern), listing)


# A digit behind "1." is a decimal (1.35万个), unless it opens a year (1.2018年…) or an age (1.80周岁).
_POINT = r"[.．](?!\d(?!\d{3}\s*年|\d{0,2}周?岁))"
# Numbers that say what they stand under (1.1, 3.2.1), before words: of one digit each where no space follows (but
# 3.15晚会). A unit makes them figures (1.5亿元, 3.2 万人).
_DECIMAL = (
    r"(?P<above>{above})[.．](?P<digits>\d{{1,2}})[.．]?(?:(?=[ \t\xa0\u3000])|(?<!\d\d)(?<!\d\d[.．]\d))"
    r"(?![ \t\xa0\u3000]*[万亿千百倍元个名所人米度吨年月日小多分岁点平公])(?=[ \t\xa0\u3000]*[\u4e00-\u9fff“《])"
)
_THINGS = "任务|行动|措施|举措|专项|事项"  # that plans number by their name (任务8　招聘教师)
_FIRSTLY = {"首先": 1, "其次": 2, "再次": 3, "最后": 4}
STYLES = (
    *(
        _style(f"第一{unit}", rank, rf"第\s*(?P<chinese>{_CHINESE}+|\d{{1,3}})\s*{unit}(?![的规第之至和及或所款项])")
        for rank, unit in enumerate(("部分", "分编", "编", "篇", "章", "节", "条"))
    ),
    _style("壹、", 9, rf"(?P<chinese>[{_FORMAL}]{{1,3}})\s*(?:、|{_POINT})"),
    _style("一、", 10, rf"(?P<chinese>{_CHINESE}{{1,5}})\s*(?:、|{_POINT})"),
    _style("第一步", 10, rf"第\s*(?P<chinese>{_CHINESE}{{1,3}}|\d{{1,2}})\s*步(?=[\s：:、，,])"),
    _style("任务1", 11, rf"(?:{_THINGS})\s*(?P<chinese>{_CHINESE}{{1,3}}|\d{{1,2}})(?=[\s：:、，,])"),
    _style("(一)", 11, rf"(?:[(（]\s*(?P<chinese>{_CHINESE}{{1,5}})\s*[)）]|(?P<sign>[㈠-㈩]))、?"),
    _style("1.", 12, rf"(?:(?P<digits>\d{{1,3}})\s*(?:、|{_POINT})|(?P<sign>[⒈-⒛]))"),
    _style("01", 12, r"(?P<digits>0[1-9]|[1-9]\d)(?=[ \t\xa0\u3000]+[\u4e00-\u9fff“《])"),
    _style("1.1", 13, _DECIMAL.format(above=r"\d{1,2}")),
    _style("1.1.1", 14, _DECIMAL.format(above=r"\d{1,2}[.．]\d{1,2}")),
    _style("1.1.1.1", 15, _DECIMAL.format(above=r"\d{1,2}[.．]\d{1,2}[.．]\d{1,2}")),
    _style(WHOLE, 12, r"(?P<digits>\d{1,2})(?=[ \t\xa0\u3000]+[\u4e00-\u9fff“《])"),
    _style("(1)", 16, r"(?:[(（]\s*(?P<digits>\d{1,3})\s*[)）]|(?P<sign>[⑴-⒇]))、?"),
    _style("1)", 17, r"(?P<digits>\d{1,3})\s*[)）]", listing=True),
    _style("①", 18, r"(?P<sign>[①-⑳])", listing=True),
    _style("第一,", 19, rf"第(?P<chinese>{_CHINESE}{{1,2}})[，,、]", listing=True),
    _style("一是", 20, r"(?P<chinese>[一二三四五六七八九十]{1,2})是", listing=True),
    _style("一要", 20, r"(?P<chinese>[一二三四五六七八九十]{1,2})要", listing=True),
    _style(FIRSTLY, 20, rf"(?P<word>{'|'.join(_FIRSTLY)})[，,、：:]?", listing=True),
)
# Behind "七、" or "1、", the next number: two that share a noun (七、八年级; 1、2月份; 一、二、三等奖).
_SHARED = re.compile(rf"(?P<next>{_CHINESE}{{1,3}}|\d{{1,3}})(?:、|年级|季度|产业|[级类等期线班号楼日月院])")
_LEAD = re.compile(rf"[\s{INVISIBLE}]*")
# Words that white space parts from what follows, unless each of them is a letter of its own (总  则).
_APART = re.compile(rf"{_LEAD.pattern}[^\s，,。；;：:、]{{3,30}}(?=[ \u3000\xa0]+[^\s，,。；;：:、]{{2}})")
_LISTING = re.compile(r"[^，,。；;：:、]{3,30}(?=一是.+二是)")
_OPENING = frozenset(
    "第(（首其再最任行措举专事〇零一二三四五六七八九十百壹贰叁肆伍陆柒捌玖拾0123456789０１２３４５６７８９"
)
_OPENING |= {chr(code) for first, last in ("①⑳", "⑴⒇", "⒈⒛", "㈠㈩") for code in range(ord(first), ord(last) + 1)}


def chinese_number(text: str) -> int:
    """一 → 1, 二十七 → 27, 一百二十 → 120, 二〇 → 20. `text` holds only numerals below a thousand."""
    digits = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0}
    if not set(text) & set("十百"):
        return int("".join(str(digits[character]) for character in text))
    total = current = 0
    for character in text:
        if character in digits:
            current = digits[character]
        else:
            total += (current or 1) * (100 if character == "百" else 10)
            current = 0
    return total + current


def read_marker(line: str, start: int = 0) -> Marker | None:
    """The number that `line` has at `start`, or None. Whether it is a heading is for the whole outline to say."""
    lead = _LEAD.match(line, start)
    start = lead.end() if lead else start
    if start == len(line) or line[start] not in _OPENING:
        return None
    for style in STYLES:
        found = style.pattern.match(line, start)
        if found:
            marker = Marker(style, _value(found), _written(found), found.end())
            return None if found.group().endswith("、") and _shares_a_noun(line, marker) else marker
    return None


def _value(found: re.Match[str]) -> int:
    groups = found.groupdict()
    if word := groups.get("word"):
        return _FIRSTLY[word]
    if sign := groups.get("sign"):
        return int(unicodedata.numeric(sign))
    return _number(groups.get("digits") or groups.get("chinese") or "")


def _number(numeral: str) -> int:
    return int(numeral) if numeral.isdigit() else chinese_number(numeral.translate(str.maketrans(_FORMAL, _PLAIN)))


def _shares_a_noun(line: str, marker: Marker) -> bool:
    found = _SHARED.match(line, marker.end)
    return found is not None and _number(found["next"]) == marker.value + 1


def _written(found: re.Match[str]) -> str:
    """The number as the report writes it, half-width and without the separator: 四, (二), 19, 第三条, 一是, ①."""
    words = re.sub(r"\s+", "", found.group())
    if not "①" <= words[0] <= "⑳":  # the one sign that is a number as it stands
        words = unicodedata.normalize("NFKC", words)
    return words.rstrip("、.，,:")


def heading_of(line: str, marker: Marker) -> str:
    """The heading that `line` opens with, its marker included, without the full stop or colon that ends it.

    A heading on the line of its text ends with the first sentence, or where white space or a listing parts it from its
    text; when that runs beyond `LONGEST_HEADING`, with its first clause. An article (第X条) has no heading but its
    number, unless a few words without any mark follow. A heading broken over two lines is joined again.
    """
    line = re.sub(r"\s*\n\s*", "", line)
    words = line[marker.end :]
    if marker.style.name == "第一条" and (len(words) > _LONGEST_LABEL or re.search("[，,。；;：:、]", words)):
        return trimmed(line[: marker.end])
    end = next(unquoted(words, "。；;！!？?"), len(words))
    if words[end : end + 1] in ("！", "!", "？", "?"):
        end += 1
    colon = next(unquoted(words, "：:，,"), -1)
    if 0 < colon <= _LONGEST_LABEL and colon < end and words[colon] in "：:":
        end = colon
    for ends in (_APART, _LISTING):
        found = ends.match(words) if end < len(words) or end > LONGEST_HEADING else None
        end = min(end, found.end()) if found else end
    if end > LONGEST_HEADING:
        clause = next(unquoted(words, "，,：:"), -1)
        end = clause if 0 < clause <= LONGEST_HEADING else LONGEST_HEADING
    return trimmed(line[: marker.end + end]).rstrip("：:，,、")
