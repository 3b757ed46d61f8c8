"""Ranked evidence to an answer: what is chosen, drafted, checked and composed, or the refusal where it does not do."""

import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rag.answers.announced import announced, announcing
from rag.answers.answer import Answer, Event, compose, refuse
from rag.answers.answer_types import asks_for_all
from rag.answers.answerability import Calibrations
from rag.answers.clock import Clock
from rag.answers.composition import Statement, answers_fully, check_draft, in_its_own_words
from rag.answers.disagreement import DIFFERING, differing
from rag.answers.drawn_tables import header_of
from rag.answers.evidence import Evidence, as_good, choose
from rag.answers.prompts import Prompt
from rag.answers.quantities import quantities
from rag.answers.query import Facet, Query, Record
from rag.answers.refusal import nearest_fact, silence, why_refused
from rag.answers.retrieval import Hit
from rag.answers.summaries import names_section, summarize
from rag.config import Config
from rag.models.generator import Generator as TextGenerator
from rag.reports.chunks import Chunk

NAMED_AMONG = 5  # of the best sentences, one in a section that a question for a summary names


@dataclass(frozen=True)
class Names:
    """How reports are called: `titles` where they are shown, `full` (with the region) where they are read and checked,
    both by id, and the records of all that are indexed.
    """

    titles: Mapping[str, str]
    full: Mapping[str, str]
    records: Sequence[Record]


