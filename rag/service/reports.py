"""Uploads, replacements and deletions over HTTP to jobs that change the index."""

import ipaddress
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, File, Form, HTTPException, Request, Response, UploadFile
from fastapi.routing import APIRoute
from pydantic import Field

from rag.answers.indexing import add_reports, remove_reports
from rag.config import Config
from rag.errors import InputError, NotFoundError, SnapshotError
from rag.index.directory import CURRENT
from rag.index.kept import KeptFiles, check_id
from rag.reports.reading import ARCHIVE, READERS, SUFFIXES, limits_of
from rag.service import problems
from rag.service.backend import Shared
from rag.service.decoding import BoundedRequest
from rag.service.jobs import Action, Job, Jobs, Progress, State
from rag.service.opening import Opening
from rag.service.problems import Problem
from rag.service.schemas import Body

PATIENCE_SECONDS = 600.0  # a job waits so long for another program that writes the index
_PENDING = ".pending"
_FORM_BYTES = 100_000  # of a form beside its file


class JobBody(Body):
    """A change to the index: `stage`, `done` of `total` say how far it is, `problem` why it failed."""

    id: str
    action: Action
    report: str = Field(description="the report's id; of an archive its name")
    state: State
    stage: str = Field(description="what is being done", examples=["reports", "vectors"])
    done: int
    total: int = Field(description="0 where nobody knows")
    seconds: float
    problem: Problem | None


class JobsBody(Body):
    """Changes accepted since the service started, newest first."""

    jobs: list[JobBody]


def jobs_of(config: Config, opening: Opening) -> Jobs:
    """The line of changes to the index in `config.index_dir`, which `opening` then goes over to."""

    def change(job: Job, file: Path | None, progress: Progress) -> None:
        embedder = opening.embedder
        if file is not None:
            add_reports([file], config, embedder=embedder, progress=progress, patience=PATIENCE_SECONDS)
            return
        with suppress(NotFoundError):  # it was there when the job was accepted: then an earlier try got so far
            remove_reports([job.report], config, embedder=embedder, patience=PATIENCE_SECONDS)

    return Jobs(KeptFiles.of(config).folder / _PENDING, change=change, settle=opening.renew)


