"""What a question fixes (year, place, kind of figure, names, plan or outcome), held against a sentence."""

import re
from collections.abc import Sequence

from rag.answers.answer_types import ASKS_NAME, names_answer, repeats
from rag.answers.asked import contains_question, told
from rag.answers.contrasts import contrasted
from rag.answers.coverage import FILLER, terms
from rag.answers.modality import speaks_of_plan
from rag.answers.places import is_province, places_named, short_form
from rag.answers.quantities import Quantity, chinese_number, quantities
from rag.answers.query import Facet, Query
from rag.answers.verification import squeeze
from rag.answers.years import due, own_years, years_said
from rag.reports.chunks import Chunk, sentences
from rag.reports.dates import years_in
from rag.reports.places import lies_in

_EXACT = 100  # smaller numbers a question may have counted itself (哪四种)
_RATE = re.compile(r"([一-鿿][一-鿿])(?<![频功速汇长成])率")  # not 增长率, 完成率
_SAME_RATE = {"入园": "入学", "入围": "上线", "录取": "上线", "达线": "上线", "就学": "入学"}
_SHARE = re.compile(r"比例|占|比重|覆盖|普及")
_OR_MORE = re.compile(r"以[上下]")
_OF_CHANGE = re.compile(r"(?:目标|任务|计划|增长|同比|[增上下][加升降]|减少|提高)[^,，。;；]{0,12}%")
_ASKS_COUNTRIES = re.compile(r"哪(?:一?个|几个|些|[两三四五六]个?)国家")
_QUOTED = re.compile(r"[“\"《「]([^”\"》」]{2,})[”\"》」]")
_IN_ORDER = ("批", "类", "步", "种", "档", "项", "个", "条")
_ORDERED = re.compile("第[一二三四五六七八九十]")
_SEX = re.compile(r"(?<![男子儿])(女|男)(?=[生孩童性教老学职干同毕中高])")
_GOES_ON = ("其中", "上述", "以上")
_DONE_TOO = re.compile(r"(?<!不)已(?:经)?[一-鿿]{0,6}(?:到位|完成|落实|建成|解决|销号)")  # besides what is planned
_CHILDREN = re.compile("[子儿]女")
# What a question begins with and a year follows is a place though no dictionary has it (沱溪县2024年…).
_AT_THE_HEAD = re.compile(
    r"^(?:按照?|根据|依据|据|照|在|到|从)?(?![全各我本该每某这那几按照据])([一-鿿]{2,3}[市县区州旗])(?=(?:19|20)\d{2}年)"
)
# A year at the head of a question, or behind the name it begins with, is that of which it asks.
_FRAME = re.compile(r"(?:[一-鿿]{2,4}(?:在|到)?)?(?:在|到|截至)?(?:19|20)\d{2}年(?!.{0,6}才)")


def unmet_by(facet: Facet, query: Query, text: str, around: str, chunk: Chunk, *, planned: bool) -> list[str]:
    """In words what the question fixes and the sentence `text`, of `chunk` and under `around`, does not meet."""
    unmet = []
    # A passage of no known year is judged by the years it names itself, and not at all where it names none.
    known = (own_years(text) if len(chunk.years) > 1 else due(text)) or (
        years_said(text) | set(chunk.years) if chunk.years else years_said(chunk.text)
    )
    known |= own_years(_leant_on(text, chunk)) if known else set()
    known |= {year for year in facet.years if _of_the_report(year, facet.text) and year in years_in(around)}
    asked_of = query.kind != "yesno" or _FRAME.match(facet.text)  # else the year may be what is to be denied
    if facet.years and known and asked_of and not set(facet.years) & known:
        unmet.append(f"year:{'、'.join(map(str, facet.years))}")
    section = squeeze(chunk.text + around)
    # In a report, a place named only further on is that of what is said there.
    so_far = squeeze(around + chunk.text[: chunk.text.find(text) + len(text)]) if around else section
    for place in dict.fromkeys((*places_named(facet.text), *_AT_THE_HEAD.findall(facet.text))):
        # A report of a place seldom says which province that is in.
        if any(region in (place, short_form(place)) or lies_in(region, short_form(place)) for region in query.regions):
            continue
        # 四川哪个市: what is asked for is within it; 北京冬奥会: it is part of a name, which may be told in short.
        if re.search(rf"{place}(?:的?哪|[^,，。的在与和]{{0,3}}(?:奥运?|亚运|大运|世博)会)", facet.text):
            continue
        if short_form(place) not in so_far or _of_another_place(place, query, text, around):
            unmet.append(f"place:{place}")
    figures = told(text)
    if facet.asked and (not _given(facet, text, figures) or _of_another_half(facet, text) or _no_rate(facet, text)):
        unmet.append(f"figure:{facet.asked[0].noun}")
    for name in _QUOTED.findall(query.text) if query.language == "zh" else ():
        if contains_question(name):
            continue  # “哪些事不准干”: the asker's own words
        if squeeze(name) not in section and not _counted_off(name, text):
            unmet.append(f"name:{name}")
    other = contrasted(facet.text, text, around) if query.kind != "yesno" else ""
    if other:
        unmet.append(f"contrast:{other}")
    for sex in _SEX.findall(facet.text):
        if sex not in _CHILDREN.sub("", section):
            unmet.append(f"contrast:{sex}性")
    if query.kind == "plain" and (repeats(facet.text, text) or _names_no_country(facet, text)):
        unmet.append("repeated:")
    if ASKS_NAME.search(facet.text) and not names_answer(text, facet.text, "person"):
        unmet.append("person:")
    premise = _false_premise(facet, query, figures, section)
    if premise:
        unmet.append(f"premise:{premise}")
    if facet.asks == "outcome" and planned and not _DONE_TOO.search(text):
        unmet.append("outcome:")
    if facet.asks == "plan" and not planned:
        unmet.append("plan:")
    return unmet


