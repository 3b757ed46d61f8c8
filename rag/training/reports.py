"""Turns a small grammar of official reports into invented sections with questions they do and do not answer.

The public sets are encyclopaedia and web text; what is read in use are sections crowded with figures of one kind, told
apart by level, scope, year, place, and by whether something is planned or done. All words and figures here are made up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from rag.training.examples import Example
from rag.training.report_words import words

_FULL_WIDTH = str.maketrans(",;:()", "，；：（）")


@dataclass(frozen=True)
class Fact:
    """One statement a report can make. Two facts that differ in any field but `answer` are about different things."""

    sort: str  # count, rate, growth, charge, partner, list
    scope: str
    action: str
    thing: str
    unit: str
    planned: bool
    year: int  # 0: the report's own
    answer: str


@dataclass(frozen=True)
class Paper:
    """Where and when a report is from, and the headings above one of its sections."""

    place: str
    year: int
    kind: str
    part: str
    marker: str
    topic: str

    @property
    def heading(self) -> str:
        return f"《{self.place}{self.year}年{self.kind}》 > {self.part} > {self.marker}{self.topic}\n"


@dataclass(frozen=True)
class Asking:
    """Which of the report's place and year a question names, and in which language it is asked."""

    place: bool
    year: bool
    year_first: bool
    english: bool

    def prefix(self, paper: Paper, fact: Fact) -> str:
        place = paper.place if self.place else ""
        year = f"{fact.year or paper.year}年" if self.year or fact.year else ""
        return year + place if self.year_first else place + year


def invented_group(random: Random) -> list[Example]:
    """One section with a question it answers, a near miss of it, and often a second answer or the answer removed."""
    paper = _paper(random)
    facts = _facts(random, planned=paper.kind in words().plans)
    asking = Asking(random.random() < 0.65, random.random() < 0.65, random.random() < 0.5, random.random() < 0.25)
    full_width = random.random() < 0.4
    body, spans = _body(facts, random)
    if random.random() < 0.08:
        group = _overviews(paper, body, asking, random)
    else:
        chosen = random.randrange(len(facts))
        fact = facts[chosen]
        question = _question(paper, fact, asking, random)
        kind, missed = _missed(paper, fact, facts, asking, random)
        group = [Example(question, body, spans[chosen], "report"), Example(missed, body, None, kind)]
        if random.random() < 0.35:
            rest = [other for other in facts if other != fact]
            group.append(Example(question, _body(rest, random)[0], None, "report absent"))
        elif random.random() < 0.5:
            other, span = random.choice(list(zip(facts, spans, strict=True)))
            group.append(Example(_question(paper, other, asking, random), body, span, "report"))
    group = [example.behind(paper.heading) for example in group]
    return [replace(e, passage=e.passage.translate(_FULL_WIDTH)) for e in group] if full_width else group


def _paper(random: Random) -> Paper:
    planned = random.random() < 0.35
    return Paper(
        place=random.choice(words().places) + random.choice(("", "", "市", "市教育局")),
        year=random.randint(2008, 2026),
        kind=random.choice(words().plans if planned else words().reviews),
        part=random.choice(words().part_markers) + random.choice(words().parts),
        marker=random.choice(words().topic_markers),
        topic=random.choice(words().topics),
    )


def _facts(random: Random, *, planned: bool) -> list[Fact]:
    """Three to eight facts, no two of which a question could confuse."""
    facts: list[Fact] = []
    while len(facts) < random.randint(3, 8):
        fact = _fact(random, planned=planned if random.random() < 0.9 else not planned)
        if not any(_same_subject(fact, other) for other in facts):
            facts.append(fact)
            if fact.sort in ("count", "rate") and not fact.planned and random.random() < 0.3:
                facts.append(_growth(fact, random))
    return facts


def _same_subject(fact: Fact, other: Fact) -> bool:
    return replace(fact, answer="") == replace(other, answer="")


