"""The sentences an answer rests on to those that give another figure for the same thing."""

import re
from collections.abc import Sequence

from rag.answers.evidence import Evidence
from rag.answers.quantities import Quantity, quantities
from rag.answers.query import Facet
from rag.answers.verification import character_pairs, surroundings

DIFFERING = {
    "zh": "报告中的说法不一致,各处的原文如下:",
    "en": "The reports differ; each one's words follow:",
}

# Share of the words around one figure that stand around the other too: below it they may count different things. Set by
# judgement: the figures of one enumeration (小学…所, 初中…所) share about half.
_SAME_THING = 0.8
_LEAST_WORDS = 4  # character pairs; fewer say too little to tell what is counted
# Said of any figure: 比上年增长 tells nothing of what grew.
_OF_ANY = re.compile(
    r"(?:比|较)?(?:上|去)年(?:同期)?|[同环]比|增长|增加|增速|减少|下降|降低|提高|上升|达到?|完成|超过|实现|突破|累计|控制在|保持在"
)


def differing(facet: Facet, chosen: Sequence[Evidence], ranked: Sequence[Evidence]) -> list[Evidence]:
    """For a question for figures: sentences elsewhere that count the same thing otherwise, the best of each value.

    Of the same year and place, both plans or both outcomes, in nearly the same words, with another value. A target and
    what came of it, two years, or a whole and its part are no disagreement.
    """
    found: dict[str, Evidence] = {}
    for item in chosen:
        for asked in facet.asked:
            own = next((figure for figure in quantities(item.text) if asked.met_by(figure)), None)
            if own is None or own.kind in ("year", "date"):
                continue
            for other in ranked:
                rival = _rival(item, own, other)
                if rival is not None and other not in chosen:
                    found.setdefault(rival.value, other)
    return list(found.values())


def _rival(item: Evidence, own: Quantity, other: Evidence) -> Quantity | None:
    """The figure of `other` that contradicts the one of `item`, if there is one."""
    if other.unmet or other.planned != item.planned or other.chunk.id == item.chunk.id:
        return None
    if set(other.chunk.years) != set(item.chunk.years) or _years(other.text) - _years(item.text):
        return None
    words = _said_of(item.text, own)
    if len(words) < _LEAST_WORDS:
        return None
    for figure in quantities(other.text):
        if (figure.kind, figure.counter) != (own.kind, own.counter):
            continue
        others = _said_of(other.text, figure)
        if len(words & others) >= _SAME_THING * max(len(words), len(others)):
            return None if figure.value == own.value else figure
    return None


def _said_of(text: str, figure: Quantity) -> frozenset[str]:
    return frozenset().union(*(character_pairs(part) for part in _OF_ANY.split(surroundings(text, figure))))


def _years(text: str) -> set[str]:
    return {figure.value for figure in quantities(text) if figure.kind == "year"}
