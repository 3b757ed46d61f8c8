"""One gold question, the answer given and the sections found to a graded row; many rows to the figures of a group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.evaluation import measures
from rag.evaluation.gold import GoldQuestion

if TYPE_CHECKING:
    from rag.answers.answer import Answer
    from rag.answers.citations import Citation
    from rag.answers.retrieval import Hit

SEARCH_DEPTH = 10  # MRR@10 looks this far
SEARCH_STAGE = "search"


@dataclass(frozen=True, kw_only=True)
class Row:
    """How one question went. Times are seconds; what does not apply to the question (or to a refusal) is None or empty.

    `right`: holds what the gold asks, for an answerable question. `ranks`: of the first hit that holds each gold
    evidence, None where none of the hits does. `figures_of_claims`: in a claim, not in that claim's own citations;
    `figures_of_answer`: in the answer, in none of its citations. `refusal`: counts as one, which saying that the
    source leaves the field blank does where the gold says so.
    """

    question: GoldQuestion
    answer: str
    refused: bool
    refusal: bool
    confidence: float
    right: bool | None
    ranks: tuple[int | None, ...]
    citation_precision: float | None
    citation_recall: float | None
    figures_of_claims: tuple[str, ...]
    figures_of_answer: tuple[str, ...]
    seconds: float
    timings: Mapping[str, float]
    retrieved: tuple[str, ...]
    quotes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return self.refusal if self.right is None else self.right

    @property
    def unsupported_figures(self) -> tuple[str, ...]:
        return tuple(sorted({*self.figures_of_claims, *self.figures_of_answer}))

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything wrong with this row, in words; empty when nothing is."""
        found = []
        if self.right is None and not self.refusal:
            found.append("answered, though no report says it")
        if self.right is False:
            found.append("refused, though the reports say it" if self.refused else self._what_is_missing())
        if self.unsupported_figures:
            found.append(f"figures not in their own citation: {', '.join(self.unsupported_figures)}")
        absent = [
            words
            for words, rank in zip(self.question.evidence, self.ranks, strict=True)
            if rank is None or rank > 5  # the depth of evidence_recall@5
        ]
        if absent and not self.passed:
            found.append(f"evidence not among the first 5 sections: {' | '.join(absent)}")
        if self.right and self.citation_recall == 0.0:
            found.append("right, but no gold evidence is cited")
        return tuple(found)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.question.id,
            "kind": self.question.kind,
            "difficulty": self.question.difficulty,
            "question": self.question.question,
            "answer": self.answer,
            "refused": self.refused,
            "confidence": self.confidence,
            "passed": self.passed,
            "right": self.right,
            "must": [list(group) for group in self.question.must],
            "evidence": list(self.question.evidence),
            "evidence_ranks": list(self.ranks),
            "evidence_recall@1": measures.recall_at(self.ranks, 1) if self.ranks else None,
            "evidence_recall@5": measures.recall_at(self.ranks, 5) if self.ranks else None,
            "reciprocal_rank@10": measures.reciprocal_rank_at(self.ranks, SEARCH_DEPTH) if self.ranks else None,
            "citation_precision": self.citation_precision,
            "citation_recall": self.citation_recall,
            "unsupported_figures": list(self.unsupported_figures),
            "retrieved": list(self.retrieved),
            "quotes": list(self.quotes),
            "seconds": self.seconds,
            "timings": dict(self.timings),
            "faults": list(self.faults),
        }

    def _what_is_missing(self) -> str:
        missing = [
            " or ".join(group) for group in self.question.must if not measures.right_answer(self.answer, [group])
        ]
        unwanted = [words for words in self.question.must_not if measures.holds(self.answer, words)]
        parts = [f"does not say {'; '.join(missing)}"] if missing else []
        return ", ".join([*parts, f"says {'; '.join(unwanted)}"] if unwanted else parts)


