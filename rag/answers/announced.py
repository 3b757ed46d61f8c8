"""A sentence that announces a list to the items of that list, which follow it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.answers.evidence import Evidence
from rag.answers.quantities import quantities
from rag.reports.chunks import Chunk, sentences

MOST_ITEMS = 12
MOST_CHARACTERS = 600  # of a list that is shown for one of its items
_ANNOUNCES = re.compile(r"[:：]\s*$|(?:如下|下列|以下)[^,，。:：]{0,8}[。:：]?\s*$")
_ITEM = re.compile(
    r"\s*(?:[(（][一二三四五六七八九十\d]{1,3}[)）]|[一二三四五六七八九十]{1,2}[是要、]|第[一二三四五六七八九十]{1,2}[,，、是]"
    r"|[①-⑳㈠-㈩⑴-⒇⒈-⒛]|\d{1,2}[.、．)）](?!\d)|首先|其次|再次|最后)"
)
_FIRST = re.compile(r"\s*一[是要][^一-鿿]?(?!些|个|种)")
_GOES_ON = re.compile(r"\s*(?:主要是|主要有|主要包括|包括|分别是|分别为|具体是|即)[:：,，]?")


def announced(item: Evidence, chunks: Sequence[Chunk]) -> list[Evidence]:
    """What follows a sentence that ends in a colon (提交下列材料:): items in its section, or one each in those below.

    Where what follows is not numbered it is the next sentence, and so it is after a full stop, if that begins with
    主要是 or 包括. `chunks` are those of the report, in its order. Empty for a sentence that stands for itself.
    """
    following = list(_following(item, chunks))
    if not following:
        return []
    announces = bool(_ANNOUNCES.search(item.text))
    if not quantities(item.text):
        # A sentence without a figure, and then 一是…。二是…。 at once or after one more, needs no colon.
        first_at = next((at for at, other in enumerate(following[:2]) if _FIRST.match(other.text)), None)
        if first_at == 0 or (first_at == 1 and following[1].chunk.path == item.chunk.path):
            announces, following = True, following[first_at:]
    if not announces or not _ITEM.match(following[0].text):
        first = following[0]
        goes_on = announces or bool(_GOES_ON.match(first.text))
        return [first] if goes_on and first.chunk.path == item.chunk.path else []
    items: list[Evidence] = []
    for other in following:
        below = len(other.chunk.path) - len(item.chunk.path)
        opens = below == 1 and (not items or items[-1].chunk.path != other.chunk.path)
        if _ITEM.match(other.text) and (below == 0 or opens):
            items.append(other)
        elif below == 0:
            break
    return items[:MOST_ITEMS]


def announcing(item: Evidence, chunks: Sequence[Chunk]) -> Evidence | None:
    """The sentence that announces the list of which this one is an item; None where it is none, or the list is long.

    One of several items is half an answer to a question for all of them.
    """
    if not _ITEM.match(item.text):
        return None
    for chunk in sorted(chunks, key=lambda chunk: -chunk.start):
        if chunk.start >= item.end or chunk.path not in (item.chunk.path, item.chunk.path[:-1]):
            continue
        for begin, stop in reversed(sentences(chunk.text)):
            words = chunk.text[begin:stop]
            text, start = words.strip(), chunk.start + begin + len(words) - len(words.lstrip())
            if start >= item.start or not _ANNOUNCES.search(text):
                continue
            first = replace(item, chunk=chunk, start=start, end=start + len(text), text=text)
            items = announced(first, chunks)
            listed = any(other.start == item.start for other in items)
            return first if listed and sum(len(other.text) for other in items) <= MOST_CHARACTERS else None
    return None


def _following(item: Evidence, chunks: Sequence[Chunk]) -> Iterator[Evidence]:
    """The sentences after this one in its section and the sections below it."""
    for chunk in sorted(chunks, key=lambda chunk: chunk.start):
        if chunk.end <= item.end or chunk.path[: len(item.chunk.path)] != item.chunk.path:
            continue
        for begin, stop in sentences(chunk.text):
            words = chunk.text[begin:stop]
            start = chunk.start + begin + len(words) - len(words.lstrip())
            if words.strip() and start >= item.end:
                text = words.strip()
                yield replace(item, chunk=chunk, start=start, end=start + len(text), text=text)
