"""Retrieved sections to the sentences that answer a question, scored and checked against what the question fixes."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from rag.answers.answer_types import ASKS_NAME, answer_type, is_question, names_answer, repeats
from rag.answers.answerability import log_odds
from rag.answers.contrasts import contrasted
from rag.answers.places import is_province, places_named, short_form
from rag.answers.quantities import Quantity, quantities
from rag.answers.query import Facet, Query, spelled_out
from rag.answers.retrieval import Hit
from rag.answers.verification import squeeze
from rag.answers.years import only_against, own_years, years_said
from rag.models.reader import Reader, Reading
from rag.reports.chunks import Chunk, Span, sentences
from rag.reports.dates import years_in

# Words by which a heading or title says that what follows is a plan, or what was done; only at its end, for inside
# they are names (实施“…行动计划”取得成效).
_PLAN_TITLE = re.compile(r"(?:计划|要点|规划|打算|安排|部署|任务|目标|建议|举措)[》”]?(?:的通知)?[)）]?$")
_TRAILING = re.compile(r"(?:[。.:：\s]|[（(][^（）()]*[)）])+$")
_OUTCOME_TITLE = re.compile(r"(?:总结|回顾|自评|自查|情况|报告|成效|成绩|完成情况)(?:的通知|的报告)?[)）]?$")
# Words by which one sentence departs from its document.
_PLANNED = re.compile(
    r"力争|争取(?!到)|预计|拟(?=[开建新在于投完])|计划(?=[到在于]?\d|[到在于]|完成|投资|下半年|明年|新增|建设)|将(?=[于在继进]|全面|完成)|年底前|打算"
)
_DONE = re.compile(r"已(?!经?有之)|截至|截止到|[建完]成并投入")

Said = TypeVar("Said")

_EXACT = 100  # smaller numbers a question may have counted itself (哪四种)

# A fitting sentence may stand this far behind the best sentence of all, in log-odds; and further where that one lacks
# nothing but a figure of the kind asked for, or stands in another year's part of the file.
MOST_BEHIND, MOST_BEHIND_ELSEWHERE = 1.5, 3.0
# So near to the best sentence, in log-odds, the reader cannot tell which of them answers; so many more are shown then.
AS_GOOD, MOST_AS_GOOD = 1.25, 2

_FILLER = re.compile(
    r"请问|请|概括|归纳|总结|简要|简述|列举|一共|总共|合计|分别|主要|有没有|是不是|是否|有多大|有多高|多少|多大|多高|多长|哪一?[个些家所位天届批期年]?|"
    r"[几谁吗呢吧啊]|什么时候|什么|何时|怎样|怎么|如何|[的了着过得地是有在和与及或把被让由从到对向为以于将要会能可都也又还就才只其各该此这那]"
)
_QUOTED = re.compile(r"[“\"《「]([^”\"》」]{2,})[”\"》」]")
# A year at the head of a question, or behind the name it begins with, is that of which it asks.
_FRAME = re.compile(r"(?:[一-鿿]{2,4}(?:在|到)?)?(?:在|到|截至)?(?:19|20)\d{2}年(?!.{0,6}才)")
_NUMBER = re.compile(r"[\d.]+")
_LATIN = re.compile(r"[a-z]+|\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Evidence:
    """One sentence of a report: code points `start` to `end` of its text, with what speaks for it.

    `scores` holds the parts of `score`; `unmet` names, in words, what the question fixes and this sentence does not
    meet (a year, a place, the kind of figure, an outcome where it states a plan).
    """

    chunk: Chunk
    start: int
    end: int
    text: str
    score: float
    scores: Mapping[str, float] = field(hash=False)
    planned: bool
    unmet: tuple[str, ...] = ()


def find_evidence(
    facet: Facet, query: Query, hits: Sequence[Hit], *, reader: Reader, titles: Mapping[str, str]
) -> list[Evidence]:
    """All sentences of the hits, best first, ties by report and place; `titles` gives each report's title by id."""
    spans = [content_sentences(hit.chunk) for hit in hits]
    readings = _read(facet.text, [hit.chunk for hit in hits], spans, reader=reader, titles=titles)
    texts = [[hit.chunk.text[start:end] for start, end in own] for hit, own in zip(hits, spans, strict=True)]
    weights = _term_weights(facet.text, query, [text for own in texts for text in own])
    found = []
    kind = "" if query.kind == "summary" else answer_type(facet.text)
    for hit, own, words, (reading, shift) in zip(hits, spans, texts, readings, strict=True):
        chunk, title = hit.chunk, titles.get(hit.chunk.report, "")
        around = " ".join((title, *chunk.path))
        for (start, end), text, sentence_score in zip(own, words, reading.sentence_scores, strict=True):
            scores = {
                "reader": sentence_score,
                "answerability": reading.answerability,
                "coverage": _coverage(weights, text, around),
                "span": reading.span_score
                if reading.span[0] < end + shift and start + shift < reading.span[1]
                else 0.0,
                "typed": float(names_answer(text, facet.text, kind)),
                "retrieval": hit.score,
                "heading": _coverage(weights, chunk.path[-1] if chunk.path else "", ""),
                "above": _coverage(weights, chunk.path[-2] if len(chunk.path) > 1 else "", ""),
            }
            planned = states_plan(text, chunk, title)
            found.append(
                Evidence(
                    chunk=chunk,
                    start=chunk.start + start,
                    end=chunk.start + end,
                    text=text,
                    score=combined(scores),
                    scores=scores,
                    planned=planned,
                    unmet=tuple(_unmet(facet, query, text, around, chunk, planned=planned)),
                )
            )
    return sorted(found, key=lambda item: (-item.score, item.chunk.report, item.start))


