from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import ModelError
from rag.models.cross_encoder import (
    QUESTION_TOKENS,
    CrossEncoder,
    PairEncoder,
    collate,
    embedder_config,
    embedder_tokenizer,
    passage_mask,
    shared_characters,
)
from tests.tiny_encoder import ALPHABET, write_tiny_encoder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_encoder(tmp_path_factory.mktemp("tiny"))


def marked(text: str, other: str) -> str:
    return "".join(c for c, shared in zip(text, shared_characters(text, other), strict=True) if shared)


def test_numbers_are_shared_whole_or_not_at_all() -> None:
    assert marked("2018年的16所", "2019年有2016所") == ""
    assert marked("2018年的16所", "16名,2018届") == "201816"
    assert marked("共1,164人", "1164人") == "1,164"
    assert marked("２０１８届", "2018年") == "２０１８"


def test_words_are_shared_whole_or_not_at_all() -> None:
    assert marked("the EVA mat", "eva foam, thermal") == "EVA"


def test_han_text_is_shared_from_two_characters_on() -> None:
    assert marked("成都的幼儿园", "成都市新建幼儿园") == "成都幼儿园"
    assert marked("成长", "成都") == ""


@given(st.text("成都年2018a,幼儿园", max_size=30), st.text("成都年2019a,幼儿园", max_size=30))
def test_flags_are_one_per_character_and_nothing_is_shared_with_nothing(text: str, other: str) -> None:
    assert len(shared_characters(text, other)) == len(text)
    assert not any(shared_characters(text, ""))


def test_a_pair_is_question_then_passage_with_offsets_into_the_passage(folder: Path) -> None:
    encoder = PairEncoder(embedder_tokenizer(folder), window=200, overlap=10)
    (pair,) = encoder.windows("2018有幼儿园?", "成都新建幼儿园")
    assert pair.ids[0] == 0
    assert pair.ids[-1] == 2
    assert len(pair.ids) == len(pair.types) == pair.first + len(pair.offsets) + 1
    passage = "成都新建幼儿园"
    assert [passage[start:end] for start, end in pair.offsets] == ["成", "成", "都", "新", "建", "幼儿园"]  # ▁ is 成's
    flagged = [
        passage[start:end]
        for (start, end), kind in zip(pair.offsets, pair.types[pair.first :], strict=False)
        if kind == 3
    ]
    assert flagged == ["幼儿园"]
    assert pair.types[: pair.first] == [0, 0, 0, 0, 1, 0, 0, 0]  # <s> ▁ 2018 有 幼儿园 ? </s></s>


@settings(deadline=None, max_examples=30)
@given(
    st.text(ALPHABET.replace("\n", ""), min_size=1, max_size=400),
    st.text(ALPHABET, min_size=0, max_size=1200).map(str.strip),
)
def test_windows_cover_the_passage_and_respect_the_limit(folder: Path, question: str, passage: str) -> None:
    encoder = PairEncoder(embedder_tokenizer(folder), window=256, overlap=32)
    pairs = encoder.windows(question, passage)
    assert all(len(pair.ids) <= 256 and pair.first <= QUESTION_TOKENS + 3 for pair in pairs)
    covered = {at for pair in pairs for start, end in pair.offsets for at in range(start, end)}
    assert covered >= {at for at, character in enumerate(passage) if not character.isspace()}
    for left, right in pairwise(pairs):
        assert left.offsets[-32:] == right.offsets[:32]


def test_overlap_must_leave_room_for_the_passage(folder: Path) -> None:
    with pytest.raises(ValueError, match="overlap 200"):
        PairEncoder(embedder_tokenizer(folder), window=256, overlap=200)


def test_padding_changes_no_logit(folder: Path) -> None:
    import torch

    encoder = PairEncoder(embedder_tokenizer(folder), window=256, overlap=32)
    model = CrossEncoder.from_embedder(folder).eval()
    (short,), (long,) = encoder.windows("2018?", "成都"), encoder.windows("2018?", "成都新建幼儿园36所,新增小学5所。")
    with torch.inference_mode():
        alone, together = model([short]), model([short, long])
    assert together.answerable[0].item() == pytest.approx(alone.answerable[0].item(), abs=1e-5)
    assert together.start[0, : len(short.ids)].tolist() == pytest.approx(alone.start[0].tolist(), abs=1e-5)


def test_every_token_type_starts_as_the_embedders_first(folder: Path) -> None:
    types = CrossEncoder.from_embedder(folder).encoder.embeddings.token_type_embeddings.weight
    assert types.shape[0] == 4
    assert bool((types == types[0]).all())


def test_masks_and_padding(folder: Path) -> None:
    encoder = PairEncoder(embedder_tokenizer(folder), window=256, overlap=32)
    pairs = [*encoder.windows("a?", "成都"), *encoder.windows("a?", "成都幼儿园")]
    ids, types, mask = collate(pairs)
    assert ids.shape == types.shape == mask.shape == (2, len(pairs[1].ids))
    assert mask.sum(1).tolist() == [len(pair.ids) for pair in pairs]
    assert passage_mask(pairs).sum(1).tolist() == [len(pair.offsets) for pair in pairs]


def test_a_folder_without_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json"):
        embedder_config(tmp_path)
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        embedder_tokenizer(tmp_path)
