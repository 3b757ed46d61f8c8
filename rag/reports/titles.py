"""The first lines of a report into its title: which lines hold it, and what kind of document it names."""

import re
from collections.abc import Sequence

from rag.reports.furniture import is_cue, is_masthead, is_text
from rag.reports.lines import Line, squeezed
from rag.reports.numbering import read_marker

# What official documents call themselves, longest first where one ends with another.
KINDS = (
    *("工作要点", "要点", "工作总结", "总结", "工作计划", "计划", "自评报告", "自评情况", "自评", "政府工作报告"),
    *("工作报告", "报告", "通知", "通告", "公告", "通报", "公报", "规定", "办法", "细则", "条例", "方案", "意见"),
    *("规划", "纲要", "决定", "决议", "章程", "制度", "标准", "指南", "指引", "攻略", "说明", "解读", "安排"),
    *("打算", "思路", "举措", "措施", "任务", "目标", "清单", "函", "批复", "请示", "纪要", "讲话", "情况"),
)
_KIND = "|".join(KINDS)
_ENDS_WITH_KIND = re.compile(rf"(?:{_KIND})(?:[(（〔《][^()（）]{{1,20}}[)）〕》])?$")
_YEAR = re.compile(r"(?:19|20)\d{2}(?:年|[-—–~至])")
_BODY = re.compile(r"(?:局|委|委员会|政府|厅|部|院|处|办|办公室|中心|会|校|大学|集团|公司)(?:[(（][^()（）]*[)）])?$")
_SALUTATION = re.compile(r"\S{2,30}[:：]$")
_LONGEST = 80  # characters of a title
_SHORTEST = 4
_TOO_LITTLE = 2  # the score of a line that says what a document is and no more (规划计划): an entry of a menu
_LINES = 200  # a title stands within this many lines from the top, menus included


def names_a_document(words: str) -> bool:
    """Whether a line can be a document's title: short, no sentence, ending with what documents are called."""
    tight = squeezed(words)
    return (
        _SHORTEST <= len(tight) <= _LONGEST
        and _ENDS_WITH_KIND.search(tight) is not None
        and not re.search("[。；;！!？?，,]", re.sub("《[^》]*》", "", tight))
        and not tight.startswith(("附件", "—", "-", "现将", "为"))
        and not is_cue(words)
        and read_marker(words) is None
    )


def is_body(words: str) -> bool:
    """Whether a line ends as the name of a public body does (…委员会 …教育局)."""
    return len(words) <= _LONGEST and not is_text(words) and _BODY.search(squeezed(words)) is not None


def find_title(lines: Sequence[Line]) -> tuple[int, int] | None:
    """First and last line of the title, or None when the text has none.

    Of the lines above the body, the one that says most about its document: what it is, for which year, whose. A title
    may be broken over two or three lines. The title of a 通知 is its own (关于印发《…》的通知), not that of the
    document it encloses: it is what the page is filed and cited under, and it names the enclosed document anyway.
    """
    best: tuple[int, tuple[int, int] | None] = (_TOO_LITTLE, None)
    above: list[int] = []  # lines directly above that may be the beginning of a broken title
    for index, line in enumerate(lines[:_LINES]):
        words = line.words
        if not words:
            continue
        masthead = is_masthead(line)
        if not masthead and _opens_the_body(words):
            break
        if masthead or is_cue(words) or read_marker(words):
            above = []
            continue
        for first in (index, *reversed(above[-2:])):
            joined = "".join(lines[part].words for part in range(first, index + 1))
            score = _score(joined) if first == index or _continues(lines[first].words, words) else 0
            if score > best[0]:
                best = score, (first, index)
        above.append(index)
    return best[1]


def _score(words: str) -> int:
    if not names_a_document(words):
        return 0
    tight = squeezed(words)
    named = re.search("[省市县区州盟旗局委厅部院]|政府|关于", tight) is not None
    return 2 + (len(tight) >= _SHORTEST + 2) + (_YEAR.search(tight) is not None) + named


def _continues(first: str, last: str) -> bool:
    """Whether a title that ends with `last` begins with `first`: a body's name, or any words if `last` needs some."""
    return is_body(first) or not names_a_document(last)


def _opens_the_body(words: str) -> bool:
    marker = read_marker(words)
    if marker is not None:
        return marker.style.name not in ("1.", "1)")
    return _SALUTATION.fullmatch(words) is not None or (len(words) > _LONGEST and words[-1] in "。；：:")
