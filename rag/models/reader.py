"""Turns a question and passages into how surely each passage answers it, where, and by which of its sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rag.config import Config
from rag.models import manifest, provision, runtime

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from rag.models.cross_encoder import Pair

BASE = "multilingual-e5-small"  # whose tokenizer and word embeddings the shipped weights were trained with
SHIPPED = Path(__file__).parent / "reader_weights"
WINDOW, OVERLAP = 384, 96  # tokens; a sentence of a report rarely has more than 96
SPAN_TOKENS = 64  # longest answer
BATCH_TOKENS = 4096


@dataclass(frozen=True)
class Reading:
    """What one passage says to a question; all scores are 0 to 1 and comparable across the passages of one question."""

    answerability: float  # probability that the passage answers the question
    span: tuple[int, int]  # characters of the best answer in the passage
    span_score: float  # probability of exactly that span, given that the passage answers
    sentence_scores: tuple[float, ...]  # one per given sentence: the probability that it bears the answer


class Reader(Protocol):
    """Reads passages; `sentences` holds for every passage the character spans that are to be scored."""

    identity: str

    def read(
        self, question: str, passages: Sequence[str], *, sentences: Sequence[Sequence[tuple[int, int]]]
    ) -> list[Reading]: ...


def open_reader(config: Config) -> "TrainedReader":
    """Load the configured reader: the package's weights, or a folder written by `python -m rag.training.reader`."""
    runtime.prepare(config)
    folder = SHIPPED if config.reader == "default" else Path(config.reader).expanduser()
    return TrainedReader(folder, embedder=provision.locate(BASE, config), dtype=runtime.arithmetic(config))


class TrainedReader:
    """A cross-encoder on the embedder's word embeddings; it multiplies in `dtype`."""

    def __init__(self, folder: Path, *, embedder: Path, dtype: "torch.dtype") -> None:
        from rag.models.cross_encoder import CrossEncoder, PairEncoder, embedder_tokenizer
        from rag.models.reader_weights import FILENAME, load

        self._model = CrossEncoder.from_embedder(embedder)
        load(self._model, folder)
        self._model.eval()
        self._dtype = dtype
        self._encoder = PairEncoder(embedder_tokenizer(embedder), window=WINDOW, overlap=OVERLAP)
        self.identity = f"reader:{manifest.sha256_of(folder / FILENAME)[:16]}"

    def read(
        self, question: str, passages: Sequence[str], *, sentences: Sequence[Sequence[tuple[int, int]]]
    ) -> list[Reading]:
        """One reading per passage, in their order. A passage longer than the window is read in overlapping windows."""
        windows = [
            (number, pair) for number, text in enumerate(passages) for pair in self._encoder.windows(question, text)
        ]
        outputs: list[list[_Window]] = [[] for _ in passages]
        for batch in _batches(windows):
            for (number, _), window in zip(batch, self._run([pair for _, pair in batch]), strict=True):
                outputs[number].append(window)
        return [_reading(its_windows, spans) for its_windows, spans in zip(outputs, sentences, strict=True)]

    def _run(self, pairs: "Sequence[Pair]") -> "list[_Window]":
        import torch

        with torch.inference_mode(), torch.autocast("cpu", self._dtype, enabled=self._dtype != torch.float32):
            logits = self._model(pairs)
        found = []
        for row, pair in enumerate(pairs):
            own = slice(pair.first, pair.first + len(pair.offsets))
            found.append(
                _Window(
                    offsets=pair.offsets,
                    answerability=float(logits.answerable[row].sigmoid()),
                    start=logits.start[row, own],
                    end=logits.end[row, own],
                    evidence=logits.evidence[row, own],
                )
            )
        return found


@dataclass(frozen=True)
class _Window:
    """The logits of one input: per passage token, with the token's characters."""

    offsets: list[tuple[int, int]]
    answerability: float
    start: "Tensor"
    end: "Tensor"
    evidence: "Tensor"

    def best_span(self) -> tuple[tuple[int, int], float]:
        """The most probable span of at most `SPAN_TOKENS` tokens, in characters."""
        if not self.offsets:
            return (0, 0), 0.0
        starts, ends = self.start.softmax(0), self.end.softmax(0)
        table = (starts[:, None] * ends[None, :]).triu().tril(SPAN_TOKENS - 1)
        first, last = divmod(int(table.argmax()), len(self.offsets))
        return (self.offsets[first][0], self.offsets[last][1]), float(table[first, last])

    def sentence(self, start: int, end: int) -> tuple[int, float]:
        """How many of its tokens the window holds, and the probability that the sentence bears the answer."""
        held = [at for at, (begin, stop) in enumerate(self.offsets) if begin < end and stop > start]
        return (len(held), float(self.evidence[held[0] : held[-1] + 1].mean().sigmoid())) if held else (0, 0.0)


def _reading(windows: Sequence[_Window], sentences: Sequence[tuple[int, int]]) -> Reading:
    """The best of the windows; a sentence counts in the window that holds most of it."""
    spans = [(*window.best_span(), window.answerability) for window in windows]
    span, span_score, _ = max(spans, key=lambda item: item[1] * item[2])
    return Reading(
        answerability=max(window.answerability for window in windows),
        span=span,
        span_score=span_score,
        sentence_scores=tuple(max(window.sentence(start, end) for window in windows)[1] for start, end in sentences),
    )


def _batches(windows: "Sequence[tuple[int, Pair]]") -> "Iterator[list[tuple[int, Pair]]]":
    """Windows of like length together, so that little is padding; at most `BATCH_TOKENS` padded tokens each.

    The sort is stable, so the windows of a passage keep no particular order, which nothing depends on.
    """
    batch: list[tuple[int, Pair]] = []
    for item in sorted(windows, key=lambda window: len(window[1].ids)):
        if batch and (len(batch) + 1) * len(item[1].ids) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch
