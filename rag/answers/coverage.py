"""A question to its terms with their weights, and the share of them that a text holds."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from rag.answers.query import Query
from rag.answers.verification import squeeze

FILLER = re.compile(
    r"请问|请|概括|归纳|总结|简要|简述|列举|一共|总共|合计|分别|主要|有没有|是不是|是否|有多大|有多高|多少|多大|多高|多长|哪一?[个些家所位天届批期年]?|"
    r"[几谁吗呢吧啊]|什么时候|什么|何时|怎样|怎么|如何|[的了着过得地是有在和与及或把被让由从到对向为以于将要会能可都也又还就才只其各该此这那]"
)
_LATIN = re.compile(r"[a-z]+|\d+(?:\.\d+)?")


def terms(text: str) -> set[str]:
    """The pairs of neighbouring Chinese characters of a text, and its Latin words and numbers."""
    squeezed = squeeze(text)
    runs = re.findall(r"[㐀-鿿]+", squeezed)
    return {run[at : at + 2] for run in runs for at in range(len(run) - 1)} | set(_LATIN.findall(squeezed))


def term_weights(question: str, query: Query, pool: Sequence[str]) -> dict[str, float]:
    """Weight of each of the question's terms: its inverse frequency among the sentences at hand."""
    words = re.sub(r"(?:19|20)\d{2}年?", " ", question)
    for region in query.regions:
        words = words.replace(region, " ")
    asked = {term for part in FILLER.split(words) for term in terms(part)}
    frequency = Counter(term for text in pool for term in terms(text) & asked)
    return {term: math.log(1 + len(pool) / (1 + frequency[term])) for term in asked}


def in_both(names: Sequence[tuple[str, tuple[str, ...]]], text: str) -> str:
    """The text with, behind it, what the question names otherwise than the text does."""
    return "。".join((text, *(said for said, official in names if any(name in text for name in official))))


def coverage(weights: Mapping[str, float], text: str, around: str) -> float:
    """Share of the question's weighted terms that the sentence holds, those in headings and title alone at half."""
    own, near = terms(text), terms(around)
    total = sum(weights.values())
    held = sum(weight * (1.0 if term in own else 0.5 if term in near else 0.0) for term, weight in weights.items())
    return held / total if total else 0.0
