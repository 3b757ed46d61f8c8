"""Turns the reader's trained tensors into one small file of 8-bit integers, and back."""

from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

    from rag.models.cross_encoder import CrossEncoder

FILENAME = "reader.safetensors"
SCALE = ".scale"  # after a tensor's name: float32 [rows, 1], what its integers are multiplied by
WORD_EMBEDDINGS = "word_embeddings.weight"  # the embedder's own, never stored a second time


def save(weights: "dict[str, Tensor]", folder: Path, *, metadata: dict[str, str]) -> Path:
    """Write the tensors to `folder`: matrices as int8, symmetric with one scale a row, the rest as float16."""
    import torch
    from safetensors.torch import save_file

    stored: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if name.endswith(WORD_EMBEDDINGS):
            continue
        if tensor.ndim == 2 and tensor.shape[0] > 4:
            scale = tensor.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
            stored[name] = (tensor / scale).round().to(torch.int8)
            stored[name + SCALE] = scale.float()
        else:
            stored[name] = tensor.half()
    folder.mkdir(parents=True, exist_ok=True)
    save_file(stored, folder / FILENAME, metadata=metadata)
    return folder / FILENAME


def load(model: "CrossEncoder", folder: Path) -> None:
    """Put the tensors of `folder` into `model`. Raises `ModelError` when they are missing or do not fit."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / FILENAME
    try:
        stored = load_file(path)
        weights = {
            name: tensor.float() * stored[name + SCALE] if name + SCALE in stored else tensor.float()
            for name, tensor in stored.items()
            if not name.endswith(SCALE)
        }
        outcome = model.load_state_dict(weights, strict=False)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ModelError(
            f"the reader's weights {path} cannot be used: {error}",
            remedy="Install the package again, or set `reader` to a folder written by python -m rag.training.reader.",
        ) from error
    missing = [name for name in outcome.missing_keys if not name.endswith(WORD_EMBEDDINGS)]
    if missing or outcome.unexpected_keys:
        raise ModelError(
            f"{path} holds another model: {len(missing)} tensors missing, {len(outcome.unexpected_keys)} unknown",
            remedy="Set `reader` to a folder written by this version's python -m rag.training.reader.",
        )
