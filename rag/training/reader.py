"""Turns public question sets into trained reader weights, as the command `python -m rag.training.reader`."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import click
import torch
from torch import Tensor, nn
from torch.nn import functional

from rag.config import load_config
from rag.models import provision, reader_weights
from rag.models.cross_encoder import WORD_EMBEDDINGS, CrossEncoder, Pair, PairEncoder, embedder_tokenizer, passage_mask
from rag.models.reader import BASE
from rag.models.runtime import arithmetic
from rag.training.examples import Example, load_rows, sentence_spans, split
from rag.training.mixture import Mixture
from rag.training.written import load_sections, split_sections

WINDOW = 320  # tokens; longer pairs are dropped from training, not cut
BATCH_TOKENS = 4096
POOL_GROUPS = 48  # groups sorted by length at a time, so that a batch holds little padding
ENCODER_RATE, HEAD_RATE, WARM_UP, WEIGHT_DECAY = 1.2e-4, 1e-3, 0.05, 0.01
EVIDENCE_WEIGHT = 4.0  # of a token in the answer's sentence; about one token in six of an answered passage is
SPAN_WEIGHT = 1.0
# In every other pair some tokens are hidden: of the passage, those of the answer aside, so that it is learnt less by
# heart; and of those that the question shares with it. In every fourth pair nothing says which tokens are shared:
# people do not ask in the words that reports are written in.
MASK_SHARE, MASKED_PAIRS, UNMARKED_PAIRS = 0.1, 0.5, 0.25
UNKNOWN = 3  # <unk> of the XLM-R vocabulary
CHECKPOINT_SECONDS = 240

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Item:
    """A model input with its labels; `span` and `sentence` are token positions in the pair, end included."""

    pair: Pair
    span: tuple[int, int] | None
    sentence: tuple[int, int] | None


def item_of(example: Example, encoder: PairEncoder) -> Item | None:
    """The example as tokens; None where it does not fit one window or no token lies in its answer."""
    pairs = encoder.windows(example.question, example.passage)
    if len(pairs) > 1:
        return None
    pair = pairs[0]
    if example.span is None:
        return Item(pair, None, None)
    start, end = example.span
    sentences = [(s, e) for s, e in sentence_spans(example.passage) if s < end and e > start]
    span = token_span(pair, start, end)
    sentence = token_span(pair, sentences[0][0], sentences[-1][1])
    return Item(pair, span, sentence) if span and sentence else None


def token_span(pair: Pair, start: int, end: int) -> tuple[int, int] | None:
    """First and last position whose token shares a character with `start:end` of the passage."""
    hit = [at for at, (begin, stop) in enumerate(pair.offsets) if begin < end and stop > start]
    return (pair.first + hit[0], pair.first + hit[-1]) if hit else None


def masked(item: Item, random: Random) -> Item:
    """The item with some tokens hidden: of the passage, not of the answer, and of what the question shares with it."""
    first, last = item.span or (0, -1)
    ids, types = list(item.pair.ids), list(item.pair.types)
    passage = range(item.pair.first, item.pair.first + len(item.pair.offsets))
    for at in range(len(ids)):
        hidden = not first <= at <= last if at in passage else types[at] == 1
        if hidden and random.random() < MASK_SHARE:
            ids[at], types[at] = UNKNOWN, types[at] & ~1
    return replace(item, pair=replace(item.pair, ids=ids, types=types))


def unmarked(item: Item) -> Item:
    """The item without the marks of the tokens that question and passage share."""
    return replace(item, pair=replace(item.pair, types=[kind & ~1 for kind in item.pair.types]))


def batches(groups: Iterator[list[Example]], encoder: PairEncoder, random: Random) -> Iterator[list[Item]]:
    """Batches of at most `BATCH_TOKENS` padded tokens, drawn from pools that are sorted by length."""
    while examples := [example for group in islice(groups, POOL_GROUPS) for example in group]:
        items = [item for example in examples if (item := item_of(example, encoder)) is not None]
        items = [masked(item, random) if random.random() < MASKED_PAIRS else item for item in items]
        items = [unmarked(item) if random.random() < UNMARKED_PAIRS else item for item in items]
        random.shuffle(items)
        items.sort(key=lambda item: len(item.pair.ids) // 16)
        pool: list[list[Item]] = [[]]
        for item in items:
            if pool[-1] and (len(pool[-1]) + 1) * len(item.pair.ids) > BATCH_TOKENS:
                pool.append([])
            pool[-1].append(item)
        random.shuffle(pool)
        yield from pool


def loss_of(
    model: CrossEncoder, batch: Sequence[Item], *, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, dict[str, float]]:
    """Answerability and evidence as binary cross-entropy, start and end as cross-entropy over the passage's tokens."""
    pairs = [item.pair for item in batch]
    with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
        logits = model(pairs)
    answered = torch.tensor([float(item.span is not None) for item in batch])
    answerable = functional.binary_cross_entropy_with_logits(logits.answerable, answered)
    passage = passage_mask(pairs)
    sentence = torch.zeros_like(logits.evidence)
    for row, item in enumerate(batch):
        if item.sentence:
            sentence[row, item.sentence[0] : item.sentence[1] + 1] = 1
    evidence = functional.binary_cross_entropy_with_logits(
        logits.evidence[passage], sentence[passage], weight=1 + (EVIDENCE_WEIGHT - 1) * sentence[passage]
    )
    rows = [row for row, item in enumerate(batch) if item.span]
    span = torch.zeros(())
    if rows:
        for ends, side in ((logits.start, 0), (logits.end, 1)):
            target = torch.tensor([item.span[side] for item in batch if item.span])
            span = span + functional.cross_entropy(ends.masked_fill(~passage, -1e4)[rows], target) / 2
    parts = {"answerable": answerable.item(), "span": span.item(), "evidence": evidence.item()}
    return answerable + SPAN_WEIGHT * span + evidence, parts


