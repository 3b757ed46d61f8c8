"""A question to what it asks: language, kind, reports and years meant, and the figures an answer must hold."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, Protocol

from rag.answers.asked import Asked, asked, contains_question
from rag.answers.comparison import about_one, beside, clause_of
from rag.answers.coordination import each_alone
from rag.answers.fields import fields_named
from rag.answers.glossary import render
from rag.answers.modality import Modality, modality
from rag.answers.quantities import half_width, quantities
from rag.answers.years import with_centuries, years_of_document
from rag.errors import InputError
from rag.index.versions import standing
from rag.reports.metadata import Metadata
from rag.reports.places import lies_in

Kind = Literal["plain", "yesno", "compare", "summary", "responsible", "metadata"]

# The closed classes of words that make a question a question; what it is about is never listed here.
_SUMMARY = re.compile(
    r"概括|归纳|概述|梳理|简述|综述|小结|要点(?:就[好行]|即可)|[说讲列写给]{1,2}(?:一下|出)?要点|干货|捋一?[捋下几]|大概[说讲]"
    r"|(?:给|列|说|讲|挑|理)(?:我|出|一?下|一[列说讲理])*[^,，。?？]{0,2}几[条点]|(?<!工作)(?<!年度)(?<!年)总结(?=一下|出|[。.!?,]|$)|(?:请|简要|简单)总结|要点是什么"
    r"|summari[sz]e|overview|outline",
    re.I,
)
# What was done, how something is gone about: no one sentence says it all. Unless a figure is asked for as well.
_MEASURES = "措施|举措|做法|办法|手段|动作|安排|打算|进展|成效|成绩|亮点|部署|经验|不足|短板"
_AT_LARGE = re.compile(
    r"(?:做|干|搞|抓|采取|安排|部署|布置)了?(?:哪?些|哪几[件项个])?(?:大|实|具体|主要|重点)?(?:什么|工作|事)"
    r"|(?:怎么|怎样|如何)(?:去|来|地)?(?:做|干|抓|推进|推动|落实|开展|保障|加强|搞|管|样(?!的)|监管|提升|促进|发展|帮|安排|部署|布置|规划|布局|扶持"
    r"|支持|改革|改进|改善|强化|完善|治理|整治|规范|应对|防|保(?!存|管|留|持|险)|拉(?!来|到))"
    rf"|哪些(?:主要|重要|具体|特别|新)?的?(?:工作|{_MEASURES})|有(?:什么|哪几[项条个])(?:主要|重要|具体|特别|新|大)?的?(?:{_MEASURES})"
    rf"|(?:{_MEASURES})(?:主要|都|分别)?(?:有|是|包括)(?:哪些|什么|哪几[项条个点])"
    r"|(?:简单|具体|大致)?(?:说说|讲讲|介绍一下|谈谈)"
)
_YES_NO = re.compile(
    r"吗[?？。]?\s*$|了没有?[?？。]?\s*$|^(?!.*(?:哪|什么|谁|多少|何[时处人年种])).*(?:是否|有没有|能否|可否|([一-鿿])不\1)|^(?:is|are|was|were|did|does|do|has|have|can|will)\b",
    re.I,
)
# Words for 什么 and 怎么 that are said and not written; neither reader nor judge has met them.
_SPOKEN = str.maketrans({"啥": "什么", "咋": "怎么"})
_WHETHER = re.compile("有没有|是否|能否|可否|是不是|能不能")
_RESPONSIBLE = re.compile(
    r"牵头|(?:谁|哪|什么|由).{0,12}(?:负责|主管|分管|责任)|(?:负责|主管|分管|责任).{0,8}(?:谁|哪|什么)"
    r"|谁[来在]?[管抓]|(?:谁|哪一?[位个家][^,，?？]{0,4})(?:带头|领头|挑头|挂帅|主抓)|归(?:谁|哪一?[个位])|哪[^,，?？]{0,4}(?:科室?|处室?|部门)[^,，?？]{0,6}[管抓办]"
    r"|(?:who|which (?:office|department|section)).*(?:responsible|leads?|in charge)",
    re.I,
)
_WHO = re.compile("谁|哪|什么|who|which", re.I)
_OF_WHO_LEADS = re.compile("牵头(?:[科处股]室|单位|部门|领导)")  # of whom something may be asked
_OF_THE_ASKER = re.compile(
    r"我|咱|朋友|同[事学]|写(?:稿|论文|报告|材料)|谢|麻烦|请|帮|想(?:知道|了解|看|问|核)|了解一下|核[实对]"
    r"|\bI\b|\bmy\b|please",
    re.I,
)
_LIMITS = re.compile(r"[只仅除限按]|不含|不包括|不算|指的?是|only|except|without", re.I)
_DOCUMENT = re.compile(r"((?:19|20)\d{2})年[度的]?[^,，。;；、?？\d]{0,6}?(总结|要点|计划|报告|自评|公报)")
_SUBJECT = re.compile(r"[^?,，。]{2,}?(?=是|有|在|由|谁|哪|什么|多少|几|怎|何)")
_PRONOUN = re.compile(r"它们?|他们|[他她]|(?<!尤)其(?![中他它次实])")
_TOPIC = re.compile(r"[^:?。]{2,40}:")
_SENTENCE_END = re.compile(r"(?<=[?？。;；!！])\s*")
_ENGLISH_PARTS = re.compile(
    r"(?:,? and|,|;)\s+(?=(?:(?:by|at|in|on|to|from|for|within|until|of|with)\s+)*"
    r"(?:how|what|which|who|when|where)\b)",
    re.I,
)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Reports a question is restricted to; an empty field does not restrict."""

    reports: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    issuers: tuple[str, ...] = ()


