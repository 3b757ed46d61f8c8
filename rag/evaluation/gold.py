"""A gold file (one JSON object a line) to the questions, expected answers and evidence an evaluation compares with."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import InputError

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
    questions = [_question(record, path, line) for line, record in read_json_lines(path)]
    if not questions:
        raise InputError(f"{path} holds no questions", remedy="Write one JSON object a line, each with a `question`.")
    return questions


def read_json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield line number and object of each line that is not blank; `InputError` with the line for anything else."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # not splitlines: U+2028 may stand in a string
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", remedy="Give an existing file in UTF-8.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise malformed(path, number, f"is not JSON ({error.msg} at character {error.colno})") from error
        if not isinstance(record, dict):
            raise malformed(path, number, "is not a JSON object")
        yield number, record


def malformed(path: Path, line: int, what: str) -> InputError:
    return InputError(f"{path}, line {line}: {what}", remedy="Mend the line: one JSON object a line, as in the README.")


def _question(record: Mapping[str, Any], path: Path, line: int) -> GoldQuestion:
    try:
        sections = _texts_of_texts(record, "sections")
        first = _texts(record, "section")
        question = GoldQuestion(
            id=_text(record, "id") or str(line),
            question=_text(record, "question"),
            kind=_text(record, "kind") or "factoid",
            docs=_texts(record, "docs"),
            sections=sections or ((first,) if first else ()),
            sections_alt=_texts_of_texts(record, "sections_alt"),
            evidence=_texts(record, "evidence"),
            evidence_docs=_texts(record, "evidence_docs"),
            must=_texts_of_texts(record, "must"),
            must_not=_texts(record, "must_not"),
            difficulty=_text(record, "difficulty"),
            note=_text(record, "note"),
            pair=_text(record, "pair"),
            differs=_text(record, "differs"),
        )
    except TypeError as error:
        raise malformed(path, line, str(error)) from error
    if not question.question.strip():
        raise malformed(path, line, "has no `question`")
    return question


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    if value is None:
        return ""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"`{key}` is {value!r}, not a string")


def _texts(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = record.get(key)
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise TypeError(f"`{key}` is {value!r}, not a list of strings")


def _texts_of_texts(record: Mapping[str, Any], key: str) -> tuple[tuple[str, ...], ...]:
    """A list of lists of strings; a bare string in it stands for the list of itself."""
    value = record.get(key)
    if value is None:
        return ()
    groups = [[item] if isinstance(item, str) else item for item in value] if isinstance(value, list) else [None]
    if all(isinstance(group, list) and all(isinstance(item, str) for item in group) for group in groups):
        return tuple(tuple(group) for group in groups if group is not None)
    raise TypeError(f"`{key}` is {value!r}, not a list of lists of strings")
