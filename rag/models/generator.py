"""Turns chat messages into a stream of text, with a transformers model in this process or at a model server."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rag.config import Config
from rag.errors import GeneratorError, ModelError
from rag.models import provision, runtime

if TYPE_CHECKING:
    import torch

PROMPT_LOOKUP_TOKENS = 10  # an answer copies its evidence, so drafts come from the prompt: twice as fast (measured)


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
    return TransformersGenerator(folder, max_new_tokens=config.generator_max_new_tokens)


class TransformersGenerator:
    """A chat model run by transformers, greedily, so that one prompt always gives one text."""

    def __init__(self, folder: Path, *, max_new_tokens: int) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

        with runtime.quiet():
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self._model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", local_files_only=True)
        if not self._tokenizer.chat_template:
            raise ModelError(
                f"{folder} has no chat template", remedy="Choose an instruction-tuned model as the generator."
            )
        self.identity = provision.identity(folder)
        ends = self._model.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        self._settings = GenerationConfig(
            do_sample=False,
            max_new_tokens=max_new_tokens,
            prompt_lookup_num_tokens=PROMPT_LOOKUP_TOKENS,
            eos_token_id=sorted({*ends, self._tokenizer.eos_token_id} - {None}),
            pad_token_id=self._tokenizer.pad_token_id,
        )
        # The folder's own settings (often sampling) would be merged into ours, with warnings.
        self._model.generation_config = self._settings
        self._longest = self._model.config.max_position_embeddings
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="generator")

    def generate(self, messages: Sequence[Mapping[str, str]]) -> Iterator[str]:
        """Stream the reply; nothing runs before the first piece is asked for, nothing after the iterator is closed."""
        from transformers import StoppingCriteriaList, TextIteratorStreamer

        prompt = self._tokenizer.apply_chat_template(
            [dict(message) for message in messages], add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        length = prompt["input_ids"].shape[1]
        if length + self._settings.max_new_tokens > self._longest:
            raise GeneratorError(
                f"a prompt of {length} tokens and {self._settings.max_new_tokens} new ones exceed the model's "
                f"{self._longest}",
                remedy="Lower top_k or chunk_tokens.",
            )
        streamer = TextIteratorStreamer(self._tokenizer, skip_prompt=True, skip_special_tokens=True)
        closed = threading.Event()
        work = self._worker.submit(
            self._model.generate,
            **prompt,
            generation_config=self._settings,
            streamer=streamer,
            stopping_criteria=StoppingCriteriaList([_StopWhen(closed)]),
        )
        work.add_done_callback(lambda _: streamer.end())  # after a failure nobody else would end the stream
        try:
            yield from (piece for piece in streamer if piece)
        finally:
            closed.set()
            wait([work])
        try:
            work.result()
        except RuntimeError as error:
            raise GeneratorError(f"the model failed: {error}", remedy="See `rag doctor`.") from error


class _StopWhen:
    """A stopping criterion of transformers that ends a generation once `event` is set."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def __call__(self, input_ids: "torch.Tensor", scores: object, **_: object) -> "torch.Tensor":
        import torch

        return torch.full((input_ids.shape[0],), self._event.is_set(), device=input_ids.device)
