"""Text to the figures in it, in one canonical form, so that 1,164万, １１６４万 and 11640000 are the same figure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SCALES = {"十": 10, "百": 100, "千": 1000}
_GREAT_SCALES = {"万": 10_000, "亿": 100_000_000}
_CHINESE = "零〇一二三四五六七八九十百千万亿两"

# Words that count or measure, the longest wins. Words of one row stand for each other (45名 and 45人); 人次 is not 人.
_COUNTERS = (
    ("人次",),
    ("人", "名", "位"),
    ("所", "家", "间", "处", "座"),
    ("元", "块钱"),
    ("美元",),
    ("欧元",),
    ("英镑",),
    ("日元",),
    ("港元", "港币"),
    ("平方米", "平米", "㎡"),
    ("平方公里",),
    ("公里", "千米"),
    ("公顷",),
    ("亩",),
    ("米",),
    ("吨",),
    ("公斤", "千克"),
    ("斤",),
    (
        "个",
        "项",
        "种",
        "类",
        "件",
        "条",
        "门",
        "台",
        "套",
        "篇",
        "通",
        "册",
        "本",
        "支",
        "只",
        "份",
        "节",
        "对",
        "块",
        "辆",
        "张",
        "根",
        "棵",
        "栋",
    ),
    ("场", "次", "场次"),
    ("期", "批", "届", "轮"),
    ("学时", "课时"),
    ("小时",),
    ("分钟",),
    ("天", "日"),
    ("周", "星期"),
    ("个月",),
    ("岁", "周岁"),
    ("户",),
    ("年",),
    ("倍",),
    ("分",),
    ("级", "等"),
    ("兆", "M"),
)
MONEY = frozenset(("元", "块钱", "美元", "欧元", "英镑", "日元", "港元", "港币"))
_ROW = {word: number for number, row in enumerate(_COUNTERS) for word in row}
_GENERIC = _ROW["个"]  # 个 counts anything that has no counter of its own
_GENERIC_ALSO = {_ROW["人"], _ROW["所"], _ROW["期"], _ROW["场"]}
_GRADES = {_ROW["级"], _ROW["期"]}
_COUNTER = "|".join(sorted(map(re.escape, _ROW), key=len, reverse=True))

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_SCALE = r"(?:\s*[余多]?(?:万亿|千万|百万|十万|亿|万|千|百))?"  # 600余万
_DASH = r"\s*(?:-|—|–|~|〜|至|到)\s*"
_CHINESE_NUMBER = f"[{_CHINESE}]+"
_PATTERN = re.compile(
    rf"""
    (?P<iso>(?<!\d)(?P<iso_year>\d{{4}})[-/.](?P<iso_month>\d{{1,2}})[-/.](?P<iso_day>\d{{1,2}})(?!\d))
  | (?P<document>[〔\[(](?P<document_year>(?:19|20)\d{{2}})[〕\])]\s*(?P<document_number>\d+)\s*号)
  | (?P<date>(?P<month>\d{{1,2}}|{_CHINESE_NUMBER})\s*月\s*(?P<day>\d{{1,2}}|{_CHINESE_NUMBER})\s*[日号])
  | (?P<years>(?<!\d)(?P<first_year>(?:19|20)\d{{2}})(?:年)?{_DASH}(?P<last_year>(?:19|20)\d{{2}})\s*(?=年|学年))
  | (?P<year>(?<![\d.])(?P<year_value>(?:1\d|20)\d{{2}}|[一二][零〇一二三四五六七八九]{{3}})\s*年)
  | (?P<percent_range>(?P<percent_low>{_NUMBER})\s*%?{_DASH}(?P<percent_high>{_NUMBER})\s*%)
  | (?P<percent>(?P<percent_value>{_NUMBER})\s*%
               |百分之(?P<percent_words>{_CHINESE_NUMBER}(?:点{_CHINESE_NUMBER})?|{_NUMBER}))
  | (?P<fraction>(?P<fraction_whole>\d+|{_CHINESE_NUMBER})分之(?P<fraction_part>\d+|{_CHINESE_NUMBER}))
  | (?P<points>(?P<points_value>{_NUMBER}|{_CHINESE_NUMBER})\s*个?百分点)
  | (?P<tenths>(?<![{_CHINESE}])(?P<tenths_value>[一二三四五六七八九])成
               (?P<tenths_more>[一二三四五六七八九半])?(?![员立功为本绩果长人都效熟就套批分交]))
  | (?P<ratio>(?<!\d)(?P<left>\d+(?:\.\d+)?)\s*(?:[::/]|比)\s*(?P<right>\d+(?:\.\d+)?)(?![\d::]))
  | (?P<ordinal>第(?P<ordinal_value>\d+|{_CHINESE_NUMBER}))
  | (?P<range>(?P<low>{_NUMBER}){_DASH}(?P<high>{_NUMBER})(?P<range_scale>{_SCALE})\s*(?P<range_counter>{_COUNTER})?)
  | (?P<number>(?P<value>{_NUMBER})(?P<scale>{_SCALE})\s*[余多几]?\s*(?P<counter>{_COUNTER})?)
  | (?P<words>(?P<words_value>{_CHINESE_NUMBER})[余多]?(?P<words_scale>[万亿])?(?P<words_counter>{_COUNTER})?)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Quantity:
    """One figure: `kind` (number, percent, points, ratio, ordinal, year, date, document), canonical `value`, counter.

    `value` is a plain string ("11640000", "52.43", "01-17", "1:200"); `counter` the measure word after it or "";
    `start` and `end` are code points in the text it was read from.
    """

    kind: str
    value: str
    counter: str
    start: int
    end: int

    def agrees_with(self, other: "Quantity") -> bool:
        """Whether both are the same figure: kind, value, and counters that do not contradict each other."""
        if self.kind != other.kind or self.value != other.value:
            return False
        if not self.counter or not other.counter or self.counter == other.counter:
            return True
        mine, theirs = _ROW[self.counter], _ROW[other.counter]
        return mine == theirs or (_GENERIC in (mine, theirs) and bool(_GENERIC_ALSO & {mine, theirs}))


