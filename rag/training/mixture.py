"""Turns rows into an endless stream of groups: one answered pair, a near miss of it and a hard negative."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from rag.training.examples import Example, Row, answered, sentence_spans
from rag.training.near_misses import NAME_CLASSES, Names, anchors, near_miss, numbers, redated, renamed
from rag.training.report_words import words
from rag.training.reports import invented_group
from rag.training.written import Section, written_group

# Of the groups; the public sets hold no report, and reports are what is read in use. Invented ones are soon learnt: the
# first runs, at 0.35, read them without a mistake long before the other questions.
REPORT_SHARE = 0.25
WRITTEN_SHARE = 0.6  # where there are written sections: they are nearest to what is read in use
SPLICE_SHARE = 0.3  # of the groups whose passages get sentences of another passage around them
NEIGHBOURS = 12
LENGTHS = (100, 380)

_HALF_WIDTH = str.maketrans("，；：（）？！", ",;:()?!")
_PAPERS = ("年工作总结", "年工作报告", "年度自评报告", "年工作要点", "年统计公报", "年情况通报", "年发展报告")
_MARKERS = ("一、", "三、", "五、", "(二)", "（四）", "2.", "6．", "第三章 ", "")
_KEYWORDS = re.compile(r"(?:分别)?(?:是|为|叫|有)?(?:什么|多少|谁|哪[里儿个些]|何时|什么时候)(?:呢)?[?？]?$")
_POLITE = ("请问", "请问一下,", "想问问", "我想知道", "麻烦查一下,")


@dataclass(frozen=True)
class Mixture:
    """What the groups are drawn from: the rows, the words names may be changed for, and each row's neighbours."""

    rows: Sequence[Row]
    names: Names
    neighbours: dict[str, tuple[str, ...]]  # row id -> passages of the same set without any of its answers
    lengths: tuple[int, int] = LENGTHS  # of passages, in characters, where they can be cut
    sections: Sequence[Section] = ()

    @classmethod
    def of(
        cls, rows: Sequence[Row], *, lengths: tuple[int, int] = LENGTHS, sections: Sequence[Section] = ()
    ) -> "Mixture":
        return cls(rows, Names.of(row.question for row in rows), hard_neighbours(rows), lengths, sections)

    def groups(self, random: Random) -> Iterator[list[Example]]:
        """Every row once in random order, then again, with invented and written sections in between."""
        sections = self._written(random)
        while True:
            for row in random.sample(self.rows, len(self.rows)):
                while random.random() < REPORT_SHARE:
                    yield invented_group(random)
                while self.sections and random.random() < WRITTEN_SHARE:
                    yield next(sections)
                yield self.group(row, random)

    def _written(self, random: Random) -> Iterator[list[Example]]:
        while True:
            for section in random.sample(self.sections, len(self.sections)):
                yield [disguised(example, random) for example in written_group(section, self.lengths, random)]

    def group(self, row: Row, random: Random) -> list[Example]:
        """An answered pair, a near miss if the row allows one, and in three of five cases a hard negative."""
        row = cropped(row, random, self.lengths)
        positive = random.choice((renamed, redated, lambda *_: None))(row, self.names, random) or answered(row)
        group = [positive]
        missed = near_miss(row, self.names, random)
        if missed is not None:
            group.append(missed)
        others = self.neighbours.get(row.id, ())
        if others and random.random() < 0.6:
            other = random.choice(others)
            group.append(Example(row.question, other[: random.randint(*self.lengths)], None, "hard"))
        if others and random.random() < SPLICE_SHARE:
            group = spliced(group, random.choice(others), random)
        if random.random() < 0.4:
            group = under_heading(group, row.title, random)
        return [disguised(example, random) for example in group]


def hard_neighbours(rows: Sequence[Row]) -> dict[str, tuple[str, ...]]:
    """Per row the passages of its set that BM25 over character bigrams finds nearest and that hold no answer of it."""
    import bm25s

    found: dict[str, tuple[str, ...]] = {}
    by_source: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_source[row.source].append(row)
    for its_rows in by_source.values():
        passages = list(dict.fromkeys(row.passage for row in its_rows))
        index = bm25s.BM25()
        index.index([_bigrams(passage) for passage in passages], show_progress=False)
        known = {bigram for passage in passages for bigram in _bigrams(passage)}
        questions = [[bigram for bigram in _bigrams(row.question) if bigram in known] for row in its_rows]
        nearest, _ = index.retrieve(questions, k=min(NEIGHBOURS, len(passages)), show_progress=False)
        for row, numbers_found in zip(its_rows, nearest, strict=True):
            candidates = (passages[int(number)] for number in numbers_found)
            found[row.id] = tuple(
                passage
                for passage in candidates
                if passage != row.passage and not any(answer in passage for answer in row.answers)
            )
    return found


def _bigrams(text: str) -> list[str]:
    return [text[at : at + 2] for at in range(len(text) - 1)] or [text]


