"""A report's words into a small sketch by which near-duplicates are found without comparing texts."""

import zlib
from collections.abc import Sequence

from rag.reports.lines import squeezed
from rag.reports.reading import Report
from rag.reports.sections import FURNITURE

SHINGLE = 5  # characters; shorter runs are shared by texts that have nothing else in common
SIZE = 128  # values kept: the likeness of two reports is then known to about 0.04 (standard error)


def sketch_of(report: Report) -> tuple[int, ...]:
    """The `SIZE` least of the hashes (CRC-32) of all runs of `SHINGLE` characters, ascending; fewer for a short text.

    That is a bottom-k sketch (Broder 1997, On the resemblance and containment of documents). White space and furniture
    count for nothing: the same notice on two sites has the same words.
    """
    content = [section for section in report.sections if section.kind != FURNITURE]
    words = squeezed("".join(report.text[section.start : section.end] for section in content))
    if not words:
        return ()
    runs = {words[start : start + SHINGLE] for start in range(max(1, len(words) - SHINGLE + 1))}
    return tuple(sorted({zlib.crc32(run.encode()) for run in runs})[:SIZE])


def likeness(first: Sequence[int], second: Sequence[int]) -> float:
    """The share of runs of characters that two reports have in common, 0 to 1, estimated from their sketches.

    Jaccard's coefficient: of the least values of both together, those that both have.
    """
    least = sorted({*first, *second})[: min(SIZE, max(len(first), len(second)))]
    shared = {*first} & {*second}
    return sum(value in shared for value in least) / len(least) if least else 0.0
