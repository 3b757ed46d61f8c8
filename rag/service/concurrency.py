"""Blocking work to work beside the event loop: a few at a time, a few more in line, and stopped when nobody listens."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, closing
from typing import Any, TypeVar

import anyio
from anyio import from_thread, to_thread
from starlette.types import Receive

from rag.errors import OverloadedError

Item = TypeVar("Item")

CLIENT_CLOSED_REQUEST = 499  # nginx's status for a client that left; nobody reads it but the access log
_NEWEST = 0.3  # weight of the newest duration in the running mean that Retry-After is estimated from


class Turns:
    """At most `running` pieces of work at a time and `waiting` in line, first come, first served."""

    def __init__(self, *, running: int, waiting: int) -> None:
        self._running = running
        self._places = running + waiting
        self.taken = 0
        self._threads = anyio.CapacityLimiter(running)  # threads are handed out in the order they were asked for
        self._seconds = 1.0  # mean duration of a piece of work

    async def run(
        self, start: Callable[[], Generator[Item, None, None]], *, deliver: Callable[[Item], Coroutine[Any, Any, None]]
    ) -> None:
        """Walk through `start()` in a thread of its own and await `deliver` for each item on the event loop.

        Raises `OverloadedError` at once when every place is taken. When the caller is cancelled, the generator is
        closed at the item it is at, in its own thread; the place is free only then.
        """
        if self.taken >= self._places:
            raise OverloadedError(
                f"{self.taken} questions are being answered or wait in line, there is room for {self._places}",
                retry_after_seconds=self._seconds_until_free(),
                remedy="Ask again after the time in the Retry-After header.",
            )
        self.taken += 1
        try:
            await to_thread.run_sync(self._walk, start, deliver, limiter=self._threads)
        finally:
            self.taken -= 1

    def _walk(
        self, start: Callable[[], Generator[Item, None, None]], deliver: Callable[[Item], Coroutine[Any, Any, None]]
    ) -> None:
        started = time.monotonic()
        with closing(start()) as items:
            for item in items:
                from_thread.check_cancelled()
                from_thread.run(deliver, item)
        self._seconds += _NEWEST * (time.monotonic() - started - self._seconds)

    def _seconds_until_free(self) -> int:
        return max(1, math.ceil(self._seconds * (self.taken - self._running + 1) / self._running))


@asynccontextmanager
async def until_closed(receive: Receive) -> AsyncIterator[anyio.CancelScope]:
    """Cancel the body of the `async with` as soon as the client closes the connection."""

    async def watch(scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    with anyio.CancelScope() as scope:
        async with beside(watch(scope)):
            yield scope


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` as long as the body of the `async with` runs, and no longer."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