class Record(Protocol):
    """What understanding needs to know of an indexed report."""

    @property
    def id(self) -> str: ...
    @property
    def metadata(self) -> Metadata: ...
    @property
    def superseded_by(self) -> str: ...


@dataclass(frozen=True)
class Facet:
    """One part of a question that needs its own evidence: its words, the reports it is about and the years it names."""

    text: str
    reports: tuple[str, ...]
    years: tuple[int, ...]
    asked: tuple[Asked, ...]
    asks: Modality = ""  # whether only a plan or only an outcome answers
    label: str = ""  # the region or year a comparison's row is about, or the words of one question of several
    alone: str = ""  # of one question of several: its own words, without those it may lean on
    parts: tuple["Facet", ...] = ()  # of a question about several things side by side: one about each, by its `label`


@dataclass(frozen=True)
class Query:
    """A question understood. `reports` empty means all; `fields` names the metadata asked for.

    `wording` is what words are matched by: the question itself, or Chinese key words for an English one.
    """

    text: str
    wording: str
    language: Literal["zh", "en"]
    kind: Kind
    reports: tuple[str, ...]
    regions: tuple[str, ...]
    years: tuple[int, ...]
    facets: tuple[Facet, ...]
    fields: tuple[str, ...] = ()


def understand(question: str, records: Sequence[Record], *, filters: Filters, longest: int) -> Query:
    """Read a question, in simplified or traditional characters or English, against the metadata of the reports.

    Raises `InputError` for an empty question, one of more than `longest` characters, or a filter that no report meets.
    """
    text = simplified(" ".join(half_width(question).split())).translate(_SPOKEN)
    text = with_centuries(text, {year for record in records for year in record.metadata.years})
    if not text:
        raise InputError("the question is empty", remedy="Ask in a sentence, in Chinese or English.")
    if len(text) > longest:
        raise InputError(f"the question has {len(text)} characters, at most {longest} are read", remedy="Shorten it.")
    allowed = select(records, filters)
    whole, text = text, _without_remarks(text)
    language = language_of(text)
    regions = regions_named(text, allowed)
    names = {pinyin(name): name for name in regions}
    wording = text if language == "zh" else render(text, names=names) or text
    parts = {part: part for part in _SENTENCE_END.split(text)}
    if language == "en":
        parts = {part: render(part, names=names) or wording for part in _ENGLISH_PARTS.split(text)}
    years = years_named(text)
    of_document = years_of_document(text, years)
    meant = [record for record in allowed if not regions or _region(record) in regions]
    meant = _of_the_years(meant, of_document or years) if regions else meant
    meant = [record for record in meant if set(record.metadata.years) & set(of_document)] or meant
    meant = standing(meant, years=years or filters.years, reports=filters.reports)
    fields = fields_named(text, [record.metadata for record in meant])
    meant = (_called_so(text, meant) if fields else []) or meant
    everything = len(meant) == len(records)
    reports = () if everything else tuple(record.id for record in meant)
    sides = _sides(text, regions)
    by_year = _reports_by_year(meant, of_document or years)
    kind = _kind(whole, fields, sides, by_year, meant)
    query = Query(text, wording, language, kind, reports, regions, years, facets=(), fields=fields)
    return replace(query, facets=tuple(_facets(query, parts, sides, by_year, meant)))


