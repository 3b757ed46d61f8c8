"""`POST /v1/verify`: a text or a stored answer to the verdict of each of its statements."""

from typing import Any, Literal, Self

from fastapi import APIRouter
from pydantic import Field, model_validator

from rag.answers.checking import Checked, Stated, statements_of, statements_of_answer
from rag.service import problems
from rag.service.backend import Shared
from rag.service.decoding import Utf8Route
from rag.service.schemas import Body, CitationBody, Request

router = APIRouter(prefix="/v1", route_class=Utf8Route)


class NumberedCitation(Request):
    """Which citation a marker `[n]` of the text stands for."""

    number: int = Field(ge=1)
    id: str


class VerifyRequest(Request):
    """A text, with the ids of its `[n]` markers or without, or the answer that `POST /v1/ask` returned."""

    text: str = Field(default="", examples=["成都2018年解决了37.8万随迁子女的义务教育入学。"])
    citations: list[NumberedCitation] = Field(default_factory=list)
    answer: dict[str, Any] | None = Field(default=None, description="the stored body of an answer")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.text.strip()) == (self.answer is not None):
            raise ValueError("give either a text or an answer")
        return self

    def statements(self) -> list[Stated]:
        """What is to be checked. Raises `InputError` for an answer that is none, or a marker without a citation."""
        if self.answer is not None:
            return statements_of_answer(self.answer)
        return statements_of(self.text, {citation.number: citation.id for citation in self.citations})


class CheckedBody(Body):
    """One statement's verdict. `citations` are the words it was checked against, or those that bear it out."""

    text: str
    verdict: Literal["supported", "unsupported", "misattributed", "changed", "withdrawn"]
    reason: str = Field(description="why it is not supported; empty when it is")
    citations: list[CitationBody]


class VerifyBody(Body):
    """The verdicts, in the order of the statements; `supported` only if all are."""

    supported: bool
    statements: list[CheckedBody]

    @classmethod
    def of(cls, checked: list[Checked]) -> Self:
        return cls(
            supported=all(item.verdict == "supported" for item in checked),
            statements=[CheckedBody.model_validate(item.as_json()) for item in checked],
        )


@router.post(
    "/verify",
    summary="Check a text's statements against the reports as they are now",
    tags=["answers"],
    responses={422: problems.documented("the request cannot be used")},
)
async def verify(body: VerifyRequest, service: Shared) -> VerifyBody:
    pipeline = service.opening.pipeline()
    statements = body.statements()
    return await service.look_up(lambda: VerifyBody.of(pipeline.check(statements)))
