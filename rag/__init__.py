"""Names worth importing, each loaded when it is asked for: `from rag import Pipeline` is light until then."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.answers.pipeline import Pipeline
    from rag.answers.query import Filters
    from rag.client import Client
    from rag.config import Config, load_config
    from rag.errors import RagError

__all__ = ["Client", "Config", "Filters", "Pipeline", "RagError", "load_config"]

_HOMES = {
    "Client": "rag.client",
    "Config": "rag.config",
    "Filters": "rag.answers.query",
    "Pipeline": "rag.answers.pipeline",
    "RagError": "rag.errors",
    "load_config": "rag.config",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
