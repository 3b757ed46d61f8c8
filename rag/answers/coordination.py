"""A question about several things at once (小学和初中的巩固率分别是多少) to one question about each of them."""

import re
from collections.abc import Sequence

from rag.answers.answer_types import answer_type
from rag.answers.places import tagged_words

Word = tuple[str, str]  # its text and its part of speech

_AND = frozenset(("和", "与", "及", "以及", "、"))
_EACH = re.compile(r"分别|各自|各(?=[是有为占达多])")
# What these words say of several things, no sentence says of one of them alone.
_TOGETHER = re.compile(r"共同|联合|之间|一共|合计|总共|共有|共计|合起来|相比|关系|相加|差距|相差|among|between")
# Two questions about one thing: 《…》的导演是谁,片长多少分钟.
_ASKS = r"(?:是|有|为)?(?:什么|谁|多少|几|哪|何时)[^,，]*"
_OF_ONE = re.compile(
    rf"(?P<one>[^,，]+的)(?P<a>[^,，的]{{2,10}}?)(?P<asks_a>{_ASKS})[,，]\s*(?P<b>[^,，的]{{2,10}}?)(?P<asks_b>{_ASKS})"
)
# The same where the second is nothing but what it asks: 报告是谁作的,哪天作的.
_WHICH = r"(?:是|由|在|有)?(?:谁|哪|什么时候|何时|多少|几)[^,，]*"
_OF_ONE_TOO = re.compile(rf"(?P<one>[^,，]{{3,}}?)(?P<a>{_WHICH})[,，]\s*(?P<b>{_WHICH})(?<![高低多少大小快慢强])")
# What was planned, and in a clause without a matter of its own what came of it: 原计划建多少所,实际建成几所.
_PLANNED_AND_DONE = re.compile(
    r"(?P<before>(?:[^,，]*[,，])?[^,，]*?)(?P<plan>原定|原(?:来|先|本)?的?(?:计划|打算|准备|预计|目标)|计划|打算|准备|预计|目标)(?P<matter>[^,，]*(?:多少|几)[^,，]*)"
    r"[,，;；][^,，]{0,4}(?P<outcome>实际|最后|最终|结果)[^,，]{0,8}(?:多少|几)[^,，]{0,6}"
)
_YEARS = re.compile(r"(?<!\d)(?:19|20)\d{2}年?(?:(?:和|与|及|以及|、)(?:19|20)\d{2}年?)+(?!\d)")
_YEARS_COMPARED = re.compile(
    r"(?P<before>[^,，]*?)(?P<one>(?:19|20)\d{2}年)的?(?P<matter>[^,，]{2,}?)(?:跟|和|与|同|比|较|相比)+"
    r"(?P<other>(?:19|20)\d{2}年)(?P<asks>.*)"
)
_OF_A_YEAR = re.compile(r"(?:19|20)\d{2}年")
_ASKING = re.compile(r"多少|几|哪|谁|什么|何时")
# Words that ask for more than one thing of each; without any word that asks a question is a thing's name (出厂价).
_OPEN = re.compile(r"什么|怎[么样]|如何|为何|哪些|[吗呢]")
_COUNTED = re.compile(r"(?:多少|几|\d)[个所名位家项间座条种期]?$")
_NAMING = "nbfjstvailxz"  # parts of speech, by their first letter, that can name one of several things


def each_alone(question: str) -> tuple[tuple[str, str], ...]:
    """For each of the things named side by side its words and the question about it alone; empty where that is not so.

    >>> each_alone("全市小学和初中的巩固率分别是多少")
    (('小学', '全市小学的巩固率是多少'), ('初中', '全市初中的巩固率是多少'))
    >>> each_alone("2018年和2019年新建幼儿园多少所")
    (('2018年', '2018年新建幼儿园多少所'), ('2019年', '2019年新建幼儿园多少所'))
    """
    if in_turn := _years_in_turn(question) or _years_compared(question) or _planned_and_done(question):
        return in_turn
    if _TOGETHER.search(question) or not (
        _EACH.search(question) or answer_type(question) or not _OPEN.search(question)
    ):
        return ()
    two = _OF_ONE.fullmatch(question)
    if two and answer_type(two["asks_a"]) != answer_type(two["asks_b"]):
        return tuple((two[key], two["one"] + two[key] + two[f"asks_{key}"]) for key in "ab")
    if years := _YEARS.search(question):
        found = re.findall(r"\d{4}", years[0])
        before, after = question[: years.start()], question[years.end() :]
        return tuple((f"{year}年", _EACH.sub("", f"{before}{year}年{after}")) for year in dict.fromkeys(found))
    words = tagged_words(question)
    items = _side_by_side(words)
    if not items:
        two = _OF_ONE_TOO.fullmatch(question.rstrip("?？"))
        if two and len({"", answer_type(two["a"]), answer_type(two["b"])}) == 3:
            return tuple((two[key], two["one"] + two[key]) for key in "ab")
        return ()
    before = _joined(words[: items[0][0]])
    after = _joined(words[items[-1][1] :])
    names = [_joined(words[start:end]) for start, end in items]
    if len(set(names)) < len(names):
        return ()
    return tuple((name, _EACH.sub("", f"{before}{name}{after}")) for name in names)