def _read(
    question: str,
    chunks: Sequence[Chunk],
    spans: Sequence[Sequence[Span]],
    *,
    reader: Reader,
    titles: Mapping[str, str],
) -> list[tuple[Reading, int]]:
    """Readings of the chunks under their title and headings, the form the reader was trained on.

    With each the number of characters by which that shifts what the reading says of the chunk's text.
    """
    passages, shifted = [], []
    for chunk, own in zip(chunks, spans, strict=True):
        title = titles.get(chunk.report, "")
        above = chunk.path[:-1] if chunk.path and chunk.text.lstrip().startswith(chunk.path[-1]) else chunk.path
        heading = " > ".join((f"《{title}》", *above)) + "\n" if title else ""
        passages.append(heading + chunk.text)
        shifted.append([(len(heading) + start, len(heading) + end) for start, end in own])
    readings = each_its_question(
        [spelled_out(question, passage) for passage in passages],
        lambda asked, numbers: reader.read(
            asked, [passages[at] for at in numbers], sentences=[shifted[at] for at in numbers]
        ),
    )
    shifts = [len(passage) - len(chunk.text) for passage, chunk in zip(passages, chunks, strict=True)]
    return list(zip(readings, shifts, strict=True))


def each_its_question(questions: Sequence[str], ask: Callable[[str, Sequence[int]], Sequence[Said]]) -> list[Said]:
    """What `ask` says of each number for its question: it is called once for each question that differs."""
    numbers: dict[str, list[int]] = {}
    for number, question in enumerate(questions):
        numbers.setdefault(question, []).append(number)
    said = {number: one for own, at in numbers.items() for number, one in zip(at, ask(own, at), strict=True)}
    return [said[number] for number in range(len(questions))]


def combined(scores: Mapping[str, float]) -> float:
    """One figure in log-odds for ranking the sentences of one question.

    How surely the sentence bears the answer, half of how surely its passage has one, the share of the question's terms
    that it holds, whether it names a thing of the kind asked for, and how well retrieval liked its section. Log-odds
    tell sentences apart that are all unlikely. The weights and MOST_BEHIND were chosen on the dev gold and its pairs,
    where other weights gave nearly the same choice.
    """
    said = log_odds(scores["reader"]) + 0.5 * log_odds(scores["answerability"])
    return said + 4.0 * scores["coverage"] + 2.0 * scores["typed"] + scores["retrieval"]


def states_plan(text: str, chunk: Chunk, title: str) -> bool:
    """Whether a sentence states a plan or target: by its own words, else by the nearest heading or title."""
    if _PLANNED.search(text):
        return True
    for heading in (*reversed(chunk.path), title):
        words = _TRAILING.sub("", heading)
        if _PLAN_TITLE.search(words):
            return not _DONE.search(text)
        if _OUTCOME_TITLE.search(words):
            return False
    return False


