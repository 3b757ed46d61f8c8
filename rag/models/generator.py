"""Turns chat messages into a stream of text, with a transformers model in this process or at a model server."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from rag.config import Config
from rag.errors import GeneratorError, ModelError
from rag.models import manifest, provision, runtime

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

PROMPT_LOOKUP_TOKENS = 10  # an answer copies its evidence, so drafts come from the prompt: twice as fast (measured)
REPLACEMENT = "\ufffd"  # what an incomplete UTF-8 sequence decodes to


class Generator(Protocol):
    """Chat messages ({"role", "content"}) in, text in pieces out; closing the iterator stops the work behind it."""

    identity: str

    def generate(self, messages: Sequence[Mapping[str, str]]) -> Iterator[str]: ...


def open_generator(config: Config) -> Generator:
    """The configured generator: a model server where `generator_base_url` names one, otherwise weights on this disk."""
    if config.generator_base_url:
        from rag.models.server import open_server_generator

        return open_server_generator(config)
    runtime.prepare(config)
    folder = provision.locate(config.generator, config)
    return TransformersGenerator(
        folder, max_new_tokens=config.generator_max_new_tokens, dtype=runtime.arithmetic(config)
    )


class TransformersGenerator:
    """A chat model run by transformers, greedily, so that one prompt always gives one text.

    It multiplies in `dtype`; "auto" is the type of the stored weights.
    """

    def __init__(self, folder: Path, *, max_new_tokens: int, dtype: "torch.dtype | str" = "auto") -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

        with runtime.quiet():
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            # `GenerationMixin.generate` types its receiver in a way no loaded model satisfies.
            self._model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True)
        if not self._tokenizer.chat_template:
            raise ModelError(
                f"{folder} has no chat template", remedy="Choose an instruction-tuned model as the generator."
            )
        self.identity = manifest.identity(folder)
        ends = self._model.generation_config.eos_token_id
        ends = set(ends if isinstance(ends, list) else [ends]) | {self._tokenizer.eos_token_id}
        settings: dict[str, Any] = {
            "do_sample": False,
            "max_new_tokens": max_new_tokens,
            "prompt_lookup_num_tokens": PROMPT_LOOKUP_TOKENS,
            "eos_token_id": sorted(ends - {None}),
            "pad_token_id": self._tokenizer.pad_token_id,
        }
        # The folder's own settings (often sampling) would otherwise be merged into ours, with warnings.
        self._model.generation_config = GenerationConfig(**settings)
        self._max_new_tokens = max_new_tokens
        self._longest: int = self._model.config.max_position_embeddings
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="generator")

    def generate(self, messages: Sequence[Mapping[str, str]]) -> Iterator[str]:
        """Stream the reply; nothing runs before the first piece is asked for, nothing after the iterator is closed."""
        prompt: Any = self._tokenizer.apply_chat_template(
            [dict(message) for message in messages], add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        length = prompt["input_ids"].shape[1]
        if length + self._max_new_tokens > self._longest:
            raise GeneratorError(
                f"a prompt of {length} tokens and {self._max_new_tokens} new ones exceed the model's {self._longest}",
                remedy="Lower top_k or chunk_tokens.",
            )
        stream = _TextStream(self._tokenizer)
        closed = threading.Event()
        work = self._worker.submit(
            self._model.generate, **prompt, streamer=stream, stopping_criteria=[_stop_when(closed)]
        )
        work.add_done_callback(lambda _: stream.close())
        try:
            yield from stream
        finally:
            closed.set()
            if not work.cancel():
                wait([work])  # until the running step ends, so that the cores are free when this returns
        try:
            work.result()
        except RuntimeError as error:
            raise GeneratorError(f"the model failed: {error}", remedy="Try again with `--no-generate`.") from error


class _TextStream:
    """Text of the tokens `generate` puts in, held back only while a character is incomplete.

    transformers' own streamer waits for a space or a Han character, so Chinese punctuation and figures would be late.
    """

    def __init__(self, tokenizer: "PreTrainedTokenizerBase") -> None:
        self._tokenizer = tokenizer
        self._tokens: list[int] = []
        self._sent = 0
        self._prompt_seen = False
        self._pieces: SimpleQueue[str | None] = SimpleQueue()

    def put(self, tokens: "torch.Tensor") -> None:
        if not self._prompt_seen:  # `generate` puts the prompt first
            self._prompt_seen = True
            return
        self._tokens.extend(tokens.flatten().tolist())
        text = str(self._tokenizer.decode(self._tokens, skip_special_tokens=True))
        self._send(text.rstrip(REPLACEMENT))

    def end(self) -> None:
        self._send(str(self._tokenizer.decode(self._tokens, skip_special_tokens=True)))

    def close(self) -> None:
        """No more pieces will come, whether `generate` ended well or not."""
        self._pieces.put(None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._pieces.get, None)

    def _send(self, text: str) -> None:
        if len(text) > self._sent:
            self._pieces.put(text[self._sent :])
            self._sent = len(text)


def _stop_when(event: threading.Event) -> Any:
    """A stopping criterion of transformers that ends a generation once `event` is set."""

    def criterion(input_ids: "torch.Tensor", scores: object, **_: object) -> "torch.Tensor":
        import torch

        return torch.full((input_ids.shape[0],), event.is_set(), device=input_ids.device)

    return criterion
