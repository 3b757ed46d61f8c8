"""A slow opening of the pipeline to a pipeline that is there at once or an error that says what it waits for."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from anyio import to_thread

from rag.answers.pipeline import Pipeline
from rag.errors import RagError, SnapshotError
from rag.index.directory import live_name
from rag.models.embedder import Embedder

RETRY_SECONDS = 5.0  # a failed opening is tried again on the first request after this time
LOOK_SECONDS = 1.0  # between two looks at which snapshot is the live one

logger = logging.getLogger(__name__)


class StartingError(RagError):
    """The models and the index are being loaded; the same request will succeed in a little while."""

    slug, title, exit_code, status = "starting", "The service is starting", 75, 503
    retry_after_seconds: ClassVar[int] = 5


class Opening:
    """Opens the pipeline in a thread, so that the port answers at once, and goes over to every newer snapshot.

    When opening fails (no index yet, no models yet) the reason is given to whoever asks, and it is tried again: after
    `rag index` the running service comes to life by itself. Once it is open, a snapshot that this or another process
    published is opened beside the one in use and takes its place between two requests; whoever got the pipeline
    before goes on with the old snapshot, which is closed when the last of them is done. Used from the event loop only.
    """

    def __init__(self, open_pipeline: Callable[[], Pipeline], *, index_dir: Path) -> None:
        self._open = open_pipeline
        self._index_dir = index_dir
        self._task: asyncio.Task[Pipeline] | None = None
        self._started = 0.0
        self._pipeline: Pipeline | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._renewing = asyncio.Lock()
        self._looked = 0.0
        self._refused = ""  # the newest snapshot, where it could not be opened

    def start(self) -> None:
        self._started = time.monotonic()
        self._task = asyncio.create_task(to_thread.run_sync(self._open, abandon_on_cancel=True))
        self._task.add_done_callback(_log)

    def cancel(self) -> None:
        for task in (self._task, self._renewal):
            if task is not None:
                task.cancel()

    async def opened(self) -> Pipeline:
        """The pipeline, once opening it has come to its end; raises the reason where that failed."""
        if self._task is not None:
            await asyncio.wait([self._task])
        return self.pipeline()

    def pipeline(self) -> Pipeline:
        """The pipeline. Raises `StartingError` while it is being opened, and the reason when that failed."""
        if self._pipeline is not None:
            self._look_for_a_newer_snapshot()
            return self._pipeline
        if self._task is None or not self._task.done():
            raise StartingError("the index and the models are being loaded", remedy="Ask again in a few seconds.")
        error = self._task.exception()
        if error is None:
            self._pipeline = self._task.result()
            self._task = None  # it would keep the first snapshot open
            return self._pipeline
        if time.monotonic() - self._started >= RETRY_SECONDS:
            self.start()
        raise error.with_traceback(None)  # or the one exception would gather a traceback with every request

    @property
    def embedder(self) -> Embedder | None:
        """The embedder of the pipeline, if that is open. From any thread."""
        pipeline = self._pipeline
        return None if pipeline is None else pipeline.embedder

    async def renew(self) -> None:
        """Go over to the newest snapshot now, or open the pipeline where that failed before."""
        async with self._renewing:
            if self._pipeline is None:
                if self._task is not None and self._task.done() and self._task.exception() is not None:
                    self.start()
                if self._task is not None:
                    await asyncio.wait([self._task])
                return
            try:
                self._refused = live_name(self._index_dir)
                if self._refused != self._pipeline.snapshot.folder.name:
                    self._pipeline = await to_thread.run_sync(self._pipeline.renewed)
                self._refused = ""
            except SnapshotError as error:
                logger.warning("the older snapshot stays in use: %s", error)

    def _look_for_a_newer_snapshot(self) -> None:
        """Cheap, and at most once in `LOOK_SECONDS`."""
        assert self._pipeline is not None
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS or self._renewing.locked():
            return
        self._looked = now
        try:
            name = live_name(self._index_dir)
        except SnapshotError:
            return  # what is open is whole
        if name not in (self._pipeline.snapshot.folder.name, self._refused):
            self._renewal = asyncio.create_task(self.renew())


def _log(task: "asyncio.Task[Pipeline]") -> None:
    if task.cancelled():
        return
    error = task.exception()
    if isinstance(error, RagError):
        logger.warning("not ready: %s", error)
    elif error is not None:
        logger.error("not ready", exc_info=error)
    else:
        logger.info("ready")
