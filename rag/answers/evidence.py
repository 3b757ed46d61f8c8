"""Retrieved sections to the sentences that answer a question, scored and checked against what the question fixes."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rag.answers.answer_types import answer_type, is_question, names_answer
from rag.answers.answerability import log_odds
from rag.answers.asked import told
from rag.answers.constraints import unmet_by
from rag.answers.coverage import coverage, in_both, term_weights
from rag.answers.everyday import named, worded_as
from rag.answers.quantities import quantities
from rag.answers.query import Facet, Query
from rag.answers.retrieval import Hit
from rag.answers.verification import squeeze
from rag.answers.years import only_against
from rag.models.reader import Reader, Reading
from rag.reports.chunks import Chunk, Span, sentences

# Words by which a heading or title says that what follows is a plan, or what was done; only at its end, for inside
# they are names (实施“…行动计划”取得成效).
_PLAN_TITLE = re.compile(
    r"(?:计划|要点|规划|打算|安排|部署|任务|目标|建议|举措|重点工作|总体要求|(?:工作|总体|发展)思路|展望)[》”]?(?:的通知)?[)）]?$"
)
_TRAILING = re.compile(r"(?:[。.:：\s]|[（(][^（）()]*[)）])+$")
_OUTCOME_TITLE = re.compile(r"(?:总结|回顾|自评|自查|情况|报告|成效|成绩|完成情况)(?:的通知|的报告)?[)）]?$")
# Words by which one sentence departs from its document.
_PLANNED = re.compile(
    r"力争|争取(?!到)|预计|拟(?=[开建新在于投完])|计划(?=[到在于]?\d|[到在于]|完成|投资|下半年|明年|新增|建设)|将(?=[于在继进]|全面|完成)|年底前|打算"
)
_DONE = re.compile(r"已(?!经?有之)|截至|截止到|[建完]成并投入")

Said = TypeVar("Said")

# A fitting sentence may stand this far behind the best sentence of all, in log-odds; and further where that one lacks
# nothing but a figure of the kind asked for, or stands in another year's part of the file.
MOST_BEHIND, MOST_BEHIND_ELSEWHERE = 1.5, 3.0
# So near to the best sentence, in log-odds, the reader cannot tell which of them answers; so many more are shown then.
AS_GOOD, MOST_AS_GOOD = 1.25, 2
# The same in text without a title, which may be about anything: chosen on RGB's questions whose answer two passages
# share. Of 50 it answers 23 in full (20 with the narrower one), with 2.4 sentences cited for a question instead of 1.9.
AS_GOOD_UNTITLED = 2.0

_NUMBER = re.compile(r"[\d.]+")


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
    weights = term_weights(facet.text, query, [text for own in texts for text in own])
    names = [(found.group(), official) for found, official in named(facet.text)]
    found = []
    kind = "" if query.kind == "summary" else answer_type(facet.text)
    for hit, own, words, (reading, shift) in zip(hits, spans, texts, readings, strict=True):
        chunk, title = hit.chunk, titles.get(hit.chunk.report, "")
        around = " ".join((title, *chunk.path))
        for (start, end), text, sentence_score in zip(own, words, reading.sentence_scores, strict=True):
            planned = states_plan(text, chunk, title)
            scores = {
                "reader": sentence_score,
                "answerability": reading.answerability,
                "coverage": coverage(weights, in_both(names, text), in_both(names, around)),
                "span": reading.span_score
                if reading.span[0] < end + shift and start + shift < reading.span[1]
                else 0.0,
                "typed": float(names_answer(text, facet.text, kind)),
                "retrieval": hit.score,
                "intended": float(planned and facet.asks == "target"),
                "heading": coverage(weights, chunk.path[-1] if chunk.path else "", ""),
                "above": coverage(weights, chunk.path[-2] if len(chunk.path) > 1 else "", ""),
            }
            found.append(
                Evidence(
                    chunk=chunk,
                    start=chunk.start + start,
                    end=chunk.start + end,
                    text=text,
                    score=combined(scores),
                    scores=scores,
                    planned=planned,
                    unmet=tuple(unmet_by(facet, query, text, around, chunk, planned=planned)),
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
        [worded_as(passage, question) for passage in passages],
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
    that it holds, whether it names a thing of the kind asked for, whether it states a plan where one is asked for, and
    how well retrieval liked its section. Log-odds tell sentences apart that are all unlikely. The weights, but not that
    of plans, and MOST_BEHIND were chosen on the dev gold and its pairs, where others gave nearly the same choice.
    """
    said = log_odds(scores["reader"]) + 0.5 * log_odds(scores["answerability"])
    return said + 4.0 * scores["coverage"] + 2.0 * scores["typed"] + 1.5 * scores["intended"] + scores["retrieval"]


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
        # One beside the best that has more of the question's words may be any way behind: it has the other figure's.
        more = item.chunk.id == chosen[0].chunk.id and item.scores["coverage"] > chosen[0].scores["coverage"]
        near_enough = more or item.score >= chosen[0].score - MOST_BEHIND
        if near_enough and len(_missing(facet, [*chosen, item])) < len(missing):
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
    # The judge is not asked about the year there: it finds that the one answers, and the other less.
    if another_year and fitting.scores.get("judge", 0.0) > max(0.0, best.scores.get("judge", 0.0)):
        return math.inf
    return MOST_BEHIND_ELSEWHERE if no_figure or another_year else MOST_BEHIND


