"""A configuration to the HTTP API: questions, searches, citations and reports over one pipeline."""

from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from rag.answers.answer import Event
from rag.answers.pipeline import Pipeline
from rag.config import Config
from rag.index.snapshot import Snapshot
from rag.service import events, exports, openai_chat, problems, verifying
from rag.service import reports as changes
from rag.service.backend import Service, Shared
from rag.service.concurrency import CLIENT_CLOSED_REQUEST, beside, until_closed
from rag.service.decoding import Utf8Route
from rag.service.openai_schemas import ChatChunk
from rag.service.report_schemas import ReportBody, ReportsBody, ReportSummary
from rag.service.schemas import (
    AnswerBody,
    AskRequest,
    HitBody,
    PassageBody,
    SearchBody,
    SearchRequest,
    StateBody,
)
from rag.service.streaming import EventStream
from rag.service.web.pages import page_routes

_DESCRIPTION = """Ask long official reports a question; get a short answer whose every statement is cited and checked.

Every failure is answered with its HTTP status and a `problem+json` body (RFC 9457): 422 for a request that cannot be
used (malformed JSON included), 404 for an unknown citation, report or path, 503 with `Retry-After` when too many
questions wait, 503 while the models are loaded or when there is no index, with the command to run.
"""

_NOT_READY = problems.documented(
    "no index or no models yet (the detail names the command to run), or too many requests"
)
_INVALID = problems.documented("the request cannot be used")
_UNKNOWN = problems.documented("nothing is stored under that name")

health = APIRouter(tags=["health"])
v1 = APIRouter(prefix="/v1", route_class=Utf8Route, responses={422: _INVALID, 503: _NOT_READY})


@health.get("/healthz", summary="Whether the process runs")
async def healthz() -> StateBody:
    return StateBody(status="alive")


@health.get("/readyz", summary="Whether questions can be answered", responses={503: _NOT_READY})
async def readyz(service: Shared) -> StateBody:
    pipeline = service.opening.pipeline()
    return StateBody(status="ready", identity=pipeline.identity)


@v1.post(
    "/ask",
    summary="Answer a question, every statement cited and checked",
    tags=["answers"],
    response_model=AnswerBody,
    responses={200: {"content": {"text/event-stream": events.description()}}},
)
async def ask(body: AskRequest, request: Request, service: Shared) -> Response:
    pipeline = service.opening.pipeline()

    def steps() -> Generator[Event, None, None]:
        yield from pipeline.stream(
            body.question,
            history=body.history,
            filters=body.filters.filters(),
            generate=body.options.generate,
            top_k=body.options.top_k,
        )

    if body.stream or "text/event-stream" in request.headers.get("accept", ""):
        return EventStream(
            lambda: events.frames(steps(), title=pipeline.title),
            heartbeat=events.heartbeat(),
            fault=events.fault,
            turns=service.turns,
        )
    async with until_closed(request.receive):
        return JSONResponse((await service.answer(steps)).as_json())
    return Response(status_code=CLIENT_CLOSED_REQUEST)


@v1.get("/search", summary="Find sections", tags=["answers"])
async def search(query: Annotated[SearchRequest, Query()], service: Shared) -> SearchBody:
    pipeline = service.opening.pipeline()

    def find() -> SearchBody:
        hits = pipeline.search(query.q, top_k=query.top_k, filters=query.filters())
        return SearchBody(query=query.q, hits=[HitBody.of(hit, pipeline.title(hit.chunk.report)) for hit in hits])

    return await service.look_up(find)


@v1.get("/citations/{citation_id}", summary="Open a citation", tags=["reports"], responses={404: _UNKNOWN})
async def citation(citation_id: str, service: Shared) -> PassageBody:
    pipeline = service.opening.pipeline()
    return await service.look_up(lambda: PassageBody.model_validate(pipeline.cite(citation_id)))


@v1.get("/reports", summary="List the reports", tags=["reports"])
async def reports(service: Shared) -> ReportsBody:
    pipeline = service.opening.pipeline()
    return await service.look_up(
        lambda: ReportsBody(reports=[ReportSummary.of(record) for record in pipeline.snapshot.reports()])
    )


@v1.get("/reports/{report_id}", summary="Read a report", tags=["reports"], responses={404: _UNKNOWN})
async def report(report_id: str, service: Shared) -> ReportBody:
    pipeline = service.opening.pipeline()
    return await service.look_up(lambda: _whole(pipeline.snapshot, report_id))


def _whole(snapshot: Snapshot, report_id: str) -> ReportBody:
    report = snapshot.report(report_id)
    record = next(record for record in snapshot.reports() if record.id == report_id)
    return ReportBody.of(report, record)


class _Api(FastAPI):
    """FastAPI describes the bodies of successes by itself; what problems and the data of events look like is added."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            payloads = (model for model, _ in events.PAYLOADS.values())
            problems.describe(super().openapi(), [*payloads, ChatChunk])
        return super().openapi()


class _Mcp:
    """The Model Context Protocol at one path: a class, because Starlette takes a function for one that answers."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["app"].state.mcp(scope, receive, send)


def create_app(config: Config, *, open_pipeline: Callable[[Config], Pipeline] = Pipeline.open) -> FastAPI:
    """The service as an ASGI application; the index and the models are opened in the background once it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        from rag.service.mcp import ReportsServer  # half a second to import: not before the port is open

        service = Service.of(config, open_pipeline=open_pipeline)
        app.state.service = service
        service.opening.start()
        app.state.jobs = changes.jobs_of(config, service.opening)
        agents = ReportsServer(service)
        app.state.mcp = agents.streamable_http_app(stateless_http=True, host=config.host)
        async with agents.session_manager.run(), beside(app.state.jobs.work()):
            yield
        service.opening.cancel()

    app = _Api(
        title="report-rag",
        version="1",
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own pages load their scripts from elsewhere; `page_routes` has one that does not
        redoc_url=None,
    )
    app.state.config = config
    problems.install(app, dialects=dict.fromkeys(openai_chat.PATHS, openai_chat.error_of))
    app.include_router(health)
    app.include_router(v1)
    app.include_router(changes.writing)
    app.include_router(changes.reading)
    app.include_router(exports.router)
    app.include_router(verifying.router)
    app.include_router(openai_chat.router)
    app.include_router(page_routes())
    app.router.routes.append(Route("/mcp", _Mcp()))
    return app