def _fact(random: Random, *, planned: bool) -> Fact:
    sort = random.choices(("count", "rate", "charge", "partner", "list"), weights=(55, 20, 7, 9, 9))[0]
    scope = random.choice(words().scopes)
    if sort == "count":
        action, things = random.choice(list(words().counted.items()))
        thing, unit = random.choice(things)
        year = random.randint(2008, 2026) if random.random() < 0.15 else 0
        return Fact(sort, scope, action, thing, unit, planned, year, _amount(unit, random) + unit)
    if sort == "rate":
        answer = f"{random.choice((random.randint(60, 100), round(random.uniform(50, 120), random.randint(1, 2))))}%"
        return Fact(sort, scope, random.choice(words().levels), random.choice(words().rates), "", planned, 0, answer)
    if sort == "charge":
        role = random.choice(words().roles)
        answer = random.choice(words().persons if role in words().personal_roles else words().offices)
        return Fact(sort, "", role, random.choice(words().topics), "", planned, 0, answer)
    if sort == "partner":
        action, thing = random.choice(list(words().partnered.items()))
        return Fact(sort, scope, action, thing, "", planned, 0, random.choice(words().partners))
    answer = "、".join(random.sample(words().districts, random.randint(1, 4)))
    return Fact(sort, "", random.choice(words().honours), "", "", planned, 0, answer)


def _growth(fact: Fact, random: Random) -> Fact:
    if fact.sort == "rate":
        return replace(fact, sort="growth", answer=f"{round(random.uniform(0.1, 9), random.randint(1, 2))}个百分点")
    return replace(fact, sort="growth", answer=_amount(fact.unit, random) + fact.unit)


def _amount(unit: str, random: Random) -> str:
    if unit in ("亿元", "万人次", "万元", "万平方米"):
        return str(random.choice((random.randint(1, 999), round(random.uniform(0.3, 99), random.randint(1, 2)))))
    number = random.randint(100, 99999) if random.random() < 0.25 else random.randint(1, 400)
    return f"{number}余" if random.random() < 0.05 else str(number)


def _clause(fact: Fact, random: Random) -> tuple[str, str]:
    """The words before the answer and after it."""
    when = f"{fact.year}年" if fact.year else ""
    status = random.choice(words().planned if fact.planned else words().done)
    if fact.sort == "count":
        before, after = random.choice(
            (
                (f"{status}{fact.action}{fact.scope}{fact.thing}", ""),
                (f"{fact.scope}{status}{fact.action}{fact.thing}", ""),
                (f"{fact.scope}{status}{fact.action}", fact.thing),
            )
        )
        return when + before, after
    if fact.sort == "rate":
        reach = random.choice(("力争达到", "要达到", "提高到") if fact.planned else ("达", "达到", "为", "提升至"))
        return f"{fact.scope}{fact.action}{fact.thing}{reach}", ""
    if fact.sort == "growth":
        return random.choice(("比上年增加", "较去年增加", "同比增加")) if fact.unit else "比上年提高", ""
    if fact.sort == "charge":
        return f"{fact.thing}({fact.action}:", ")"
    if fact.sort == "partner":
        return f"{status}{fact.scope}与", f"{fact.action}{fact.thing}"
    return status, fact.action


def _body(facts: Sequence[Fact], random: Random) -> tuple[str, list[tuple[int, int]]]:
    """The section's text, and where in it each fact's answer stands."""
    text, spans = random.choice(words().fillers) + random.choice(",。"), []
    for at, fact in enumerate(facts):
        while fact.sort != "growth" and random.random() < 0.35:
            text += random.choice(words().fillers) + random.choice(",,;。")
        before, after = _clause(fact, random)
        spans.append((len(text) + len(before), len(text) + len(before) + len(fact.answer)))
        growing = at + 1 < len(facts) and facts[at + 1].sort == "growth"
        text += before + fact.answer + after + ("," if growing else random.choice(",,;。。"))
    return text.rstrip(",;。") + "。", spans