def choose(facet: Facet, ranked: Sequence[Evidence]) -> list[Evidence]:
    """The sentences to answer from: the best that meets what the question fixes, and one more where it is needed.

    One more is needed for a figure that is asked for and not in the best one. Where a sentence that does not meet what
    the question fixes fits it far better than any that does, the report speaks of the matter, but not of this year,
    place or figure: nothing is chosen.
    """
    fitting = [item for item in ranked if not item.unmet]
    if not fitting or fitting[0].score < ranked[0].score - _most_behind(facet, fitting[0], ranked[0]):
        return []
    chosen = [fitting[0]]
    missing = _missing(facet, chosen)
    # The rest of a paired figure is most often a sentence of the same section.
    near = sorted(fitting[1:], key=lambda item: item.chunk.id != chosen[0].chunk.id)
    for item in near:
        if not missing:
            break
        if item.score >= chosen[0].score - MOST_BEHIND and len(_missing(facet, [*chosen, item])) < len(missing):
            chosen.append(item)
            missing = _missing(facet, chosen)
    return chosen


def _most_behind(facet: Facet, fitting: Evidence, best: Evidence) -> float:
    """How far a fitting sentence may stand behind one that fits better and does not meet what the question fixes."""
    no_figure = all(unmet.startswith("figure:") for unmet in best.unmet)
    years, others = set(fitting.chunk.years), set(best.chunk.years)
    another_year = bool(facet.years) and set(facet.years) <= years != others
    if another_year and fitting.scores["typed"] and fitting.scores["coverage"] >= best.scores["coverage"]:
        return math.inf  # it says the same of the year asked for
    return MOST_BEHIND_ELSEWHERE if no_figure or another_year else MOST_BEHIND


def speaks_of_all(facet: Facet, chosen: Sequence[Evidence]) -> bool:
    """Whether the sentences name each of the things asked about side by side, and give figures for all if asked for."""
    text = "".join(item.text for item in chosen)
    if any(squeeze(part.label) not in squeeze(text) or only_against(part.label, text) for part in facet.parts):
        return False
    figures = [figure for figure in quantities(text) if figure.kind not in ("year", "date")]
    return answer_type(facet.text) != "figure" or len(figures) >= len(facet.parts)


def as_good(chosen: Sequence[Evidence], ranked: Sequence[Evidence]) -> list[Evidence]:
    """Sentences that say something else and fit hardly worse than the one that was chosen.

    On real reports there seldom is one; among passages of a web search every third question has one, and showing it
    too gave eight more of 150 right answers, at noise 0.8 of RGB.
    """
    if len(chosen) != 1:
        return []
    found: list[Evidence] = []
    for item in ranked:
        if item.score < chosen[0].score - AS_GOOD or len(found) == MOST_AS_GOOD:
            break
        said = [squeeze(other.text) for other in (*chosen, *found)]
        words = squeeze(item.text)
        if not item.unmet and not any(words in other or other in words for other in said):
            found.append(item)
    return found


def _missing(facet: Facet, chosen: Sequence[Evidence]) -> list[int]:
    figures = [figure for item in chosen for figure in quantities(item.text)]
    missing, used = [], set()
    for number, asked in enumerate(facet.asked):
        own = next((at for at, figure in enumerate(figures) if at not in used and asked.met_by(figure)), None)
        if own is None:
            missing.append(number)
        else:
            used.add(own)
    return missing


def _unmet(facet: Facet, query: Query, text: str, around: str, chunk: Chunk, *, planned: bool) -> list[str]:
    unmet = []
    # A passage of no known year is judged by the years it names itself, and not at all where it names none.
    known = (own_years(text) if len(chunk.years) > 1 else set()) or (
        years_said(text) | set(chunk.years) if chunk.years else years_said(chunk.text)
    )
    known |= {year for year in facet.years if _of_the_report(year, facet.text) and year in years_in(around)}
    asked_of = query.kind != "yesno" or _FRAME.match(facet.text)  # else the year may be what is to be denied
    if facet.years and known and asked_of and not set(facet.years) & known:
        unmet.append(f"year:{'、'.join(map(str, facet.years))}")
    section = squeeze(chunk.text + around)
    for place in places_named(facet.text):
        # A report of a place seldom says which province that is in.
        if place in query.regions or (query.regions and is_province(place)):
            continue
        if short_form(place) not in section or _of_another_place(place, query, text, around):
            unmet.append(f"place:{place}")
    figures = quantities(text)
    if facet.asked and (not _given(facet, figures) or _of_another_half(facet, text)):
        unmet.append(f"figure:{facet.asked[0].noun}")
    for name in _QUOTED.findall(query.text) if query.language == "zh" else ():
        if squeeze(name) not in section:
            unmet.append(f"name:{name}")
    other = contrasted(facet.text, text, around) if query.kind != "yesno" else ""
    if other:
        unmet.append(f"contrast:{other}")
    if query.kind == "plain" and repeats(facet.text, text):
        unmet.append("repeated:")
    if ASKS_NAME.search(facet.text) and not names_answer(text, facet.text, "person"):
        unmet.append("person:")
    premise = _false_premise(query, figures, section)
    if premise:
        unmet.append(f"premise:{premise}")
    if query.asks_outcome and planned:
        unmet.append("outcome:")
    if query.asks_plan and not planned:
        unmet.append("plan:")
    return unmet


