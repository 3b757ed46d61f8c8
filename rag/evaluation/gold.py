"""A gold file (one JSON object a line) to the questions, expected answers and evidence an evaluation compares with."""

import re
from dataclasses import dataclass
from pathlib import Path

from rag.evaluation.json_lines import Line, read_lines

UNANSWERABLE = "unanswerable"
_BLANK_IN_NOTE = re.compile(r"为空|空白|留空|未填|缺字|\bblank\b|\bempty\b")


@dataclass(frozen=True, kw_only=True)
class GoldQuestion:
    """One question with what a right answer holds and where the reports say it.

    `docs` and `evidence_docs` are file names; `evidence` are exact substrings of the source, `evidence_docs` and
    `sections` (heading paths, outermost first) go with them one by one. An answer is right if it holds at least one
    string of every group of `must` and none of `must_not`.
    """

    id: str
    question: str
    kind: str
    docs: tuple[str, ...] = ()
    sections: tuple[tuple[str, ...], ...] = ()
    sections_alt: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[str, ...] = ()
    evidence_docs: tuple[str, ...] = ()
    must: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()
    difficulty: str = ""
    note: str = ""
    pair: str = ""
    differs: str = ""

    @property
    def answerable(self) -> bool:
        return self.kind != UNANSWERABLE

    @property
    def field_left_blank(self) -> bool:
        """Whether the note says that the source leaves the asked field blank: saying so is a right answer then."""
        return bool(_BLANK_IN_NOTE.search(self.note))

    def files_of_evidence(self, position: int) -> tuple[str, ...]:
        """The files that may hold the evidence at `position`: its own if the gold says so, else any of `docs`."""
        return self.evidence_docs[position : position + 1] or self.docs


def read_gold(path: Path) -> list[GoldQuestion]:
    """Read the questions in file order; only `question` is required, an `id` that is missing is the line number.

    Raises `InputError` naming the line for anything that is not such an object, and for a file without questions.
    """
    return [_question(line) for line in read_lines(path)]


def _question(line: Line) -> GoldQuestion:
    first = line.texts("section")
    return GoldQuestion(
        id=line.text("id") or str(line.number),
        question=line.required("question"),
        kind=line.text("kind") or "factoid",
        docs=line.texts("docs"),
        sections=line.groups("sections") or ((first,) if first else ()),
        sections_alt=line.groups("sections_alt"),
        evidence=line.texts("evidence"),
        evidence_docs=line.texts("evidence_docs"),
        must=line.groups("must"),
        must_not=line.texts("must_not"),
        difficulty=line.text("difficulty"),
        note=line.text("note"),
        pair=line.text("pair"),
        differs=line.text("differs"),
    )
