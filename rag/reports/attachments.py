"""The lines of a report into its attachments: where each begins, and which lines only list them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.reports.furniture import is_masthead, is_text
from rag.reports.lines import Line, squeezed
from rag.reports.numbering import read_marker
from rag.reports.titles import is_body

_ALONE = re.compile(r"附[件录表]?\s*(?:[\d一二三四五六七八九十]{1,3}|[A-Z])?(?:[-—–]\d{1,2})?\s*[：:]?")
_TITLED = re.compile(r"附[件录表]\s*(?:[\d一二三四五六七八九十]{1,3}|[A-Z])\s*[：: 　.．、]\s*\S")
_DATE = re.compile(r"[\d〇○零一二三四五六七八九十]{4}\s*年[\d一二三四五六七八九十\s]+月")


@dataclass(frozen=True)
class Attachment:
    """Indices of lines: where it begins (附件1), and the one with its title, which may be the same."""

    line: int
    title: int


def attachments(lines: Sequence[Line], *, start: int, stop: int) -> list[Attachment]:
    """The attachments that begin in `lines[start:stop]`.

    Their number stands alone above a title and content (附件1 / 某某标准 / …), or before the title on one line (附件1：
    某某标准 / …). What only names attachments, above a signature or one below the other, is no beginning.
    """
    found: list[Attachment] = []
    filled = [index for index in range(start, stop) if lines[index].words]
    began = False  # an attachment follows something
    for at, index in enumerate(filled):
        words = lines[index].words
        began = began or is_text(words) or read_marker(lines[index].text) is not None
        if not words.startswith("附") or is_text(words) or not began:
            continue
        below = [lines[other].words for other in filled[at + 1 : at + 3]]
        if _ALONE.fullmatch(words) and len(below) == 2:
            title = filled[at + 1]
            marked = read_marker(below[0]) is not None or is_text(below[0]) or is_masthead(lines[title])
            if not marked and not _names_only(below[0]) and not _names_only(below[1]):
                found.append(Attachment(index, title))
        elif _TITLED.match(words) and below and not _names_only(below[0]) and read_marker(below[0]) is None:
            found.append(Attachment(index, index))
    return found


def listed_attachments(lines: Sequence[Line], *, start: int, stop: int) -> set[int]:
    """Indices of the lines that list attachments (附件:1.… 2.…): their numbers belong to names and not to headings."""
    found: set[int] = set()
    listing = False
    for index in range(start, stop):
        words = lines[index].words
        if words.startswith(("附件", "附表")) and not is_text(words):
            listing = words[2:].rstrip("：: ") == "" or read_marker(words[2:].lstrip("：: ")) is not None
        elif listing and words:
            marker = read_marker(words)
            listing = marker is not None and marker.style.name == "1." and not is_text(words)
            if listing:
                found.add(index)
    return found


def _names_only(words: str) -> bool:
    """Whether a line goes on with the list or ends the letter: another attachment, the body that signs, a date."""
    return words.startswith("附") or is_body(words) or _DATE.match(squeezed(words)) is not None
