"""An application and an address to a running server, and the address said as soon as the port is open."""

import socket
from collections.abc import Callable
from contextlib import closing

import uvicorn
from fastapi import FastAPI

from rag.config import Config
from rag.errors import ConfigError

GRACE_SECONDS = 8  # that answers under way have once the server is told to end: container engines kill after ten


def run(app: FastAPI, config: Config, *, announce: Callable[[str], None]) -> None:
    """Serve `app` in this process until it is interrupted; `announce` is told the URL. Port 0 takes a free one.

    Raises `ConfigError` when the address cannot be listened on.
    """
    with closing(_listen(config.host, config.port)) as listener:
        host = f"[{config.host}]" if ":" in config.host else config.host
        announce(f"http://{host}:{listener.getsockname()[1]}")
        server = uvicorn.Config(app, timeout_graceful_shutdown=GRACE_SECONDS)
        uvicorn.Server(server).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {host} port {port}: {error.strerror or error}",
            remedy="Choose another with --host and --port, or end the program that listens there.",
        ) from error
