"""Questions, citation ids and report files to the typed answers of a running service, and its problems to errors."""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from rag.answers.pipeline import NO_FILTERS
from rag.answers.query import Filters
from rag.errors import RagError
from rag.service.events import PAYLOADS
from rag.service.problems import Problem
from rag.service.report_schemas import ReportBody, ReportsBody, ReportSummary
from rag.service.reports import JobBody
from rag.service.schemas import AnswerBody, HitBody, PassageBody, SearchBody

POLLING_SECONDS = 0.5  # between two looks at a job, which takes seconds at least

Body = TypeVar("Body", bound=BaseModel)


class ProblemError(RagError):
    """The service refused a request or failed at it; `problem` is what it said.

    `retry_after_seconds` is set where the same request may succeed later.
    """

    slug, title, exit_code, status = "problem", "The service answered with a problem", 70, 502

    def __init__(self, problem: Problem, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(problem.detail)  # which ends in the remedy
        self.problem = problem
        self.retry_after_seconds = retry_after_seconds


class UnreachableError(RagError):
    """No answer came, or one that is not of this service."""

    slug, title, exit_code, status = "unreachable", "The service cannot be reached", 69, 502


@dataclass(frozen=True)
class Streamed:
    """One event of a stream: its name, and its data as `rag.service.events.PAYLOADS` has it under that name."""

    type: str
    data: BaseModel


class Client:
    """One service. It keeps connections open: use it in a `with`, or close it. It may be used from several threads."""

    def __init__(self, base_url: str = "http://127.0.0.1:8000", *, timeout_seconds: float = 120.0) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=timeout_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def ask(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        filters: Filters = NO_FILTERS,
        generate: bool | None = None,
        top_k: int | None = None,
    ) -> AnswerBody:
        """Answer a question, which may lean on those asked before it (`history`, oldest first).

        Raises `ProblemError` or, as every method does, `UnreachableError`.
        """
        body = _ask_body(question, history, filters, generate=generate, top_k=top_k)
        return self._request("POST", "/v1/ask", AnswerBody, json=body)

    def stream(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        filters: Filters = NO_FILTERS,
        generate: bool | None = None,
        top_k: int | None = None,
    ) -> Generator[Streamed, None, None]:
        """The steps of an answer as they happen, the answer last; heartbeats are left out.

        Closing the iterator closes the connection, which stops the work. An `error` event raises `ProblemError`.
        """
        body = _ask_body(question, history, filters, generate=generate, top_k=top_k) | {"stream": True}
        with _reaching(self._http), self._http.stream("POST", "/v1/ask", json=body) as response:
            if response.status_code != 200:
                response.read()
                raise _error(response)
            yield from _events(response.iter_lines())

    def search(self, query: str, *, top_k: int = 10, filters: Filters = NO_FILTERS) -> list[HitBody]:
        """The sections that fit a question or a few words, best first."""
        chosen = {
            "report": filters.reports,
            "region": filters.regions,
            "year": filters.years,
            "issuer": filters.issuers,
        }
        return self._request("GET", "/v1/search", SearchBody, params={"q": query, "top_k": top_k, **chosen}).hits

    def cite(self, citation_id: str) -> PassageBody:
        """What stands behind a citation id now. Raises `ProblemError` (404) for an id that is none."""
        return self._request("GET", f"/v1/citations/{quote(citation_id, safe='')}", PassageBody)

    def reports(self) -> list[ReportSummary]:
        """The indexed reports, by id."""
        return self._request("GET", "/v1/reports", ReportsBody).reports

    def report(self, report_id: str) -> ReportBody:
        """A report with its whole text and section tree. Raises `ProblemError` (404)."""
        return self._request("GET", _report(report_id), ReportBody)

    def upload(self, file: Path, *, report_id: str | None = None) -> JobBody:
        """Have a report file, or an archive of them, added; `report_id` is the file's name without suffix if left out.

        The index has it when the job is done: see `wait`.
        """
        form = {} if report_id is None else {"id": report_id}
        with file.open("rb") as content:
            return self._request("POST", "/v1/reports", JobBody, files={"file": (file.name, content)}, data=form)

    def replace(self, report_id: str, file: Path) -> JobBody:
        """Have a report replaced by another file. The index has it when the job is done."""
        with file.open("rb") as content:
            return self._request("PUT", _report(report_id), JobBody, files={"file": (file.name, content)})

    def delete(self, report_id: str) -> JobBody:
        """Have a report deleted. It is gone from the index when the job is done."""
        return self._request("DELETE", _report(report_id), JobBody)

    def wait(self, job: JobBody, *, timeout_seconds: float = 600.0) -> JobBody:
        """The job when it is done. Raises `ProblemError` where it failed, `TimeoutError` where it took too long."""
        until = time.monotonic() + timeout_seconds
        while job.state not in ("done", "failed"):
            if time.monotonic() > until:
                raise TimeoutError(f"job {job.id} is {job.state} after {timeout_seconds:g} s")
            time.sleep(POLLING_SECONDS)
            job = self._request("GET", f"/v1/jobs/{quote(job.id, safe='')}", JobBody)
        if job.problem is not None:
            raise ProblemError(job.problem)
        return job

    def _request(self, method: str, path: str, body: type[Body], **request: Any) -> Body:
        with _reaching(self._http):
            response = self._http.request(method, path, **request)
            if not response.is_success:
                raise _error(response)
            return body.model_validate_json(response.content)


def _report(report_id: str) -> str:
    return f"/v1/reports/{quote(report_id, safe='')}"


def _ask_body(
    question: str, history: Sequence[str], filters: Filters, *, generate: bool | None, top_k: int | None
) -> dict[str, Any]:
    options = {"generate": generate, "top_k": top_k}
    return {"question": question, "history": list(history), "filters": asdict(filters), "options": options}


def _events(lines: Iterator[str]) -> Iterator[Streamed]:
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data" and name == "error":
            raise ProblemError(Problem.model_validate_json(value))
        elif field == "data" and name in PAYLOADS and name != "heartbeat":
            model, _ = PAYLOADS[name]
            yield Streamed(name, model.model_validate_json(value))


@contextmanager
def _reaching(http: httpx.Client) -> Iterator[None]:
    """Tell what keeps an answer from coming."""
    remedy = "Start the service with `rag serve`, or give its address."
    try:
        yield
    except httpx.TransportError as error:
        raise UnreachableError(f"{http.base_url} does not answer: {error}", remedy=remedy) from error
    except ValidationError as error:
        raise UnreachableError(
            f"{http.base_url} answers otherwise than this service: {error}", remedy=remedy
        ) from error


def _error(response: httpx.Response) -> RagError:
    later = response.headers.get("retry-after", "")
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        return UnreachableError(
            f"{response.url} answered {response.status_code} without a problem of this service",
            remedy="Give the address of a running `rag serve`.",
        )
    return ProblemError(problem, retry_after_seconds=int(later) if later.isdecimal() else None)
