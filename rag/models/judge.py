"""Turns a question and short passages into how surely each of them answers it, by a language model with an adapter.

A second opinion on what the reader found: seventeen times its size, so it is asked about a few sentences only.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rag.config import Config
from rag.models import manifest, provision, runtime
from rag.models.catalog import JUDGE_BASE

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

SHIPPED = Path(__file__).parent / "judge_adapter"
NO_ANSWER = "<|im_end|>"  # what follows the prompt where the passage does not answer: an empty answer
BATCH_TOKENS = 1024
LONGEST_ANSWER = 16  # tokens
KNOWN = 4096  # judgements that are kept; a question asked again, of much the same passages, is often one of a few
_LEAST = 1e-6  # probability of an answer is kept above it, so that its log-odds stay finite


class Judge(Protocol):
    """Tells how surely passages answer a question, and in which words one does."""

    identity: str

    def judge(self, question: str, passages: Sequence[str]) -> list[float]:
        """The log-odds, one a passage, that the passage answers the question."""
        ...

    def words(self, question: str, passage: str) -> str:
        """The words in which the passage answers the question, taking for granted that it does."""
        ...


def open_judge(config: Config) -> Judge | None:
    """Load the configured judge: the package's adapter or a folder written by `python -m rag.training.judge`.

    None where the setting `judge` is "none": then the reader alone decides.
    """
    if config.judge == "none":
        return None
    runtime.prepare(config)
    folder = SHIPPED if config.judge == "default" else Path(config.judge).expanduser()
    return AdaptedJudge(folder, base=provision.locate(JUDGE_BASE, config), dtype=runtime.arithmetic(config))


class AdaptedJudge:
    """A causal language model, trained to go on with the answer's words or, where there is none, to end at once.

    It multiplies in `dtype`; "auto" is the type of the stored weights.
    """

    def __init__(self, folder: Path, *, base: Path, dtype: "torch.dtype | str" = "auto") -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from rag.models.judge_adapter import FILENAME, merge

        with runtime.quiet():
            self._tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
            self._model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=dtype, local_files_only=True)
        merge(self._model, folder)
        self._model.eval()
        self._no_answer = self._tokenizer.convert_tokens_to_ids(NO_ANSWER)
        self._known: dict[tuple[int, ...], float] = {}
        self._last: _Read | None = None  # what was read by itself last: `words` may go on from there
        self.identity = f"judge:{manifest.sha256_of(folder / FILENAME)[:16]}"

    def judge(self, question: str, passages: Sequence[str]) -> list[float]:
        """ln(p / (1 - p)) for each passage, in their order; p is the probability that an answer follows."""
        import torch

        asked = [tuple(prompt_ids(self._tokenizer, question, passage)) for passage in passages]
        if len(self._known) > KNOWN:
            self._known = {}
        known = dict(self._known)
        prompts = [prompt for prompt in dict.fromkeys(asked) if prompt not in known]
        for batch in _batches(prompts):
            longest = len(prompts[batch[-1]])
            if len(batch) == 1:
                self._last = self._read(prompts[batch[0]])
                value = self._last.logits.float().log_softmax(-1)[self._no_answer].item()
                known[prompts[batch[0]]] = _log_odds(value)
                continue
            # Behind its end a causal model is blind, so what pads the shorter prompts needs no mask.
            ids = torch.tensor([[*prompts[at], *[self._no_answer] * (longest - len(prompts[at]))] for at in batch])
            with torch.inference_mode():
                hidden = self._model.model(ids, use_cache=False).last_hidden_state
                last = torch.stack([row[len(prompts[at]) - 1] for at, row in zip(batch, hidden, strict=True)])
                silent = self._model.lm_head(last).float().log_softmax(-1)[:, self._no_answer].tolist()
            for at, value in zip(batch, silent, strict=True):
                known[prompts[at]] = _log_odds(value)
        self._known |= {prompt: known[prompt] for prompt in prompts}
        return [known[prompt] for prompt in asked]

    def words(self, question: str, passage: str) -> str:
        """The answer that the model goes on with, each token the most likely one, at most `LONGEST_ANSWER` of them.

        Its training taught it to answer in the passage's own words; nothing here makes sure that it does.
        """
        import torch

        prompt = tuple(prompt_ids(self._tokenizer, question, passage))
        last, self._last = self._last, None
        read = last if last and last.prompt == prompt else self._read(prompt)
        logits, said = read.logits.clone(), list[int]()
        logits[self._no_answer] = -math.inf  # that there is an answer is taken for granted
        with torch.inference_mode():
            while (token := int(logits.argmax())) != self._no_answer:
                said.append(token)
                if len(said) == LONGEST_ANSWER:
                    break
                output = self._model(torch.tensor([[token]]), past_key_values=read.cache, use_cache=True)
                logits = output.logits[0, -1]
        return str(self._tokenizer.decode(said, skip_special_tokens=True))

    def _read(self, prompt: tuple[int, ...]) -> "_Read":
        import torch

        with torch.inference_mode():
            output = self._model(torch.tensor([prompt]), use_cache=True, logits_to_keep=1)
        return _Read(prompt, output.logits[0, -1], output.past_key_values)


@dataclass(frozen=True)
class _Read:
    """A prompt that the model has read: the logits of what comes next, and the keys and values to go on from."""

    prompt: tuple[int, ...]
    logits: "torch.Tensor"
    cache: Any


def _log_odds(silent: float) -> float:
    """ln(p / (1 - p)) of an answer from the log-probability that there is none."""
    return math.log(max(_LEAST, -math.expm1(silent))) - silent


def prompt_ids(tokenizer: "PreTrainedTokenizerBase", question: str, passage: str) -> list[int]:
    """The prompt's tokens. The question stands on both sides: a causal model reads the passage for it, then answers."""
    text = f"问题：{question}\n材料：{passage}\n问题：{question}\n回答："
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _batches(prompts: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Numbers of prompts of like length, the longest last; at most `BATCH_TOKENS` padded tokens a batch."""
    batch: list[int] = []
    for at in sorted(range(len(prompts)), key=lambda number: len(prompts[number])):
        if batch and (len(batch) + 1) * len(prompts[at]) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch
