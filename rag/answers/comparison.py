"""A question that compares to what it asks about one of its sides."""

import re
from collections.abc import Sequence

from rag.answers.asked import contains_question

_MORE = r"(?:更|比较|最)?[高低多少大小快慢早晚长短好强][一点些]{0,2}"
_SIDE = r"(?:到底)?(?:谁|哪一?[个座]?(?:城市|地方|[边年家市县区省方地])?)的?"
_COMPARING = re.compile(
    r"(?:是|到底)?(?:[升增涨高多好快]|上升|增加|提高)了?(?:还是|或)[降减跌低少差慢下][降少低]?了?|[这那]?两年(?=[^,，]{0,3}多少)"
    r"|对比|比较|相比|各自|分别|各(?=[是有惠投占达])|(?<![占同环对])比(?:起来)?(?=[,，?？]|$)"
    rf"|[,，]?{_SIDE}[^,，?？]{{0,4}}?{_MORE}(?=[,，?？]|$)"
    r"|[,，]?(?:两[地年市边者])?(?:相差|差距|差)(?:了|是|有)?多[少大](?=[,，?？]|$)"
)
# 哪边初中毕业生升学的比例更高: what is asked about stands between.
_WHICH = re.compile(rf"{_SIDE}(?P<matter>[^,，?？]{{4,}}?)(?:更|比较|最){_MORE}")
# What is asked of the other side, where this side asks for something else (甲市2019年实际和乙市2020年的目标).
_SAID_OF = r"(?:\(目标\)|的?(?:目标|实际|计划|实绩|完成)(?:情况|[数值])?(?=[和与跟同、及,，]|分别|各|$))?"
_MEANT = r"(?:打算|准备|预计|计划)?"
_LEADING = re.compile(r"^[和与跟同比、及,，]+")


def about_one(text: str, own: str, others: Sequence[str]) -> str:
    """A comparison as a question about one side: without the others, their years and the words that compare.

    `own` and `others` are regions, or years (2018年). A clause after this side's own that is about another one only is
    left out; one before it is kept, for it may name the matter.

    >>> about_one("甲市2017年的入园率,跟乙市2020年的目标比,哪个高?", "甲市", ["乙市"])
    '甲市2017年的入园率?'
    """
    kept: list[str] = []
    for clause in re.split(r"(?<=[,，;；?？。])", text):
        named = [other for other in others if other in clause]
        if named and own not in clause and any(own in before for before in kept):
            continue
        kept.append(clause)
    words = "".join(kept)
    for other in others:
        words = re.sub(rf"(?<!对)比{other}[^,，?？]{{0,10}}?(?=[高低多少大小快慢]了?还是)", "", words)
        words = re.sub(
            rf"(?:[和与跟同、及]|(?<!对)比)?{other}[市省县区]?(?:(?:19|20)\d{{2}}年)?{_SAID_OF}{_MEANT}", "", words
        )
    words = re.sub(rf"(?:[和与跟同、及]|(?<!对)比)({own})", r"\1", words)
    words = _COMPARING.sub("", _WHICH.sub(r"\g<matter>", words))
    return re.sub(r"[,，;；]+(?=[?？]|$)", "", _LEADING.sub("", words))


def clause_of(text: str, own: str) -> str:
    """The clause that names this side, where it is itself a question; else ""."""
    clauses = re.split(r"[,，;；:：?？。]", text)
    return next((clause for clause in clauses if own in clause and contains_question(clause)), "")


def beside(text: str, own: str, sides: Sequence[str]) -> str:
    """What is said after this side and before the next one (成都2018年和江门2017年)."""
    at = text.find(own)
    others = [place for other in sides if other != own and (place := text.find(other)) > at]
    return text[at : min(others, default=len(text))]
