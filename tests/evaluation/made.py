"""Answers, hits, a pipeline and files made by hand, for evaluations whose figures can be worked out on paper."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rag.answers.answer import Answer, Claim
from rag.answers.citations import Citation
from rag.answers.retrieval import Hit
from rag.answers.verification import Verdict
from rag.reports.chunks import Chunk


def citation(number: int, quote: str, *, title: str = "", section: Sequence[str] = ()) -> Citation:
    return Citation(
        id=f"c{number}",
        number=number,
        report="a",
        title=title,
        section=tuple(section),
        address="",
        quote=quote,
        start=0,
        end=len(quote),
        planned=False,
    )


def claim(text: str, *citations: str) -> Claim:
    return Claim(text, Verdict("supported"), citations)


def answer(
    text: str,
    *,
    citations: Sequence[Citation] = (),
    claims: Sequence[Claim] | None = None,
    refused: bool = False,
    confidence: float = 0.5,
    timings: Mapping[str, float] | None = None,
) -> Answer:
    """An answer; unless `claims` are given it makes one claim that cites everything."""
    if claims is None:
        claims = [] if refused else [claim(text, *(each.id for each in citations))]
    return Answer(
        question="",
        text=text,
        refused=refused,
        language="zh",
        kind="plain",
        confidence=confidence,
        claims=tuple(claims),
        citations=tuple(citations),
        timings=dict(timings or {}),
    )


def hit(report: str, text: str, *, path: Sequence[str] = ()) -> Hit:
    chunk = Chunk(
        id=f"{report}#{text}",
        report=report,
        address="front",
        path=tuple(path),
        kind="numbered",
        start=0,
        end=len(text),
        text=text,
        years=(),
    )
    return Hit(chunk=chunk, score=1.0, dense=1.0, lexical=1.0)


class FixedPipeline:
    """Gives each question the answer and the hits it was made with."""

    def __init__(self, answers: Mapping[str, Answer], hits: Mapping[str, Sequence[Hit]]) -> None:
        self.answers = answers
        self.hits = hits

    def ask(self, question: str) -> Answer:
        return self.answers[question]

    def search(self, query: str, *, top_k: int) -> list[Hit]:
        return list(self.hits.get(query, ()))[:top_k]


def written(folder: Path, name: str, records: Sequence[Mapping[str, Any]]) -> Path:
    """A file of one JSON object a line."""
    path = folder / name
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path
