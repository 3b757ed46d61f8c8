"""Pipeline events to server-sent events, each named, the last one always `answer` or `error`."""

import asyncio
import json
from collections.abc import Callable, Generator, Mapping
from typing import Any

from fastapi.sse import format_sse_event
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rag.answers.answer import Event
from rag.errors import RagError
from rag.service.concurrency import Turns, beside, until_closed
from rag.service.problems import problem_of, unexpected

HEARTBEAT_SECONDS = 10.0  # proxies commonly cut a connection that is silent for 30 to 60 seconds


class EventStream(Response):
    """The events of one answer, sent as they come; a closed connection stops the work.

    The response starts with its first event, so that a question refused before that (overload, an empty index) still
    gets its own status. An error after that is an `error` event whose data is a problem, as in `rag.service.problems`.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        start: Callable[[], Generator[Event, None, None]],
        show: Callable[[Event], Mapping[str, Any]],
        *,
        turns: Turns,
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._start = start
        self._show = show
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        channel = _Channel(send, self.raw_headers)

        async def deliver(event: Event) -> None:
            await channel.write(event.type, self._show(event))

        async with until_closed(receive), beside(channel.beat()):
            try:
                await self._turns.run(self._start, deliver=deliver)
                if not channel.ended:
                    raise RuntimeError("the pipeline's stream ended without an answer")
            except RagError as error:
                if not channel.started:
                    raise
                await channel.write("error", problem_of(error, scope["path"]).model_dump(exclude_defaults=True))
            finally:
                if channel.started:
                    if not channel.ended:
                        await channel.write("error", unexpected(scope["path"]).model_dump(exclude_defaults=True))
                    await channel.close()


class _Channel:
    """The sending side of one stream: writes one event at a time and knows whether the last one was sent."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._headers = headers
        self._one_at_a_time = asyncio.Lock()
        self.started = False
        self.ended = False

    async def write(self, name: str, data: Mapping[str, Any]) -> None:
        async with self._one_at_a_time:
            if self.ended:
                return
            if not self.started:
                self.started = True
                await self._send({"type": "http.response.start", "status": 200, "headers": self._headers})
            self.ended = name in ("answer", "error")
            body = format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))
            await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self.write("heartbeat", {})

    async def close(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
