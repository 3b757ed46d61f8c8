"""A request's bytes to UTF-8 text of bounded length, or an error that says what is wrong with them."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from rag.errors import InputError

MOST_BODY_BYTES = 1_000_000  # a question with its filters is a few hundred bytes


class Utf8Route(APIRoute):
    """A route that refuses a body or query string that is not UTF-8 with 422, and a body that is too large with 413.

    Left to themselves, FastAPI would answer 400 without a reason, and replace the bytes of a query string.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_utf8(request: Request) -> Response:
            bounded = BoundedRequest(request, most=MOST_BODY_BYTES)
            _require_utf8("query string", unquote_to_bytes(request.scope["query_string"]))
            _require_utf8("body", await bounded.body())
            return await handle(bounded)

        return handle_utf8


class BoundedRequest(Request):
    """A request whose body is refused with 413 as soon as it is known to have more than `most` bytes."""

    def __init__(self, request: Request, *, most: int) -> None:
        super().__init__(request.scope, request.receive)
        self._most = most

    async def stream(self) -> AsyncGenerator[bytes, None]:
        stated = self.headers.get("content-length", "")
        size = int(stated) if stated.isdecimal() else 0
        self._check(size)
        size = 0
        async with aclosing(super().stream()) as pieces:
            async for piece in pieces:
                size += len(piece)
                self._check(size)
                yield piece

    def _check(self, size: int) -> None:
        if size > self._most:
            raise HTTPException(413, f"the body has more than {self._most} bytes")


def _require_utf8(what: str, content: bytes) -> None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"the {what} is not UTF-8: {error}", remedy="Send it as UTF-8.") from error
