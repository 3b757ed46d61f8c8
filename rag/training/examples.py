"""Turns extractive question sets (one JSON object a line) into rows, and rows into labelled reading examples."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag.errors import InputError

HELD_OUT_SHARE = 10  # one article in ten is never trained on


@dataclass(frozen=True)
class Row:
    """A question, its passage and every accepted answer; `passage[start : start + len(answer)] == answer` for each."""

    id: str
    source: str
    question: str
    title: str
    passage_id: str
    passage: str
    answers: tuple[str, ...]
    starts: tuple[int, ...]

    @property
    def article(self) -> str:
        """What the split keeps together: passages of one article are about the same things."""
        return self.title or self.passage_id


@dataclass(frozen=True)
class Example:
    """A question with a passage; `span` is the answer's characters in the passage, None where it has no answer."""

    question: str
    passage: str
    span: tuple[int, int] | None
    kind: str

    def behind(self, prefix: str) -> "Example":
        """The same example with `prefix` before the passage."""
        span = None if self.span is None else (self.span[0] + len(prefix), self.span[1] + len(prefix))
        return replace(self, passage=prefix + self.passage, span=span)


def load_rows(paths: Sequence[Path]) -> list[Row]:
    """Read the sets; the file's name is the row's `source`. Raises `InputError` for a line that is not a usable row."""
    rows = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                item = json.loads(line)
                row = Row(
                    id=item["id"],
                    source=path.name.removesuffix(".jsonl"),
                    question=item["question"].strip(),
                    title=item.get("title", ""),
                    passage_id=item["passage_id"],
                    passage=item["context"],
                    answers=tuple(item["answers"]),
                    starts=tuple(item["answer_start"]),
                )
            except (ValueError, KeyError) as error:
                raise InputError(
                    f"{path}:{number} is not a question row: {error!r}",
                    remedy="A row has id, question, passage_id, context, answers and answer_start.",
                ) from error
            rows.append(row)
    return rows


def split(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Rows to train on and rows held out. By article, across sets, and independent of order and machine."""
    train: list[Row] = []
    held_out: list[Row] = []
    for row in rows:
        digest = hashlib.sha256(row.article.encode()).digest()
        (held_out if digest[0] % HELD_OUT_SHARE == 0 else train).append(row)
    return train, held_out


def answered(row: Row) -> Example:
    """The row as it stands, with its first answer."""
    return Example(row.question, row.passage, (row.starts[0], row.starts[0] + len(row.answers[0])), "plain")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Spans that partition the text after 。！？!?； and line breaks: the grain at which evidence is labelled."""
    spans, begin = [], 0
    for at, character in enumerate(text, start=1):
        if character in "。！？!?；;\n" or at == len(text):
            spans.append((begin, at))
            begin = at
    return spans
