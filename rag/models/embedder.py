"""Turns texts into unit vectors with a sentence-transformers model."""

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rag.config import Config
from rag.errors import InputError, ModelError
from rag.models import manifest, provision, runtime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 32


class Embedder(Protocol):
    """Texts in, vectors out: float32 [n, dimension] of unit length, in the order of the texts."""

    identity: str
    dimension: int

    def encode_queries(self, texts: Sequence[str]) -> "NDArray[np.float32]": ...

    def encode_documents(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None
    ) -> "NDArray[np.float32]": ...

    def count_tokens(self, text: str) -> int: ...


def open_embedder(config: Config) -> "SentenceEmbedder":
    """Load the configured embedder from this disk."""
    runtime.prepare(config)
    return SentenceEmbedder(provision.locate(config.embedder, config), precision=config.embedder_precision)


class SentenceEmbedder:
    """A model folder with its own prompts for "query" and "document", as `SentenceTransformer.save` writes it."""

    def __init__(self, folder: Path, *, precision: str = "float32") -> None:
        from sentence_transformers import SentenceTransformer

        with runtime.quiet():
            self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        dimension, limit = self._model.get_embedding_dimension(), self._model.max_seq_length
        if dimension is None or limit is None:
            raise ModelError(
                f"{folder} does not say its dimension and longest input",
                remedy="Give a folder saved with SentenceTransformer.save.",
            )
        self.dimension = dimension
        self.max_tokens = limit
        self.identity = f"{manifest.identity(folder)}:{precision}"
        self._precision = precision
        # One text batch at a time: the tokenizer's padding state is shared, and the cores are busy anyway.
        self._lock = threading.Lock()

    def encode_queries(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Vectors of questions, float32 [len(texts), dimension]; `InputError` for one the model cannot read whole."""
        return self._encode(texts, prompt="query", progress=None)

    def encode_documents(
        self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None
    ) -> "NDArray[np.float32]":
        """Vectors of passages, float32 [len(texts), dimension]; `progress` is told how many more are done.

        Raises `InputError` for a passage of more than `max_tokens` tokens: nothing is cut off silently.
        """
        return self._encode(texts, prompt="document", progress=progress)

    def count_tokens(self, text: str) -> int:
        """Tokens the model reads for `text` as a passage: prefix and special tokens included."""
        return self._lengths([text], prompt="document")[0]

    def _lengths(self, texts: Sequence[str], *, prompt: str) -> list[int]:
        prefix = self._model.prompts.get(prompt) or ""
        with self._lock:
            encoded = self._model.tokenizer([prefix + text for text in texts], truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def _encode(
        self, texts: Sequence[str], *, prompt: str, progress: Callable[[int], None] | None
    ) -> "NDArray[np.float32]":
        import numpy as np
        import torch

        lengths = self._lengths(texts, prompt=prompt) if texts else []
        for text, length in zip(texts, lengths, strict=True):
            if length > self.max_tokens:
                raise InputError(
                    f"{text[:20]!r}… has {length} tokens, the embedder reads at most {self.max_tokens}",
                    remedy="Shorten the question, or index with smaller chunk_tokens.",
                )
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda index: -lengths[index])  # like lengths together: little padding
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            arithmetic = torch.autocast("cpu", torch.bfloat16) if self._precision == "bfloat16" else nullcontext()
            with self._lock, arithmetic:
                vectors[batch] = self._model.encode(
                    [texts[index] for index in batch],
                    prompt=self._model.prompts.get(prompt) or None,
                    batch_size=BATCH,
                    show_progress_bar=False,
                    normalize_embeddings=True,
                )
            if progress is not None:
                progress(len(batch))
        return vectors
