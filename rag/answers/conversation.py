"""A question asked after others to a question that stands alone: what it leaves out is taken from the one before."""

import re
from collections.abc import Callable, Sequence

from rag.answers.asked import contains_question
from rag.answers.places import noun_runs, places_named, short_form
from rag.answers.query import Record, pinyin, regions_named, years_named

# Of several phrases the number of the one that is nearest in meaning to the first argument.
Nearest = Callable[[str, Sequence[str]], int]

_ELLIPSIS = re.compile(
    r"^(?:那么?|然后|换成|再看看?|再说说?|还有|和|and|what about|how about)*[\s,，]*(?P<what>.+?)"
    r"(?:的?(?:情况)?(?:呢|又?怎么?样|又?如何)|又?是多少|\s*then)?[?？。!！\s]*$",
    re.I,
)
_ASKS_AROUND = re.compile(
    r"哪[个些一几]{0,2}(?:市|县|区|省|地|城市|地方|地区|报告|单位)|各[地市县区]|所有|全部|which (?:city|region|report)",
    re.I,
)
_THERE = re.compile(r"[该这那](?:个?(?:市|县|区|省|地方|城市)|地)|那里|那儿|那边|这里|这儿|当地|它们?|他们")
_THAT_YEAR = re.compile(r"[该当同这那](?:一)?年度?|that year", re.I)
_LEANING = re.compile(r"^(?:那么?(?![里儿边年个些])|然后|还有|以及)[,，\s]*")
_HAN = re.compile(r"[一-鿿]")
_EMPTY = re.compile(
    r"为什么|为何|怎么|怎样|如何|什么|原因|具体|详细|做法?|呢|吗|的|是|有|了|这|那|它|说|再|请|一下|些|哪|个|做|到|办|[?？,，。\s]"
)


def stand_alone(question: str, earlier: Sequence[str], records: Sequence[Record], *, nearest: Nearest) -> str:
    """`question` as it would be asked without the `earlier` ones, which are given oldest first.

    A bare phrase (那乐山呢? 2019年呢? 初中呢?) takes the place of what it stands for in the question before. A whole
    question that names no region or year takes them from there, and words that point back (当地, 那年) are put in full.
    A question that asks across reports (哪个市…) is left as it is.
    """
    standing = ""
    for asked in (*earlier, question):
        standing = _joined(asked.strip(), standing, records, nearest=nearest) if standing else asked.strip()
    return standing


def _joined(question: str, before: str, records: Sequence[Record], *, nearest: Nearest) -> str:
    regions, years = regions_named(question, records), years_named(question)
    phrase = _ELLIPSIS.match(question)
    if phrase and not contains_question(phrase["what"]):
        return _replaced(phrase["what"], before, records, nearest=nearest)
    if question.startswith("其中") or not _EMPTY.sub("", question):
        return f"{before.rstrip('?？。')}，{question}"
    if _ASKS_AROUND.search(question):
        return question
    return _completed(_LEANING.sub("", question), before, regions, years, records)


def _replaced(phrase: str, before: str, records: Sequence[Record], *, nearest: Nearest) -> str:
    """The question before with its region, year or nearest noun replaced by those of the phrase."""
    result, rest = before, re.sub(r"^(?:in|for|of)\b", "", phrase, flags=re.I)
    places = regions_named(phrase, records) or places_named(phrase)
    if places:
        old = regions_named(before, records) or places_named(before)
        result = _put(result, _as_written(old, before), _as_written(places, before))
        for place in (*places, *_as_written(places, phrase)):
            rest = re.sub(rf"{re.escape(place)}[市省县区]?", "", rest, flags=re.I)
    years = years_named(phrase)
    if years:
        result = _put(result, [str(year) for year in years_named(before)], [str(year) for year in years])
        rest = re.sub(r"(?:19|20)\d{2}年?度?", "", rest)
    rest = re.sub(r"^[的和与、,，\s]+|[的\s]+$", "", rest)
    if not re.search(r"\w{2}", rest):
        return result
    known = {short_form(place) for place in (*regions_named(result, records), *places_named(result))}
    # A noun alone stands for a noun of the question, a qualified one for a noun with all that qualifies it.
    several = sum(map(len, noun_runs(rest))) > 1
    runs = noun_runs(result)
    candidates = ["".join(run) for run in runs] if several else [word for run in runs for word in run]
    candidates = [word for word in dict.fromkeys(candidates) if short_form(word) not in known]
    if not candidates:
        return f"{result.rstrip('?？。')}，{phrase}？"
    return result.replace(candidates[nearest(rest, candidates)], rest, 1)


def _as_written(places: Sequence[str], text: str) -> list[str]:
    """Places as a text in its language writes them."""
    return list(places) if _HAN.search(text) else [pinyin(place).capitalize() for place in places]


def _put(text: str, old: Sequence[str], new: Sequence[str]) -> str:
    """`text` with the first of `old` replaced by all of `new`, the others left out; in front where there is none."""
    joined = "和".join(new) if _HAN.search(text) else " and ".join(new)
    first = min((text.lower().find(word.lower()) for word in old if word.lower() in text.lower()), default=-1)
    if first < 0:
        return f"{joined}年{text}" if joined.isdigit() and _HAN.search(text) else f"{joined}{text}"
    for word in sorted(old, key=len, reverse=True):
        at = text.lower().find(word.lower())
        if at == first:
            text = text[:at] + joined + text[at + len(word) :]
        elif at >= 0:
            text = re.sub(rf"[和与、,，]?{re.escape(word)}(?:年(?=[和与、]))?", "", text, count=1, flags=re.I)
    return text


def _completed(
    question: str, before: str, regions: Sequence[str], years: Sequence[int], records: Sequence[Record]
) -> str:
    """The question with the region and the year of the one before, where it names none itself."""
    chinese = bool(_HAN.search(question))
    old_years = years_named(before)
    if not years and len(old_years) == 1:
        year = f"{old_years[0]}年" if chinese else str(old_years[0])
        if _THAT_YEAR.search(question):
            question, years = _THAT_YEAR.sub(year, question, count=1), old_years
    if regions:
        return question
    old = regions_named(before, records)
    if len(old) != 1 or places_named(question):
        return question
    (region,) = _as_written(old, question)
    if _THERE.search(question):
        question = _THERE.sub(region, question, count=1)
    else:
        question = f"{region}{question}" if chinese else f"{question.rstrip('?')} in {region}?"
    if not years and len(old_years) == 1:
        year = f"{old_years[0]}年" if chinese else f"{old_years[0]}"
        question = question.replace(region, f"{region}{year}" if chinese else f"{region} {year}", 1)
    return question
