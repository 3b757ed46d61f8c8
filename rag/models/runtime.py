"""Turns the configuration into the process-wide state of torch and transformers, in this one place."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rag.config import Config


def prepare(config: Config) -> None:
    """Give torch `config.threads` threads (0: its own choice, all cores) that sleep while they wait for work.

    By default OpenMP's threads wait by spinning. On two cores that any other process also uses, a core spins for a
    thread that is not running, and generation takes four times as long (13 s instead of 3 s, measured); sleeping
    threads cost an idle machine little. Read once, when torch loads, so this must come before.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
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
