"""The sentences that fit a question best to their order after the judge has read each among its neighbours."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag.answers.answerability import Calibrations
from rag.answers.everyday import worded_as
from rag.answers.evidence import Evidence, choose, each_its_question
from rag.answers.query import Facet
from rag.answers.verification import squeeze
from rag.answers.years import own_years, years_said
from rag.models.judge import Judge
from rag.reports.chunks import Chunk, sentences

# The judge reads a sentence in the time in which the reader reads a passage or two. On 90 questions that nothing was
# fitted on, 3 sentences did as well as 6, and it never changed an answer that the reader alone was as sure of as this.
JUDGED = ("plain", "compare", "responsible", "yesno")  # kinds of question; to sum up, no words of a sentence answer
LOOKED_AT = 3  # sentences
# Log-odds; where the best sentence is judged so, the others are not read: in none of 16 such cases (88 questions) had
# another one been chosen.
ENOUGH = 0.5
SURE = 0.85  # probability
WINDOW = 120  # characters of a sentence and its neighbours
_YEAR = re.compile(r"(?:19|20)\d{2}年(?:度|的)?")
LONGEST = 300  # characters of a sentence alone
# How far a sentence may be behind the chosen one, which has not the judge's words, to be pointed out. On 400 held-out
# questions about passages (data of the reader) 19 of 23 that are nearer were right, 1 in place of a right one; further
# behind one was, and two stood in place of right ones.
NEAR = 8.0  # of a score


def in_doubt(facet: Facet, ranked: Sequence[Evidence], calibrations: Calibrations) -> bool:
    """Whether the reader alone is less than `SURE` of what would be chosen."""
    chosen = choose(facet, ranked)
    return not chosen or calibrations.confidence(ranked, chosen[0]) < SURE


def look_again(facet: Facet, ranked: Sequence[Evidence], *, judge: Judge, titles: Mapping[str, str]) -> list[Evidence]:
    """The sentences, best first, with the judge's log-odds added to the scores of those that it read.

    It reads the best of those that meet what the question fixes, and the best of all, but no other where that one meets
    it and is judged to answer; those that are not read stay behind. Text without a title may be about anything: there
    it also reads each sentence alone, and the mean of both counts.
    """
    read = [item for item in ranked if not item.unmet][:LOOKED_AT]
    if read and ranked[0] not in read:
        read.insert(0, ranked[0])
    said = _said(facet, read[:1], judge, titles)
    if read and (read[0].unmet or said[0] < ENOUGH):
        said += _said(facet, read[1:], judge, titles)
    read = read[: len(said)]
    again = [
        replace(item, score=item.score + value, scores={**item.scores, "judge": value})
        for item, value in zip(read, said, strict=True)
    ]
    behind = min((0.0, *said))
    others = [replace(item, score=item.score + behind) for item in ranked if item not in read]
    return sorted([*again, *others], key=lambda item: (-item.score, item.chunk.report, item.start))


def _said(facet: Facet, items: Sequence[Evidence], judge: Judge, titles: Mapping[str, str]) -> list[float]:
    windows = [(item, under_its_title(item, titles)) for item in items]
    if titles:
        return _judged(facet, windows, judge)
    both = _judged(facet, [*windows, *((item, item.text[:LONGEST]) for item in items)], judge)
    return [(beside + bare) / 2 for beside, bare in zip(both[: len(items)], both[len(items) :], strict=True)]


def point_out(facet: Facet, ranked: Sequence[Evidence], *, judge: Judge, titles: Mapping[str, str]) -> list[Evidence]:
    """The sentences with that one first which has the words that the judge answers in, where the chosen has them not.

    A matter is often named in one sentence and told in the next (选举于5月8日举行。结果甲某当选。). The judge reads
    both and is as sure of the one as of the other; so the two exchange their places and scores. Where it finds no
    answer (log-odds below 0), or the one is far ahead, its words say nothing.
    """
    chosen = choose(facet, ranked)
    if len(chosen) != 1:
        return list(ranked)
    best = chosen[0]
    if best.scores.get("judge", 0.0) < 0:
        return list(ranked)
    window = under_its_title(best, titles)
    said = squeeze(judge.words(_asked_of(facet, best, window), window))
    if not said or said in squeeze(best.text):
        return list(ranked)
    start, end = _neighbourhood(best.chunk, best.start, best.end)
    for item in ranked:
        beside = item.chunk is best.chunk and start <= item.start and item.end <= end
        if beside and not item.unmet and best.score - item.score <= NEAR and said in squeeze(item.text):
            exchanged = {
                id(best): replace(item, score=best.score, scores=best.scores),
                id(item): replace(best, score=item.score, scores=item.scores),
            }
            return [exchanged.get(id(other), other) for other in ranked]
    return list(ranked)


def _judged(facet: Facet, passages: Sequence[tuple[Evidence, str]], judge: Judge) -> list[float]:
    """The judge's log-odds for each of these words, which stand for the evidence beside them."""
    return each_its_question(
        [_asked_of(facet, item, words) for item, words in passages],
        lambda asked, numbers: judge.judge(asked, [passages[at][1] for at in numbers]),
    )


def _asked_of(facet: Facet, item: Evidence, words: str) -> str:
    """The question as the judge is asked it of these words.

    Whether the year is met has been checked: the judge would take the title's for the one that is spoken of, and would
    miss it where another sentence of the passage names it.
    """
    met = item.chunk.years or (not own_years(words) and set(facet.years) & years_said(item.chunk.text))
    return worded_as(words, _YEAR.sub("", facet.text) if met else facet.text)


def under_its_title(item: Evidence, titles: Mapping[str, str]) -> str:
    """A sentence among its neighbours under its report's title, which most often says of which place and year it is."""
    title = titles.get(item.chunk.report, "")
    return (f"《{title}》" if title else "") + among_neighbours(item.chunk, item.start, item.end)


def among_neighbours(chunk: Chunk, start: int, end: int) -> str:
    """The sentence at `start` to `end` of the report with as many of those around it as fit into `WINDOW`."""
    begin, stop = _neighbourhood(chunk, start, end)
    return chunk.text[begin - chunk.start : stop - chunk.start].strip()[:LONGEST]


def _neighbourhood(chunk: Chunk, start: int, end: int) -> tuple[int, int]:
    spans = [(chunk.start + begin, chunk.start + stop) for begin, stop in sentences(chunk.text)]
    first = next(at for at, (_, stop) in enumerate(spans) if stop > start)
    last = next(at for at, (_, stop) in enumerate(spans) if stop >= end)
    while True:
        if last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] <= WINDOW:
            last += 1
        elif first > 0 and spans[last][1] - spans[first - 1][0] <= WINDOW:
            first -= 1
        else:
            return spans[first][0], spans[last][1]
