"""Turns the configuration into the process-wide state of torch and transformers, in this one place."""

from collections.abc import Iterator
from contextlib import contextmanager

from rag.config import Config


def prepare(config: Config) -> None:
    """Give torch `config.threads` threads; 0 leaves it at its own choice, all cores this process may use."""
    import torch

    if config.threads:
        torch.set_num_threads(config.threads)


@contextmanager
def quiet() -> Iterator[None]:
    """Loading without transformers' progress bars and load reports on stderr; the caller has its own progress."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