class _WritingRoute(APIRoute):
    """A route that changes the index: refused where that is not allowed, before anything of the body is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_writing(request: Request) -> Response:
            config: Config = request.app.state.config
            _check_allowed(request, config)
            limits = limits_of(config)
            return await handle(BoundedRequest(request, most=limits.archive_bytes + _FORM_BYTES))

        return handle_writing


def _check_allowed(request: Request, config: Config) -> None:
    if config.api_writes == "never" or (config.api_writes == "local" and not _is_loopback(config.host)):
        raise HTTPException(
            403, f"reports are not changed over HTTP while api_writes is {config.api_writes} and the host {config.host}"
        )
    origin = request.headers.get("origin")
    # A page of another site can make the browser of a local user send a form here.
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, f"reports are not changed by pages of another origin ({origin[:100]})")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


Line = Annotated[Jobs, Depends(_jobs)]
Upload = Annotated[UploadFile, File(description=f"the report: a file ending in {', '.join(SUFFIXES)}")]

Responses = dict[int | str, dict[str, Any]]

_INVALID = problems.documented("the request cannot be used")
_UNKNOWN = problems.documented("nothing is stored under that name")
_REFUSALS: Responses = {
    403: problems.documented("reports may not be changed here"),
    413: problems.documented("the file is too large"),
    422: _INVALID,
    503: problems.documented("the index cannot be changed now, or too many changes wait"),
}
_UPLOADS: Responses = {
    400: problems.documented("the form cannot be read"),
    415: problems.documented("no kind of file that is read"),
}

reading = APIRouter(prefix="/v1/jobs", tags=["changes"], responses={422: _INVALID})
writing = APIRouter(prefix="/v1/reports", tags=["changes"], route_class=_WritingRoute, responses=_REFUSALS)


@writing.post(
    "",
    summary="Add a report",
    status_code=202,
    responses={**_UPLOADS, 409: problems.documented("there is a report with this id")},
)
async def add(
    request: Request,
    response: Response,
    service: Shared,
    line: Line,
    file: Upload,
    id: Annotated[str | None, Form(description="the report's id; left out: the file's name without suffix")] = None,
) -> JobBody:
    name = PurePosixPath((file.filename or "").replace("\\", "/"))
    suffix = _checked(file, name, request.app.state.config)
    if suffix == ARCHIVE and id is not None:
        raise InputError("an archive takes no id", remedy="Leave it out: each report in it has its own.")
    report_id = check_id(name.stem if id is None else id)
    if suffix != ARCHIVE and _is_there(report_id, service.opening, line, request.app.state.config):
        raise HTTPException(409, f"there is a report {report_id!r}: PUT replaces it")
    return await _accepted(response, line, "add", report_id, file, suffix)


@writing.put("/{report_id}", summary="Replace a report", status_code=202, responses={**_UPLOADS, 404: _UNKNOWN})
async def replace(
    report_id: str, request: Request, response: Response, service: Shared, line: Line, file: Upload
) -> JobBody:
    name = PurePosixPath(file.filename or "")
    suffix = _checked(file, name, request.app.state.config)
    if suffix == ARCHIVE:
        raise HTTPException(415, f"a report is replaced by one file, not by an archive: {', '.join(READERS)}")
    _require(report_id, service.opening, line, request.app.state.config)
    return await _accepted(response, line, "replace", check_id(report_id), file, suffix)


@writing.delete("/{report_id}", summary="Delete a report", status_code=202, responses={404: _UNKNOWN})
async def delete(report_id: str, request: Request, response: Response, service: Shared, line: Line) -> JobBody:
    _require(report_id, service.opening, line, request.app.state.config)
    return await _accepted(response, line, "delete", report_id)


@reading.get("", summary="List the changes to the index")
async def jobs(line: Line) -> JobsBody:
    return JobsBody(jobs=[JobBody.model_validate(job) for job in line.newest_first()])


@reading.get("/{job_id}", summary="How far a change is", responses={404: _UNKNOWN})
async def job(job_id: str, line: Line) -> JobBody:
    return JobBody.model_validate(line.get(job_id))


async def _accepted(
    response: Response, line: Jobs, action: Action, report_id: str, file: UploadFile | None = None, suffix: str = ""
) -> JobBody:
    job = await line.accept(action, report_id, file=file.file if file else None, suffix=suffix)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return JobBody.model_validate(job)


def _checked(file: UploadFile, name: PurePosixPath, config: Config) -> str:
    """The suffix of an upload, once it and the size may be taken."""
    suffix = name.suffix.lower()
    if suffix not in SUFFIXES:
        raise HTTPException(415, f"{suffix or 'a file without suffix'} is not read, only {', '.join(SUFFIXES)}")
    limits = limits_of(config)
    most = limits.archive_bytes if suffix == ARCHIVE else limits.file_bytes
    if not file.size:
        raise InputError("the file is empty", remedy="Send the report itself.")
    if file.size > most:
        raise HTTPException(413, f"the file has {file.size} bytes, more than {most}")
    return suffix


def _require(report_id: str, opening: Opening, line: Jobs, config: Config) -> None:
    if not _is_there(report_id, opening, line, config):
        raise NotFoundError(f"no report {report_id[:60]!r} in this index", remedy="`GET /v1/reports` lists the ids.")


def _is_there(report_id: str, opening: Opening, line: Jobs, config: Config) -> bool:
    """Whether there will be such a report when the jobs accepted so far are done."""
    unfinished = line.unfinished(report_id)
    if unfinished:
        return unfinished[-1].action != "delete"
    try:
        pipeline = opening.pipeline()
    except SnapshotError:
        if (config.index_dir / CURRENT).exists():
            raise
        return False  # the first report starts the index
    return any(record.id == report_id for record in pipeline.snapshot.reports())
