"""Turns an answerable row into a near miss: a pair that differs in one thing, so that the passage no longer answers."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from random import Random

from rag.training.examples import Example, Row, answered, sentence_spans

NAME_CLASSES = ("nr", "ns", "nt", "nz")  # persons, places, organisations, other names in jieba's tag set
NOUN_CLASSES = ("n", "vn")
_NUMBER = re.compile(r"(?<![\d.])\d+(?![\d.])")


@cache
def siblings() -> tuple[tuple[str, ...], ...]:
    """Words that name another thing of the same sort: one for another asks about something else."""
    text = (Path(__file__).parent / "siblings.txt").read_text(encoding="utf-8")
    return tuple(tuple(line.split()) for line in text.splitlines())


@dataclass(frozen=True)
class Names:
    """Words by class, taken from many questions: what a name may be changed for."""

    by_class: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Names":
        found: dict[str, set[str]] = defaultdict(set)
        for text in texts:
            for word, tag in tagged(text):
                if tag in NAME_CLASSES + NOUN_CLASSES and len(word) >= 2:
                    found[tag].add(word)
        return cls({tag: tuple(sorted(words)) for tag, words in found.items()})

    def another(self, word: str, tag: str, *, absent: Sequence[str], random: Random) -> str | None:
        """Another word of the class that shares no character with `word` and occurs in none of the texts `absent`."""
        pool = self.by_class.get(tag, ())
        for _ in range(20 if pool else 0):
            other = random.choice(pool)
            if not set(other) & set(word) and not any(other in text for text in absent):
                return other
        return None


@lru_cache(maxsize=65536)
def tagged(text: str) -> tuple[tuple[str, str], ...]:
    """Words and their classes as jieba tags them."""
    import jieba.posseg

    return tuple((item.word, item.flag) for item in jieba.posseg.cut(text))


def numbers(text: str) -> set[str]:
    """Every run of digits, full-width ones included."""
    return set(re.findall(r"\d+", unicodedata.normalize("NFKC", text)))


def anchors(row: Row, classes: Sequence[str]) -> list[tuple[str, str]]:
    """Words of the question, with class, that tie it to the passage: they occur there and in no answer."""
    return [
        (word, tag)
        for word, tag in dict.fromkeys(tagged(row.question))
        if tag in classes
        and len(word) >= 2
        and word in row.passage
        and not any(word in answer or answer in word for answer in row.answers)
    ]


def other_number(row: Row, names: Names, random: Random) -> Example | None:
    """A year, date or count of the question changed; the passage holds the old one and not the new one."""
    held = numbers(row.passage)
    found = [match for match in _NUMBER.finditer(row.question) if match.group() in held]
    if not found:
        return None
    match = random.choice(found)
    new = another_number(match.group(), absent=held | numbers(row.question), random=random)
    if new is None:
        return None
    question = row.question[: match.start()] + new + row.question[match.end() :]
    return Example(question, row.passage, None, "number")


def another_number(number: str, *, absent: set[str], random: Random) -> str | None:
    """A number near `number` that is in none of `absent`."""
    value = int(number)
    reach = 9 if value > 100 else max(3, value)
    for _ in range(20):
        new = str(max(1, value + random.choice((-1, 1)) * random.randint(1, reach)))
        if new not in absent and new != number:
            return new
    return None


def other_name(row: Row, names: Names, random: Random) -> Example | None:
    """A name of the question changed for one of its class that the passage does not hold."""
    return _reworded(row, names, random, NAME_CLASSES, "name")


def other_noun(row: Row, names: Names, random: Random) -> Example | None:
    """A noun of the question (the indicator, the thing counted) changed for one that the passage does not hold."""
    return _reworded(row, names, random, NOUN_CLASSES, "noun")


def _reworded(row: Row, names: Names, random: Random, classes: Sequence[str], kind: str) -> Example | None:
    found = anchors(row, classes)
    if not found:
        return None
    word, tag = random.choice(found)
    new = names.another(word, tag, absent=(row.passage, row.question, row.title), random=random)
    return None if new is None else Example(row.question.replace(word, new), row.passage, None, kind)


def neighbouring_name(row: Row, names: Names, random: Random) -> Example | None:
    """A name of the question changed for another one of the passage.

    Only for one that never shares a sentence with the answer, and whose own sentences hold none of the question's
    other words: then the passage says nothing of that sort about it.
    """
    found = anchors(row, NAME_CLASSES)
    if not found:
        return None
    word, tag = random.choice(found)
    rest = [other for other, _ in tagged(row.question) if len(other) >= 2 and other != word]
    sentences = [row.passage[start:end] for start, end in sentence_spans(row.passage)]
    candidates = [
        other
        for other, its_tag in dict.fromkeys(tagged(row.passage))
        if its_tag == tag and len(other) >= 2 and not set(other) & set(word) and other not in row.question
        and not any(other in s and (any(a in s for a in row.answers) or any(r in s for r in rest)) for s in sentences)
    ]  # fmt: skip
    if not candidates:
        return None
    return Example(row.question.replace(word, random.choice(candidates)), row.passage, None, "neighbour")


def other_indicator(row: Row, names: Names, random: Random) -> Example | None:
    """A word of the question changed for its sibling or opposite, where the passage does not hold that."""
    choices = [
        (word, other)
        for group in siblings()
        for word in group
        if word in row.question
        for other in group
        if other != word and other not in row.passage and not any(other in answer for answer in row.answers)
    ]
    if not choices:
        return None
    word, other = random.choice(choices)
    return Example(row.question.replace(word, other), row.passage, None, "indicator")


def without_answer(row: Row, names: Names, random: Random) -> Example | None:
    """The passage without the sentences that hold an answer: the right topic, the answer absent."""
    kept = [
        row.passage[start:end]
        for start, end in sentence_spans(row.passage)
        if not any(at < end and at + len(answer) > start for at, answer in zip(row.starts, row.answers, strict=True))
    ]
    passage = "".join(kept)
    if len(passage) < 60 or any(answer in passage for answer in row.answers):
        return None
    return Example(row.question, passage, None, "absent")


def other_passage_name(row: Row, names: Names, random: Random) -> Example | None:
    """The question as it is; the name or year that ties it to the passage is another one throughout the passage."""
    found = anchors(row, NAME_CLASSES)
    years = [number for number in sorted(numbers(row.question) & numbers(row.passage)) if len(number) == 4]
    if years and random.random() < 0.5:
        year = random.choice(years)
        new = another_number(year, absent=numbers(row.passage) | numbers(row.question), random=random)
        return None if new is None else Example(row.question, row.passage.replace(year, new), None, "passage year")
    if not found:
        return None
    word, tag = random.choice(found)
    new = names.another(word, tag, absent=(row.passage, row.question), random=random)
    return None if new is None else Example(row.question, row.passage.replace(word, new), None, "passage name")


def renamed(row: Row, names: Names, random: Random) -> Example | None:
    """Question and passage with the same name changed for the same other one: still answered.

    The counterweight of the functions above: an odd name alone must not look unanswerable.
    """
    found = [(word, tag) for word, tag in anchors(row, NAME_CLASSES)]
    if not found:
        return None
    word, tag = random.choice(found)
    new = names.another(word, tag, absent=(row.passage, row.question), random=random)
    return None if new is None else replaced(row, word, new)


def redated(row: Row, names: Names, random: Random) -> Example | None:
    """Question and passage with the same number changed for the same other one: still answered."""
    found = [n for n in sorted(numbers(row.question) & numbers(row.passage)) if not any(n in a for a in row.answers)]
    if not found:
        return None
    number = random.choice(found)
    new = another_number(number, absent=numbers(row.passage) | numbers(row.question), random=random)
    return None if new is None else replaced(row, number, new)


def replaced(row: Row, old: str, new: str) -> Example | None:
    """`old` changed for `new` everywhere outside the answer, whose span moves along. None where it would cut it."""
    start, end = answered(row).span or (0, 0)
    before, answer, after = row.passage[:start], row.passage[start:end], row.passage[end:]
    if old in answer or row.passage.count(old) != before.count(old) + after.count(old):
        return None
    before = before.replace(old, new)
    passage = before + answer + after.replace(old, new)
    return Example(row.question.replace(old, new), passage, (len(before), len(before) + len(answer)), "renamed")


NEAR_MISSES: tuple[tuple[Callable[[Row, Names, Random], Example | None], float], ...] = (
    (other_number, 4.0),
    (other_name, 3.0),
    (other_noun, 1.0),
    (neighbouring_name, 1.5),
    (other_indicator, 4.0),
    (without_answer, 6.0),
    (other_passage_name, 1.5),
)


def near_miss(row: Row, names: Names, random: Random) -> Example | None:
    """One near miss of the row, its sort drawn by weight among those the row allows."""
    makers = list(NEAR_MISSES)
    while makers:
        chosen = random.choices(makers, weights=[weight for _, weight in makers])[0]
        example = chosen[0](row, names, random)
        if example is not None:
            return example
        makers.remove(chosen)
    return None
