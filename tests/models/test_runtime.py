import pytest
import torch

from rag.config import load_config
from rag.models.runtime import arithmetic


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        ({"amx_bf16": True, "avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": False, "avx512_bf16": True}, torch.bfloat16),
        ({"neon": True, "bf16": True}, torch.bfloat16),
        ({"avx2": True, "avx512_bf16": False, "amx_bf16": False}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_bfloat16_is_taken_where_the_processor_multiplies_it(
    processor: dict[str, bool], expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: processor)
    assert arithmetic(load_config()) == expected
    assert arithmetic(load_config(precision="bfloat16")) == torch.bfloat16
    assert arithmetic(load_config(precision="float32")) == torch.float32