def half_width(text: str) -> str:
    """The text with full-width letters, digits and signs in ASCII, character by character: offsets stay.

    The Chinese comma stays as it is, for after NFKC it would join two figures into one with a thousands separator.
    """
    return "".join(
        form if character != "，" and len(form := unicodedata.normalize("NFKC", character)) == 1 else character
        for character in text
    )


def chinese_number(words: str) -> Decimal | None:
    """The value of a number in Chinese words (三十二, 两千, 十二万, 二〇一八), or None where they are not a number."""
    if not words or any(character not in _CHINESE for character in words):
        return None
    if len(words) > 1 and all(character in _DIGITS for character in words):
        return Decimal("".join(str(_DIGITS[character]) for character in words))
    total, below, digit = 0, 0, None
    for character in words:
        if character in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[character]
        elif character in _SCALES:
            below += (1 if digit is None else digit) * _SCALES[character]
            digit = None
        else:
            below += digit or 0
            scale = _GREAT_SCALES[character]
            if not below and not total:
                return None
            # 一万亿 is (一万) times 亿, but 三亿五万 is 三亿 plus 五万.
            total = (total + below) * scale if total < scale else total + below * scale
            below, digit = 0, None
    return Decimal(total + below + (digit or 0))


def quantities(text: str) -> list[Quantity]:
    """All figures of a text, in the order they stand; Chinese number words only where they count something."""
    found: list[Quantity] = []
    for match in _PATTERN.finditer(half_width(text)):
        found.extend(_read(match))
    return found