def cropped(row: Row, random: Random, lengths: tuple[int, int] = LENGTHS) -> Row:
    """The row with a run of its passage's sentences: around the first answer, with the question's names and numbers.

    Keeping those makes the pair stay answerable in full; a random length keeps steps short and lengths mixed.
    """
    target = random.randint(*lengths)
    if len(row.passage) <= target:
        return row
    spans = sentence_spans(row.passage)
    needed = {row.starts[0], row.starts[0] + len(row.answers[0]) - 1}
    ties = [word for word, _ in anchors(row, NAME_CLASSES)]
    for tie in [*ties, *(numbers(row.question) & numbers(row.passage))]:
        needed.add(_nearest(row.passage, tie, row.starts[0]))
    first = next(at for at, (_, end) in enumerate(spans) if end > min(needed))
    last = next(at for at, (_, end) in enumerate(spans) if end > max(needed))
    while spans[last][1] - spans[first][0] < target and (first > 0 or last < len(spans) - 1):
        if first > 0 and (last == len(spans) - 1 or random.random() < 0.5):
            first -= 1
        else:
            last += 1
    start, end = spans[first][0], spans[last][1]
    kept = [
        (answer, at - start)
        for answer, at in zip(row.answers, row.starts, strict=True)
        if start <= at and at + len(answer) <= end
    ]
    answers, starts = zip(*kept, strict=True)
    return replace(row, passage=row.passage[start:end], answers=answers, starts=starts)


def _nearest(text: str, word: str, position: int) -> int:
    before, after = text.rfind(word, 0, position), text.find(word, position)
    found = [at for at in (before, after) if at >= 0]
    return min(found, key=lambda at: abs(at - position)) if found else position


def elsewhere(row: Row, lengths: tuple[int, int], random: Random) -> Example | None:
    """The question with sentences of its own passage that do not hold the answer; None where each one does."""
    spans = sentence_spans(row.passage)
    silent = [not any(answer in row.passage[start:end] for answer in row.answers) for start, end in spans]
    if not any(silent):
        return None
    first = last = random.choice([at for at, free in enumerate(silent) if free])
    target = random.randint(*lengths)
    while last + 1 < len(spans) and silent[last + 1] and spans[last][1] - spans[first][0] < target:
        last += 1
    while first > 0 and silent[first - 1] and spans[last][1] - spans[first][0] < target:
        first -= 1
    passage = row.passage[spans[first][0] : spans[last][1]]
    if any(answer in passage for answer in row.answers):
        return None
    return Example(row.question, passage, None, "elsewhere")


def spliced(group: Sequence[Example], other: str, random: Random) -> list[Example]:
    """The group with a run of another passage's sentences before or behind all of its passages.

    What is asked is then a part of what is read, as in a long section; and a passage that is met again is another text.
    """
    spans = sentence_spans(other)
    first = random.randrange(len(spans))
    last = min(len(spans), first + random.randint(1, 3))
    piece = other[spans[first][0] : spans[last - 1][1]][:160]
    if random.random() < 0.5:
        return [example.behind(piece) for example in group]
    return [replace(example, passage=example.passage + piece) for example in group]


def under_heading(group: list[Example], title: str, random: Random) -> list[Example]:
    """The group with report headings before its passages, as sections are read in use.

    Half of the headings name a place and a year that the question then asks for; in the near miss one of the two
    differs, and nothing else: what a heading says holds for all that stands under it.
    """
    marker, heading = random.choice(_MARKERS), title or random.choice(("基本情况", "主要内容", "有关问题说明"))
    if random.random() < 0.5 or numbers(group[0].question):
        path = f"《{heading}》\n" if random.random() < 0.5 else f"《{heading}》 > {marker}概况\n"
        return [example.behind(path) for example in group]
    place, other_place = random.sample(words().places, 2)
    year = random.randint(1998, 2026)
    other_year = year + random.choice((-3, -2, -1, 1, 2, 3))
    paper = random.choice(_PAPERS)
    asked = random.choice((f"{place}{year}年", f"{year}年{place}", f"{year}年", place))
    headed = [
        replace(example, question=asked + example.question).behind(f"《{place}{year}{paper}》 > {marker}{heading}\n")
        for example in group
    ]
    if random.random() < 0.5:
        by_place = place in asked and (str(year) not in asked or random.random() < 0.5)
        wrong = f"《{other_place}{year}{paper}》" if by_place else f"《{place}{other_year}{paper}》"
        missed = replace(group[0], question=asked + group[0].question, span=None, kind="heading")
        headed[1:2] = [missed.behind(f"{wrong} > {marker}{heading}\n")]
    return headed


def disguised(example: Example, random: Random) -> Example:
    """The same pair written otherwise: half-width punctuation, no question mark, a polite opening, as key words, or in
    everyday words."""
    question, passage = example.question, example.passage
    if question.isascii():
        return example
    if random.random() < 0.5:
        question = in_everyday_words(question, random)
    if random.random() < 0.35:
        passage = passage.translate(_HALF_WIDTH)
    if random.random() < 0.5:
        question = question.translate(_HALF_WIDTH)
    if random.random() < 0.3:
        question = question.rstrip("?？")
    if random.random() < 0.1:
        question = random.choice(_POLITE) + question
    elif random.random() < 0.15 and len(keywords := _KEYWORDS.sub("", question)) >= 6:
        question = keywords
    return replace(example, question=question, passage=passage)


def in_everyday_words(question: str, random: Random) -> str:
    """The question with some of its formal words as they are said in everyday speech, each at most once."""
    for formal, others in words().everyday.items():
        if formal in question and random.random() < 0.7:
            question = question.replace(formal, random.choice(others), 1)
    return question