def _without_remarks(text: str) -> str:
    """The text up to its last question: what is said of the asker behind it (我要写日期) is no part of it.

    >>> _without_remarks("成都哪天发的?我要写日期。"), _without_remarks("成都有几所?只算公办。")
    ('成都哪天发的?', '成都有几所?只算公办。')
    """
    *parts, last = [part for part in _SENTENCE_END.split(text) if part] or [""]
    asked = any(part.endswith(("?", "？")) for part in parts) and not contains_question(last)
    if not asked or not _OF_THE_ASKER.search(last) or _LIMITS.search(last):
        return text
    return _without_remarks(text[: text.rindex(last)].rstrip())


def simplified(text: str) -> str:
    """The text in simplified characters, which the reports are written in."""
    return str(_converter().convert(text))


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def select(records: Sequence[Record], filters: Filters) -> list[Record]:
    """The reports that meet every filter given. Raises `InputError` naming a value that no report has."""
    chosen = list(records)
    for name, values, read in (
        ("report", filters.reports, lambda record: {record.id}),
        ("region", filters.regions, lambda record: {_region(record)}),
        ("year", filters.years, lambda record: set(record.metadata.years)),
        ("issuer", filters.issuers, lambda record: {record.metadata.issuer.value} if record.metadata.issuer else set()),
    ):
        if values:
            chosen = [record for record in chosen if read(record) & set(values)]
            if not chosen:
                raise InputError(
                    f"no report has {name} {', '.join(map(str, values))} and the other filters together",
                    remedy="See `rag reports` for what is indexed.",
                )
    return chosen


def _region(record: Record) -> str:
    return record.metadata.region.value if record.metadata.region else ""


def regions_named(text: str, records: Sequence[Record]) -> tuple[str, ...]:
    """Regions of indexed reports that the question names, in Chinese or in pinyin, in the order it names them."""
    lower, places = text.lower(), {}
    for region in {_region(record) for record in records} - {""}:
        at = lower.find(region) if len(region) >= 2 else -1
        if at < 0 and (found := re.search(rf"\b{pinyin(region)}\b", lower)):
            at = found.start()
        if at >= 0:
            places[region] = at
    return tuple(sorted(places, key=lambda region: (places[region], region)))


@cache
def pinyin(words: str) -> str:
    """Chinese words in pinyin, without tones and spaces: how English questions write names."""
    import pypinyin

    return "".join(pypinyin.lazy_pinyin(words))


def _sides(text: str, regions: Sequence[str]) -> tuple[str, ...]:
    """The regions that a question sets side by side: no city whose district it names too (广州天河), unless joined.

    Nor one that only says whose registered residents are meant (广州户口的孩子).
    """
    wider = {
        region
        for region in regions
        if re.search(rf"{region}(?:本市|市|省)?户[口籍]", text)
        or (
            any(lies_in(other, region) for other in regions)
            and not re.search(rf"{region}[市省]?(?:和|与|跟|同|及|以及|、|比)", text)
        )
    }
    return tuple(region for region in regions if region not in wider) or tuple(regions)


def language_of(text: str) -> Literal["zh", "en"]:
    """The language a question is asked in, and answered in."""
    return "zh" if re.search(r"[一-鿿]{2}", text) else "en"


def years_named(text: str) -> tuple[int, ...]:
    """The years a question names, in the order it names them."""
    found = [int(figure.value) for figure in quantities(text) if figure.kind == "year"]
    if language_of(text) == "en":
        found += [int(year) for year in re.findall(r"(?<![\d.,])(?:19|20)\d{2}(?![\d,%]|\.\d)", text)]
    return tuple(dict.fromkeys(found))


def _of_the_years(records: list[Record], years: Sequence[int]) -> list[Record]:
    """Among a region's reports those of the years named, where there are such; else all of them."""
    of_years = [record for record in records if set(record.metadata.years) & set(years)]
    kept = {_region(record) for record in of_years}
    return of_years + [record for record in records if _region(record) not in kept] if of_years else records


def _called_so(text: str, records: Sequence[Record]) -> list[Record]:
    """Reports whose title has a year and a kind of document side by side as the question has them (2022年的总结)."""
    titles = [(record, record.metadata.title.value if record.metadata.title else "") for record in records]
    return [
        record
        for year, kind in _DOCUMENT.findall(text)
        for record, title in titles
        if re.search(rf"{year}年度?[^,，、\d]{{0,8}}?{kind}", title)
    ]