def _leant_on(text: str, chunk: Chunk) -> str:
    """The sentence before one that goes on with it (其中…); "" for one that stands for itself."""
    before = chunk.text[: max(0, chunk.text.find(text))]
    if not before.strip() or not text.startswith(_GOES_ON):
        return ""
    start, end = sentences(before)[-1]
    return before[start:end]


def _names_no_country(facet: Facet, text: str) -> bool:
    """Whether countries are asked for and the sentence names no place but those of the question."""
    if not _ASKS_COUNTRIES.search(facet.text) or "等国" in text:
        return False
    return not names_answer(text, facet.text, "place")


def _counted_off(name: str, text: str) -> bool:
    """Whether a text spells out a name that counts (“三进”: 进教材、进课堂、进头脑)."""
    number = chinese_number(name[0])
    return number is not None and number > 1 and text.count(name[-1]) >= number


def _given(facet: Facet, text: str, figures: Sequence[Quantity]) -> bool:
    """Whether one of the figures is of a kind that is asked for, or what is counted is told one by one (第一…第二…)."""
    if any(asked.counter in _IN_ORDER for asked in facet.asked) and len(set(_ORDERED.findall(text))) > 1:
        return True
    return any(asked.met_by(figure) for asked in facet.asked for figure in figures)


def _no_rate(facet: Facet, text: str) -> bool:
    """Whether a rate is asked for and the sentence names others only, or none and tells of a change or a target met."""
    if not _RATE.search(facet.text) or facet.asked[0].kind != "percent" or "%" not in text:
        return False
    named, told_of = ({_SAME_RATE.get(name, name) for name in _RATE.findall(words)} for words in (facet.text, text))
    if told_of:
        return not named & told_of
    if _SHARE.search(text):  # a share of what the rate is named after (在园幼儿占…, asked for 入园率)
        return not set("".join(named)) & set(_OR_MORE.sub("", text))
    return "率" not in text and "%" not in _OF_CHANGE.sub("", text)


def _of_another_half(facet: Facet, text: str) -> bool:
    """Whether one half of a sentence alone speaks of what is asked, and has no such figure, but another half has.

    Halves stand between semicolons (生产总值稳中有升；财政收入10亿元). None of 570 questions with known answers had one
    in another half.
    """
    halves = [half for half in re.split(r"[；;]", text) if half.strip()]
    if len(halves) < 2 or len(set(_ORDERED.findall(text))) > 1:
        return False
    asked = {term for part in FILLER.split(re.sub(r"(?:19|20)\d{2}年?", " ", facet.text)) for term in terms(part)}
    held = [len(asked & terms(half)) for half in halves]
    speaking = [half for half, terms_of_it in zip(halves, held, strict=True) if terms_of_it]
    return len(speaking) == 1 and not _given(facet, speaking[0], told(speaking[0]))


def _of_the_report(year: int, question: str) -> bool:
    """Whether a question names a year as that of a document (2018年的报告里): it may tell of other years."""
    return bool(re.search(rf"{year}年?[^,，。；;、?？]{{0,10}}(?:报告|总结|要点|工作计划|文件|通知)", question))


def _of_another_place(place: str, query: Query, text: str, around: str) -> bool:
    """Whether a sentence names a place by its full name (台山市), but not the one asked about."""
    if short_form(place) in squeeze(text + around):
        return False
    others = (other for other in places_named(text) if short_form(other) != other and not is_province(other))
    return any(short_form(other) not in squeeze(query.text + "".join(query.regions)) for other in others)


def _false_premise(facet: Facet, query: Query, figures: Sequence[Quantity], section: str) -> str:
    """A figure the question takes for granted where the section has another one of its kind; "" if there is none.

    Only figures that are not read off by counting: shares, decimals, numbers of a hundred and more.
    """
    if query.kind == "yesno" or (facet.asks == "outcome" and speaks_of_plan(query.wording)):
        return ""  # asked whether it is so, or what came of it, and told what is so
    given = quantities(section)
    for stated in quantities(query.wording):
        exact = stated.kind in ("percent", "points") or (
            stated.kind == "number" and bool(stated.counter) and float(stated.value) >= _EXACT
        )
        if not exact or any(stated.agrees_with(other) for other in given):
            continue
        if any(other.kind == stated.kind and other.counter == stated.counter for other in figures):
            return query.wording[stated.start : stated.end]
    return ""
