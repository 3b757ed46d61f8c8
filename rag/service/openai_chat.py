"""OpenAI's protocol to questions and texts for the pipeline, and what comes of them back into that protocol."""

import base64
import json
import re
import time
import uuid
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from fastapi.sse import format_sse_event

from rag.answers.answer import Answer, Event
from rag.answers.footnotes import with_footnotes
from rag.answers.pipeline import Pipeline
from rag.errors import InputError, NotFoundError
from rag.service.backend import Shared
from rag.service.concurrency import CLIENT_CLOSED_REQUEST, until_closed
from rag.service.decoding import Utf8Route
from rag.service.openai_schemas import (
    CHAT_MODEL,
    ChatChunk,
    ChatCompletion,
    ChatRequest,
    Choice,
    ChunkChoice,
    Delta,
    EmbeddingBody,
    EmbeddingList,
    EmbeddingsRequest,
    ErrorBody,
    ErrorDetail,
    ModelBody,
    ModelList,
    ReplyMessage,
    Usage,
)
from rag.service.problems import REFERENCE, Problem
from rag.service.schemas import AnswerBody
from rag.service.streaming import EventStream, Frame

PATHS = ("/v1/chat/completions", "/v1/models", "/v1/embeddings")
TITLE_CHARACTERS = 40
EMBEDDED_AT_ONCE = 16  # texts between two looks whether the client is still there: about a second's work

_KEEP_ALIVE = format_sse_event(comment="still working")
_DONE = Frame(format_sse_event(data_str="[DONE]"), last=True)
# What chat front ends send of their own accord to name or tag a conversation (Open WebUI puts it between these marks,
# LibreChat begins with one of these sentences): nothing that a report could answer.
_CHORE = re.compile(r"<chat_history>|title for the conversation, |concise title in the detected language")
_FIRST_WORDS = re.compile(r"^\s*user\s*:\s*(?P<words>.+)$", re.I | re.M)

router = APIRouter(
    prefix="/v1",
    tags=["OpenAI protocol"],
    route_class=Utf8Route,
    responses={"4XX": {"model": ErrorBody}, "5XX": {"model": ErrorBody}},
)


class UnknownModelError(NotFoundError):
    """A model that this service does not have."""

    slug, title = "model-not-found", "There is no such model"


def error_of(problem: Problem) -> tuple[int, dict[str, Any]]:
    """A problem as this protocol tells it: the status, and the body."""
    status = 400 if problem.status == 422 else problem.status  # what its clients know a faulty request by
    location = problem.errors[0].location.removeprefix("body").lstrip(".") if problem.errors else ""
    detail = ErrorDetail(
        message=problem.detail,
        type="invalid_request_error" if status < 500 else "server_error",
        param=location or None,
        code=problem.type.rpartition(":")[2].replace("-", "_"),
    )
    return status, ErrorBody(error=detail).model_dump()


@router.post(
    "/chat/completions",
    summary="Answer the last question of a conversation",
    response_model=ChatCompletion,
    responses={
        200: {
            "content": {
                "text/event-stream": {
                    "schema": {
                        "type": "string",
                        "description": "With `stream`: chunks as data of nameless events, then `[DONE]`. Only checked "
                        "words are content; until there are any, comments keep the connection alive.",
                    },
                    "itemSchema": {
                        "type": "object",
                        "properties": {
                            "data": {
                                "type": "string",
                                "contentMediaType": "application/json",
                                "contentSchema": {"$ref": REFERENCE.format(model=ChatChunk.__name__)},
                            }
                        },
                    },
                }
            }
        }
    },
)
async def complete(body: ChatRequest, request: Request, service: Shared) -> Response:
    pipeline = service.opening.pipeline()
    _require_model(body.model, CHAT_MODEL)
    reply = _Reply(pipeline, body)
    if body.stream:
        return EventStream(reply.frames, heartbeat=_KEEP_ALIVE, fault=_fault, turns=service.turns)
    async with until_closed(request.receive):
        answer = None if reply.title else await service.answer(reply.steps)
        return JSONResponse(await service.look_up(lambda: reply.whole(answer)))
    return Response(status_code=CLIENT_CLOSED_REQUEST)


@router.get("/models", summary="List the models")
async def models(service: Shared) -> ModelList:
    return ModelList(data=_models(service.opening.pipeline()))


@router.get("/models/{model_id}", summary="Look up a model")
async def model(model_id: str, service: Shared) -> ModelBody:
    known = {body.id: body for body in _models(service.opening.pipeline())}
    _require_model(model_id, *known)
    return known[model_id]