def grade(
    question: GoldQuestion,
    answer: "Answer",
    *,
    hits: "Sequence[Hit]",
    report_ids: Mapping[str, str],
    seconds: float,
    search_seconds: float,
) -> Row:
    """Compare an answer and the best `SEARCH_DEPTH` hits with the gold; `report_ids` gives the id of each file name."""
    sources = {citation.id: _source(citation) for citation in answer.citations}
    quotes = tuple(citation.quote for citation in answer.citations)
    of_answer: set[str] = set()
    of_claims: set[str] = set()
    if not answer.refused:
        of_answer = measures.unsupported_figures(answer.text, sources.values())
        for claim in answer.claims:
            own = [sources[identifier] for identifier in claim.citations if identifier in sources]
            of_claims |= measures.unsupported_figures(claim.text, own)
    says_blank = question.field_left_blank and measures.says_blank(answer.text)
    graded = question.answerable and not answer.refused
    return Row(
        question=question,
        answer=answer.text,
        refused=answer.refused,
        refusal=answer.refused or (says_blank and not question.answerable),
        confidence=answer.confidence,
        right=_right(question, answer, says_blank=says_blank) if question.answerable else None,
        ranks=measures.evidence_ranks(
            [(hit.chunk.report, hit.chunk.text) for hit in hits[:SEARCH_DEPTH]],
            [
                (words, {report_ids[name] for name in question.files_of_evidence(position)})
                for position, words in enumerate(question.evidence)
            ],
        ),
        citation_precision=measures.citation_precision(quotes, question.evidence) if graded else None,
        citation_recall=measures.citation_recall(quotes, question.evidence) if graded else None,
        figures_of_claims=tuple(sorted(of_claims)),
        figures_of_answer=tuple(sorted(of_answer)),
        seconds=seconds,
        timings={**answer.timings, SEARCH_STAGE: search_seconds},
        retrieved=tuple(" › ".join((hit.chunk.report, *(hit.chunk.path or (hit.chunk.address,)))) for hit in hits),
        quotes=quotes,
    )


def summarise(rows: Sequence[Row]) -> dict[str, float | int | None]:
    """The figures of a group of rows; shares are 0 to 1, times seconds, and None where a group has nothing to measure.

    `unsupported_figures` counts figures, `answers_with_unsupported_figures` is the share of answers in whose text one
    stands that none of the citations holds. `refusal_recall`: share of the unanswerable questions that are refused,
    `refusal_precision`: share of the refusals that are of unanswerable questions.
    """
    answerable = [row for row in rows if row.question.answerable]
    unanswerable = [row for row in rows if not row.question.answerable]
    located = [row.ranks for row in answerable if row.ranks]
    return {
        "questions": len(rows),
        "evidence_recall@1": measures.mean(measures.recall_at(ranks, 1) for ranks in located),
        "evidence_recall@5": measures.mean(measures.recall_at(ranks, 5) for ranks in located),
        "mrr@10": measures.mean(measures.reciprocal_rank_at(ranks, SEARCH_DEPTH) for ranks in located),
        "right": measures.mean(bool(row.right) for row in answerable),
        "citation_precision": _mean_of([row.citation_precision for row in rows]),
        "citation_recall": _mean_of([row.citation_recall for row in rows]),
        "unsupported_figures": sum(len(row.unsupported_figures) for row in rows),
        "answers_with_unsupported_figures": measures.mean(bool(row.figures_of_answer) for row in rows),
        "refusal_precision": measures.mean(not row.question.answerable for row in rows if row.refusal),
        "refusal_recall": measures.mean(row.refusal for row in unanswerable),
        "false_refusal": measures.mean(row.refused and not row.right for row in answerable),
        "auroc": measures.auroc([row.confidence for row in answerable], [row.confidence for row in unanswerable]),
        "median_seconds": measures.median([row.seconds for row in rows]),
        "p95_seconds": measures.percentile([row.seconds for row in rows], 0.95),
    }


def stage_times(rows: Sequence[Row]) -> dict[str, dict[str, float | None]]:
    """Median and 95th percentile of the seconds of every stage, over the questions that went through it."""
    stages = dict.fromkeys(stage for row in rows for stage in row.timings)
    times = {stage: [row.timings[stage] for row in rows if stage in row.timings] for stage in stages}
    return {
        stage: {"median": measures.median(values), "p95": measures.percentile(values, 0.95)}
        for stage, values in times.items()
    }


def pairs_both_right(rows: Sequence[Row]) -> float | None:
    """Share of the minimal pairs of which every twin passed; None for a gold without pairs."""
    pairs: dict[str, list[bool]] = {}
    for row in rows:
        if row.question.pair:
            pairs.setdefault(row.question.pair, []).append(row.passed)
    return measures.mean(all(twins) for twins in pairs.values())


def _right(question: GoldQuestion, answer: "Answer", *, says_blank: bool) -> bool:
    said = not answer.refused and measures.right_answer(answer.text, question.must, question.must_not)
    return said or says_blank


def _source(citation: "Citation") -> str:
    """The words a figure may come from: what is quoted, and the title and headings shown with it."""
    return " ".join((citation.quote, citation.title, *citation.section))


def _mean_of(values: Sequence[float | None]) -> float | None:
    return measures.mean(value for value in values if value is not None)
