import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from rag.config import Config
from rag.errors import ConfigError, GeneratorError
from rag.models.generator import open_generator
from rag.models.server import ServerGenerator

MESSAGES = [{"role": "user", "content": "教育经费是多少?"}]
KEY = "sk-secret"


def event(text: str) -> str:
    return "data: " + json.dumps({"choices": [{"delta": {"content": text}}]}, ensure_ascii=False) + "\n\n"


def stream(*texts: str) -> str:
    head = 'data: {"choices": [{"delta": {"role": "assistant"}}]}\n\n: a comment\n\n'
    return head + "".join(map(event, texts)) + 'data: {"choices": [], "usage": {}}\n\ndata: [DONE]\n\n'


@dataclass
class Reply:
    body: str
    status: int = 200
    content_type: str = "text/event-stream"
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    endless: bool = False


@dataclass
class ModelServer:
    """A server that gives its replies in turn, the last one for ever, and keeps what it was asked."""

    url: str
    replies: list[Reply]
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)  # the client has closed an endless reply

    def generator(self, *, retries: int = 2, timeout_seconds: float = 5, api_key: str = "") -> ServerGenerator:
        return ServerGenerator(
            self.url,
            "some-model",
            api_key=api_key,
            timeout_seconds=timeout_seconds,
            retries=retries,
            max_new_tokens=40,
            first_pause_seconds=0.01,
        )


@contextmanager
def model_server(*replies: Reply) -> Iterator[ModelServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            served.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            served.paths.append(self.path)
            served.keys.append(self.headers["Authorization"])
            reply = served.replies[min(len(served.requests), len(served.replies)) - 1]
            threading.Event().wait(reply.delay_seconds)
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(reply.body.encode())
                while reply.endless:
                    self.wfile.write(event("又").encode())
                    threading.Event().wait(0.01)
            except OSError:
                served.left.set()

        def log_message(self, *_: object) -> None:
            """No lines on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = ModelServer(f"http://127.0.0.1:{server.server_port}/v1", list(replies))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_pieces_arrive_as_the_server_sends_them() -> None:
    with model_server(Reply(stream("总投入", "46.8", "亿元。"))) as server:
        assert list(server.generator().generate(MESSAGES)) == ["总投入", "46.8", "亿元。"]
        assert server.paths == ["/v1/chat/completions"]
        assert server.requests == [
            {"model": "some-model", "messages": MESSAGES, "stream": True, "temperature": 0, "max_tokens": 40}
        ]
        assert server.keys == [None]


def test_a_server_that_does_not_stream_is_understood() -> None:
    body = json.dumps({"choices": [{"message": {"content": "46.8亿元。"}}]})
    with model_server(Reply(body, content_type="application/json")) as server:
        assert list(server.generator().generate(MESSAGES)) == ["46.8亿元。"]


def test_the_configuration_names_the_server_and_the_variable_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_KEY", KEY)
    with model_server(Reply(stream("好"))) as server:
        config = Config(
            generator="some-model", generator_base_url=server.url + "/", generator_api_key_variable="OUR_KEY"
        )
        generator = open_generator(config)
        assert list(generator.generate(MESSAGES)) == ["好"]
        assert server.keys == [f"Bearer {KEY}"]
        assert server.paths == ["/v1/chat/completions"]
        assert generator.identity == "some-model@" + server.url.removeprefix("http://").removesuffix("/v1")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_tried_again(status: int) -> None:
    with model_server(Reply("busy", status=status), Reply("busy", status=status), Reply(stream("好"))) as server:
        assert list(server.generator().generate(MESSAGES)) == ["好"]
        assert len(server.requests) == 3


def test_after_the_last_try_the_servers_words_are_given() -> None:
    with model_server(Reply("model is loading", status=503)) as server:
        with pytest.raises(GeneratorError, match=r"/v1/chat/completions \(3 tries\): status 503: model is loading"):
            list(server.generator().generate(MESSAGES))
        assert len(server.requests) == 3


def test_retry_after_is_obeyed() -> None:
    with model_server(Reply("", status=429, headers={"Retry-After": "1"}), Reply(stream("好"))) as server:
        clock = threading.Timer(0.8, lambda: early.append(len(server.requests)))
        early: list[int] = []
        clock.start()
        assert list(server.generator().generate(MESSAGES)) == ["好"]
        clock.join()
        assert early == [1]


@pytest.mark.parametrize(("status", "advice"), [(401, "generator_api_key_variable"), (404, "/v1"), (400, "base_url")])
def test_a_refusal_is_not_repeated_and_says_what_to_do(status: int, advice: str) -> None:
    with model_server(Reply("no", status=status)) as server:
        with pytest.raises(GeneratorError, match=f"status {status}: no") as caught:
            list(server.generator(api_key=KEY).generate(MESSAGES))
        assert advice in caught.value.remedy
        assert KEY not in str(caught.value)
        assert len(server.requests) == 1


def test_a_stream_that_breaks_off_is_an_error_and_what_was_said_is_not_said_twice() -> None:
    with model_server(Reply(event("总投入"))) as server:
        reply = server.generator().generate(MESSAGES)
        assert next(reply) == "总投入"
        with pytest.raises(GeneratorError, match=r"broke off before \[DONE\]"):
            next(reply)
        assert len(server.requests) == 1


def test_a_stream_that_breaks_off_before_its_first_words_is_tried_again() -> None:
    with model_server(Reply(""), Reply(stream("好"))) as server:
        assert list(server.generator().generate(MESSAGES)) == ["好"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("data: {\n\n", "not JSON: '{'"),
        ('data: {"error": {"message": "too long"}}\n\n', "too long"),
        ('data: {"id": 1}\n\n', 'not a chat completion: {"id": 1}'),
        ("data: []\n\n", "not a chat completion"),
    ],
)
def test_a_reply_of_another_kind_is_shown(body: str, reason: str) -> None:
    with model_server(Reply(body)) as server:
        with pytest.raises(GeneratorError) as caught:
            list(server.generator().generate(MESSAGES))
        assert reason in caught.value.message
        assert len(server.requests) == 1


def test_a_slow_server_is_given_up() -> None:
    with (
        model_server(Reply(stream("好"), delay_seconds=1)) as server,
        pytest.raises(GeneratorError, match=r"no answer within 0\.1 s") as caught,
    ):
        list(server.generator(timeout_seconds=0.1, retries=0).generate(MESSAGES))
    assert "generator_timeout_seconds" in caught.value.remedy


def test_an_endless_answer_is_given_up() -> None:
    with model_server(Reply(event("好"), endless=True)) as server:
        with pytest.raises(GeneratorError, match="longer than the time limit"):
            list(server.generator(timeout_seconds=0.3).generate(MESSAGES))
        assert server.left.wait(5)


def test_no_server_is_an_error_that_names_the_address() -> None:
    with model_server(Reply("")) as server:
        url = server.url
    generator = ServerGenerator(url, "m", timeout_seconds=1, retries=1, max_new_tokens=1, first_pause_seconds=0.01)
    with pytest.raises(GeneratorError, match=rf"{url}/chat/completions \(2 tries\): no connection"):
        list(generator.generate(MESSAGES))


def test_closing_the_answer_closes_the_connection() -> None:
    with model_server(Reply(event("好"), endless=True)) as server:
        reply = server.generator().generate(MESSAGES)
        assert next(reply) == "好"
        assert not server.left.is_set()
        reply.close()
        assert server.left.wait(5)


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://host/v1", "http://", "http://[::1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="generator_base_url = "):
        ServerGenerator(url, "m", timeout_seconds=1, retries=0, max_new_tokens=1)