@router.post("/embeddings", summary="Embed texts", response_model=EmbeddingList)
async def embed(body: EmbeddingsRequest, request: Request, service: Shared) -> Response:
    pipeline = service.opening.pipeline()
    _require_model(body.model, _embedder_name(pipeline))
    own = pipeline.embedder.dimension
    if body.dimensions not in (None, own):
        raise InputError(f"the vectors of {body.model} have {own} dimensions, not {body.dimensions}")
    texts = [body.input] if isinstance(body.input, str) else body.input
    done: list[EmbeddingBody] = []

    def embeddings() -> Generator[list[EmbeddingBody], None, None]:
        for start in range(0, len(texts), EMBEDDED_AT_ONCE):
            batch = texts[start : start + EMBEDDED_AT_ONCE]
            embedder = pipeline.embedder
            vectors = embedder.encode_queries(batch) if body.input_type == "query" else embedder.encode_documents(batch)
            yield [
                EmbeddingBody(
                    index=index,
                    embedding=vector.tolist()
                    if body.encoding_format == "float"
                    else base64.b64encode(vector.astype("<f4").tobytes()).decode(),
                )
                for index, vector in enumerate(vectors, start=start)
            ]

    async def keep(batch: Sequence[EmbeddingBody]) -> None:
        done.extend(batch)

    async with until_closed(request.receive):
        await service.turns.run(embeddings, deliver=keep)
        read = await service.look_up(lambda: sum(map(pipeline.embedder.count_tokens, texts)))
        return JSONResponse(EmbeddingList(data=done, model=body.model, usage=Usage.of(read, 0)).model_dump())
    return Response(status_code=CLIENT_CLOSED_REQUEST)


class _Reply:
    """The reply to one request: whole, or as the frames of a stream.

    Tokens are counted with the embedder's tokenizer: the answer is not the generator's own text, and there may be none.
    """

    def __init__(self, pipeline: Pipeline, request: ChatRequest) -> None:
        self._pipeline = pipeline
        self._question = request.question
        # A document that somebody pasted is no question to lean on.
        longest = pipeline.config.max_question_characters
        self._history = [asked for asked in request.history if len(asked) <= longest]
        self._counts = bool(request.stream_options and request.stream_options.include_usage)
        self._id = f"chatcmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())
        self.title = _title(request.question)

    def steps(self) -> Generator[Event, None, None]:
        return self._pipeline.stream(self._question, history=self._history)

    def whole(self, answer: Answer | None) -> dict[str, Any]:
        """The completion with this answer, or with a title where that is what was asked for."""
        content = "".join(with_footnotes(answer)) if answer else self.title
        message = ReplyMessage(role="assistant", content=content, refusal=None, report_rag=_extension(answer))
        return ChatCompletion(
            id=self._id,
            object="chat.completion",
            created=self._created,
            model=CHAT_MODEL,
            choices=[Choice(index=0, message=message, logprobs=None, finish_reason="stop")],
            usage=self._usage(content),
        ).model_dump(exclude_unset=True)

    def frames(self) -> Generator[Frame, None, None]:
        """The same in pieces: nothing before it is checked, and with the last piece what the whole has besides."""
        if self.title:
            yield from self._pieces([self.title], None)
            return
        with closing(self.steps()) as steps:
            for event in steps:
                if isinstance(event.data, Answer):
                    yield from self._pieces(list(with_footnotes(event.data)), event.data)
                else:
                    status = event.type == "status"
                    yield Frame(format_sse_event(comment=str(event.data)) if status else b"")

    def _pieces(self, pieces: Sequence[str], answer: Answer | None) -> Generator[Frame, None, None]:
        yield self._chunk(Delta(role="assistant", content=""))
        for piece in pieces:
            yield self._chunk(Delta(content=piece))
        yield self._chunk(Delta(report_rag=_extension(answer)), finish_reason="stop")
        if self._counts:
            yield self._frame([], {"usage": self._usage("".join(pieces))})
        yield _DONE

    def _chunk(self, delta: Delta, *, finish_reason: Literal["stop"] | None = None) -> Frame:
        choice = ChunkChoice(index=0, delta=delta, finish_reason=finish_reason)
        return self._frame([choice], {"usage": None} if self._counts else {})

    def _frame(self, choices: list[ChunkChoice], usage: Mapping[str, Usage | None]) -> Frame:
        chunk = ChatChunk(
            id=self._id,
            object="chat.completion.chunk",
            created=self._created,
            model=CHAT_MODEL,
            choices=choices,
            **usage,
        )
        return Frame(format_sse_event(data_str=chunk.model_dump_json(exclude_unset=True)))

    def _usage(self, content: str) -> Usage:
        count = self._pipeline.embedder.count_tokens
        around = count("")  # the prefix and the marks that every text is read with
        asked = sum(count(text) - around for text in (*self._history, self._question))
        return Usage.of(asked, count(content) - around)


def _extension(answer: Answer | None) -> AnswerBody | None:
    return AnswerBody.model_validate(answer.as_json()) if answer else None


def _fault(problem: Problem) -> bytes:
    return format_sse_event(data_str=json.dumps(error_of(problem)[1], ensure_ascii=False))


def _title(question: str) -> str:
    """For a front end's own request about a conversation the first words of the user in it; else nothing."""
    if not _CHORE.search(question):
        return ""
    first = _FIRST_WORDS.search(question)
    words = first["words"].strip() if first else CHAT_MODEL
    return words if len(words) <= TITLE_CHARACTERS else f"{words[: TITLE_CHARACTERS - 1]}…"


def _models(pipeline: Pipeline) -> list[ModelBody]:
    built = int(datetime.fromisoformat(pipeline.snapshot.manifest.created).timestamp())
    return [ModelBody(id=name, created=built) for name in (CHAT_MODEL, _embedder_name(pipeline))]


def _embedder_name(pipeline: Pipeline) -> str:
    return Path(pipeline.config.embedder).name  # of a folder nothing else is told


def _require_model(asked: str, *known: str) -> None:
    if asked not in known:
        raise UnknownModelError(
            f"there is no model {asked!r} for this", remedy=f"Ask for {' or '.join(known)}; /v1/models lists them."
        )
