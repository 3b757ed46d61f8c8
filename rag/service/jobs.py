"""Accepted changes to the index to jobs done one after the other, which outlive the process that accepted them."""

import asyncio
import json
import logging
import secrets
import shutil
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

from anyio import to_thread

from rag.errors import InputError, NotFoundError, OverloadedError, RagError
from rag.index.directory import flush
from rag.service.problems import Problem, problem_of, unexpected

Action = Literal["add", "replace", "delete"]
State = Literal["queued", "running", "done", "failed"]

MOST_WAITING = 1000
KEPT = 200  # finished jobs that can still be looked up
MOST_TRIES = 2  # of a job during which the process ended
_NOTE = ".job.json"
_TRY = ".try-"

logger = logging.getLogger(__name__)

# Called with what is being done, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Job:
    """One change: what is done to which report, how far it is and (in seconds) how long it took so far."""

    id: str
    action: Action
    report: str
    state: State = "queued"
    stage: str = ""
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    problem: Problem | None = None

    @property
    def finished(self) -> bool:
        return self.state in ("done", "failed")


class Jobs:
    """The line of jobs. Each lies in a folder of its own until it is finished, so that none is lost with the process.

    `change` does one in a thread, `settle` makes the outcome visible before the job is called done. Used from the
    event loop only.
    """

    def __init__(
        self,
        folder: Path,
        *,
        change: Callable[[Job, Path | None, Progress], None],
        settle: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self._folder = folder
        self._change = change
        self._settle = settle
        self._jobs: dict[str, Job] = {}
        self._line: asyncio.Queue[str] = asyncio.Queue()
        for job in _accepted(folder):
            self._enter(job)

    def newest_first(self) -> list[Job]:
        return [self.get(job_id) for job_id in sorted(self._jobs, reverse=True)]

    def get(self, job_id: str) -> Job:
        """Raises `NotFoundError`."""
        if job_id not in self._jobs:
            raise NotFoundError(
                f"no job {job_id[:60]!r} is known",
                remedy=f"Jobs are kept until {KEPT} later ones are finished, and finished ones while the service runs.",
            )
        return self._jobs[job_id]

    def unfinished(self, report: str) -> list[Job]:
        """The jobs for `report` that are still to be done, in their order."""
        return [job for _, job in sorted(self._jobs.items()) if job.report == report and not job.finished]

    async def accept(self, action: Action, report: str, *, file: BinaryIO | None = None, suffix: str = "") -> Job:
        """Note the change on the disk and put it in line; `file` is the report's new file. Raises `OverloadedError`."""
        waiting = sum(not job.finished for job in self._jobs.values())
        if waiting >= MOST_WAITING:
            raise OverloadedError(
                f"{waiting} changes wait to be done",
                retry_after_seconds=60,
                remedy="Try again after the time in the Retry-After header.",
            )
        job = Job(f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z-{secrets.token_hex(4)}", action, report)
        await to_thread.run_sync(_note, self._folder, job, file, suffix)
        self._enter(job)
        return job

    async def work(self) -> None:
        """Do the jobs, one after the other, until cancelled."""
        while True:
            job_id = await self._line.get()
            await self._do(self._jobs[job_id])
            self._forget_old()

    def _enter(self, job: Job) -> None:
        self._jobs[job.id] = job
        if not job.finished:
            self._line.put_nowait(job.id)

    async def _do(self, job: Job) -> None:
        started = time.monotonic()

        def note(**changes: Any) -> None:
            self._jobs[job.id] = replace(self._jobs[job.id], seconds=time.monotonic() - started, **changes)

        def progress(stage: str, done: int, total: int) -> None:
            note(stage=stage, done=done, total=total)

        def change() -> None:
            (self._folder / job.id / f"{_TRY}{secrets.token_hex(4)}").touch()
            self._change(job, _file_in(self._folder / job.id), progress)

        async def change_and_settle() -> None:
            await to_thread.run_sync(change, abandon_on_cancel=True)
            await self._settle()

        note(state="running")
        task = asyncio.create_task(change_and_settle())
        try:
            await asyncio.wait([task])  # a fault ends this job, not the line
        finally:
            task.cancel()
        await to_thread.run_sync(shutil.rmtree, self._folder / job.id, True)
        note(**_outcome(job, task.exception(), folder=self._folder / job.id))

    def _forget_old(self) -> None:
        finished = [job_id for job_id, job in sorted(self._jobs.items()) if job.finished]
        for job_id in finished[: max(0, len(finished) - KEPT)]:
            del self._jobs[job_id]


def _outcome(job: Job, error: BaseException | None, *, folder: Path) -> dict[str, Any]:
    """What becomes of a job in `folder` that ended with `error`; where that is on this machine is nobody's business."""
    if error is None:
        return {"state": "done"}
    instance = f"/v1/jobs/{job.id}"
    if isinstance(error, RagError):
        logger.warning("job %s (%s %s): %s", job.id, job.action, job.report, error.message)
        problem = problem_of(error, instance)
        detail = problem.detail.replace(f"{folder}/", "")
        return {"state": "failed", "problem": problem.model_copy(update={"detail": detail})}
    logger.error("job %s (%s %s)", job.id, job.action, job.report, exc_info=error)
    return {"state": "failed", "problem": unexpected(instance)}


def _note(folder: Path, job: Job, file: BinaryIO | None, suffix: str) -> None:
    """Write the job down, whole or not at all."""
    pending = folder / f".{job.id}"
    pending.mkdir(parents=True)
    if file is not None:
        with (pending / f"{job.report}{suffix}").open("wb") as copy:
            shutil.copyfileobj(file, copy)
    note = {"action": job.action, "report": job.report}
    (pending / _NOTE).write_text(json.dumps(note, ensure_ascii=False), encoding="utf-8")
    for path in (*pending.iterdir(), pending):
        flush(path)
    pending.rename(folder / job.id)
    flush(folder)


def _accepted(folder: Path) -> Iterator[Job]:
    """The jobs that an earlier process accepted and did not finish; those it was ended by again and again have failed.

    What it was still writing down when it ended was not accepted and goes.
    """
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            note = json.loads((path / _NOTE).read_text(encoding="utf-8"))
            job = Job(path.name, note["action"], note["report"])
        except (OSError, ValueError, KeyError, TypeError):
            job = None
        if job is None or path.name.startswith(".") or job.action not in get_args(Action):
            shutil.rmtree(path, ignore_errors=True)
        elif len(list(path.glob(f"{_TRY}*"))) < MOST_TRIES:
            yield job
        else:
            shutil.rmtree(path, ignore_errors=True)
            error = InputError(
                f"the service ended {MOST_TRIES} times while it was done",
                remedy="Look into the service's log; the file may be too large for this machine's memory.",
            )
            yield replace(job, state="failed", problem=problem_of(error, f"/v1/jobs/{job.id}"))


def _file_in(folder: Path) -> Path | None:
    return next((path for path in folder.iterdir() if not path.name.startswith(".")), None)
