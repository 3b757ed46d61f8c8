"""What goes over the wire: requests to checked values, and records of the program to the bodies that show them."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from rag.answers.answer import Answer, Claim, Event, claim_json
from rag.answers.evidence import Evidence
from rag.answers.query import Filters
from rag.answers.retrieval import Hit

MOST_RESULTS = 100

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Names = Annotated[list[Name], Field(max_length=MOST_RESULTS)]
Years = Annotated[list[Annotated[int, Field(ge=1900, le=2100)]], Field(max_length=MOST_RESULTS)]
Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Count = Annotated[int, Field(ge=1, le=MOST_RESULTS)]

_QUOTE = "妥善解决37.8万随迁子女接受义务教育"
_SECTION = ["四、教育公共服务体系不断完善", "(二)教育机会公平切实保障"]
_CITATION_ID = "Y2hlbmdkdS0yMDE4LXN1bW1hcnkK5ZubLyjkuowpCjE2NDAKMTY1OQozZjYxYzA5ZDJlNTE"
_PLACE: dict[str, Any] = {
    "report": "chengdu-2018-summary",
    "title": "2018年教育工作总结",
    "section": _SECTION,
    "start": 1640,
    "end": 1659,
}
_ADDRESS = {"address": "四/(二)"}


class Request(BaseModel):
    """Unknown fields are refused, so that a typo does not silently ask something else."""

    model_config = ConfigDict(extra="forbid")


class Body(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class AskFilters(Request):
    """Only reports that meet every filter given are read; values of one filter are alternatives."""

    reports: Names = Field(default_factory=list, description="report ids, as `GET /v1/reports` lists them")
    regions: Names = Field(default_factory=list, examples=[["成都"]])
    years: Years = Field(default_factory=list, description="years that a report covers", examples=[[2018]])
    issuers: Names = Field(default_factory=list, description="issuing bodies")

    def filters(self) -> Filters:
        return Filters(
            reports=tuple(self.reports),
            regions=tuple(self.regions),
            years=tuple(self.years),
            issuers=tuple(self.issuers),
        )


class AskOptions(Request):
    """What is left out follows the service's configuration."""

    generate: bool | None = Field(
        default=None, description="false: answer in the evidence's own words, without a generator"
    )
    top_k: Count | None = Field(default=None, description="how many sections are read for the answer")


class AskRequest(Request):
    """A question and what may be read to answer it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"question": "成都2018年解决了多少随迁子女的义务教育入学?"},
                {
                    "question": "How many children of migrant workers were admitted in 2018?",
                    "filters": {"regions": ["成都"], "years": [2018]},
                    "options": {"generate": False},
                    "stream": True,
                },
            ]
        }
    )

    question: Question
    history: list[Question] = Field(
        default_factory=list,
        max_length=MOST_RESULTS,
        description="questions asked before this one, oldest first: what this one leaves out is taken from them",
    )
    filters: AskFilters = Field(default_factory=AskFilters)
    options: AskOptions = Field(default_factory=AskOptions)
    stream: bool = Field(default=False, description="answer as server-sent events, as with `Accept: text/event-stream`")


class SearchRequest(Request):
    """The query string of a search; the filters may be given more than once."""

    q: Question = Field(description="what to look for", examples=["随迁子女 义务教育"])
    top_k: Count = Field(default=10, description="how many hits at most")
    report: Names = Field(default_factory=list, description="only this report, by its id")
    region: Names = Field(default_factory=list)
    year: Years = Field(default_factory=list)
    issuer: Names = Field(default_factory=list)

    def filters(self) -> Filters:
        return Filters(
            reports=tuple(self.report), regions=tuple(self.region), years=tuple(self.year), issuers=tuple(self.issuer)
        )


class ClaimBody(Body):
    """One statement and what checking it against its cited words found."""

    text: str
    verdict: Literal["supported", "unsupported", "misattributed"]
    reason: str = Field(description="why it is not supported; empty when it is")
    citations: list[str] = Field(description="ids of the citations it rests on")


class PlaceBody(Body):
    """A span of a report: `start` and `end` are code points of the report's `text`, `section` its heading path."""

    report: str
    title: str
    section: list[str]
    address: str = Field(description="where it stands in the report's own numbering")
    start: int
    end: int


class CitationBody(PlaceBody):
    """One numbered citation: `quote` is exactly what the report has between `start` and `end`."""

    id: str
    number: int = Field(description="the n of [n] in the answer")
    quote: str
    planned: bool = Field(description="the words state a plan or target, not an outcome")
    page: int | None = None
    paragraph: int | None = None