def speaks_of_all(facet: Facet, chosen: Sequence[Evidence]) -> bool:
    """Whether the sentences name each of the things asked about side by side, and give figures for all if asked for."""
    text = "".join(item.text for item in chosen)
    if any(squeeze(part.label) not in squeeze(text) or only_against(part.label, text) for part in facet.parts):
        return False
    figures = [figure for figure in quantities(text) if figure.kind not in ("year", "date")]
    return answer_type(facet.text) != "figure" or len(figures) >= len(facet.parts)


def taken(facet: Facet, chosen: Sequence[Evidence], earlier: Mapping[Facet, Sequence[Evidence]]) -> list[Evidence]:
    """Of the sentences chosen for a question those that an earlier one has, and that have no figure left for this."""
    return [
        item
        for item in chosen
        for other, items in earlier.items()
        for own in items
        if (item.chunk.id, item.start) == (own.chunk.id, own.start)
        and facet.asked
        and other.asked
        and len(_missing(replace(facet, asked=(*other.asked, *facet.asked)), [item])) > 0
    ]


def as_good(chosen: Sequence[Evidence], ranked: Sequence[Evidence], *, titled: bool = True) -> list[Evidence]:
    """Sentences that say something else and fit hardly worse than the one that was chosen.

    On real reports there seldom is one; among passages of a web search every third question has one, and showing it
    too gave eight more of 150 right answers, at noise 0.8 of RGB. There, where text is not `titled`, what the judge has
    said for the chosen one does not count against those that it has not read.
    """
    if len(chosen) != 1:
        return []
    favour, near = (0.0, AS_GOOD) if titled else (max(0.0, chosen[0].scores.get("judge", 0.0)), AS_GOOD_UNTITLED)
    found: list[Evidence] = []
    for item in ranked:
        behind = chosen[0].score - item.score - (0.0 if "judge" in item.scores else favour)
        if behind > near:
            continue
        if len(found) == MOST_AS_GOOD:
            break
        said = [squeeze(other.text) for other in (*chosen, *found)]
        words = squeeze(item.text)
        if not item.unmet and not any(words in other or other in words for other in said):
            found.append(item)
    return found


def _missing(facet: Facet, chosen: Sequence[Evidence]) -> list[int]:
    figures = [figure for item in chosen for figure in told(item.text)]
    missing, used = [], set()
    for number, asked in enumerate(facet.asked):
        own = next((at for at, figure in enumerate(figures) if at not in used and asked.met_by(figure)), None)
        if own is None:
            missing.append(number)
        else:
            used.add(own)
    return missing


def content_sentences(chunk: Chunk) -> list[tuple[int, int]]:
    """Sentence spans without the white space around them; without empty ones, questions and the section's title."""
    title = squeeze(chunk.title)
    spans = []
    for start, end in sentences(chunk.text):
        words = chunk.text[start:end]
        start += len(words) - len(words.lstrip())
        end -= len(words) - len(words.rstrip())
        bare = words.strip()
        # A number by itself is that of a page or an item.
        if bare and not _NUMBER.fullmatch(bare) and squeeze(words).rstrip("。:") != title and not is_question(words):
            spans.append((start, end))
    return spans
