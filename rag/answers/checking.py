"""A text, with or without citations, to the verdict of each of its statements against the reports as they are now."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from rag.answers.citations import Citation, CitedPassage, citation_id, look_up
from rag.answers.composition import claims_of
from rag.answers.evidence import content_sentences, states_plan
from rag.answers.places import places_named, short_form
from rag.answers.query import Filters, Record, regions_named, select, years_named
from rag.answers.retrieval import Hit
from rag.answers.verification import shared_wording, verify
from rag.errors import InputError, NotFoundError
from rag.reports.chunks import Chunk
from rag.reports.reading import Report

Outcome = Literal["supported", "unsupported", "misattributed", "changed", "withdrawn"]

SECTIONS_READ = 8  # per statement without a citation
_MARKERS = re.compile(r"\s*\[(\d+)\]")
_BEHIND_THE_STOP = re.compile(
    r"([。！？!?；;.])((?:\s*\[\d+\])+)"
)  # "…。[1]": the marker belongs to the sentence before
_LABEL = re.compile(r"^\s*[-*•]\s*")


class Corpus(Protocol):
    """What checking needs of an open index."""

    def report(self, report_id: str) -> Report: ...
    def chunks(self, report: str) -> list[Chunk]: ...


@dataclass(frozen=True)
class Stated:
    """One statement and the ids of the citations it gives; none where it gives none."""

    text: str
    citations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """A statement's verdict with its reason, and what it was checked against.

    supported: its own citations bear it out, or, where it has none, the cited words that were found. unsupported:
    nothing does. misattributed: not what it cites, or not the report, place or year it names, but other words do, and
    those are `citations`. changed: the words it cites are no longer there. withdrawn: their section or report is gone.
    """

    text: str
    verdict: Outcome
    reason: str
    citations: tuple[Citation, ...]

    def as_json(self) -> dict[str, Any]:
        from rag.answers.answer import citation_json

        shown = [citation_json(citation) for citation in self.citations]
        return {"text": self.text, "verdict": self.verdict, "reason": self.reason, "citations": shown}


def statements_of(text: str, citations: Mapping[int, str]) -> list[Stated]:
    """The statements of a text with the ids behind their `[n]` markers. Raises `InputError` for a marker without one,
    unless there are no ids at all: then markers are not read.
    """
    moved = _BEHIND_THE_STOP.sub(r"\2\1", text)
    found = []
    for line in moved.splitlines():
        for part in re.split(r"(?<=[。！？!?；;])", _LABEL.sub("", line)):
            numbers = [int(number) for number in _MARKERS.findall(part)] if citations else []
            unknown = [number for number in numbers if number not in citations]
            if unknown:
                raise InputError(
                    f"the text cites [{unknown[0]}], and no citation has that number",
                    remedy="Give the id of every number, as the `citations` of an answer do, or none.",
                )
            ids = tuple(citations[number] for number in numbers)
            found += [Stated(claim, ids) for claim in claims_of(part)]
    return found


def statements_of_answer(answer: Mapping[str, Any]) -> list[Stated]:
    """The statements of a stored answer, the body of `POST /v1/ask`. Raises `InputError` where it is none."""
    try:
        return [Stated(str(claim["text"]), tuple(map(str, claim["citations"]))) for claim in answer["claims"]]
    except (KeyError, TypeError) as error:
        raise InputError(
            f"this is not a stored answer: {error!r} is missing",
            remedy="Give the JSON that `rag ask --json` or POST /v1/ask returned, or a text.",
        ) from error


def check(
    statement: Stated, corpus: Corpus, records: Sequence[Record], *, search: Callable[[str, Filters], list[Hit]]
) -> Checked:
    """Check one statement; `search` finds sections for words, within filters."""
    try:
        passages = [look_up(identifier, corpus) for identifier in statement.citations]
    except NotFoundError as error:
        return Checked(statement.text, "unsupported", str(error), ())
    if not passages:
        return _check_uncited(statement.text, corpus, records, search=search)
    for status in ("withdrawn", "changed"):
        if any(passage.status == status for passage in passages):
            return Checked(statement.text, status, _GONE[status], ())
    spans = [_span_of(passage, corpus) for passage in passages]
    cited = tuple(span.citation(number) for number, span in enumerate(spans, start=1))
    reason = _fault(statement.text, spans)
    if not reason:
        return Checked(statement.text, "supported", "", cited)
    elsewhere = _bearing_out(statement.text, _spans_for(search(statement.text, Filters()), corpus))
    if elsewhere is not None:
        return Checked(statement.text, "misattributed", f"{reason}; other words say it", (elsewhere.citation(1),))
    return Checked(statement.text, "unsupported", reason, cited)


_GONE = {
    "withdrawn": "the cited section is no longer in the index",
    "changed": "the cited words are no longer in their section",
}


@dataclass(frozen=True)
class _Span:
    """Some words of a report, with the chunk they stand in."""

    chunk: Chunk
    title: str
    start: int
    end: int
    text: str

    @property
    def context(self) -> str:
        return " ".join((self.title, *self.chunk.path))

    @property
    def planned(self) -> bool:
        return states_plan(self.text, self.chunk, self.title)

    def citation(self, number: int) -> Citation:
        chunk = self.chunk
        return Citation(
            id=citation_id(chunk.report, chunk.address, self.start, self.end, self.text),
            number=number,
            report=chunk.report,
            title=self.title,
            section=chunk.path,
            address=chunk.address,
            quote=self.text,
            start=self.start,
            end=self.end,
            planned=self.planned,
        )


def _check_uncited(
    text: str, corpus: Corpus, records: Sequence[Record], *, search: Callable[[str, Filters], list[Hit]]
) -> Checked:
    """Look for words that bear the statement out: in the reports it names by region and year, then in all."""
    regions, years = regions_named(text, records), years_named(text)
    named = Filters(regions=regions, years=years)
    try:
        select(records, named)
    except InputError:  # no report of that region and year: only others can hold it
        named = Filters(regions=regions)
    spans = _spans_for(search(text, named), corpus)
    own = _bearing_out(text, spans)
    if own is not None:
        return Checked(text, "supported", "", (own.citation(1),))
    bare = _without_places_and_years(text, regions)
    if bare != text:
        other = _bearing_out(bare, _spans_for(search(bare, Filters()), corpus))
        if other is not None:
            return Checked(text, "misattributed", f"these words stand under {other.context}", (other.citation(1),))
    nearest = max(spans, key=lambda span: shared_wording(text, span.text + span.context), default=None)
    if nearest is None:
        return Checked(text, "unsupported", "nothing like it was found", ())
    return Checked(text, "unsupported", _fault(text, [nearest]), (nearest.citation(1),))


def _without_places_and_years(text: str, regions: Sequence[str]) -> str:
    # 新建 is a county too: other places only where they are written with what they are (新建县).
    for place in (*regions, *(place for place in places_named(text) if short_form(place) != place)):
        text = re.sub(rf"{re.escape(place)}[市省县区]?", "", text)
    return re.sub(r"(?:19|20)\d{2}年", "", text)


def _span_of(passage: CitedPassage, corpus: Corpus) -> _Span:
    """The cited words in the chunk that holds their beginning."""
    chunks = corpus.chunks(passage.report)
    chunk = next((chunk for chunk in chunks if chunk.start <= passage.start < chunk.end), chunks[0])
    return _Span(chunk, passage.title, passage.start, passage.end, passage.quote)


def _spans_for(hits: Sequence[Hit], corpus: Corpus) -> list[_Span]:
    """The sentences of the sections found, in their order."""
    titles: dict[str, str] = {}
    found = []
    for hit in hits:
        chunk = hit.chunk
        if chunk.report not in titles:
            title = corpus.report(chunk.report).metadata.title
            titles[chunk.report] = title.value if title else chunk.report
        for start, end in content_sentences(chunk):
            words = chunk.text[start:end]
            found.append(_Span(chunk, titles[chunk.report], chunk.start + start, chunk.start + end, words))
    return found


def _bearing_out(text: str, spans: Sequence[_Span]) -> _Span | None:
    """The span that bears the statement out, the one with most of its wording first."""
    ordered = sorted(spans, key=lambda span: -shared_wording(text, span.text + span.context))
    return next((span for span in ordered if not _fault(text, [span])), None)


def _fault(text: str, spans: Sequence[_Span]) -> str:
    verdict = verify(
        text,
        "\n".join(span.text for span in spans),
        context=" ".join(span.context for span in spans),
        planned=any(span.planned for span in spans),
    )
    return verdict.reason
