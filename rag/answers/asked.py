"""A question to the figures it asks for: their kind, and what they count."""

import re
from dataclasses import dataclass

from rag.answers.quantities import MONEY, Quantity, quantities

_COUNTED = re.compile(
    r"(?:多少|几(?![何十百千万]))\s*(?P<counter>人次|周岁|分(?![之布管校院园别公支])|平方米|平方公里|平米|亿元|万元|个月|公里|学时|课时|小时|场次|[个所名人位家项门场次期届批台套册件篇通间处条类种岁天年元倍亩米吨支辆张根棵栋座户])?(?P<noun>[一-鿿]{0,6})"
)
_ENGLISH_COUNTED = re.compile(r"how many|how much|what (?:number|share|percentage|proportion|rate|amount)", re.I)
_PERCENT = re.compile(
    r"(?<!一定)(?<!按)比例|占比|几成|比重|百分之几|百分之多少|百分比|多大份额|(?<![频功速汇])率(?:(?:是|为|达|达到|有|分别|各|将)|.{0,3}多少|多高)|share|percentage|proportion|rate\b",
    re.I,
)
# Asked by how much a share has changed or two differ, which points tell; what it is they do not.
_CHANGE = re.compile(
    r"提[高升]|上[升涨]|[增减涨缩]|下[降滑]|[升降]了|变化|[高低]于|[多少][了出]|差"
    r"|change|rise|rose|fall|fell|drop|increas|decreas|grow",
    re.I,
)
_POINTS = "百分点"
_ASKS = re.compile(r"多少|几|哪|谁|什么|何|吗|是否|怎|多[大高长久远宽重深快早晚]|how|what|which|who|when|where", re.I)
_MONEY = re.compile(
    r"多少[^,，?？]{0,4}(?:钱|资金|经费|投资|金额)|多少[^,，?？拿得领享到获]{0,3}(?:[金费款薪]|补[贴助]|津贴|工资)(?![一-鿿])|(?:资金|经费|投资|金额|钱|投入|财政)[^,，?？。]{0,6}(?:多少|几何)"
    r"|(?:几|多少)个?亿(?![元人件吨])|(?:花|掏|砸)[了掉出过]{0,2}(?:大概|大约|一共|总共)?多少(?![人所个名家])"
    r"|how much (?:money|funding|was invested)",
    re.I,
)
_SUM = (
    10_000  # a number without a counter may be money from here on (投入29.7亿); below it is a code or an item's number
)
# Which they are tells how many (支持几所名校,是哪几所).
_WHICH = re.compile(r"哪几|哪[些两三四五六七八九十]|都有(?:谁|什么)|分别是(?:谁|什么|哪)")
# When something is, and how many are meant, is often told without a figure.
TIMES_IN_WORDS = re.compile(
    r"\d\s*月|(?<!\d)[012]?\d[:：][0-5]\d(?!\d)|[一二三四五六七八九十]+月|[春夏秋冬四]季|[上下]半年|[一二三四]季度|[上中下]旬|[年月](?:初|底|末|中旬)|年[内中](?!部)|[寒暑]假|学期"
    r"|期[满末]|次[日月年]|翌日|当[天日晚年]|即日|[上下]午|每[年月周天日]|\d\s*[周天时点岁]|世纪|年[代间]|时[期代]|(?:[前后]|时|期间)(?=[,，。;；)）]|$)"
)
_IN_WORDS = {
    "time": TIMES_IN_WORDS,
    "all": re.compile(r"全部|全覆盖|无一"),
    "some": re.compile(
        r"[几数][十百千万亿]|上[百千万]|[一两二三四五六七八九][百千万]多|\d多?(?=左右|上下|不等|以上)|[两二三四五六七八九十](?=大)"
    ),
    "ordinal": re.compile(r"首(?=[个款届批次任座家])|最后一"),
}
_NOT_ASKING = ("第", "十", "百", "哪", "好", "那", "这", "前", "近")  # before 几
# People who are counted, with what is said of them before: then nothing but people, or places for them, tells how many.
_PEOPLE = re.compile(
    r"(?:新|在校|优秀|困难|贫困|留守|随迁|残疾|公办|专任|骨干|外籍)*"
    r"(?:学生|老师|教师|孩子|幼儿|儿童|新生|毕业生|老人|干部|党员|校长|家长|员工|职工|居民|群众|农民|志愿者|人才|专家|医生|护士|选手|运动员"
    r"|[一-鿿]{0,3}(?:人员|工作者|子女|学员))"
)
_OF_PEOPLE = frozenset(("", "人", "名", "位", "人次", "户", "个"))
_DECIDED_BY = ("由", "归", "让", "听")  # 具体少收多少由哪个部门来定 asks who decides
_ASKS_ELSE = re.compile(r"哪|什么|谁|多少")  # then the 几 of 平壤的几所小学 asks nothing
_ORDINAL = re.compile(r"第几|(?<!安)排名?多少|哪一[届批期]|rank", re.I)