def _given(facet: Facet, figures: Sequence[Quantity]) -> bool:
    """Whether one of the figures is of a kind that is asked for."""
    return any(asked.met_by(figure) for asked in facet.asked for figure in figures)


def _of_another_half(facet: Facet, text: str) -> bool:
    """Whether the half of a sentence that speaks of what is asked has no such figure, but another half has.

    Halves stand between semicolons (生产总值稳中有升；财政收入10亿元). None of 570 questions with known answers had one
    in another half.
    """
    halves = [half for half in re.split(r"[；;]", text) if half.strip()]
    if len(halves) < 2:
        return False
    terms = {term for part in _FILLER.split(re.sub(r"(?:19|20)\d{2}年?", " ", facet.text)) for term in _terms(part)}
    held = [len(terms & _terms(half)) for half in halves]
    most = max(held)
    return most > 0 and held.count(most) == 1 and not _given(facet, quantities(halves[held.index(most)]))


def _of_the_report(year: int, question: str) -> bool:
    """Whether a question names a year as that of a document (2018年的报告里): it may tell of other years."""
    return bool(re.search(rf"{year}年?[^,，。；;、?？]{{0,10}}(?:报告|总结|要点|计划|规划|文件|通知)", question))


def _of_another_place(place: str, query: Query, text: str, around: str) -> bool:
    """Whether a sentence names a place by its full name (台山市), but not the one asked about."""
    if short_form(place) in squeeze(text + around):
        return False
    others = (other for other in places_named(text) if short_form(other) != other and not is_province(other))
    return any(short_form(other) not in squeeze(query.text + "".join(query.regions)) for other in others)


def _false_premise(query: Query, figures: Sequence[Quantity], section: str) -> str:
    """A figure the question takes for granted where the section has another one of its kind; "" if there is none.

    Only figures that are not read off by counting: shares, decimals, numbers of a hundred and more.
    """
    if query.kind == "yesno":
        return ""  # asked whether it is so, and told what is so
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


def content_sentences(chunk: Chunk) -> list[tuple[int, int]]:
    """Sentence spans without the white space around them; without empty ones, the bare heading and questions."""
    heading = squeeze(chunk.path[-1]) if chunk.path else ""
    spans = []
    for start, end in sentences(chunk.text):
        words = chunk.text[start:end]
        start += len(words) - len(words.lstrip())
        end -= len(words) - len(words.rstrip())
        bare = words.strip()
        # A number by itself is that of a page or an item.
        if bare and not _NUMBER.fullmatch(bare) and squeeze(words).rstrip("。:") != heading and not is_question(words):
            spans.append((start, end))
    return spans


def _terms(text: str) -> set[str]:
    squeezed = squeeze(spelled_out(text, ""))
    runs = re.findall(r"[㐀-鿿]+", squeezed)
    return {run[at : at + 2] for run in runs for at in range(len(run) - 1)} | set(_LATIN.findall(squeezed))


def _term_weights(question: str, query: Query, pool: Sequence[str]) -> dict[str, float]:
    """Weight of each of the question's terms: its inverse frequency among the sentences at hand."""
    words = re.sub(r"(?:19|20)\d{2}年?", " ", question)
    for region in query.regions:
        words = words.replace(region, " ")
    terms = {term for part in _FILLER.split(words) for term in _terms(part)}
    frequency = Counter(term for text in pool for term in _terms(text) & terms)
    return {term: math.log(1 + len(pool) / (1 + frequency[term])) for term in terms}


def _coverage(weights: Mapping[str, float], text: str, around: str) -> float:
    """Share of the question's weighted terms that the sentence holds, those in headings and title alone at half."""
    own, near = _terms(text), _terms(around)
    total = sum(weights.values())
    held = sum(weight * (1.0 if term in own else 0.5 if term in near else 0.0) for term, weight in weights.items())
    return held / total if total else 0.0