def _question(paper: Paper, fact: Fact, asking: Asking, random: Random) -> str:
    if asking.english and (translated := _english(paper, fact, asking)):
        return translated
    prefix = asking.prefix(paper, fact)
    scope, action, thing = (_said(word, random) for word in (fact.scope, fact.action, fact.thing))
    unit = fact.unit
    if fact.sort == "charge":
        asked = "是谁" if fact.action in words().personal_roles else random.choice(("是哪个", "是哪家", "是什么"))
        return f"{prefix}{thing}的{action}{asked}?"
    if fact.sort == "partner":
        return prefix + random.choice((f"{scope}和谁{action}了{thing}?", f"{scope}与哪家单位{action}{thing}?"))
    if fact.sort == "list":
        return prefix + random.choice((f"有哪些地方{action}?", f"哪几个区县{action}?", f"{action}的是哪里?"))
    if fact.sort == "rate":
        forms = ["是多少?", "达到了多少?", "有多高?", "达到百分之几?"]
        if fact.planned:
            forms = ["的目标是多少?", "要达到多少?"]
        return prefix + f"{scope}{action}{thing}" + random.choice(forms)
    if fact.sort == "growth":
        forms = ["多了多少?", "增加了多少?", f"多了几{unit}?"] if unit else ["提高了多少?", "提高了几个百分点?"]
        return prefix + f"{scope}{action}{thing}比上一年" + random.choice(forms)
    much = "多少钱的" if unit in ("万元", "亿元") else f"多少{unit}"
    if fact.planned:
        forms = [f"{scope}{verb}{action}{much}{thing}?" for verb in ("计划", "要", "打算", "")]
        return prefix + random.choice([*forms, f"{scope}{action}{thing}的目标是多少?"])
    forms = [f"{scope}{action}了{much}{thing}?", f"{scope}{thing}{action}了多少{unit}?", f"{scope}{action}多少{thing}?"]
    return prefix + random.choice(
        [*forms, f"{action}的{scope}{thing}有多少{unit}?", f"{scope}一共{action}了多少{thing}?"]
    )


def _said(word: str, random: Random) -> str:
    return random.choice(words().said.get(word, (word,)))


def _english(paper: Paper, fact: Fact, asking: Asking) -> str | None:
    from pypinyin import lazy_pinyin

    known = fact.thing in words().english and fact.action in words().english
    if fact.sort != "count" or fact.planned or fact.scope not in ("", "全市") or not known:
        return None
    name = next(name for name in words().places if paper.place.startswith(name))
    place = f" in {''.join(lazy_pinyin(name)).capitalize()}" if asking.place else ""
    year = f" in {fact.year or paper.year}" if asking.year or fact.year else ""
    return f"How many {words().english[fact.thing]} were {words().english[fact.action]}{place}{year}?"


def _missed(paper: Paper, fact: Fact, facts: Sequence[Fact], asking: Asking, random: Random) -> tuple[str, str]:
    """The question of a fact that differs in one thing from `fact` and that the section does not state."""
    twists: list[tuple[str, Callable[[], str | None]]] = []

    def unstated(**changes: object) -> str | None:
        other = replace(fact, answer="", **changes)  # type: ignore[arg-type]
        if any(_same_subject(other, stated) for stated in facts):
            return None
        return _question(paper, other, asking, random)

    def elsewhere() -> str:
        place = random.choice([name for name in words().places if not paper.place.startswith(name)])
        return _question(replace(paper, place=place), fact, asking, random)

    def another_year() -> str | None:
        year = (fact.year or paper.year) + random.choice((-2, -1, -1, 1, 1, 2))
        if fact.year:
            return unstated(year=paper.year if random.random() < 0.5 else year)
        if any(stated.year == year for stated in facts):
            return None
        return _question(replace(paper, year=year), fact, asking, random)

    if asking.place:
        twists.append(("report place", elsewhere))
    if asking.year or fact.year:
        twists.append(("report year", another_year))
    twists.append(("report aspect", lambda: _aspect(paper, fact, facts, asking, random)))
    if fact.sort in ("count", "rate", "growth"):
        scopes = [scope for scope in words().scopes if scope not in ("", "全市", "全区", fact.scope)]
        twists.append(("report scope", lambda: unstated(scope=random.choice(scopes))))
    if fact.sort in ("count", "rate"):
        twists.append(("report modality", lambda: _flipped(paper, fact, facts, asking, random)))
    twists.append(("report thing", lambda: unstated(**_other_thing(fact, random))))
    twists.append(("report action", lambda: unstated(**_other_action(fact, random))))
    while True:
        kind, make = random.choice(twists)
        if question := make():
            return kind, question


