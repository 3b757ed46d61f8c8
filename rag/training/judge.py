"""Turns public question sets into the judge's adapter, as the command `python -m rag.training.judge`."""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import click
import torch
from torch import Tensor, nn
from torch.nn import functional

from rag.config import load_config
from rag.models import judge_adapter, provision
from rag.models.catalog import JUDGE_BASE
from rag.models.judge import NO_ANSWER, prompt_ids
from rag.models.runtime import arithmetic
from rag.training.examples import Example, load_rows, split
from rag.training.mixture import Mixture, disguised, elsewhere
from rag.training.reader import KEEP, POOL_GROUPS, Progress, mean_of, rate
from rag.training.written import load_sections, split_sections

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# The judge reads a sentence with its neighbours, not a section.
LENGTHS, LONGEST = (40, 170), 240  # characters; longer passages are dropped
BATCH_TOKENS = 2500
# Of a low rank, and in the upper half of the layers: no gradient is needed below, which makes a step a third shorter.
RANK, SCALE, FIRST_LAYER = 16, 2.0, 12
LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
PEAK_RATE, WEIGHT_DECAY = 3e-4, 0.01
_SURE = 1e-6

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Item:
    """A prompt and how it goes on, as tokens: the answer's words and the end, or the end alone."""

    prompt: list[int]
    answer: list[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


def item_of(example: Example, tokenizer: "PreTrainedTokenizerBase") -> Item:
    """The example as tokens."""
    answer = "" if example.span is None else example.passage[slice(*example.span)]
    ends = tokenizer(answer + NO_ANSWER, add_special_tokens=False)["input_ids"]
    return Item(prompt_ids(tokenizer, example.question, example.passage), list(ends))


def batches(mixture: Mixture, tokenizer: "PreTrainedTokenizerBase", random: Random) -> Iterator[list[Item]]:
    """Batches of at most `BATCH_TOKENS` padded tokens, without end, from pools that are sorted by length.

    To each group of the mixture comes one run of sentences that stand beside an answer and do not hold it: which
    sentence of a section answers is what is asked in use.
    """
    groups = mixture.groups(random)
    while True:
        examples = [example for group in islice(groups, POOL_GROUPS) for example in group]
        rows = random.choices(mixture.rows, k=POOL_GROUPS)
        beside = (elsewhere(row, mixture.lengths, random) for row in rows)
        examples += [disguised(example, random) for example in beside if example is not None]
        items = [item_of(example, tokenizer) for example in examples if len(example.passage) <= LONGEST]
        random.shuffle(items)
        items.sort(key=lambda item: len(item) // 16)
        pool: list[list[Item]] = [[]]
        for item in items:
            if pool[-1] and (len(pool[-1]) + 1) * len(item) > BATCH_TOKENS:
                pool.append([])
            pool[-1].append(item)
        random.shuffle(pool)
        yield from pool


def loss_of(model: Any, batch: Sequence[Item]) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropy of the answers' words, and binary cross-entropy of there being an answer at all."""
    longest = max(map(len, batch))
    # Behind its end a causal model is blind: what pads needs no mask.
    ids = torch.tensor([item.prompt + item.answer + [0] * (longest - len(item)) for item in batch])
    hidden = model.model(ids, use_cache=False).last_hidden_state
    spans = [row[len(item.prompt) - 1 : len(item) - 1] for row, item in zip(hidden, batch, strict=True)]
    logs = [model.lm_head(span).float().log_softmax(-1) for span in spans]
    end = batch[0].answer[-1]
    verdicts, words = [], []
    for log, item in zip(logs, batch, strict=True):
        silent = log[0, end]
        if len(item.answer) > 1:
            verdicts.append(-torch.log1p(-silent.exp().clamp(max=1 - _SURE)))
            words.append(functional.nll_loss(log, torch.tensor(item.answer)))
        else:
            verdicts.append(-silent)
    verdict = torch.stack(verdicts).mean()
    span = torch.stack(words).mean() if words else torch.zeros(())
    return verdict + span, {"verdict": verdict.item(), "words": span.item()}


class LowRank(nn.Module):
    """A linear layer, frozen, and beside it a product of two thin matrices that starts as nothing (LoRA).

    Hu et al. 2021, arXiv:2106.09685. Written here because peft 0.21 is built on what transformers has deprecated.
    """

    def __init__(self, frozen: nn.Linear) -> None:
        super().__init__()
        self.frozen = frozen
        self.down = nn.Parameter(torch.randn(RANK, frozen.in_features) / math.sqrt(frozen.in_features))
        self.up = nn.Parameter(torch.zeros(frozen.out_features, RANK))

    def forward(self, inputs: Tensor) -> Tensor:
        within = functional.linear(inputs, self.down.to(inputs.dtype))
        output: Tensor = self.frozen(inputs)
        return output + SCALE * functional.linear(within, self.up.to(inputs.dtype))


def adapted(model: Any) -> Any:
    """The model with low-rank matrices beside the layers named above; nothing else of it is trained."""
    model.requires_grad_(False)
    layers = model.model.layers
    for layer in layers[min(FIRST_LAYER, len(layers) // 2) :]:
        for part in (layer.self_attn, layer.mlp):
            for name in LAYERS:
                if hasattr(part, name):
                    setattr(part, name, LowRank(getattr(part, name)))
    return model


def matrices(model: nn.Module) -> dict[str, Tensor]:
    """The adapter as `judge_adapter` stores it; the scale is put into the second matrix."""
    found: dict[str, torch.Tensor] = {}
    for name, layer in model.named_modules():
        if isinstance(layer, LowRank):
            found[name + judge_adapter.DOWN] = layer.down
            found[name + judge_adapter.UP] = layer.up * SCALE
    return found


def go_on_from(model: nn.Module, folder: Path) -> None:
    """Put the adapter stored in `folder` where an adapted model's training begins."""
    stored = judge_adapter.load(folder)
    with torch.no_grad():
        for name, layer in model.named_modules():
            if isinstance(layer, LowRank):
                layer.down.copy_(stored[name + judge_adapter.DOWN])
                layer.up.copy_(stored[name + judge_adapter.UP] / SCALE)


def own(name: str) -> bool:
    """Whether a tensor is the adapter's."""
    return name.endswith((judge_adapter.DOWN, judge_adapter.UP))


def train(model: Any, stream: Iterator[list[Item]], *, progress: Progress, minutes: float) -> None:
    """Train until `minutes` have passed in all runs together; the learning rate follows the time."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, weight_decay=WEIGHT_DECAY)
    progress.restore(model, optimizer)
    model.train()
    average: dict[str, float] = {}
    while (share := progress.seconds / (60 * minutes)) < 1:
        batch = next(stream)
        for group in optimizer.param_groups:
            group["lr"] = PEAK_RATE * rate(share)
        optimizer.zero_grad()
        loss, parts = loss_of(model, batch)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        progress.step += 1
        average = {name: 0.95 * average.get(name, value) + 0.05 * value for name, value in parts.items()}
        if progress.step % 10 == 0:
            figures = " ".join(f"{name} {value:.3f}" for name, value in average.items())
            logger.info("step %d, %.0f s, %d pairs, %s", progress.step, progress.seconds, len(batch), figures)
        progress.save_if_due(model, optimizer)
    progress.save(model, optimizer)


@click.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="folder of question sets, *.jsonl",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="folder for the checkpoint and the adapter",
)
@click.option(
    "--start",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="folder of an adapter to go on from",
)
@KEEP
@click.option("--minutes", type=float, default=68.0, show_default=True, help="time to train, in all runs together")
@click.option("--threads", type=int, default=2, show_default=True, help="CPU threads")
@click.option("--seed", type=int, default=1, show_default=True, help="of the examples and their order")
def main(data: Path, out: Path, start: Path | None, keep: float, minutes: float, threads: int, seed: int) -> None:
    """Train the judge on the articles that are not held out; run it again to take an interrupted training up."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    config = load_config()
    base = provision.locate(JUDGE_BASE, config)
    tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    model = adapted(AutoModelForCausalLM.from_pretrained(base, dtype=arithmetic(config), local_files_only=True))
    if start is not None:
        go_on_from(model, start)
    progress = Progress.of(out / "checkpoint.pt", trained=own)
    rows, held_out = split(load_rows(sorted(data.glob("*.jsonl"))))
    logger.info("%d rows to train on, %d held out", len(rows), len(held_out))
    sections, _ = split_sections(load_sections())
    mixture = Mixture.of(rows, lengths=LENGTHS, sections=sections)
    stream = batches(mixture, tokenizer, Random(f"{seed} {progress.step}"))
    train(model, stream, progress=progress, minutes=minutes)
    adapter = matrices(model)
    if start is not None:
        adapter = mean_of(adapter, judge_adapter.load(start), keep=keep)
    path = judge_adapter.save(adapter, out, metadata={"base": JUDGE_BASE, "steps": str(progress.step)})
    logger.info("adapter in %s, %d bytes", path, path.stat().st_size)


if __name__ == "__main__":
    main()
