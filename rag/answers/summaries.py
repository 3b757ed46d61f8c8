"""Questions for a summary to the section meant, and that section to its own headings and sentences."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from rag.answers.composition import Statement
from rag.answers.everyday import official_names
from rag.answers.evidence import Evidence
from rag.answers.labelled import names_role
from rag.answers.quantities import quantities
from rag.reports.chunks import Chunk

MOST_LINES = 7  # of a single section
MOST_LINES_OF_PARENT = 10
_ELSEWHERE = ("year:", "place:")  # what a sentence of another year or place does not meet
_NAMED = re.compile(r"[《“「][^》”」]{2,}[》”」]|、")
_NUMBER = re.compile(
    r"^\s*(?:第[一二三四五六七八九十百]+(?:[章节条篇编]|部分)|[(（]?[一二三四五六七八九十\d]+[)）、.．]?)\s*"
)
_NAMED_BY = 4  # characters that question and heading have in common
_MEANT = 2.0  # as much as a full match of words; retrieval reaches 5 where it is sure of a section
_MOST = 3.0  # of either; more make a sentence longer, not more to the point
_CHARACTERS = 30  # weigh as much as one figure or name


def summarize(ranked: Sequence[Evidence], question: str) -> list[Statement]:
    """Statements in document order: of a parent section one or two a subsection, of a single section its best ones.

    `ranked` are the sentences of the retrieved sections, best first. The section meant is the one that retrieval and
    the words of its heading speak for; its parent, when the question's words are rather in the parent's heading.
    """
    ranked = [item for item in ranked if not any(lacks.startswith(_ELSEWHERE) for lacks in item.unmet)] or ranked
    body = [item for item in ranked if item.chunk.kind != "front"]  # a masthead is no part of what a report tells
    ranked = sorted(
        (item for item in body or ranked if not names_role(item.text)),
        key=lambda item: -item.score - _particulars(item.text),
    )
    if not ranked:
        return []
    best = max(ranked, key=lambda item: _meant(item, question))
    *parents, own = best.chunk.path or ("",)
    parent_named = bool(parents) and _names(question, parents[-1]) and not _names(question, own)
    if best.scores["above"] > best.scores["heading"] or parent_named:
        parent = tuple(parents)
        inside = [item for item in ranked if _inside(item.chunk, parent, report=best.chunk.report)]
        sections = dict.fromkeys(item.chunk.address for item in sorted(inside, key=lambda item: item.start))
        each = max(1, min(2, MOST_LINES_OF_PARENT // len(sections)))
        chosen = [item for section in sections for item in _of(section, inside, each)][:MOST_LINES_OF_PARENT]
        return list(_lines(sorted(chosen, key=lambda item: item.start), headed=True))
    same = [
        item for item in ranked if (item.chunk.report, item.chunk.address) == (best.chunk.report, best.chunk.address)
    ]
    return list(_lines(sorted(same[:MOST_LINES], key=lambda item: item.start), headed=False))


def _meant(item: Evidence, question: str) -> float:
    named = any(_names(question, heading) for heading in item.chunk.path[-2:])
    return item.scores["retrieval"] + 2 * max(item.scores["heading"], item.scores["above"]) + (_MEANT if named else 0.0)


def names_section(question: str, chunk: Chunk) -> bool:
    """Whether a question for a summary has most of the words of a section's own heading: then that is what it means."""
    return bool(chunk.path) and _names(question, chunk.path[-1])


def _names(question: str, heading: str) -> bool:
    """Whether most of a heading stands in the question, or in what reports call a thing that it names (短板)."""
    heading = _NUMBER.sub("", heading).rstrip("。:：")
    said = (
        SequenceMatcher(None, heading, words, autojunk=False).find_longest_match().size
        for words in (question, *official_names(question))
    )
    return max(said) >= max(_NAMED_BY, 0.6 * len(heading))


def _particulars(text: str) -> float:
    """How much a sentence gives to keep, by its figures, names and items and by its length: the reader, which looks for
    one answer, sees no difference between a deed and a phrase. Tried on six summaries of the dev gold.
    """
    return min(_MOST, len(quantities(text)) + len(_NAMED.findall(text))) + min(_MOST, len(text) / _CHARACTERS)


def _inside(chunk: Chunk, parent: tuple[str, ...], *, report: str) -> bool:
    return chunk.report == report and chunk.path[: len(parent)] == parent and len(chunk.path) > len(parent)


def _of(section: str, items: Sequence[Evidence], count: int) -> list[Evidence]:
    return [item for item in items if item.chunk.address == section][:count]


def _lines(chosen: Sequence[Evidence], *, headed: bool) -> Iterator[Statement]:
    heading = ""
    for item in chosen:
        own = item.chunk.path[-1] if item.chunk.path else ""
        words = " ".join(item.text.split())
        label = own if headed and own != heading and not words.startswith(own) else ""
        heading = own
        yield Statement(words, (item,), label=label)
