"""The beginning of a line into the number it carries (第三条, 四、, (二), 19., ①, 一是) and the heading behind it."""

import re
from dataclasses import dataclass

from rag.reports.lines import INVISIBLE, trimmed, unquoted

_CHINESE = "[〇零一二三四五六七八九十百]"
LONGEST_HEADING = 50  # characters behind the marker; a longer first sentence is text, and its first clause the heading
_LONGEST_LABEL = 20  # characters before a colon that ends a heading ("1.工作目标:到年底…")


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


# A digit behind "1." is a decimal (1.35万个), unless it opens a year (1.2018年…).
_POINT = r"[.．](?!\d(?!\d{3}\s*年))"
STYLES = (
    *(
        _style(f"第一{unit}", rank, rf"第\s*(?P<chinese>{_CHINESE}+|\d{{1,3}})\s*{unit}(?![的规第之至和及或所款项])")
        for rank, unit in enumerate(("部分", "分编", "编", "篇", "章", "节", "条"))
    ),
    _style("一、", 10, rf"(?P<chinese>{_CHINESE}{{1,5}})\s*(?:、|{_POINT})"),
    _style("(一)", 11, rf"[(（]\s*(?P<chinese>{_CHINESE}{{1,5}})\s*[)）]、?"),
    _style("1.", 12, rf"(?P<digits>\d{{1,3}})\s*(?:、|{_POINT})"),
    _style("(1)", 13, r"[(（]\s*(?P<digits>\d{1,3})\s*[)）]、?"),
    _style("1)", 14, r"(?P<digits>\d{1,3})\s*[)）]", listing=True),
    _style("①", 15, r"(?P<circled>[①-⑳])", listing=True),
    _style("第一,", 16, rf"第(?P<chinese>{_CHINESE}{{1,2}})[，,、]", listing=True),
    _style("一是", 17, r"(?P<chinese>[一二三四五六七八九十]{1,2})是", listing=True),
    _style("一要", 17, r"(?P<chinese>[一二三四五六七八九十]{1,2})要", listing=True),
)
_LEAD = re.compile(rf"[\s{INVISIBLE}]*")


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


def read_marker(line: str) -> Marker | None:
    """The number that `line` begins with, or None. Whether it is a heading is for the whole outline to say."""
    lead = _LEAD.match(line)
    start = lead.end() if lead else 0
    for style in STYLES:
        found = style.pattern.match(line, start)
        if found:
            groups = found.groupdict()
            if groups.get("circled"):
                value = ord(groups["circled"]) - ord("①") + 1
            else:
                numeral = groups.get("digits") or groups["chinese"]
                value = int(numeral) if numeral.isdigit() else chinese_number(numeral)
            return Marker(style, value, _written(style, found), found.end())
    return None


def _written(style: Style, found: re.Match[str]) -> str:
    """The number as the report writes it, brackets half-width, without the separator: 四, (二), 19, 第三条, 一是."""
    words = re.sub(r"\s+", "", found.group()).replace("（", "(").replace("）", ")")
    return words.rstrip("、.．，,")


def heading_of(line: str, marker: Marker) -> str:
    """The heading that `line` opens with, its marker included, without the full stop or colon that ends it.

    A heading on the line of its text ends with the first sentence; when that runs beyond `LONGEST_HEADING`, with its
    first clause. An article (第X条) has no heading but its number, unless a few words without any mark follow.
    """
    words = line[marker.end :]
    if marker.style.name == "第一条" and (len(words) > _LONGEST_LABEL or re.search("[，,。；;：:、]", words)):
        return trimmed(line[: marker.end])
    end = next(unquoted(words, "。；;！!？?"), len(words))
    if words[end : end + 1] in ("！", "!", "？", "?"):
        end += 1
    colon = next(unquoted(words, "：:，,"), -1)
    if 0 < colon <= _LONGEST_LABEL and colon < end and words[colon] in "：:":
        end = colon
    if end > LONGEST_HEADING:
        clause = next(unquoted(words, "，,：:"), -1)
        end = clause if 0 < clause <= LONGEST_HEADING else LONGEST_HEADING
    return trimmed(line[: marker.end + end]).rstrip("：:，,、")
