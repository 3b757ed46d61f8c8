"""A question to the kind of thing it asks for (who, where, when, how many), a text to what it names of that kind."""

import re
from collections.abc import Sequence
from typing import Literal

from rag.answers.asked import TIMES_IN_WORDS
from rag.answers.places import names_tagged, places_named, tagged_words
from rag.answers.quantities import quantities
from rag.answers.verification import squeeze
from rag.reports.places import divisions_in

AnswerType = Literal["", "body", "person", "place", "time", "figure"]

# A school that is renamed has a name too, but is nobody.
ASKS_NAME = re.compile(
    r"姓名|尊姓大名|(?:[省市县区州镇局院校厅部]长|主任|书记|主席)叫(?:什么|啥)|(?:长|主任|书记|领导|老师|教师|同学|选手|人|谁|位)[,，]?(?:都|分别)?(?:是|叫)?(?:叫|什么)(?:什么)?名字"
)
# The words that ask, and the nouns at the end of a question in key words (开幕时间, 死亡人数).
_ASKING: Sequence[tuple[AnswerType, re.Pattern[str]]] = (
    ("body", re.compile(r"(?:哪一?个?|什么)(?:处室|科室|部门)")),
    ("person", re.compile(rf"谁|哪一?位|何人|什么人|{ASKS_NAME.pattern}|\bwho(?:m|se)?\b", re.I)),
    (
        "place",
        re.compile(
            r"哪里|哪儿|在哪|何[地处]|什么地方|哪一?[个座](?:国家|省|城?市|县|区|地方)|哪(?:几个|些)(?:国家|省份?|城?市|区?县|[区州])"
            r"|(?:[去到往]|帮扶|支援|援助)[^,，]*哪(?:几个|些)地方|(?:地点|地址)$|\bwhere\b",
            re.I,
        ),
    ),
    (
        "time",
        re.compile(
            r"何时|[什啥]么?时候|哪一?[天日年]|几[月号点]|哪个月|多会儿|什么时间|(?:时间|日期|期限)(?:是|为)?(?:什么|多少)?$|\bwhen\b",
            re.I,
        ),
    ),
    (
        "figure",
        re.compile(
            r"多少|(?<!哪)几[个所名人位家项门场次期届批台套册件篇间条类种岁天年元倍]|百分之几|几成|多[大高长宽远重久]"
            r"|(?:人数|个数|次数|数量|[产销数流含]量|金额|总额|面积|价格?|[率额]|分数|席位)$|\bhow (?:many|much)\b",
            re.I,
        ),
    ),
)
# Asked for all things of a kind (哪些情况, 要什么材料).
_ALL = re.compile(
    r"哪些|哪几|哪[两二三四五六七八九十]|(?:什么|啥)(?:材料|资料|证件|手续|条件|情[况形]|要求|方式|渠道|途径|待遇|优惠|步骤|程序)|"
    r"\b(?:what|which) \w+s\b",
    re.I,
)
_TIME = re.compile(rf"\d+\s*[日号]|(?:1\d|20)\d\d|同期|{TIMES_IN_WORDS.pattern}")
_MEANING = "nvabijlz"  # parts of speech, by their first letter: nouns, verbs, adjectives, idioms
_OF_ALL = frozenset(
    ("全市", "全省", "全县", "全区", "全州", "全国", "全年", "年度", "全部", "本市", "我市", "人", "是", "有")
)
_LASTS = re.compile(r"[一两二三四五六七八九十半]{1,3}个?(?:工作)?(?:月|年|天|日|周|星期|小时|季度|学期)(?!级)")
_ASKS_HOW_LONG = re.compile(r"多久|多长时间|几(?:年|个月|天|周|小时)")
_TAGS: dict[AnswerType, tuple[str, ...]] = {"person": ("nr",), "place": ("ns", "nt")}
# 简阳市, which no dictionary has; not 县级市, 全市 or 城区, which are kinds of places.
_DIVISION = re.compile(
    r"(?<![一-鿿])(?![县地省]级|直辖|[全各我本该每两省市县区城])[一-鿿]{2,3}(?:市|县|区)(?![级域内外场])"
)
# An office and, set apart, who holds it: 区长  杜甲 is a name whatever its characters mean elsewhere.
_SIGNED = re.compile(r"(?:[省市县区州镇局院校厅部]\s*长|主任|书记|主席)[\s:：]+([一-鿿](?:\s?[一-鿿]){1,3})(?![一-鿿])")
# Who does a thing is as often a body or an office (由市老龄工作机构核准, 局长负总责) as a person by name.
_BODY = re.compile(
    r"[一-鿿]{1,12}(?:机构|部门|委员会|办公室|领导小组|中心|政府|公司|单位|[科处]室|[局厅部院会校])(?![级长管])"
    r"|(?:局|校|院|所|市|县|区|镇|组|部|处|科|厅|省|会)长|书记|主任|主席|负责人|老师|教师|家长"
)
_OFFICE = re.compile(rf"{_BODY.pattern}|[一-鿿]{{2,12}}[科处室股办委](?![一-鿿])")


def answer_type(question: str) -> AnswerType:
    """What a question asks for; "" where it is open (why, what, how) or in doubt."""
    words = question.rstrip("?？。.!！ ")
    return next((kind for kind, pattern in _ASKING if pattern.search(words)), "")


def asks_for_all(question: str) -> bool:
    """Whether a question asks for all things of a kind, not for one."""
    return bool(_ALL.search(question))


def names_answer(text: str, question: str, kind: AnswerType) -> bool:
    """Whether a text names something of the kind that the question does not say itself; True for open questions."""
    if not kind:
        return True
    said = squeeze(question)
    if kind == "figure":
        known = {figure.value for figure in quantities(question)}
        if _ASKS_HOW_LONG.search(question) and _LASTS.search(text):
            return True
        return any(figure.kind not in ("year", "date") and figure.value not in known for figure in quantities(text))
    if kind == "body":
        return any(squeeze(name) not in said for name in _OFFICE.findall(text))
    if kind == "time":
        return any(squeeze(match[0]) not in said for match in _TIME.finditer(text))
    names = names_tagged(text, _TAGS[kind])
    if kind == "place":
        names = [*names, *places_named(text), *divisions_in(text), *_DIVISION.findall(text)]
    if kind == "person":  # the tagger takes some schools for people (幼儿园)
        names = [*(name for name in names if name[-1] not in "园校院班"), *_SIGNED.findall(text)]
    if kind == "person" and not ASKS_NAME.search(question):
        names = [*names, *(match[0] for match in _BODY.finditer(text))]
    return any(squeeze(name) not in said for name in names)


def repeats(question: str, text: str) -> bool:
    """Whether a sentence tells nothing that the question does not say itself: neither figure nor time nor meaning."""
    said = squeeze(question)
    known = {figure.value for figure in quantities(question)}
    if any(figure.value not in known for figure in quantities(text)):
        return False
    if any(squeeze(time[0]) not in said for time in _TIME.finditer(text)):
        return False
    return all(squeeze(word) in said or word in _OF_ALL for word, tag in tagged_words(text) if tag[0] in _MEANING)


def is_question(text: str) -> bool:
    """Whether a sentence asks instead of telling: it bears no answer."""
    return bool(re.search(r"[?？]['\"”’」』)）]*\s*$", text))