@dataclass(frozen=True)
class Writer:
    """Writes answers from evidence, with a generator or, where there is none, in the evidence's own words."""

    config: Config
    prompts: Mapping[str, Prompt]
    generator: TextGenerator | None
    calibrations: Calibrations

    def write(
        self,
        query: Query,
        hits: Sequence[Hit],
        ranked: Mapping[Facet, Sequence[Evidence]],
        *,
        names: Names,
        chunks: Callable[[str], Sequence[Chunk]],
        clock: Clock,
        generate: bool,
    ) -> Generator[Event, None, Answer]:
        """The answer to a query from each facet's sentences, best first.

        `hits` are shown with a refusal; `chunks` gives those of a report, in which a list goes on.
        """
        chosen, confidence = self.choose(query, ranked)
        if not any(chosen.values()):
            best = [items[0] for items in ranked.values() if items]
            fact = nearest_fact(best, self.calibrations)
            reason = why_refused(query, best, names.records)
            return refuse(query, reason, hits, titles=names.titles, confidence=confidence, fact=fact)
        if query.kind == "plain" and asks_for_all(query.text):
            chosen = {
                facet: [announcing(item, chunks(item.chunk.report)) or item for item in items]
                for facet, items in chosen.items()
            }
        doubted = {
            facet: as_good(items, ranked[facet], titled=bool(names.titles))
            for facet, items in chosen.items()
            if query.kind == "plain"
        }
        lists = {
            item: announced(item, chunks(item.chunk.report))
            for items in (*chosen.values(), *doubted.values())
            for item in items
            if query.kind in ("plain", "yesno")
        }
        evidence = _once(
            item
            for facet, items in chosen.items()
            for one in (*items, *doubted.get(facet, ()))
            for item in (one, *lists.get(one, ()))
        )
        for item in evidence:
            yield Event("evidence", item)
        clock.mark("first_evidence")
        removed: list[Statement] = []
        if query.kind == "summary":
            statements = summarize(next(iter(ranked.values())), query.wording)
        elif query.kind == "compare":
            statements = self._rows(query, chosen, titles=names.titles)
        else:
            others = [other for facet, items in chosen.items() for other in differing(facet, items, ranked[facet])]
            evidence += [other for other in others if other not in evidence]
            statements = in_its_own_words(evidence, language=query.language)
            # A yes or no hangs on one character (有, 无): there the evidence's own words are the safe answer. Where
            # reports differ, or the reader cannot tell which sentence answers, they say it best side by side; and a
            # list item by item; a row of a table is told by its columns' names, which the row does not have. Of an
            # English claim nothing tells which figure belongs to which of its things.
            plain = query.kind != "yesno" and not others and not any(doubted.values()) and not any(lists.values())
            plain = plain and not any(map(header_of, evidence))
            plain = plain and (query.language == "zh" or _figures(evidence) <= 1)
            if generate and self.generator is not None and plain:
                draft = yield from self._draft(query, evidence, self.generator)
                clock.mark("generate")
                standing, removed = check_draft(draft, query, evidence, titles=names.full)
                if answers_fully(standing, query, evidence):
                    statements = standing
                clock.mark("verify")
            if others:
                statements.insert(0, Statement(DIFFERING[query.language], ()))
            silent = [facet for facet, items in chosen.items() if not items]
            statements += [Statement(silence(query.language), (), label=facet.label) for facet in silent]
        return compose(
            query, statements, removed=removed, evidence=evidence, titles=names.titles, confidence=confidence
        )

    def choose(
        self, query: Query, ranked: Mapping[Facet, Sequence[Evidence]]
    ) -> tuple[dict[Facet, list[Evidence]], float]:
        """Per facet the sentences to answer from, none where they are not sure enough; and the surest confidence."""
        chosen = {facet: choose(facet, items) for facet, items in ranked.items()}
        confidences = {
            facet: self.calibrations.confidence(ranked[facet], items[0]) if items else 0.0
            for facet, items in chosen.items()
        }
        least = self.calibrations.least(query.kind, self.config.refusal)
        kept = {
            facet: items if confidences[facet] >= least or _section_named(query, ranked[facet]) else []
            for facet, items in chosen.items()
        }
        return kept, max(confidences.values(), default=0.0)

    def _rows(
        self, query: Query, chosen: Mapping[Facet, list[Evidence]], *, titles: Mapping[str, str]
    ) -> list[Statement]:
        """A row or more for each side of a comparison, a stated gap where a report is silent."""
        statements: list[Statement] = []
        for facet, items in chosen.items():
            rows = in_its_own_words(items, language=query.language, label=_label(facet.label, items, titles))
            statements += rows or [Statement(silence(query.language), (), label=facet.label)]
        return statements

    def _draft(
        self, query: Query, evidence: Sequence[Evidence], generator: TextGenerator
    ) -> Generator[Event, None, str]:
        yield Event("status", "writing")
        passages = "\n".join(
            f"{number}. {' '.join(item.text.split())}" for number, item in enumerate(evidence, start=1)
        )
        pieces = []
        for piece in generator.generate(self.prompts[query.language].messages(evidence=passages, question=query.text)):
            pieces.append(piece)
            yield Event("token", piece)
        return "".join(pieces)


def _section_named(query: Query, ranked: Sequence[Evidence]) -> bool:
    """Whether a summary is asked for of a section that the best sentences stand in, and that the question names."""
    best = [item for item in ranked if not item.unmet][:NAMED_AMONG]
    return query.kind == "summary" and any(names_section(query.wording, item.chunk) for item in best)


def _once(evidence: Iterable[Evidence]) -> list[Evidence]:
    """The sentences without those that have come before: one may answer several parts, with another score in each."""
    return list({(item.chunk.id, item.start, item.end): item for item in reversed([*evidence])}.values())[::-1]


def _label(label: str, evidence: Sequence[Evidence], titles: Mapping[str, str]) -> str:
    """The label of a row; title and heading where it is a year that they and the words (过去一年) do not say."""
    for item in evidence:
        shown = " › ".join((titles.get(item.chunk.report, ""), *item.chunk.path[-1:]))
        if any(year not in shown + item.text for year in re.findall(r"\d+", label)):
            return shown
    return label


def _figures(evidence: Sequence[Evidence]) -> int:
    return sum(figure.kind not in ("year", "date") for item in evidence for figure in quantities(item.text))