def _kind(
    text: str,
    fields: Sequence[str],
    regions: Sequence[str],
    by_year: Mapping[int, tuple[str, ...]],
    records: Sequence[Record],
) -> Kind:
    if (len(regions) > 1 and len(records) > 1) or by_year:
        return "compare"
    if fields:
        return "metadata"
    if _SUMMARY.search(text) or (_AT_LARGE.search(text) and not asked(text) and not _WHETHER.search(text)):
        return "summary"
    whether = bool(_YES_NO.search(text))
    if _RESPONSIBLE.search(text) and not (whether and _OF_WHO_LEADS.search(text) and not _WHO.search(text)):
        return "responsible"
    return "yesno" if whether else "plain"


def _facets(
    query: Query,
    parts: Mapping[str, str],
    regions: Sequence[str],
    by_year: Mapping[int, tuple[str, ...]],
    records: Sequence[Record],
) -> Iterator[Facet]:
    """The parts of a question that has none yet: one for each side of a comparison, each of several questions, or one.

    `parts` are its clauses, each with the words it is matched by, `regions` and `by_year` the sides of a comparison.
    """
    question, text, kind, reports, years = query.text, query.wording, query.kind, query.reports, query.years
    if kind == "compare" and len(regions) < 2:
        for year, own in by_year.items():
            words = about_one(text, f"{year}年", [f"{other}年" for other in by_year if other != year])
            asks = _asked_of_side(f"{year}年", [f"{other}年" for other in by_year], text, question)
            label = f"{year}年" if query.language == "zh" else str(year)
            yield Facet(words, own, (year,), asked(question), asks, label)
        return
    if kind == "compare":
        for region in regions:
            words = about_one(text, region, [other for other in regions if other != region])
            of_region = [record for record in records if _region(record) == region]
            named = _years_of(text, region, regions, years, of_region)
            own = tuple(record.id for record in _of_the_years(of_region, named))
            clause = clause_of(text, region)
            asks = _asked_of_side(region, regions, text, question)
            yield Facet(words, own, named, asked(clause or question), asks, region)
        return
    questions = [part for part in parts if contains_question(part)]
    if kind == "summary" or len(questions) < 2:
        # Points to sum up (请归纳几点) are no figure that the reports should give.
        asks = modality(question, question, yes_no=kind == "yesno")
        whole = Facet(text, reports, years, () if kind == "summary" else asked(question), asks)
        alone = each_alone(question) if kind == "plain" and query.language == "zh" else ()
        alone = () if any(name in regions for name, _ in alone) else alone
        parts_alone = (
            replace(
                whole,
                text=about_one(own, name, ()),
                years=years_named(own) or years,
                asked=asked(own),
                asks=modality(own, own, yes_no=False),
                label=name,
            )
            for name, own in alone
        )
        yield replace(whole, parts=tuple(parts_alone))
        return
    # A Chinese question after another leans on it (2018年呢?), or on the topic that is named before a colon; a joined
    # English one names its own matter.
    topic = _TOPIC.match(text)
    for part in questions:
        context = topic[0] if topic else text[: text.find(part)] if part == questions[0] else text
        words = f"{context} {part}".strip() if query.language == "zh" else parts[part]
        if part != questions[0] and (subject := _SUBJECT.match(questions[0])) and _PRONOUN.search(part):
            words = _PRONOUN.sub(subject[0], part, count=1)
        asks = modality(part, question, yes_no=kind == "yesno")
        yield Facet(words, reports, years_named(part) or years, asked(part), asks, f"“{part.strip()}”", part)


def _asked_of_side(side: str, sides: Sequence[str], text: str, question: str) -> Modality:
    """Plan or outcome, by the clause of one side of a comparison, or what follows it where another is named there."""
    clause = clause_of(text, side)
    joined = any(other in clause for other in sides if other != side)
    return modality(beside(text, side, sides) if joined or not clause else clause, question, yes_no=False)


def _years_of(
    text: str, region: str, regions: Sequence[str], years: tuple[int, ...], records: Sequence[Record]
) -> tuple[int, ...]:
    """The years in which a comparison asks about one side: those beside it, else those that are said of all.

    A year between two sides (成都2018年和绵阳) may be meant of both; it is where the other side has reports of it.
    """
    if own := years_named(beside(text, region, regions)):
        return own
    last = max(regions, key=text.find)
    between = {year for other in regions if other != last for year in years_named(beside(text, other, regions))}
    covered = {year for record in records for year in record.metadata.years}
    return tuple(year for year in years if year not in between or year in covered)


def _reports_by_year(records: Sequence[Record], years: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """For a question that names several years, the reports of each; empty unless every year has reports of its own."""
    of_year = {year: tuple(record.id for record in records if year in record.metadata.years) for year in years}
    distinct = len(set(of_year.values())) == len(years) > 1 and all(of_year.values())
    return of_year if distinct and len({_region(record) for record in records}) == 1 else {}