class EvidenceBody(PlaceBody):
    """One passage the answer was made from."""

    text: str
    planned: bool
    score: float
    scores: dict[str, float]

    @classmethod
    def of(cls, evidence: Evidence, title: str) -> Self:
        return cls(
            report=evidence.chunk.report,
            title=title,
            section=list(evidence.chunk.path),
            address=evidence.chunk.address,
            text=evidence.text,
            start=evidence.start,
            end=evidence.end,
            planned=evidence.planned,
            score=evidence.score,
            scores=dict(evidence.scores),
        )


class NearestBody(PlaceBody):
    """One section that comes nearest to a question that was refused."""

    text: str
    score: float


class AnswerBody(Body):
    """An answer with all that is needed to dispute it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "question": "成都2018年解决了多少随迁子女的义务教育入学?",
                    "answer": f"{_QUOTE}。[1]",
                    "refused": False,
                    "language": "zh",
                    "kind": "plain",
                    "confidence": 0.93,
                    "claims": [
                        {"text": f"{_QUOTE}。", "verdict": "supported", "reason": "", "citations": [_CITATION_ID]}
                    ],
                    "removed": [],
                    "citations": [
                        {"id": _CITATION_ID, "number": 1, **_PLACE, **_ADDRESS, "quote": _QUOTE, "planned": False}
                    ],
                    "evidence": [
                        {
                            **_PLACE,
                            **_ADDRESS,
                            "text": _QUOTE,
                            "planned": False,
                            "score": 4.2,
                            "scores": {"reader": 0.9},
                        }
                    ],
                    "nearest": [],
                    "timings": {"retrieve": 0.03, "read": 0.2, "generate": 1.6, "verify": 0.01, "total": 1.84},
                    "identity": {"embedder": "multilingual-e5-small:Q4_0:1571fc9827503943:float32"},
                }
            ]
        }
    )

    question: str
    understood: str = Field(default="", description="the question as it stands alone, where `history` was given")
    answer: str = Field(description="the checked answer, with [n] markers; of a refusal, what is missing")
    refused: bool
    language: Literal["zh", "en"]
    kind: str = Field(description="the kind of question it was understood as")
    confidence: float = Field(description="how sure the evidence is to answer, 0 to 1")
    claims: list[ClaimBody] = Field(description="the statements that make up the answer, in order")
    removed: list[ClaimBody] = Field(description="statements of the draft that failed the check, and why")
    citations: list[CitationBody]
    evidence: list[EvidenceBody]
    nearest: list[NearestBody] = Field(description="of a refusal: the sections that come nearest")
    timings: dict[str, float] = Field(description="seconds by stage")
    identity: dict[str, str] = Field(description="models, prompt and snapshot the answer was made with")


def event_data(event: Event, title: Callable[[str], str]) -> dict[str, Any]:
    """The data of one server-sent event; `title` gives a report's title by its id."""
    if isinstance(event.data, Answer):
        return event.data.as_json()
    if isinstance(event.data, Evidence):
        return EvidenceBody.of(event.data, title(event.data.chunk.report)).model_dump()
    if isinstance(event.data, Claim):
        return claim_json(event.data)
    return {"text": event.data}


class HitBody(PlaceBody):
    """One section found: its fused score and the two scores that come into it."""

    text: str
    score: float
    scores: dict[str, float] = Field(examples=[{"dense": 0.87, "lexical": 12.4}])

    @classmethod
    def of(cls, hit: Hit, title: str) -> Self:
        chunk = hit.chunk
        return cls(
            report=chunk.report,
            title=title,
            section=list(chunk.path),
            address=chunk.address,
            text=chunk.text,
            start=chunk.start,
            end=chunk.end,
            score=hit.score,
            scores={"dense": hit.dense, "lexical": hit.lexical},
        )


class SearchBody(Body):
    """The sections that fit a query, best first."""

    query: str
    hits: list[HitBody]


class PassageBody(PlaceBody):
    """What stands behind a citation now.

    `current`: its section still holds the cited words. `changed`: the section is there, the words are not; `quote` is
    the section's present text. `withdrawn`: report or section is gone; `quote`, `before` and `after` are empty.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_PLACE,
                    **_ADDRESS,
                    "id": _CITATION_ID,
                    "status": "current",
                    "quote": _QUOTE,
                    "before": "坚持",
                    "after": "。",
                }
            ]
        }
    )

    id: str
    status: Literal["current", "changed", "withdrawn"]
    quote: str
    before: str
    after: str
    page: int | None = None
    paragraph: int | None = None


class StateBody(Body):
    """That the process runs, or that it is ready to answer."""

    status: Literal["alive", "ready"]
    identity: dict[str, str] = Field(default_factory=dict, description="models, prompts and snapshot in use")
