"""The lines above a report's body into its table of contents: the lines that only name headings that come again."""

import re
from collections.abc import Sequence

from rag.reports.furniture import is_text
from rag.reports.lines import Line, squeezed
from rag.reports.numbering import read_marker

_TITLE = re.compile(r"[(（【\[]?(?:本[期文]|报告)?目[录次][)）】\]]?[:：]?|contents", re.IGNORECASE)
_LEADER = re.compile(r"(?:[\s.．·…‥_—–-]*[.．·…‥_—–\s]+\d{1,4}|[\s.．·…‥_]{2,})$")  # dots and a page's number
_FEWEST = 3  # entries of a table of contents that no line calls one
_LONGEST_ENTRY = 100  # characters of a line that are compared
_LINES = 300  # a table of contents begins within this many lines from the top


def contents_span(lines: Sequence[Line]) -> tuple[int, int] | None:
    """Where the table of contents stands in the report's text, with its own heading and the blank lines below; or None.

    Below a line that says 目录 it reaches to where its first entry comes again. Where none does, or none says 目录, it
    is the lines from there, or from the first number, that come again or end in dots and a page's number.
    """
    filled = [line for line in lines if line.words]
    words = [line.words for line in filled]
    titled = next((at for at, line in enumerate(words[:_LINES]) if _TITLE.fullmatch(squeezed(line))), None)
    first = next((at for at, line in enumerate(words[:_LINES]) if read_marker(line)), len(filled))
    if titled is not None:
        first = titled + 1
    if first >= len(filled):
        return None
    openings = [squeezed(line[:_LONGEST_ENTRY]) for line in words]
    key = _key(words[first])
    again = next((at for at in range(first + 1, len(filled)) if key and openings[at].startswith(key)), len(filled))
    seen: set[str] = set()
    last = first
    while last < again and (key := _key(words[last])) not in seen and _is_entry(words[last], openings[last + 1 :]):
        seen.add(key)
        last += 1
    if titled is not None and again < len(filled) and not any(map(is_text, words[first:again])):
        last = again
        while last > first and not _may_be_entry(words[last - 1]):  # the report's title stands above its first heading
            last -= 1
    if titled is None and (last - first < _FEWEST or not any(map(is_text, words[last:]))):
        return None
    return filled[first if titled is None else titled].start, filled[last].start if last < len(filled) else lines[
        -1
    ].end


def _may_be_entry(words: str) -> bool:
    return read_marker(words) is not None or _LEADER.search(words[-_LONGEST_ENTRY:]) is not None


def _is_entry(words: str, below: Sequence[str]) -> bool:
    key = _key(words)
    if len(key) < 2 or is_text(words):
        return False
    return _LEADER.search(words) is not None or any(line.startswith(key) for line in below)


def _key(words: str) -> str:
    return squeezed(_LEADER.sub("", words[:_LONGEST_ENTRY]))