def _flipped(paper: Paper, fact: Fact, facts: Sequence[Fact], asking: Asking, random: Random) -> str | None:
    """Asks what was achieved where only a target is given, or for the target where only the result is."""
    if any(_same_subject(replace(fact, planned=not fact.planned), stated) for stated in facts):
        return None
    subject = f"{asking.prefix(paper, fact)}{fact.scope}"
    if fact.sort == "rate":
        forms = ["最后达到了多少?", "实际是多少?"] if fact.planned else ["原定目标是多少?", "计划要达到多少?"]
        return f"{subject}{fact.action}{fact.thing}{random.choice(forms)}"
    number = f"多少{fact.unit}{fact.thing}?"
    if fact.planned:
        return subject + random.choice(("实际", "最后", "已经")) + f"{fact.action}了{number}"
    return subject + random.choice(("原计划", "还打算", "下一步准备")) + f"{fact.action}{number}"


def _aspect(paper: Paper, fact: Fact, facts: Sequence[Fact], asking: Asking, random: Random) -> str | None:
    """Asks something else about the same thing: its growth, cost, share, date or reason, which is nowhere given."""
    subject = asking.prefix(paper, fact) + f"{fact.scope}{fact.action}{fact.thing}"
    grown = any(stated.sort == "growth" and stated.thing == fact.thing for stated in facts)
    if fact.sort in ("count", "growth"):
        forms = ["占总数的比例是多少?", "是从哪一天开始的?", "由谁负责?", "的原因是什么?", "在全省排第几?"]
        forms += [] if fact.unit in ("万元", "亿元") else ["一共花了多少钱?", "用了多少经费?"]
        forms += [] if grown else ["比上年增长了百分之几?", "比上一年多了多少?"]
    elif fact.sort == "rate":
        forms = ["涉及多少人?", "在全省排第几?", "为什么会变化?", "全国平均水平是多少?"]
        forms += [] if grown else ["比上年提高了多少?"]
    elif fact.sort == "partner":
        forms = ["的金额是多少?", "为期几年?", "是哪一天定下来的?", "是在哪里举行的?"]
    else:
        forms = ["的办公电话是多少?", "是哪一年开始的?", "花了多少钱?"]
    return subject + random.choice(forms)


def _other_thing(fact: Fact, random: Random) -> dict[str, str]:
    if fact.sort == "charge":
        return {"thing": random.choice([topic for topic in words().topics if topic != fact.thing])}
    if fact.sort == "partner":
        return {"thing": random.choice([thing for thing in words().partnered.values() if thing != fact.thing])}
    if fact.sort == "list":
        return {"action": random.choice([honour for honour in words().honours if honour != fact.action])}
    if fact.thing in words().rates:
        return {"thing": random.choice([rate for rate in words().rates if rate != fact.thing])}
    thing, unit = random.choice([item for item in words().counted[fact.action] if item[0] != fact.thing])
    return {"thing": thing, "unit": unit}


def _other_action(fact: Fact, random: Random) -> dict[str, str]:
    if fact.sort == "charge":
        return {"action": random.choice([role for role in words().roles if role != fact.action])}
    if fact.sort == "list":
        return _other_thing(fact, random)
    if fact.sort == "partner":
        return {"action": random.choice([action for action in words().partnered if action != fact.action])}
    if fact.thing in words().rates:
        return {"action": random.choice([level for level in words().levels if level != fact.action])}
    return {"action": random.choice([action for action in words().counted if action != fact.action])}


def _overviews(paper: Paper, body: str, asking: Asking, random: Random) -> list[Example]:
    """What was done about the section's topic, which the whole section answers, and the same about another one."""
    nothing = Fact("", "", "", "", "", False, 0, "")
    other = random.choice([name for name in words().topics if name != paper.topic])
    form = random.choice(("在{}方面做了哪些工作?", "{}有哪些举措?请概括。", "请总结{}的主要情况。", "是怎么抓{}的?"))
    prefix = asking.prefix(paper, nothing)
    asked, missed = (prefix + form.format(name) for name in (paper.topic, other))
    return [Example(asked, body, (0, len(body)), "overview"), Example(missed, body, None, "overview other")]
