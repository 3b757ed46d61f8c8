"""Errors to problem+json responses (RFC 9457): what is wrong, under which status, and what to do about it."""

import logging
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from rag.errors import InputError, OverloadedError, RagError
from rag.service.opening import StartingError

MEDIA_TYPE = "application/problem+json"

REFERENCE = "#/components/schemas/{model}"  # of a component of an OpenAPI description

# Of a problem the body that tells it in another protocol than problem+json, and the status that protocol has for it.
Dialect = Callable[["Problem"], tuple[int, dict[str, Any]]]

logger = logging.getLogger(__name__)


class FieldFault(BaseModel):
    """One value of a request that cannot be used: where it stands and why."""

    location: str = Field(examples=["body.filters.years.0"])
    message: str = Field(examples=["Input should be a valid integer"])


class Problem(BaseModel):
    """The body of every answer that is not a success."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:problem-type:report-rag:index",
                    "title": "The index cannot be used",
                    "status": 503,
                    "detail": "there is no index in index. Run `rag index`.",
                    "instance": "/v1/ask",
                    "remedy": "Run `rag index`.",
                }
            ]
        }
    )

    type: str = Field(description="a name of the kind of problem that does not change")
    title: str
    status: int
    detail: str = Field(description="what is wrong with this request, and the remedy where there is one")
    instance: str = Field(description="the path of the request")
    remedy: str = Field(default="", description="what to do about it")
    errors: list[FieldFault] = Field(default_factory=list, description="the values that cannot be used, one by one")


def problem_of(error: RagError, instance: str) -> Problem:
    """The problem an error of the error tree is told as."""
    return _problem(error.slug, error.status, instance, title=error.title, detail=error.message, remedy=error.remedy)


def unexpected(instance: str) -> Problem:
    """The problem any other exception is told as: nothing of it leaves the server, its log has it all."""
    return _problem(
        "unexpected",
        500,
        instance,
        title="The service failed",
        detail="this request ran into a fault of the service",
        remedy="The service's log says more.",
    )


def documented(description: str) -> dict[str, Any]:
    """What OpenAPI says of a status whose body is a problem."""
    return {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}},
    }


def describe(openapi: dict[str, Any], models: Iterable[type[BaseModel]]) -> None:
    """Add what problems and `models` look like to an OpenAPI description, where others refer to them."""
    all_models: list[type[BaseModel]] = [Problem, *models]
    for model in all_models:
        schema = model.model_json_schema(ref_template=REFERENCE)
        openapi["components"]["schemas"] |= schema.pop("$defs", {}) | {model.__name__: schema}


def install(app: FastAPI, *, dialects: Mapping[str, Dialect]) -> None:
    """Answer every error of `app`, wherever it arises, with problem+json, or in the dialect that its path asks for.

    `dialects` has them by the beginning of the path.
    """

    def respond(problem: Problem, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
        for beginning, dialect in dialects.items():
            if problem.instance.startswith(beginning):
                status, body = dialect(problem)
                return JSONResponse(body, status_code=status, headers=headers)
        body = problem.model_dump(exclude_defaults=True)
        return JSONResponse(body, status_code=problem.status, headers=headers, media_type=MEDIA_TYPE)

    async def on_rag_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RagError)
        if error.status in (500, 502):  # 503 is a state that passes: `Opening` logs what it waits for
            logger.warning("%s %s: %s", request.method, request.url.path, error.message)
        headers = {}
        if isinstance(error, OverloadedError | StartingError):
            headers["Retry-After"] = str(error.retry_after_seconds)
        return respond(problem_of(error, request.url.path), headers=headers)

    async def on_invalid_request(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        # Pydantic's message and place only: the value itself may be huge, or not even text.
        faults = [
            FieldFault(location=".".join(str(part) for part in fault["loc"]), message=_message(fault))
            for fault in error.errors()
        ]
        problem = _problem(
            InputError.slug,
            InputError.status,
            request.url.path,
            title=InputError.title,
            detail="; ".join(f"{fault.location}: {fault.message}" for fault in faults),
            remedy="The fields and their limits are described at /docs.",
            errors=faults,
        )
        return respond(problem)

    async def on_http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        title = HTTPStatus(error.status_code).phrase
        problem = _problem(
            title.lower().replace(" ", "-"),
            error.status_code,
            request.url.path,
            title=title,
            detail=f"{request.method} {request.url.path}: {error.detail}",
            remedy="The paths and methods there are stand at /docs." if error.status_code in (404, 405) else "",
        )
        return respond(problem, headers=error.headers)

    async def on_unexpected(request: Request, error: Exception) -> JSONResponse:
        return respond(unexpected(request.url.path))  # the server logs the exception with its traceback

    app.add_exception_handler(RagError, on_rag_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_unexpected)


def _problem(
    slug: str,
    status: int,
    instance: str,
    *,
    title: str,
    detail: str,
    remedy: str = "",
    errors: list[FieldFault] | None = None,
) -> Problem:
    return Problem(
        type=f"urn:problem-type:report-rag:{slug}",
        title=title,
        status=status,
        detail=f"{detail.rstrip('.')}. {remedy}".rstrip(),
        instance=instance,
        remedy=remedy,
        errors=errors or [],
    )


def _message(fault: Mapping[str, object]) -> str:
    return str(fault["msg"]).removeprefix("Value error, ")
