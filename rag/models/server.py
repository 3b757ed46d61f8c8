"""Turns chat messages into a stream of text with any OpenAI-compatible model server."""

import json
import logging
import os
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from rag.config import Config
from rag.errors import ConfigError, GeneratorError

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.5  # before the second try; doubled before each further one
LONGEST_PAUSE_SECONDS = 30.0
SHOWN_CHARACTERS = 300  # of a server's reply in an error message
_CHECK_URL = "Check generator_base_url and that the server runs; `--no-generate` answers without it."
_URL_EXAMPLE = "Write it like http://127.0.0.1:8080/v1."


def open_server_generator(config: Config) -> "ServerGenerator":
    """The server the configuration names; the key comes from the environment variable it names, if that is set."""
    return ServerGenerator(
        config.generator_base_url,
        config.generator,
        api_key=os.environ.get(config.generator_api_key_variable, ""),
        timeout_seconds=config.generator_timeout_seconds,
        retries=config.generator_retries,
        max_new_tokens=config.generator_max_new_tokens,
    )


class ServerGenerator:
    """A model behind `POST {base_url}/chat/completions`, streamed as server-sent events (OpenAI's chat API)."""

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "",
        timeout_seconds: float,
        retries: int,
        max_new_tokens: int,
        first_pause_seconds: float = FIRST_PAUSE_SECONDS,
    ) -> None:
        import httpx

        try:
            address = httpx.URL(base_url)
        except httpx.InvalidURL as error:
            raise ConfigError(f"generator_base_url = {base_url!r}: {error}", remedy=_URL_EXAMPLE) from error
        if address.scheme not in ("http", "https") or not address.host:
            raise ConfigError(f"generator_base_url = {base_url!r} is not an HTTP address", remedy=_URL_EXAMPLE)
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self.identity = f"{model}@{address.host}" + (f":{address.port}" if address.port else "")
        self._model = model
        self._timeout_seconds = timeout_seconds
        self._retries = retries
        self._max_new_tokens = max_new_tokens
        self._first_pause_seconds = first_pause_seconds
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(headers=headers, timeout=timeout_seconds)

    def generate(self, messages: Sequence[Mapping[str, str]]) -> Generator[str, None, None]:
        """Stream the reply. A request that fails before its first piece is tried again; raises `GeneratorError`."""
        for attempt in range(self._retries + 1):
            started = False
            try:
                with closing(self._request(messages)) as pieces:
                    for piece in pieces:
                        started = True
                        yield piece
                return
            except _Failed as failure:
                last = started or not failure.passing or attempt == self._retries
                if last:
                    tries = f" ({attempt + 1} tries)" if attempt else ""
                    raise GeneratorError(f"{self._url}{tries}: {failure}", remedy=failure.remedy) from failure
                logger.warning("%s: %s; trying again", self._url, failure)
                pause = max(self._first_pause_seconds * 2**attempt, failure.wait_seconds)
                time.sleep(min(pause, LONGEST_PAUSE_SECONDS))

    def _request(self, messages: Sequence[Mapping[str, str]]) -> Generator[str, None, None]:
        import httpx

        body = {
            "model": self._model,
            "messages": [dict(message) for message in messages],
            "stream": True,
            "temperature": 0,
            "max_tokens": self._max_new_tokens,
        }
        deadline = time.monotonic() + self._timeout_seconds
        try:
            with self._client.stream("POST", self._url, json=body) as response:
                if response.status_code != httpx.codes.OK:
                    response.read()
                    raise _refusal(response)
                if response.headers.get("content-type", "").startswith("application/json"):
                    yield from _text_of(_parsed(response.read()), part="message")
                    return
                for data in _events(response, deadline=deadline):
                    yield from _text_of(_parsed(data), part="delta")
        except httpx.TimeoutException as error:
            raise _slow(self._timeout_seconds) from error
        except httpx.TransportError as error:
            raise _Failed(f"no connection: {error}", passing=True, remedy=_CHECK_URL) from error


class _Failed(Exception):
    """One request failed. `passing`: it may succeed when tried again, after `wait_seconds` if the server says so."""

    def __init__(self, message: str, *, passing: bool, remedy: str, wait_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.passing = passing
        self.remedy = remedy
        self.wait_seconds = wait_seconds


def _slow(seconds: float) -> _Failed:
    return _Failed(f"no answer within {seconds:g} s", passing=True, remedy="Raise generator_timeout_seconds.")


def _refusal(response: "httpx.Response") -> _Failed:
    status = response.status_code
    remedies = {
        401: "Set the key in the environment variable that generator_api_key_variable names.",
        403: "The key may not use this model.",
        404: "Check generator_base_url (it usually ends in /v1) and the model's name in generator.",
    }
    wait = response.headers.get("retry-after", "")
    return _Failed(
        f"status {status}: {response.text[:SHOWN_CHARACTERS]}",
        passing=status in (408, 409, 425, 429) or status >= 500,
        remedy=remedies.get(status, _CHECK_URL),
        wait_seconds=float(wait) if wait.isdecimal() else 0.0,
    )


def _events(response: "httpx.Response", *, deadline: float) -> Iterator[str]:
    """The data of each server-sent event (WHATWG HTML, section 9.2), up to `[DONE]`."""
    for line in response.iter_lines():
        if time.monotonic() > deadline:
            raise _Failed(
                "the answer took longer than the time limit", passing=False, remedy="Raise generator_timeout_seconds."
            )
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        yield data
    raise _Failed("the stream broke off before [DONE]", passing=True, remedy=_CHECK_URL)


def _parsed(data: str | bytes) -> Any:
    try:
        return json.loads(data)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        shown = data[:SHOWN_CHARACTERS]
        raise _Failed(f"not JSON: {shown!r}", passing=False, remedy=_CHECK_URL) from error


def _text_of(reply: Any, *, part: str) -> Iterator[str]:
    """The text in one reply or one event; the last event of a stream may have no choices."""
    if isinstance(reply, dict) and "error" in reply:
        raise _Failed(f"{reply['error']}"[:SHOWN_CHARACTERS], passing=False, remedy=_CHECK_URL)
    try:
        texts = [choice[part].get("content") for choice in reply["choices"][:1]]
    except (KeyError, TypeError, AttributeError) as error:
        shown = json.dumps(reply, ensure_ascii=False)[:SHOWN_CHARACTERS]
        raise _Failed(f"not a chat completion: {shown}", passing=False, remedy=_CHECK_URL) from error
    yield from (text for text in texts if text)
