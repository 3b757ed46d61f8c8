"""Statements and their evidence to an answer: numbered citations, claims, and all that is needed to dispute it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.answers.citations import Citation, citation_id
from rag.answers.composition import SUPPORTED, Statement
from rag.answers.evidence import Evidence
from rag.answers.query import Query
from rag.answers.retrieval import Hit
from rag.answers.verification import Verdict
from rag.reports.chunks import Chunk

NEAREST = 3  # sections shown with a refusal
INSTEAD = {"zh": "报告写的是:“{quote}”", "en": "The report says: “{quote}”"}


@dataclass(frozen=True)
class Claim:
    """One statement, its verdict, and the ids of the citations it rests on."""

    text: str
    verdict: Verdict
    citations: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """`text` carries `[n]` markers; `confidence` (0 to 1) is how sure the evidence is to answer; `timings` are seconds.

    `claims` make up the text, in order; `removed` are claims of the draft that failed, with the reason. When `refused`,
    `text` says what is missing, and cites what a report says instead where it does; `nearest` holds the sections that
    come closest. `understood` is the question as it stands alone, where it followed others; else empty.
    """

    question: str
    text: str
    refused: bool
    language: str
    kind: str
    confidence: float
    claims: tuple[Claim, ...] = ()
    removed: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    nearest: tuple[Hit, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    understood: str = ""
    timings: Mapping[str, float] = field(default_factory=dict)
    identity: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The body of `POST /v1/ask`."""
        return {
            "question": self.question,
            "understood": self.understood,
            "answer": self.text,
            "refused": self.refused,
            "language": self.language,
            "kind": self.kind,
            "confidence": round(self.confidence, 4),
            "claims": [claim_json(claim) for claim in self.claims],
            "removed": [claim_json(claim) for claim in self.removed],
            "citations": [citation_json(citation) for citation in self.citations],
            "evidence": [self._evidence(item) for item in self.evidence],
            "nearest": [
                self._place(hit.chunk, hit.chunk.start, hit.chunk.end, hit.chunk.text) | {"score": round(hit.score, 4)}
                for hit in self.nearest
            ],
            "timings": {stage: round(seconds, 4) for stage, seconds in self.timings.items()},
            "identity": dict(self.identity),
        }

    def _evidence(self, item: Evidence) -> dict[str, Any]:
        place = self._place(item.chunk, item.start, item.end, item.text)
        scores = {name: round(value, 4) for name, value in item.scores.items()}
        return place | {"planned": item.planned, "score": round(item.score, 4), "scores": scores}

    def _place(self, chunk: Chunk, start: int, end: int, text: str) -> dict[str, Any]:
        return {
            "report": chunk.report,
            "title": self.titles.get(chunk.report, chunk.report),
            "section": list(chunk.path),
            "address": chunk.address,
            "text": text,
            "start": start,
            "end": end,
        }


@dataclass(frozen=True)
class Event:
    """One step of an answer in the making: "status" (a word), "evidence" (an `Evidence`), "token" (text of the draft,
    not yet verified), "claim" (a `Claim` of the answer, checked), "answer" (the `Answer`, always last).
    """

    type: Literal["status", "evidence", "token", "claim", "answer"]
    data: str | Evidence | Claim | Answer


def citation_json(citation: Citation) -> dict[str, Any]:
    """A citation as the API shows it; page and paragraph only where there are any."""
    shown = {
        "id": citation.id,
        "number": citation.number,
        "report": citation.report,
        "title": citation.title,
        "section": list(citation.section),
        "address": citation.address,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "planned": citation.planned,
    }
    leaf = {"page": citation.page, "paragraph": citation.paragraph}
    return shown | {name: number for name, number in leaf.items() if number is not None}


def compose(
    query: Query,
    statements: Sequence[Statement],
    *,
    removed: Sequence[Statement] = (),
    evidence: Sequence[Evidence] = (),
    titles: Mapping[str, str],
    confidence: float,
) -> Answer:
    """Number the evidence in the order the statements cite it and write the text, one line a statement.

    A statement without evidence says what the reports leave open: it is a line of the text, but no claim.
    """
    citations: dict[tuple[str, int, int], Citation] = {}
    claims, lines = [], []
    rows = len(statements) > 1 or any(statement.label for statement in statements)
    for statement in statements:
        own = []
        for item in statement.evidence:
            key = (item.chunk.report, item.start, item.end)
            if key not in citations:
                citations[key] = _cite(item, number=len(citations) + 1, titles=titles)
            own.append(citations[key])
        if own:
            claims.append(Claim(statement.text, statement.verdict, tuple(citation.id for citation in own)))
        label = f"{statement.label}:" if statement.label else ""
        markers = "".join(f"[{citation.number}]" for citation in own)
        lines.append(f"{'- ' if rows else ''}{label}{statement.text} {markers}".rstrip())
    return Answer(
        question=query.text,
        text="\n".join(lines),
        refused=False,
        language=query.language,
        kind=query.kind,
        confidence=confidence,
        claims=tuple(claims),
        removed=tuple(Claim(statement.text, statement.verdict, ()) for statement in removed),
        citations=tuple(citations.values()),
        evidence=tuple(evidence),
        titles=titles,
    )


def refuse(
    query: Query,
    reason: str,
    hits: Sequence[Hit],
    *,
    titles: Mapping[str, str],
    confidence: float,
    fact: Evidence | None = None,
) -> Answer:
    """A refusal that says what is missing and shows the nearest sections, each section once.

    `fact` is what a report does say of the matter: its words are cited behind the reason.
    """
    nearest: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        nearest.setdefault((hit.chunk.report, hit.chunk.address), hit)
    shown = tuple(nearest.values())[:NEAREST]
    citations = () if fact is None else (_cite(fact, number=1, titles=titles),)
    claims = tuple(Claim(item.quote, SUPPORTED, (item.id,)) for item in citations)
    lines = [
        reason,
        *(f"{INSTEAD[query.language].format(quote=' '.join(item.quote.split()))} [1]" for item in citations),
    ]
    return Answer(
        question=query.text,
        text="\n".join(lines),
        refused=True,
        language=query.language,
        kind=query.kind,
        confidence=confidence,
        claims=claims,
        citations=citations,
        evidence=() if fact is None else (fact,),
        nearest=shown,
        titles=titles,
    )


def claim_json(claim: Claim) -> dict[str, Any]:
    """A claim as the API shows it."""
    return {
        "text": claim.text,
        "verdict": claim.verdict.value,
        "reason": claim.verdict.reason,
        "citations": list(claim.citations),
    }


def _cite(item: Evidence, *, number: int, titles: Mapping[str, str]) -> Citation:
    chunk = item.chunk
    return Citation(
        id=citation_id(chunk.report, chunk.address, item.start, item.end, item.text),
        number=number,
        report=chunk.report,
        title=titles.get(chunk.report, chunk.report),
        section=chunk.path,
        address=chunk.address,
        quote=item.text,
        start=item.start,
        end=item.end,
        planned=item.planned,
    )
