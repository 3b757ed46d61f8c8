"""The composition root: a configuration to a pipeline that answers questions, searches and opens citations."""

import copy
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Self

from rag.answers import answerability
from rag.answers.answer import Answer, Event, compose, refuse
from rag.answers.citations import CitedPassage, located, look_up
from rag.answers.composition import Statement, answers_fully, check_draft, in_its_own_words
from rag.answers.conversation import stand_alone
from rag.answers.evidence import Evidence, choose, find_evidence
from rag.answers.labelled import ROLE_WORDS, Found, has_roles, read_masthead, read_roles
from rag.answers.prompts import Prompt, load_prompt
from rag.answers.query import Facet, Filters, Query, understand
from rag.answers.refusal import blank_line, silence, why_refused
from rag.answers.retrieval import Hit, retrieve
from rag.answers.summaries import summarize
from rag.config import Config
from rag.index.snapshot import ReportRecord, Snapshot
from rag.index.versions import dated_title
from rag.models import generator as generators
from rag.models.embedder import Embedder, open_embedder
from rag.models.reader import Reader, open_reader
from rag.reports.chunks import Chunk

NO_FILTERS = Filters()


class Pipeline:
    """Everything opened once. `ask`, `search` and `cite` may be called from any thread."""

    def __init__(
        self,
        config: Config,
        *,
        snapshot: Snapshot,
        embedder: Embedder,
        reader: Reader,
        generator: generators.Generator | None,
        prompts: dict[str, Prompt],
    ) -> None:
        self.config = config
        self.embedder = embedder
        self.reader = reader
        self.generator = generator
        self.prompts = prompts
        self._use(snapshot)

    @classmethod
    def open(cls, config: Config) -> Self:
        """Open the live snapshot and the models. Raises `SnapshotError` or `ModelError`, with the command to run."""
        Snapshot.open(config.index_dir, config=config).close()  # a missing index is said before models are loaded
        embedder = open_embedder(config)
        return cls(
            config,
            snapshot=Snapshot.open(config.index_dir, config=config, embedder_identity=embedder.identity),
            embedder=embedder,
            reader=open_reader(config),
            generator=generators.open_generator(config) if config.generate else None,
            prompts={language: load_prompt(f"answer.{language}", config.prompts_dir) for language in ("zh", "en")},
        )

    def renewed(self) -> Self:
        """A pipeline with these models over the newest snapshot; answers under way on this one finish on its own."""
        newer = copy.copy(self)
        newer._use(Snapshot.open(self.config.index_dir, config=self.config, embedder_identity=self.embedder.identity))
        return newer

    def _use(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.records = snapshot.reports()
        self._titles = {record.id: dated_title(record) or record.id for record in self.records}
        # What sections are read and checked under: a title that does not say where it is from gets its region.
        self._names = {record.id: _named(record) for record in self.records}

    def title(self, report_id: str) -> str:
        """A report's title, or its id where it has none."""
        return self._titles.get(report_id, report_id)

    def search(self, query: str, *, top_k: int = 10, filters: Filters = NO_FILTERS) -> list[Hit]:
        """The best sections for a question or a few words, best first, within the reports it names."""
        understood = understand(query, self.records, filters=filters, longest=self.config.max_question_characters)
        hits = self._retrieve(understood.wording, understood.reports, k=top_k)
        if understood.kind == "metadata":
            # A masthead is a list of labels, which neither search ranks well: where it answers, it goes first.
            mastheads = {
                item.chunk.id: Hit(item.chunk, hits[0].score if hits else 0.0, 0.0, 0.0)
                for statement in self._masthead(understood).statements
                for item in statement.evidence
            }
            hits = [*mastheads.values(), *(hit for hit in hits if hit.chunk.id not in mastheads)][:top_k]
        return hits

    def cite(self, citation_id: str) -> CitedPassage:
        """What stands behind a citation id now. Raises `NotFoundError` for an id that is none."""
        return look_up(citation_id, self.snapshot)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        filters: Filters = NO_FILTERS,
        generate: bool | None = None,
        top_k: int | None = None,
    ) -> Answer:
        """Answer a question, which may lean on those asked before it (`history`, oldest first).

        `generate` and `top_k` override the configuration for this question.
        """
        *_, last = self.stream(question, history=history, filters=filters, generate=generate, top_k=top_k)
        assert isinstance(last.data, Answer)
        return last.data

    def stream(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        filters: Filters = NO_FILTERS,
        generate: bool | None = None,
        top_k: int | None = None,
    ) -> Generator[Event, None, None]:
        """The steps of an answer as they happen, the answer last; closing the iterator stops the work."""
        clock = _Clock()
        standing = stand_alone(question, history, self.records, nearest=self._nearest) if history else question
        query = understand(standing, self.records, filters=filters, longest=self.config.max_question_characters)
        yield Event("status", "retrieving")
        answer = yield from self._answer(
            query, clock, generate=self.config.generate if generate is None else generate, k=top_k or self.config.top_k
        )
        for claim in answer.claims:
            yield Event("claim", claim)
        yield Event(
            "answer",
            replace(
                answer,
                question=question,
                understood=standing if history else "",
                citations=tuple(located(citation, self.snapshot) for citation in answer.citations),
                timings=clock.timings(),
                identity=self.identity,
            ),
        )

    def answer_from(self, question: str, passages: Sequence[str], *, generate: bool | None = None) -> Answer:
        """Answer from given passages instead of the index; each counts as a report `passage-1`, `passage-2`, …"""
        clock = _Clock()
        query = understand(question, (), filters=NO_FILTERS, longest=self.config.max_question_characters)
        hits = [
            Hit(
                Chunk(
                    id=f"passage-{number}",
                    report=f"passage-{number}",
                    address="",
                    path=(),
                    kind="front",
                    start=0,
                    end=len(text),
                    text=text,
                    years=(),
                ),
                score=0.0,
                dense=0.0,
                lexical=0.0,
            )
            for number, text in enumerate(passages, start=1)
        ]
        ranked = {facet: find_evidence(facet, query, hits, reader=self.reader, titles={}) for facet in query.facets}
        clock.mark("read")
        steps = self._from_evidence(
            query,
            dict.fromkeys(query.facets, hits),
            ranked,
            clock,
            generate=self.config.generate if generate is None else generate,
        )
        return replace(_last(steps), timings=clock.timings(), identity=self.identity)

    @property
    def identity(self) -> dict[str, str]:
        """What an answer rests on: models, prompt templates and snapshot."""
        return {
            "embedder": self.embedder.identity,
            "reader": self.reader.identity,
            "generator": self.generator.identity if self.generator else "",
            "prompt": " ".join(prompt.identity for prompt in self.prompts.values()),
            "snapshot": self.snapshot.folder.name,
        }

    def _nearest(self, words: str, candidates: Sequence[str]) -> int:
        own, *others = self.embedder.encode_queries([words, *candidates])
        return max(range(len(candidates)), key=lambda at: (float(own @ others[at]), -at))

    def _retrieve(self, text: str, reports: Sequence[str], *, k: int) -> list[Hit]:
        return retrieve(text, self.snapshot, self.embedder, config=self.config, k=k, reports=reports or None)

    def _answer(self, query: Query, clock: "_Clock", *, generate: bool, k: int) -> Generator[Event, None, Answer]:
        if query.kind == "metadata":
            found = self._masthead(query)
            if found.statements or found.blank:
                return self._from_labels(query, found, self._retrieve(query.wording, query.reports, k=k))
        hits = self._hits(query, k=k)
        clock.mark("retrieve")
        if query.kind == "responsible":
            found = self._roles(query, k=k)
            if found.statements or found.blank:
                return self._from_labels(query, found, next(iter(hits.values())))
        ranked = {}
        for facet, own in hits.items():
            ranked[facet] = find_evidence(facet, query, own, reader=self.reader, titles=self._names)
        clock.mark("read")
        return (yield from self._from_evidence(query, hits, ranked, clock, generate=generate))

    def _hits(self, query: Query, *, k: int) -> dict[Facet, list[Hit]]:
        """Per facet the best sections; facets about the same reports share one retrieval of the whole question."""
        shared: dict[tuple[str, ...], list[Hit]] = {}
        for facet in query.facets:
            if facet.reports not in shared:
                text = facet.text if query.kind == "compare" else query.wording
                shared[facet.reports] = self._retrieve(text, facet.reports, k=k)
        return {facet: shared[facet.reports] for facet in query.facets}

    def _masthead(self, query: Query) -> Found:
        reports = query.reports
        if not reports:
            best = self._retrieve(query.wording, (), k=1)
            reports = tuple(hit.chunk.report for hit in best)
        return read_masthead(query, [self.snapshot.report(report) for report in reports], self.snapshot.chunks)

    def _roles(self, query: Query, *, k: int) -> Found:
        """Retrieval for the matter alone: the words that ask for the office would find every item that has one.

        Nothing is found where the reader is not sure that the best item with such lines is about the matter.
        """
        matter = ROLE_WORDS.sub(" ", query.wording)
        hits = self._retrieve(matter, query.reports, k=k)
        ranked = []
        for hit in hits:
            ranked += [
                chunk
                for chunk in self.snapshot.chunks(hit.chunk.report)
                if chunk.address == hit.chunk.address and has_roles(chunk)
            ]
        if not ranked:
            return Found(())
        about = [Hit(ranked[0], score=0.0, dense=0.0, lexical=0.0)]
        items = find_evidence(query.facets[0], query, about, reader=self.reader, titles=self._names)
        calibration = answerability.shipped()
        sure = calibration.confidence(answerability.features_of(items, items[0])) if items else 0.0
        if sure < calibration.thresholds["eager"]:
            return Found(())
        return read_roles(query, ranked[:1], self.snapshot.report)

    def _from_labels(self, query: Query, found: Found, hits: Sequence[Hit]) -> Answer:
        gaps = [Statement(blank_line(label, query.language), ()) for label in found.blank]
        if not found.statements:
            reason = "".join(gap.text for gap in gaps)
            return refuse(query, reason, hits, titles=self._titles, confidence=0.0)
        evidence = [item for statement in found.statements for item in statement.evidence]
        return compose(query, [*found.statements, *gaps], evidence=evidence, titles=self._titles, confidence=1.0)

    def _from_evidence(
        self,
        query: Query,
        hits: dict[Facet, list[Hit]],
        ranked: dict[Facet, list[Evidence]],
        clock: "_Clock",
        *,
        generate: bool,
    ) -> Generator[Event, None, Answer]:
        chosen, confidence = self._choose(query, ranked)
        if not any(chosen.values()):
            first = next(iter(hits.values()))
            best = [items[0] for items in ranked.values() if items]
            return refuse(
                query, why_refused(query, best, self.records), first, titles=self._titles, confidence=confidence
            )
        evidence = list(dict.fromkeys(item for items in chosen.values() for item in items))
        for item in evidence:
            yield Event("evidence", item)
        clock.mark("first_evidence")
        removed: list[Statement] = []
        if query.kind == "summary":
            statements = summarize(next(iter(ranked.values())))
        elif query.kind == "compare":
            statements = []
            for facet, items in chosen.items():
                rows = in_its_own_words(items, language=query.language, label=facet.label)
                statements += rows or [Statement(silence(query.language), (), label=facet.label)]
        else:
            statements = in_its_own_words(evidence, language=query.language)
            # A yes or no hangs on one character (有, 无): there the evidence's own words are the safe answer.
            if generate and self.generator is not None and query.kind != "yesno":
                draft = yield from self._draft(query, evidence, self.generator)
                clock.mark("generate")
                standing, removed = check_draft(draft, query, evidence, titles=self._names)
                if answers_fully(standing, query, evidence):
                    statements = standing
                clock.mark("verify")
            silent = [facet for facet, items in chosen.items() if not items]
            statements += [Statement(silence(query.language), (), label=facet.label) for facet in silent]
        return compose(
            query,
            statements,
            removed=removed,
            evidence=evidence,
            titles=self._titles,
            confidence=confidence,
        )

    def _choose(
        self, query: Query, ranked: Mapping[Facet, list[Evidence]]
    ) -> tuple[dict[Facet, list[Evidence]], float]:
        """Per facet the sentences to answer from, none where they are not sure enough; and the surest confidence."""
        calibration = answerability.shipped()
        chosen = {facet: choose(facet, items) for facet, items in ranked.items()}
        confidences = {
            facet: calibration.confidence(answerability.features_of(ranked[facet], items[0])) if items else 0.0
            for facet, items in chosen.items()
        }
        # A question for yes or no may be answered by a fact that differs from it, a question for a summary by a section
        # that holds no one answer: the reader, which looks for one, is less sure of both.
        # A comparison names its matter once for all sides, so that each side's question is cut out of it roughly.
        point = "loose" if query.kind in ("yesno", "summary", "compare") else self.config.refusal
        least = calibration.thresholds[point]
        kept = {facet: items if confidences[facet] >= least else [] for facet, items in chosen.items()}
        return kept, max(confidences.values(), default=0.0)

    def _draft(
        self, query: Query, evidence: Sequence[Evidence], generator: generators.Generator
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


def _named(record: ReportRecord) -> str:
    title = record.title or record.id
    region = record.metadata.region.value if record.metadata.region else ""
    return title if region in title else f"{region}:{title}"


def _last(steps: Generator[Event, None, Answer]) -> Answer:
    """Run the steps to their end for the answer they return."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            answer: Answer = end.value
            return answer


class _Clock:
    """Seconds of each stage since the one before, and of all together."""

    def __init__(self) -> None:
        self._started = self._last = time.monotonic()
        self._stages: dict[str, float] = {}

    def mark(self, stage: str) -> None:
        now = time.monotonic()
        self._stages[stage] = now - (self._started if stage == "first_evidence" else self._last)
        self._last = now

    def timings(self) -> dict[str, float]:
        return self._stages | {"total": time.monotonic() - self._started}
