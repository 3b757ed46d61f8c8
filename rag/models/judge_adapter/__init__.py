"""Turns the judge's adapter, two thin matrices a layer, into one small file, and adds it to a model's weights."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

FILENAME = "adapter.safetensors"
_REMEDY = "Install the package again, or set `judge` to a folder written by python -m rag.training.judge."
DOWN, UP = ".down", ".up"  # after a linear layer's name: [rank, inputs] and [outputs, rank]


def save(weights: "Mapping[str, Tensor]", folder: Path, *, metadata: dict[str, str]) -> Path:
    """Write the matrices to `folder` in half precision."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    stored = {name: tensor.detach().half().contiguous() for name, tensor in weights.items()}
    save_file(stored, folder / FILENAME, metadata=metadata)
    return folder / FILENAME


def load(folder: Path) -> "dict[str, Tensor]":
    """The matrices stored in `folder`. Raises `ModelError` when the file cannot be read."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / FILENAME
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"the judge's adapter {path} cannot be read: {error}", remedy=_REMEDY) from error


def merge(model: "Module", folder: Path) -> None:
    """Add each pair's product to its layer's weight (LoRA, Hu et al. 2021, arXiv:2106.09685, section 4.1).

    Raises `ModelError` when the file cannot be read or was made for another model.
    """
    import torch

    stored = load(folder)
    try:
        with torch.no_grad():
            for name in (name.removesuffix(DOWN) for name in stored if name.endswith(DOWN)):
                weight = model.get_submodule(name).get_parameter("weight")
                weight.add_((stored[name + UP].float() @ stored[name + DOWN].float()).to(weight.dtype))
    except (RuntimeError, AttributeError, KeyError) as error:
        raise ModelError(
            f"the judge's adapter {folder / FILENAME} was made for another model: {error}", remedy=_REMEDY
        ) from error
