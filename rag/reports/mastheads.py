"""Lines above a report into their "label: value" pairs (发布日期: 2020-08-12, • 发文字号 青教发〔2018〕8号)."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from rag.reports.lines import INVISIBLE, Line, squeezed, trimmed

ISSUERS = ("发文单位", "发文机关", "发文机构", "制发机关", "制定机关", "发布机构", "发布单位", "发布机关", "公开机关")
PUBLISHED = ("发布日期", "发布时间", "公开日期", "公开时间", "上网日期", "时间", "日期")
DATED = ("成文日期", "成文时间", "生成日期", "印发日期", "印发时间")
DOCUMENT_NUMBERS = ("文号", "发文字号", "发文文号", "发布文号", "文件编号")
INDEX_NUMBERS = ("索引号", "信息索引号", "索引码", "索引")
EFFECTIVE = ("施行日期", "实施日期", "生效日期", "执行日期")
VALIDITIES = ("有效性", "时效性", "效力状态", "有效状态", "文件状态", "时效状态", "时效")
URLS = ("网址", "原文链接", "原文网址", "来源网址", "来源链接", "信息网址", "页面网址", "链接")
SOURCES = ("来源", "文章来源", "信息来源", "稿件来源", "消息来源", "信息提供", "供稿")
# In the footer of a page: how to reach those who publish it.
CONTACTS = (
    *("联系地址", "办公地址", "通讯地址", "单位地址", "地址", "邮政编码", "邮编", "电子邮箱", "联系邮箱", "邮箱"),
    *("联系电话", "咨询电话", "办公电话", "值班电话", "服务电话", "电话"),
)
_OTHERS = (
    *("主题分类", "体裁分类", "组配分类", "服务对象分类", "信息分类", "分类", "主题词", "关键词", "关键字"),
    *("有效期", "废止日期", "失效日期"),
    *("规范性文件登记号", "登记号", "统一编号", "公开方式", "公开范围", "公开形式", "公开类别", "标题", "名称"),
    *("作者", "编辑", "责任编辑", "责编", "审核", "签发人", "阅读次数", "浏览次数", "浏览量", "浏览量统计"),
    *("点击数", "点击次数", "点击率", "访问次数", "阅读量"),
)
KNOWN = frozenset(
    (
        *ISSUERS,
        *PUBLISHED,
        *DATED,
        *DOCUMENT_NUMBERS,
        *INDEX_NUMBERS,
        *EFFECTIVE,
        *VALIDITIES,
        *URLS,
        *SOURCES,
        *_OTHERS,
    )
)

_LONGEST_LINE = 1000  # characters of a masthead line, all its pairs together
_HAN = "[\u4e00-\u9fff]"
_GAP = rf"[ \t\xa0\u3000{INVISIBLE}]"
# Either the characters of a label stand together, or each of them stands apart (索 引 号, 文  号); some are in 【】.
_WORDS = rf"(?<!{_HAN}){_HAN}(?:{_GAP}+{_HAN}){{1,4}}|{_HAN}{{2,12}}"
_LABEL = re.compile(rf"(?:(?P<label>{_WORDS}){_GAP}*[:：]|【{_GAP}*(?P<framed>{_WORDS}){_GAP}*】{_GAP}*[:：]?)")
_BULLET = re.compile(rf"{_GAP}*[•●·▪■◆○]{_GAP}*(?P<label>{_HAN}{{2,12}})(?:{_GAP}+(?P<value>\S.*))?$")


@dataclass(frozen=True)
class Pair:
    """A label and its value. The spans are code points in the report's text; a blank value has the label's span."""

    label: str
    value: str
    start: int
    end: int


def read_pairs(line: Line, *, known: Collection[str] = KNOWN) -> list[Pair]:
    """Every pair of a masthead line, in order; none when the line carries no label that is `known`.

    A value reaches to the next label. A label that ends in a known one is that one (市教育局发布时间: → 发布时间).
    """
    if len(line.text) > _LONGEST_LINE:
        return []
    bullet = _BULLET.match(line.text)
    if bullet:
        group = "value" if bullet["value"] else "label"
        value = trimmed(bullet["value"] or "")
        start = line.start + bullet.start(group)
        return [Pair(bullet["label"], value, start, start + len(value or bullet["label"]))]
    labels = [_label(found) for found in _LABEL.finditer(line.text)]
    if not any(label.name in known for label in labels):
        return []
    pairs = []
    ends = [*(label.start for label in labels[1:]), len(line.text)]
    for label, end in zip(labels, ends, strict=True):
        raw = line.text[label.end : end]
        value = trimmed(raw)
        if value:
            begin = line.start + label.end + raw.index(value)
            pairs.append(Pair(label.name, value, begin, begin + len(value)))
        else:
            first, last = label.words
            pairs.append(Pair(label.name, "", line.start + first, line.start + last))
    return pairs


def read_contacts(line: Line) -> list[Pair]:
    """The pairs of a footer's line that say how to reach somebody."""
    return [pair for pair in read_pairs(line, known=CONTACTS) if pair.label in CONTACTS and pair.value]


class _Label(NamedTuple):
    """A label in its line: where it starts and ends with its colon or frame, and where its words stand."""

    name: str
    start: int
    end: int
    words: tuple[int, int]


def _label(found: re.Match[str]) -> _Label:
    if found["framed"]:
        return _Label(squeezed(found["framed"]), *found.span(), found.span("framed"))
    name, (start, end) = squeezed(found["label"]), found.span("label")
    if name not in KNOWN and end - start == len(name):
        known = (length for length in range(len(name) - 1, 1, -1) if name[-length:] in KNOWN)
        start = end - next(known, len(name))
    return _Label(squeezed(found.string[start:end]), start, found.end(), (start, end))