def _read(match: re.Match[str]) -> Iterator[Quantity]:
    group = match.groupdict()
    start, end = match.span()

    def quantity(kind: str, value: str, counter: str | None = "") -> Quantity:
        return Quantity(kind, value, counter or "", start, end)

    if group["iso"]:
        yield quantity("year", group["iso_year"])
        yield quantity("date", f"{int(group['iso_month']):02}-{int(group['iso_day']):02}")
    elif group["document"]:
        yield quantity("document", f"{group['document_year']}-{int(group['document_number'])}")
    elif group["date"]:
        month, day = _whole(group["month"]), _whole(group["day"])
        if month is not None and day is not None:
            yield quantity("date", f"{month:02}-{day:02}")
    elif group["years"]:
        yield quantity("year", group["first_year"])
        yield quantity("year", group["last_year"])
    elif group["year"]:
        year = _whole(group["year_value"])
        if year is not None:
            yield quantity("year", str(year))
    elif group["percent_range"]:
        yield quantity("percent", _plain(Decimal(group["percent_low"].replace(",", ""))))
        yield quantity("percent", _plain(Decimal(group["percent_high"].replace(",", ""))))
    elif group["percent"]:
        value = _percent_words(group["percent_words"]) if group["percent_words"] else _decimal(group["percent_value"])
        if value is not None:
            yield quantity("percent", _plain(value))
    elif group["fraction"]:
        whole, part = _decimal(group["fraction_whole"]), _decimal(group["fraction_part"])
        if whole is not None and part is not None:
            yield quantity("ratio", f"{_plain(part)}:{_plain(whole)}")
    elif group["points"]:
        value = _decimal(group["points_value"])
        if value is not None:
            yield quantity("points", _plain(value))
    elif group["tenths"]:
        more = group["tenths_more"] or "零"
        yield quantity("percent", str(10 * _DIGITS[group["tenths_value"]] + (5 if more == "半" else _DIGITS[more])))
    elif group["ratio"]:
        yield quantity("ratio", f"{_plain(Decimal(group['left']))}:{_plain(Decimal(group['right']))}")
    elif group["ordinal"]:
        value = _decimal(group["ordinal_value"])
        if value is not None:
            yield quantity("ordinal", _plain(value))
    elif group["range"]:
        for side in ("low", "high"):
            yield quantity("number", _scaled(group[side], group["range_scale"]), group["range_counter"])
    elif group["number"]:
        yield quantity("number", _scaled(group["value"], group["scale"]), group["counter"])
    else:
        yield from _read_words(match)


def _read_words(match: re.Match[str]) -> Iterator[Quantity]:
    words, counter = match["words_value"], match["words_counter"]
    value = chinese_number(words)
    if value is None:
        return
    # 统一, 一些, 万一, 十分 are words: a number in characters counts only before a counter or when it is long enough
    # to be nothing else; a single 一 is the article (一个) except before a grade.
    single = len(words) == 1
    if single and (counter is None or words in "百千万亿" or (words == "一" and _ROW[counter] not in _GRADES)):
        return
    if not single and counter is None and not any(character in "十百千" for character in words[1:] + words[:1]):
        return
    if match["words_scale"]:
        value *= _GREAT_SCALES[match["words_scale"]]
    yield Quantity("number", _plain(value), counter or "", match.start(), match.end())


def _whole(words: str) -> int | None:
    value = _decimal(words)
    return None if value is None else int(value)


def _decimal(words: str) -> Decimal | None:
    return Decimal(words.replace(",", "")) if words[0].isdigit() else chinese_number(words)


def _percent_words(words: str) -> Decimal | None:
    whole, _, fraction = words.partition("点")
    value = _decimal(whole)
    if value is None or not fraction:
        return value
    return value + Decimal("0." + "".join(str(_DIGITS.get(character, 0)) for character in fraction))


def _scaled(number: str, scale: str) -> str:
    value = Decimal(number.replace(",", ""))
    for character in scale.strip().lstrip("余多"):
        value *= _GREAT_SCALES.get(character) or _SCALES[character]
    return _plain(value)


def _plain(value: Decimal) -> str:
    text = format(value.normalize(), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
