from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rag.config import Config, load_config
from rag.errors import InputError, ModelError
from rag.models.embedder import BATCH, SentenceEmbedder, open_embedder
from rag.models.packed_e5 import convert
from tests.models.conftest import HIDDEN, POSITIONS, packed_file, tiny_tensors

PROMPTS = {"query": "query: ", "document": "passage: "}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    (folder / "tiny.bin").write_bytes(packed_file(tiny_tensors()))
    (folder / "tiny").mkdir()
    convert(folder / "tiny.bin", folder / "tiny", prompts=PROMPTS, progress=lambda done, total: None)
    return folder / "tiny"


@pytest.fixture(scope="module")
def tiny(folder: Path) -> SentenceEmbedder:
    return open_embedder(Config(embedder=str(folder), threads=1))


def by_definition(folder: Path, text: str) -> NDArray[np.float32]:
    """Mean over all tokens of the encoder's last layer, scaled to unit length."""
    import torch
    from transformers import AutoTokenizer, BertModel

    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        last = BertModel.from_pretrained(folder).eval()(**tokenizer(text, return_tensors="pt")).last_hidden_state
    mean = last[0].mean(dim=0)
    return np.asarray(mean / mean.norm(), dtype=np.float32)


def test_a_vector_is_the_mean_over_tokens_behind_its_prefix(folder: Path, tiny: SentenceEmbedder) -> None:
    query, document = tiny.encode_queries(["教育经费"]), tiny.encode_documents(["教育经费"])
    assert query.dtype == document.dtype == np.float32
    assert query[0] == pytest.approx(by_definition(folder, "query: 教育经费"), abs=1e-6)
    assert document[0] == pytest.approx(by_definition(folder, "passage: 教育经费"), abs=1e-6)
    assert not np.allclose(query, document, atol=1e-3)


def test_vectors_keep_the_order_of_the_texts_across_batches(tiny: SentenceEmbedder) -> None:
    texts = ["教育" * (1 + number % 7) + "5.8%" * (number % 3) for number in range(2 * BATCH + 5)]
    done: list[int] = []
    vectors = tiny.encode_documents(texts, progress=done.append)
    assert vectors.shape == (len(texts), HIDDEN)
    assert done == [BATCH, BATCH, 5]
    for index in (0, 1, BATCH, len(texts) - 1):
        assert vectors[index] == pytest.approx(tiny.encode_documents([texts[index]])[0], abs=1e-5)


def test_no_texts_give_no_vectors(tiny: SentenceEmbedder) -> None:
    assert tiny.encode_documents([]).shape == (0, HIDDEN)
    assert tiny.encode_queries([]).shape == (0, HIDDEN)


@settings(max_examples=20, deadline=None)
@given(texts=st.lists(st.text(max_size=12), min_size=1, max_size=3))
def test_every_text_has_a_unit_vector(tiny: SentenceEmbedder, texts: list[str]) -> None:
    lengths = np.linalg.norm(tiny.encode_documents(texts), axis=1)
    assert lengths == pytest.approx(np.ones(len(texts)), abs=1e-5)


def test_tokens_are_counted_with_prefix_and_frame(tiny: SentenceEmbedder) -> None:
    assert tiny.count_tokens("") == 4  # <s> ▁passage : </s>
    assert tiny.count_tokens("教育经费") == 4 + 3  # ▁ 教育 经费


def test_what_the_model_cannot_read_whole_is_refused_with_both_numbers(tiny: SentenceEmbedder) -> None:
    longest = "教育" * (POSITIONS - 5)
    assert tiny.count_tokens(longest) == POSITIONS
    assert tiny.encode_documents([longest]).shape == (1, HIDDEN)
    with pytest.raises(InputError, match="has 65 tokens, the embedder reads at most 64"):
        tiny.encode_documents(["教育", longest + "经费"])
    with pytest.raises(InputError, match="has 65 tokens"):
        tiny.encode_queries([longest + "经费"])


def test_precision_is_part_of_the_identity_and_changes_vectors_little(folder: Path, tiny: SentenceEmbedder) -> None:
    coarse = open_embedder(Config(embedder=str(folder), embedder_precision="bfloat16"))
    assert tiny.identity.startswith("tiny:original:")
    assert tiny.identity.endswith(":float32")
    assert coarse.identity == tiny.identity.removesuffix("float32") + "bfloat16"
    one, other = tiny.encode_documents(["教育经费"])[0], coarse.encode_documents(["教育经费"])[0]
    assert float(one @ other) == pytest.approx(1, abs=1e-3)
    assert other.dtype == np.float32
    assert np.linalg.norm(other) == pytest.approx(1, abs=1e-6)


def test_a_folder_that_is_no_embedder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'absent' is neither a known model, nor a folder"):
        open_embedder(Config(embedder="absent", models_dir=tmp_path))


@pytest.fixture(scope="module")
def embedder() -> SentenceEmbedder:
    """The real weights, converted from their packed file; the values below were computed once with them."""
    return open_embedder(replace(load_config(), embedder="multilingual-e5-small", embedder_precision="float32"))


@pytest.mark.slow
def test_identity_names_the_packed_weights(embedder: SentenceEmbedder) -> None:
    assert embedder.identity == "multilingual-e5-small:Q4_0:1571fc9827503943:float32"
    assert (embedder.dimension, embedder.max_tokens) == (384, 512)


@pytest.mark.slow
def test_chinese_is_cut_into_the_pieces_of_the_original(embedder: SentenceEmbedder) -> None:
    pieces = embedder._model.tokenizer.tokenize("全年教育经费总投入12.3亿元,增长5.8%。")
    assert pieces == ["▁", "全年", "教育", "经费", "总", "投入", "12", ".", "3", "亿元", ",", "增长", "5.8", "%。"]
    # What fairseq's XLM-R encodes it to, as transformers' own tests of XLMRobertaTokenizer have it.
    assert embedder._model.tokenizer("Hello World!")["input_ids"] == [0, 35378, 6661, 38, 2]
    assert embedder.count_tokens("你好") == 6  # <s> ▁passage : ▁ 你好 </s>


@pytest.mark.slow
def test_an_answer_is_nearer_than_small_talk_in_both_languages(embedder: SentenceEmbedder) -> None:
    documents = embedder.encode_documents(["全年教育经费总投入12.3亿元,增长5.8%。", "今天天气晴朗,适合去公园。"])
    questions = embedder.encode_queries(["教育经费投入是多少?", "How much was spent on education?"])
    assert np.linalg.norm(documents, axis=1) == pytest.approx([1, 1], abs=1e-6)
    cosines = questions @ documents.T
    assert cosines[0] == pytest.approx([0.9273, 0.7825], abs=2e-3)
    assert cosines[1, 0] > cosines[1, 1]


@pytest.mark.slow
def test_half_precision_ranks_alike(embedder: SentenceEmbedder) -> None:
    coarse = open_embedder(replace(load_config(), embedder_precision="bfloat16"))
    texts = [f"第{number}项工作:{topic}稳步推进。" for number, topic in enumerate(["教育", "经费", "学校", "教师"])]
    cosines = (embedder.encode_documents(texts) * coarse.encode_documents(texts)).sum(axis=1)
    assert cosines.min() > 0.9995
