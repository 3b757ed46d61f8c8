"""Whether a question asks for what was planned or for what came of it."""

import re
from typing import Literal

Modality = Literal["", "plan", "target", "outcome"]

_OUTCOME = re.compile(
    r"最终|最后|实际|结果|真正|已经|已建|建成的|拖[到延后]|推迟|延[期误后]|没能|actual|in the end|finally|already", re.I
)
# Whether something is so already is answered by a plan to do it; whether it came about in the end is not.
_IN_THE_END = re.compile(r"最终|最后|实际|结果|actual|in the end|finally", re.I)
_PLAN = re.compile(r"原定|(?:原|原先|原本|原来)的?(?:计划|规划|打算|设想|预计|预期|目标|安排)|originally", re.I)
_TARGET = re.compile(r"目标|计划|规划|打算|预计|预期|target|plan", re.I)
_INTENDED = re.compile(
    r"打算|预计|希望|争取|力争|(?:准备|计划|想)(?=[在到于]?\d|[建投新招改创开在到于花让把实增培办盖])|目标(?=是|为|定|多少|分别|各)|计划(?=多少|几)"
    r"|\b(?:plans?|planned|aims?|expect(?:s|ed)?) to\b",
    re.I,
)


def speaks_of_plan(text: str) -> bool:
    """Whether a text has a word for what was planned or is to come."""
    return bool(_PLAN.search(text) or _TARGET.search(text))


def modality(own: str, whole: str, *, yes_no: bool) -> Modality:
    """What `own`, the words about one part of the question `whole`, ask for; "" where a plan or an outcome will do.

    "plan" is what had been planned, where an outcome is no answer; "target" what is to come, which a report may also
    tell as a fact. A part that says neither asks what the whole question does; one that says both will take either.

    >>> question = "甲市2019年实际是多少,乙市2020年的目标是多少"
    >>> [modality(part, question, yes_no=False) for part in question.split(",")]
    ['outcome', 'target']
    """
    outcome = _IN_THE_END if yes_no else _OUTCOME
    words = own if _TARGET.search(own) or outcome.search(own) else whole
    if outcome.search(words):
        return "" if _PLAN.search(words) else "outcome"
    if _PLAN.search(words):
        return "plan"
    return "target" if _INTENDED.search(words) else ""
