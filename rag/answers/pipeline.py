"""The composition root: a configuration to a pipeline that answers questions, searches and opens citations."""

import copy
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Self

from rag.answers import answerability, checking
from rag.answers.answer import Answer, Event, compose, refuse
from rag.answers.citations import CitedPassage, located, look_up
from rag.answers.clock import Clock
from rag.answers.composition import Statement
from rag.answers.conversation import stand_alone
from rag.answers.coordination import asks_of_each
from rag.answers.evidence import Evidence, choose, find_evidence, speaks_of_all, taken
from rag.answers.labelled import ROLE_WORDS, Found, has_roles, read_masthead, read_roles, speaks_of_matter
from rag.answers.places import places_named
from rag.answers.prompts import Prompt, load_prompt
from rag.answers.query import Facet, Filters, Kind, Query, understand
from rag.answers.refusal import blank_line
from rag.answers.retrieval import Hit, retrieve
from rag.answers.second_look import JUDGED, in_doubt, look_again, point_out
from rag.answers.writing import Names, Writer
from rag.config import Config
from rag.index.snapshot import ReportRecord, Snapshot
from rag.index.versions import dated_title
from rag.models import generator as generators
from rag.models.embedder import Embedder, open_embedder
from rag.models.judge import Judge, open_judge
from rag.models.reader import Reader, open_reader
from rag.reports.chunks import Chunk

NO_FILTERS = Filters()
ITEMS_WITH_ROLES = 4  # that the reader looks at for the one a question is about