@dataclass(frozen=True)
class Asked:
    """One figure a question asks for: its kind as in `told`, its counter and the noun counted ("" where open).

    A share has the counter 百分点 where points tell it too.
    """

    kind: str
    counter: str = ""
    noun: str = ""

    def met_by(self, figure: Quantity) -> bool:
        """Whether a figure is of the kind asked for."""
        if figure.kind in ("all", "some"):
            return self.kind == "number" and (figure.kind == "some" or not self.counter)
        if self.kind in ("date", "time"):
            if figure.kind == "time":
                return self.kind == "time"
            # 次月15日 is a date too.
            return figure.kind in ("date", "year") or (figure.kind == "number" and figure.counter in ("日", "号"))
        if self.kind == "ordinal":
            return figure.kind == "ordinal" or (
                figure.kind == "number" and figure.counter in ("届", "批", "期", "轮", "位", "名")
            )
        if self.kind == "percent":
            # A table may give a rate without its sign (99.46); an index of less than one (0.93) is none.
            bare = figure.kind == "number" and not figure.counter and "." in figure.value and float(figure.value) >= 1
            return bare or figure.kind in ("percent", "ratio") or (figure.kind == "points" and self.counter == _POINTS)
        if figure.kind in ("percent", "points") and not self.counter:
            return True
        if figure.kind == "year" and self.counter == "年":
            return True
        if figure.kind != "number":
            return False
        if self.counter in ("人", "名", "位"):
            return figure.counter in _OF_PEOPLE
        if self.counter == "元":
            return figure.counter in MONEY or (not figure.counter and float(figure.value) >= _SUM)
        return not self.counter or Quantity("number", figure.value, self.counter, 0, 0).agrees_with(figure)


def contains_question(text: str) -> bool:
    """Whether a text has a word that asks."""
    return bool(_ASKS.search(text))


def told(text: str) -> list[Quantity]:
    """The figures of a text and, as figures of kind "time", "all", "some" and "ordinal", what it tells in words."""
    in_words = ((kind, found) for kind, words in _IN_WORDS.items() for found in words.finditer(text))
    return [*quantities(text), *(Quantity(kind, found[0], "", *found.span()) for kind, found in in_words)]


def asked(text: str) -> tuple[Asked, ...]:
    """The figures a question asks for, in order; empty when it asks for none (a name, a list, a reason)."""
    found: list[Asked] = []
    if _ORDINAL.search(text):
        found.append(Asked("ordinal"))
    if _PERCENT.search(text):
        found.append(Asked("percent", _POINTS if _CHANGE.search(text) else ""))
    if _MONEY.search(text):
        found.append(Asked("number", "元"))
    if re.search(r"哪一?天|几月几[日号]|哪一?日|what date", text, re.I):
        found.append(Asked("date"))
    elif re.search(r"什么时候|何时|几月(?:份|[?？]|$)|几点|when\b", text, re.I):
        found.append(Asked("time"))
    for match in _COUNTED.finditer(text):
        before = text[: match.start()]
        counted = match[0].startswith("几")
        if (counted and before.endswith(_NOT_ASKING)) or (before.endswith(("的", "隔")) and _ASKS_ELSE.search(text)):
            continue
        counter, noun = match["counter"] or "", match["noun"]
        if (
            (not counter and noun.startswith(("月", "点", "时", "号")))
            or noun.startswith("亿")
            or (not counter and noun.startswith("成"))
        ):
            continue  # 几月 asks when, 几个亿 is money, 几成 a share
        if _WHICH.search(text, match.end()) or (not counter and noun.startswith(_DECIDED_BY)):
            continue
        if not counter and (_PERCENT.search(text) or _MONEY.search(text) or _ORDINAL.search(text)):
            continue
        if counter in ("", "个") and _PEOPLE.match(noun):
            counter = "人"
        found.append(
            Asked("number", "元" if counter.endswith("元") else counter, re.split(r"[的是在了呢吗有和与、]", noun)[0])
        )
    if not found and _ENGLISH_COUNTED.search(text):
        found.append(Asked("number"))
    return tuple(found)