def rate(share: float) -> float:
    """Learning-rate factor after `share` of the time: linear up over the warm-up, then linear down to nothing."""
    return share / WARM_UP if share < WARM_UP else max(0.0, (1 - share) / (1 - WARM_UP))


class Progress:
    """How far a training is, and its checkpoint: steps and seconds in all runs together."""

    def __init__(self, path: Path, state: dict[str, Any], *, trained: Callable[[str], bool]) -> None:
        self._path, self._state, self._trained = path, state, trained
        self.step: int = state.get("step", 0)
        self._before: float = state.get("seconds", 0.0)
        self._begun = self._saved = time.monotonic()

    @classmethod
    def of(cls, path: Path, *, trained: Callable[[str], bool]) -> "Progress":
        """The progress in the checkpoint at `path`, or none where there is no such file.

        `trained` tells the names of the tensors that belong into it: what is taken as it is stays out.
        """
        return cls(path, torch.load(path, weights_only=True) if path.is_file() else {}, trained=trained)

    @property
    def seconds(self) -> float:
        return self._before + time.monotonic() - self._begun

    def restore(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Put the checkpoint's weights and optimizer state into place, if there is one."""
        if self._state:
            model.load_state_dict(self._state["model"], strict=False)
            optimizer.load_state_dict(self._state["optimizer"])
            self._state = {}
            logger.info("taken up at step %d after %.0f s", self.step, self._before)

    def save_if_due(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        if time.monotonic() - self._saved > CHECKPOINT_SECONDS:
            self.save(model, optimizer)

    def save(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Write the checkpoint whole or not at all."""
        weights = {name: tensor for name, tensor in model.state_dict().items() if self._trained(name)}
        state = {"model": weights, "optimizer": optimizer.state_dict(), "step": self.step, "seconds": self.seconds}
        part = self._path.with_suffix(".part")
        torch.save(state, part)
        part.replace(self._path)
        self._saved = time.monotonic()
        logger.info("checkpoint at step %d after %.0f s", self.step, self.seconds)


def own(name: str) -> bool:
    """Whether a tensor is the reader's own; the word embeddings are the embedder's."""
    return not name.endswith(WORD_EMBEDDINGS)


def train(
    model: CrossEncoder,
    stream: Iterator[list[Item]],
    *,
    progress: Progress,
    minutes: float,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Train, multiplying in `dtype`, until `minutes` have passed in all runs together.

    The learning rate follows the time, not the steps: so training ends annealed however busy the machine is.
    """
    heads = [*model.pair_head.parameters(), *model.token_heads.parameters()]
    encoder = [parameter for parameter in model.encoder.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW([{"params": encoder}, {"params": heads}], weight_decay=WEIGHT_DECAY)
    progress.restore(model, optimizer)
    model.train()
    average: dict[str, float] = {}
    while (share := progress.seconds / (60 * minutes)) < 1:
        batch = next(stream)
        for group, peak in zip(optimizer.param_groups, (ENCODER_RATE, HEAD_RATE), strict=True):
            group["lr"] = peak * rate(share)
        optimizer.zero_grad()
        loss, parts = loss_of(model, batch, dtype=dtype)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(encoder + heads, 1.0)
        optimizer.step()
        progress.step += 1
        average = {name: 0.95 * average.get(name, value) + 0.05 * value for name, value in parts.items()}
        if progress.step % 10 == 0:
            figures = " ".join(f"{name} {value:.3f}" for name, value in average.items())
            logger.info("step %d, %.0f s, %d pairs, %s", progress.step, progress.seconds, len(batch), figures)
        progress.save_if_due(model, optimizer)
    progress.save(model, optimizer)


def mean_of(trained: Mapping[str, Tensor], start: Mapping[str, Tensor], *, keep: float) -> dict[str, Tensor]:
    """Each weight as `keep` of what training started from and the rest of what it came to (arXiv:2109.01903)."""
    return {
        name: torch.lerp(tensor, start[name].to(tensor.dtype), keep) if tensor.is_floating_point() else tensor
        for name, tensor in trained.items()
    }


_FOLDER = click.Path(file_okay=False, path_type=Path)
_PRESENT_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
KEEP = click.option(
    "--keep",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="share of the weights gone on from in those that are written: a mean forgets less",
)


@click.command()
@click.option("--data", type=_PRESENT_FOLDER, required=True, help="folder of question sets, *.jsonl")
@click.option("--out", type=_FOLDER, required=True, help="folder for the checkpoint and the finished weights")
@click.option("--start", type=_PRESENT_FOLDER, default=None, help="folder of weights to go on from")
@KEEP
@click.option("--minutes", type=float, default=86.0, show_default=True, help="time to train, in all runs together")
@click.option("--threads", type=int, default=2, show_default=True, help="CPU threads")
@click.option("--seed", type=int, default=1, show_default=True, help="of the examples and their order")
def main(data: Path, out: Path, start: Path | None, keep: float, minutes: float, threads: int, seed: int) -> None:
    """Train the reader on the articles that are not held out; run it again to take an interrupted training up."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    config = load_config()
    embedder = provision.locate(BASE, config)
    rows, held_out = split(load_rows(sorted(data.glob("*.jsonl"))))
    logger.info("%d rows to train on, %d held out", len(rows), len(held_out))
    model, progress = CrossEncoder.from_embedder(embedder), Progress.of(out / "checkpoint.pt", trained=own)
    if start is not None:
        reader_weights.load(model, start)
    encoder = PairEncoder(embedder_tokenizer(embedder), window=WINDOW, overlap=0)
    sections, _ = split_sections(load_sections())
    groups = Mixture.of(rows, sections=sections).groups(Random(f"{seed} {progress.step}"))
    stream = batches(groups, encoder, Random(seed))
    train(model, stream, progress=progress, minutes=minutes, dtype=arithmetic(config))
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    if start is not None:
        reader_weights.load(model, start)
        weights = mean_of(weights, model.state_dict(), keep=keep)
    path = reader_weights.save(weights, out, metadata={"base": BASE, "steps": str(progress.step)})
    logger.info("weights in %s, %d bytes", path, path.stat().st_size)


if __name__ == "__main__":
    main()
