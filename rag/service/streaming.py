"""The frames of an answer in the making to a response of server-sent events that always comes to a proper end."""

import asyncio
from collections.abc import Callable, Generator
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rag.errors import RagError
from rag.service.concurrency import Turns, beside, until_closed
from rag.service.problems import Problem, problem_of, unexpected

HEARTBEAT_SECONDS = 10.0  # proxies commonly cut a connection that is silent for 30 to 60 seconds


@dataclass(frozen=True)
class Frame:
    """One or more server-sent events as they go over the wire; `last` where the stream ends with them.

    An empty one sends nothing: it only is a point at which the work stops when the client has left.
    """

    body: bytes
    last: bool = False


class EventStream(Response):
    """The frames of one answer, sent as they come; a closed connection stops the work.

    The response starts with its first frame, so that a question refused before that (overload, an empty index) still
    gets its own status. A problem after that is told by the frame that `fault` makes of it, which then is the last one.
    `heartbeat` fills a silence.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        start: Callable[[], Generator[Frame, None, None]],
        *,
        heartbeat: bytes,
        fault: Callable[[Problem], bytes],
        turns: Turns,
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._start = start
        self._heartbeat = heartbeat
        self._fault = fault
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        channel = _Channel(send, self.raw_headers)

        async def fail(problem: Problem) -> None:
            await channel.write(Frame(self._fault(problem), last=True))

        async with until_closed(receive), beside(channel.beat(self._heartbeat)):
            try:
                await self._turns.run(self._start, deliver=channel.write)
                if not channel.ended:
                    raise RuntimeError("the stream of an answer ended without its last frame")
            except RagError as error:
                if not channel.started:
                    raise
                await fail(problem_of(error, scope["path"]))
            finally:
                if channel.started:
                    if not channel.ended:
                        await fail(unexpected(scope["path"]))
                    await channel.close()


class _Channel:
    """The sending side of one stream: writes one frame at a time and knows whether the last one was sent."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._headers = headers
        self._one_at_a_time = asyncio.Lock()
        self.started = False
        self.ended = False

    async def write(self, frame: Frame) -> None:
        async with self._one_at_a_time:
            if self.ended or not frame.body:
                return
            if not self.started:
                self.started = True
                await self._send({"type": "http.response.start", "status": 200, "headers": self._headers})
            self.ended = frame.last
            await self._send({"type": "http.response.body", "body": frame.body, "more_body": True})

    async def beat(self, heartbeat: bytes) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self.write(Frame(heartbeat))

    async def close(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