class Pipeline:
    """Everything opened once. `ask`, `search` and `cite` may be called from any thread."""

    def __init__(
        self,
        config: Config,
        *,
        snapshot: Snapshot,
        embedder: Embedder,
        reader: Reader,
        judge: Judge | None,
        generator: generators.Generator | None,
        prompts: dict[str, Prompt],
    ) -> None:
        self.config = config
        self.embedder = embedder
        self.reader = reader
        self.judge = judge
        self.generator = generator
        self.prompts = prompts
        self.writer = Writer(config, prompts, generator, answerability.shipped("reports"))
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
            judge=open_judge(config),
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
        self._names = Names(
            titles={record.id: dated_title(record) or record.id for record in self.records},
            full={record.id: _named(record) for record in self.records},
            records=self.records,
        )

    def title(self, report_id: str) -> str:
        """A report's title, or its id where it has none."""
        return self._names.titles.get(report_id, report_id)

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

    def evidence(
        self, question: str, *, passages: Sequence[str] = ()
    ) -> tuple[Kind, Facet, list[Evidence], list[Evidence]] | None:
        """The kind of a question, the one thing it asks, and the sentences found for it, best first.

        They are those of the index, or of the passages where such are given: first as the reader ranks them, then as
        they stand once the judge has looked again, in doubt or not, at a question of a kind that it is asked about.
        None for several things asked.
        """
        records = () if passages else self.records
        query = understand(question, records, filters=NO_FILTERS, longest=self.config.max_question_characters)
        hits = dict.fromkeys(query.facets, _given(passages)) if passages else self._hits(query, k=self.config.top_k)
        if len(hits) != 1:
            return None
        facet, own = next(iter(hits.items()))
        titles = {} if passages else self._names.full
        items = find_evidence(facet, query, own, reader=self.reader, titles=titles)
        if self.judge is None or query.kind not in JUDGED:
            return query.kind, facet, items, items
        return query.kind, facet, items, look_again(facet, items, judge=self.judge, titles=titles)

    def cite(self, citation_id: str) -> CitedPassage:
        """What stands behind a citation id now. Raises `NotFoundError` for an id that is none."""
        return look_up(citation_id, self.snapshot)

    def check(self, statements: Sequence[checking.Stated]) -> list[checking.Checked]:
        """The verdict of each statement against the reports as they are indexed now."""

        def search(words: str, filters: Filters) -> list[Hit]:
            return self.search(words, top_k=checking.SECTIONS_READ, filters=filters)

        return [checking.check(item, self.snapshot, self.records, search=search) for item in statements]

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
        clock = Clock()
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
        clock = Clock()
        query = understand(question, (), filters=NO_FILTERS, longest=self.config.max_question_characters)
        hits = _given(passages)
        writer = replace(self.writer, calibrations=answerability.shipped("passages"))
        ranked = self._read(query, dict.fromkeys(query.facets, hits), titles={}, writer=writer)
        clock.mark("read")
        steps = writer.write(
            query,
            hits,
            ranked,
            names=Names({}, {}, ()),
            chunks=lambda report: [hit.chunk for hit in hits if hit.chunk.report == report],
            clock=clock,
            generate=self.config.generate if generate is None else generate,
        )
        return replace(_last(steps), timings=clock.timings(), identity=self.identity)

    @property
    def identity(self) -> dict[str, str]:
        """What an answer rests on: models, prompt templates and snapshot."""
        return {
            "embedder": self.embedder.identity,
            "reader": self.reader.identity,
            "judge": self.judge.identity if self.judge else "",
            "generator": self.generator.identity if self.generator else "",
            "prompt": " ".join(prompt.identity for prompt in self.prompts.values()),
            "snapshot": self.snapshot.folder.name,
        }

    def _nearest(self, words: str, candidates: Sequence[str]) -> int:
        own, *others = self.embedder.encode_queries([words, *candidates])
        return max(range(len(candidates)), key=lambda at: (float(own @ others[at]), -at))

    def _retrieve(self, text: str, reports: Sequence[str], *, k: int) -> list[Hit]:
        return retrieve(text, self.snapshot, self.embedder, config=self.config, k=k, reports=reports or None)

    def _answer(self, query: Query, clock: Clock, *, generate: bool, k: int) -> Generator[Event, None, Answer]:
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
        ranked = self._read(query, hits, titles=self._names.full, writer=self.writer)
        clock.mark("read")
        first = next(iter(hits.values()))
        steps = self.writer.write(
            query, first, ranked, names=self._names, chunks=self.snapshot.chunks, clock=clock, generate=generate
        )
        return (yield from steps)

    def _hits(self, query: Query, *, k: int) -> dict[Facet, list[Hit]]:
        """Per facet the best sections; facets about the same reports share one retrieval of the whole question."""
        shared: dict[tuple[str, ...], list[Hit]] = {}
        for facet in query.facets:
            if facet.reports not in shared:
                text = facet.text if query.kind == "compare" else query.wording
                shared[facet.reports] = self._retrieve(text, facet.reports, k=k)
        return {facet: shared[facet.reports] for facet in query.facets}

    def _read(
        self, query: Query, hits: Mapping[Facet, Sequence[Hit]], *, titles: Mapping[str, str], writer: Writer
    ) -> dict[Facet, list[Evidence]]:
        """Each facet's sentences, best first.

        Of a question about several things side by side those of each, where no sentence speaks of all. Side by side may
        be two words for one thing, unless they are years or places: so where the question does not ask for each (分别)
        and is answered as a whole, that answer goes first, and none is called missing.
        """

        def looked_at_again(facet: Facet, items: list[Evidence]) -> list[Evidence]:
            if self.judge is None or query.kind not in JUDGED or not in_doubt(facet, items, writer.calibrations):
                return items
            again = look_again(facet, items, judge=self.judge, titles=titles)
            # Of a comparison, or asked in English, the judge names the words that answer too often wrongly.
            if query.kind != "plain" or query.language != "zh" or not writer.choose(query, {facet: again})[0][facet]:
                return again
            return point_out(facet, again, judge=self.judge, titles=titles)

        ranked: dict[Facet, list[Evidence]] = {}
        for facet, own in hits.items():
            items = find_evidence(facet, query, own, reader=self.reader, titles=titles)
            if facet.alone and (another := self._by_itself(facet, items, ranked, query, own, titles, writer)):
                items = another
            if not facet.parts or speaks_of_all(facet, choose(facet, items)):
                ranked[facet] = looked_at_again(facet, items)
                continue
            apart = {
                part: looked_at_again(part, find_evidence(part, query, own, reader=self.reader, titles=titles))
                for part in facet.parts
            }
            answered = [part for part, found in writer.choose(query, apart)[0].items() if found]
            distinct = all(part.years != facet.years or places_named(part.label) for part in apart)
            if asks_of_each(query.text) or len(answered) == len(apart) or (answered and distinct):
                ranked |= apart
                continue
            whole = {facet: looked_at_again(facet, items)}
            sure = any(writer.choose(query, whole)[0].values())
            ranked |= whole if sure or not answered else apart
            ranked |= {part: apart[part] for part in answered}
        return ranked

    def _by_itself(
        self,
        facet: Facet,
        items: Sequence[Evidence],
        earlier: Mapping[Facet, Sequence[Evidence]],
        query: Query,
        hits: Sequence[Hit],
        titles: Mapping[str, str],
        writer: Writer,
    ) -> list[Evidence]:
        """The sentences for a question by its own words, where it was to be answered with an earlier one's figure.

        A question among several is read after the others, for it may lean on them; one that changes the matter is then
        taken for theirs. Empty where that is not so, or where nothing answers it.
        """
        gone = taken(facet, choose(facet, items), {other: choose(other, found) for other, found in earlier.items()})
        if not gone:
            return []
        alone = replace(facet, text=facet.alone)
        found = find_evidence(alone, query, hits, reader=self.reader, titles=titles)
        found = [
            item for item in found if (item.chunk.id, item.start) not in {(own.chunk.id, own.start) for own in gone}
        ]
        return found if any(writer.choose(query, {alone: found})[0].values()) else []

    def _masthead(self, query: Query) -> Found:
        reports = query.reports
        if not reports:
            best = self._retrieve(query.wording, (), k=1)
            reports = tuple(hit.chunk.report for hit in best)
        return read_masthead(query, [self.snapshot.report(report) for report in reports], self.snapshot.chunks)

    def _roles(self, query: Query, *, k: int) -> Found:
        """Retrieval for the matter alone: the words that ask for the office would find every item that has one.

        Of the first items with such lines that one is taken which the reader finds the answer in; none where it is not
        sure of it.
        """
        matter = ROLE_WORDS.sub(" ", query.wording)
        hits = self._retrieve(matter, query.reports, k=k)
        ranked = []
        for hit in hits:
            ranked += [
                replace(hit, chunk=chunk)
                for chunk in self.snapshot.chunks(hit.chunk.report)
                if chunk.address == hit.chunk.address and has_roles(chunk)
            ]
        items = find_evidence(
            query.facets[0], query, ranked[:ITEMS_WITH_ROLES], reader=self.reader, titles=self._names.full
        )
        calibrations = self.writer.calibrations
        best = max(items, key=speaks_of_matter, default=None)
        if best is None or calibrations.confidence(items, best) < calibrations.thresholds["balanced"]:
            return Found(())
        own = [item for item in items if item.chunk.id == best.chunk.id]
        return read_roles(query, own, self.snapshot.report(best.chunk.report))

    def _from_labels(self, query: Query, found: Found, hits: Sequence[Hit]) -> Answer:
        gaps = [Statement(blank_line(label, query.language), ()) for label in found.blank]
        if not found.statements:
            reason = "".join(gap.text for gap in gaps)
            return refuse(query, reason, hits, titles=self._names.titles, confidence=0.0)
        evidence = [item for statement in found.statements for item in statement.evidence]
        return compose(query, [*found.statements, *gaps], evidence=evidence, titles=self._names.titles, confidence=1.0)


def _named(record: ReportRecord) -> str:
    """What sections are read and checked under: a title that does not say where it is from gets its region."""
    title = record.title or record.id
    region = record.metadata.region.value if record.metadata.region else ""
    return title if region in title else f"{region}:{title}"


def _given(passages: Sequence[str]) -> list[Hit]:
    """Text given with a question as what retrieval would find: each a report of its own, of unknown year."""
    return [
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


def _last(steps: Generator[Event, None, Answer]) -> Answer:
    """Run the steps to their end for the answer they return."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
