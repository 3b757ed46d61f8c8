"""Questions for a summary to the section meant, and that section to its own headings and sentences."""

from collections.abc import Iterator, Sequence

from rag.answers.composition import Statement
from rag.answers.evidence import Evidence
from rag.reports.chunks import Chunk

MOST_LINES = 6
# A parent section is meant when at least two of its own subsections are among so many best sections.
_BEST_SECTIONS = 4


def summarize(ranked: Sequence[Evidence]) -> list[Statement]:
    """Statements in document order: of a parent section one or two a subsection, of a single section its best ones.

    `ranked` are the sentences of the retrieved sections, best first.
    """
    if not ranked:
        return []
    parent = _parent_meant(ranked)
    if parent is None:
        best = ranked[0].chunk
        chosen = [item for item in ranked if _same_section(item.chunk, best)][: MOST_LINES - 1]
    else:
        inside = [item for item in ranked if _inside(item.chunk, parent, best=ranked[0].chunk)]
        sections = dict.fromkeys(item.chunk.address for item in sorted(inside, key=lambda item: item.start))
        each = 2 if len(sections) * 2 <= MOST_LINES else 1
        chosen = [item for section in sections for item in _of(section, inside, each)][: 2 * MOST_LINES]
    return list(_lines(sorted(chosen, key=lambda item: item.start), headed=parent is not None))


def _parent_meant(ranked: Sequence[Evidence]) -> tuple[str, ...] | None:
    best = list(dict.fromkeys((item.chunk.report, item.chunk.path) for item in ranked))[:_BEST_SECTIONS]
    report, path = best[0]
    if len(path) < 2:
        return None
    siblings = sum(1 for other, other_path in best if other == report and other_path[:-1] == path[:-1])
    return path[:-1] if siblings >= 3 else None


def _same_section(chunk: Chunk, other: Chunk) -> bool:
    return (chunk.report, chunk.address) == (other.report, other.address)


def _inside(chunk: Chunk, parent: tuple[str, ...], *, best: Chunk) -> bool:
    return chunk.report == best.report and chunk.path[: len(parent)] == parent and len(chunk.path) > len(parent)


def _of(section: str, items: Sequence[Evidence], count: int) -> list[Evidence]:
    return [item for item in items if item.chunk.address == section][:count]


def _lines(chosen: Sequence[Evidence], *, headed: bool) -> Iterator[Statement]:
    heading = ""
    for item in chosen:
        own = item.chunk.path[-1] if item.chunk.path else ""
        words = " ".join(item.text.split())
        label = own if headed and own != heading and not words.startswith(own) else ""
        heading = own
        yield Statement(words, (item,), label=label)
