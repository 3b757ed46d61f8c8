"""Turns the configuration into the process-wide state of torch and transformers, in this one place."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rag.config import Config

if TYPE_CHECKING:
    import torch

_MULTIPLIES_BFLOAT16 = ("amx_bf16", "avx512_bf16", "bf16")  # of `torch.cpu.get_capabilities`; the last of ARM


def prepare(config: Config) -> None:
    """Give torch `config.threads` threads (0: its own choice, all cores) that sleep while they wait for work.

    By default OpenMP's threads wait by spinning. On two cores that other processes also use, one spins for another
    that is not running, and an answer takes 12 to 20 s instead of 3 to 4 (measured beside four busy processes). OpenMP
    reads the variable when torch is first imported, so this comes before; a value the user has set is kept.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    if config.threads:
        torch.set_num_threads(config.threads)


def arithmetic(config: Config) -> "torch.dtype":
    """The type in which models multiply: that of `config.precision`.

    Where the processor has instructions for bfloat16 it is several times faster than float32; where it has none, and
    only imitates it, six times slower (measured on processors with AMX and with AVX2 alone).
    """
    import torch

    if config.precision != "auto":
        return torch.bfloat16 if config.precision == "bfloat16" else torch.float32
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if any(able.get(name) for name in _MULTIPLIES_BFLOAT16) else torch.float32


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
