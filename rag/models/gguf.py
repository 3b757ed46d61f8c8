"""Turns a GGUF file of quantised weights into a transformers folder in bfloat16, which loads in seconds."""

import io
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path

from rag.models.runtime import quiet


def convert(packed: Path, target: Path, *, progress: Callable[[int, int], None]) -> None:
    """Write the model and tokenizer in `packed` to the folder `target`; needs about twice the result's memory.

    `progress` is told steps done and steps in all: tokenizer, weights (the long one), writing.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    with quiet(), redirect_stderr(io.StringIO()):  # transformers draws one more bar that no setting turns off
        tokenizer = AutoTokenizer.from_pretrained(packed.parent, gguf_file=packed.name, local_files_only=True)
        progress(1, 3)
        model = AutoModelForCausalLM.from_pretrained(
            packed.parent,
            gguf_file=packed.name,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.bfloat16,
            local_files_only=True,
        )
        progress(2, 3)
        model.save_pretrained(target)
        tokenizer.save_pretrained(target)
    progress(3, 3)