def _years_in_turn(question: str) -> tuple[tuple[str, str], ...]:
    """The same for what is asked of one year after another in clauses of their own.

    >>> _years_in_turn("人均补助,2013年是多少,2014年要到多少?")
    (('2013年', '人均补助,2013年是多少'), ('2014年', '人均补助,2014年要到多少'))
    """
    clauses = re.split(r"[,，、;；]", question.rstrip("?？"))
    asking = [at for at, clause in enumerate(clauses) if _OF_A_YEAR.search(clause) and _ASKING.search(clause)]
    years = [_OF_A_YEAR.findall(clauses[at]) for at in asking]
    matter = ",".join(clauses[: asking[0]]) if asking else ""
    if not matter or _ASKING.search(matter) or len(asking) < 2 or len({*map(tuple, years)}) < len(years):
        return ()
    return tuple((own[0], f"{matter},{clauses[at]}") for at, own in zip(asking, years, strict=True) if len(own) == 1)


def _years_compared(question: str) -> tuple[tuple[str, str], ...]:
    """The same for one year set against another, where what each has is asked for.

    >>> _years_compared("甲市2021年巩固率跟2020年比是升了还是降了,各是多少?")
    (('2021年', '甲市2021年巩固率是多少'), ('2020年', '甲市2020年巩固率是多少'))
    """
    found = _YEARS_COMPARED.fullmatch(question.rstrip("?？"))
    if not found or not _EACH.search(found["asks"]):
        return ()
    return tuple((year, f"{found['before']}{year}{found['matter']}是多少") for year in (found["one"], found["other"]))


def _planned_and_done(question: str) -> tuple[tuple[str, str], ...]:
    """The same for what was planned and what came of it.

    >>> _planned_and_done("2024年原打算新增多少学位,最后实际是多少?")
    (('原打算', '2024年原打算新增多少学位'), ('实际', '2024年实际新增多少学位'))
    """
    if not (found := _PLANNED_AND_DONE.fullmatch(question.rstrip("?？"))):
        return ()
    before = {"plan": found["before"], "outcome": re.sub("(?:年初|当初|一开始)$", "", found["before"])}
    return tuple((found[key], before[key] + found[key] + found["matter"]) for key in ("plan", "outcome"))


def asks_of_each(question: str) -> bool:
    """Whether a question says in so many words that it asks about each of several things."""
    return bool(_EACH.search(question))


def _side_by_side(words: Sequence[Word]) -> list[tuple[int, int]]:
    """Spans of words that conjunctions join, the first such run: single words, or pairs of like build.

    What is counted (多少个国家和地区) is not asked about; the things asked about may come after it.
    """
    items: list[tuple[int, int]] = []
    for at in range(1, len(words) - 1):
        if words[at][0] not in _AND:
            continue
        if items and items[-1][1] != at:
            break
        length = 2 if _alike(words[max(0, at - 2) : at], words[at + 1 : at + 3]) else 1
        if items and items[-1][1] - items[-1][0] != length:
            break
        if not (_names(words[at - 1]) and _names(words[at + length])):
            break
        if not items and _COUNTED.search(_joined(words[: at - length])):
            continue
        items = [*(items or [(at - length, at)]), (at + 1, at + 1 + length)]
    if items and items[-1][1] - items[-1][0] == 2 and words[items[-1][0]] == words[items[0][0]]:
        # Each is called by a word of its own (最佳电视剧和最佳电视动画), so all nouns that follow are the last one's.
        start, end = items[-1]
        while end < len(words) and words[end][1].startswith(("n", "vn")):
            end += 1
        items[-1] = (start, end)
    return items


def _alike(left: Sequence[Word], right: Sequence[Word]) -> bool:
    """Whether two pairs are built alike: a place and what is there, or with a word in common (最佳影片和最佳导演)."""
    if len(left) < 2 or len(right) < 2 or not all(tag[0] in _NAMING for _, tag in (*left, *right)):
        return False
    if left[0][1] == right[0][1] == "ns":
        return True
    return any(mine == other for (mine, _), (other, _) in zip(left, right, strict=True))


def _names(word: Word) -> bool:
    text, tag = word
    return len(text) >= 2 and tag[0] in _NAMING and not text.startswith("以")


def _joined(words: Sequence[Word]) -> str:
    return "".join(text for text, _ in words)
