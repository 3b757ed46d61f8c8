"""A slow opening of the pipeline to a pipeline that is there at once or an error that says what it waits for."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import ClassVar

from anyio import to_thread

from rag.answers.pipeline import Pipeline
from rag.errors import RagError

RETRY_SECONDS = 5.0  # a failed opening is tried again on the first request after this time

logger = logging.getLogger(__name__)


class StartingError(RagError):
    """The models and the index are being loaded; the same request will succeed in a little while."""

    slug, title, exit_code, status = "starting", "The service is starting", 75, 503
    retry_after_seconds: ClassVar[int] = 5


class Opening:
    """Opens the pipeline in a thread, so that the port answers at once.

    When opening fails (no index yet, no models yet) the reason is given to whoever asks, and it is tried again: after
    `rag index` the running service comes to life by itself. Used from the event loop only.
    """

    def __init__(self, open_pipeline: Callable[[], Pipeline]) -> None:
        self._open = open_pipeline
        self._task: asyncio.Task[Pipeline] | None = None
        self._started = 0.0

    def start(self) -> None:
        self._started = time.monotonic()
        self._task = asyncio.create_task(to_thread.run_sync(self._open, abandon_on_cancel=True))
        self._task.add_done_callback(_log)

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def opened(self) -> Pipeline:
        """The pipeline, once opening it has come to its end; raises the reason where that failed."""
        if self._task is not None:
            await asyncio.wait([self._task])
        return self.pipeline()

    def pipeline(self) -> Pipeline:
        """The pipeline. Raises `StartingError` while it is being opened, and the reason when that failed."""
        if self._task is None or not self._task.done():
            raise StartingError("the index and the models are being loaded", remedy="Ask again in a few seconds.")
        error = self._task.exception()
        if error is None:
            return self._task.result()
        if time.monotonic() - self._started >= RETRY_SECONDS:
            self.start()
        raise error.with_traceback(None)  # or the one exception would gather a traceback with every request


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
