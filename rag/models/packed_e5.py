"""Turns the packed 4-bit file of multilingual-e5-small into an ordinary sentence-transformers folder.

The layout, little endian, was read off the file itself; every number in it is checked before it is used.
"""

import shutil
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.models.runtime import quiet

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerFast

MAGIC = b"E5S1"
BLOCK_WEIGHTS = 32
BLOCK_BYTES = 18  # one float16 scale, then 32 weights of 4 bits
TENSOR_FLOAT32, TENSOR_Q4 = 0, 1

# The file's tensor names and those of `transformers.BertModel`, layer by layer.
LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True)
class Dimensions:
    """Sizes of the network, in the order the file states them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    segments: int


@dataclass(frozen=True)
class Vocabulary:
    """SentencePiece unigram pieces with their log probabilities, and the ids of the special ones."""

    pieces: tuple[tuple[str, float], ...]
    begin: int
    end: int
    padding: int
    unknown: int


@dataclass(frozen=True)
class PackedModel:
    """All that the packed file holds; `tensors` are float32 and flat, under the file's own names."""

    dimensions: Dimensions
    norm_epsilon: float
    vocabulary: Vocabulary
    tensors: dict[str, NDArray[np.float32]]


class _Reader:
    """A cursor over the bytes that refuses to read past their end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def numbers(self, layout: str) -> tuple[Any, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))

    def array(self, kind: str, count: int) -> NDArray[Any]:
        return np.frombuffer(self.take(np.dtype(kind).itemsize * count), dtype=kind)

    def take(self, count: int) -> bytes:
        piece = self.at(self.position, count)
        self.position += count
        return piece

    def at(self, offset: int, count: int) -> bytes:
        if offset + count > len(self.data):
            raise ModelError(
                f"the packed model ends at byte {len(self.data)}, but byte {offset + count} is needed",
                remedy="Delete the file and run `rag models pull` again.",
            )
        return self.data[offset : offset + count]


def unpack_q4(data: bytes) -> NDArray[np.float32]:
    """Decode Q4_0 blocks (ggml's format): value = (nibble - 8) x scale, low nibbles first.

    `data` holds n blocks of 18 bytes; returns float32 [n x 32].
    """
    blocks = np.frombuffer(data, dtype=np.uint8).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4], axis=1).astype(np.float32)
    return ((nibbles - 8.0) * scales).reshape(-1)


def read_packed(path: Path) -> PackedModel:
    """Read and decode the whole file at `path` (72 MB packed, 470 MB as float32)."""
    reader = _Reader(path.read_bytes())
    if (magic := reader.take(4)) != MAGIC:
        raise ModelError(
            f"{path} begins with {magic!r}, not with {MAGIC!r}",
            remedy="This is not a packed e5 model; delete it and run `rag models pull` again.",
        )
    reader.numbers("I")  # version of the format; the SHA-256 already pins the file
    dimensions = Dimensions(*reader.numbers("7i"))
    (norm_epsilon,) = reader.numbers("f")
    (block_weights,) = reader.numbers("i")
    if block_weights != BLOCK_WEIGHTS:
        raise ModelError(
            f"{path} packs {block_weights} weights in a block; only {BLOCK_WEIGHTS} are understood",
            remedy="Pull the model this version of the program pins: `rag models pull`.",
        )
    vocabulary = _read_vocabulary(reader)
    _skip_normaliser(reader)
    return PackedModel(dimensions, norm_epsilon, vocabulary, _read_tensors(reader))


def _read_vocabulary(reader: _Reader) -> Vocabulary:
    count, begin, end, padding, unknown = reader.numbers("5i")
    (blob_length,) = reader.numbers("Q")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    blob = reader.take(blob_length)
    texts = [blob[offsets[i] : offsets[i + 1]].decode("utf-8") for i in range(count)]
    return Vocabulary(tuple(zip(texts, scores.tolist(), strict=True)), begin, end, padding, unknown)


def _skip_normaliser(reader: _Reader) -> None:
    """Pass over the replacement table: Nmt followed by NFKC gives the same for each of its 4,837 code points."""
    _, length = reader.numbers("iI")
    reader.take(length)


def _read_tensors(reader: _Reader) -> dict[str, NDArray[np.float32]]:
    (count,) = reader.numbers("i")
    tensors = {}
    for _ in range(count):
        (name_length,) = reader.numbers("H")
        name = reader.take(name_length).decode("ascii")
        kind, elements, offset, length = reader.numbers("BIQQ")
        data = reader.at(offset, length)
        if kind not in (TENSOR_FLOAT32, TENSOR_Q4):
            raise ModelError(f"tensor {name} has the unknown type {kind}", remedy="Run `rag models pull` again.")
        values = unpack_q4(data) if kind == TENSOR_Q4 else np.frombuffer(data, dtype="<f4")
        if values.size != elements:
            raise ModelError(
                f"tensor {name} holds {values.size} values, its directory entry says {elements}",
                remedy="Delete the file and run `rag models pull` again.",
            )
        tensors[name] = values
    return tensors


def convert(packed: Path, target: Path, *, prompts: Mapping[str, str], progress: Callable[[int, int], None]) -> None:
    """Write the model packed in `packed` to the folder `target` as sentence-transformers loads it.

    `prompts` names the prefixes for "query" and "document"; `progress` is told steps done and steps in all.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    model = read_packed(packed)
    progress(1, 4)
    encoder = target / "encoder"
    with quiet():
        _save_encoder(model, encoder)
        progress(2, 4)
        build_tokenizer(model.vocabulary, longest=model.dimensions.positions).save_pretrained(encoder)
        progress(3, 4)
        transformer = Transformer(str(encoder), max_seq_length=model.dimensions.positions)
        pooling = Pooling(model.dimensions.hidden, pooling_mode="mean")
        modules = [transformer, pooling, Normalize()]
        sentence_model = SentenceTransformer(modules=modules, prompts=dict(prompts), device="cpu")
        sentence_model.save(str(target), create_model_card=False)
    shutil.rmtree(encoder)
    progress(4, 4)


def _save_encoder(model: PackedModel, folder: Path) -> None:
    from transformers import BertConfig, BertModel

    sizes = model.dimensions
    config = BertConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.hidden,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.feed_forward,
        max_position_embeddings=sizes.positions,
        type_vocab_size=sizes.segments,
        layer_norm_eps=model.norm_epsilon,
        pad_token_id=model.vocabulary.padding,
    )
    encoder = BertModel(config)
    shapes = {name: tuple(parameter.shape) for name, parameter in encoder.state_dict().items()}
    encoder.load_state_dict(bert_state(model, shapes))
    encoder.save_pretrained(folder)


def bert_state(model: PackedModel, shapes: Mapping[str, tuple[int, ...]]) -> "dict[str, torch.Tensor]":
    """The tensors under the names and in the shapes (`shapes`) of `transformers.BertModel`."""
    import torch

    names = dict(EMBEDDING_NAMES)
    for layer in range(model.dimensions.layers):
        for short, full in LAYER_NAMES.items():
            for suffix, kind in (("w", "weight"), ("b", "bias")):
                names[f"l{layer}.{short}.{suffix}"] = f"encoder.layer.{layer}.{full}.{kind}"
    if set(names) != set(model.tensors):
        odd = sorted(set(names) ^ set(model.tensors))
        raise ModelError(f"missing or unknown tensors: {', '.join(odd[:5])}", remedy="Run `rag models pull` again.")
    # Mean pooling needs no pooler and the file has none; zeros instead of chance keep the folder reproducible.
    state = {name: torch.zeros(shape) for name, shape in shapes.items() if name.startswith("pooler.")}
    for name, full in names.items():
        state[full] = torch.from_numpy(np.array(model.tensors[name]).reshape(shapes[full]))
    return state


def build_tokenizer(vocabulary: Vocabulary, *, longest: int) -> "PreTrainedTokenizerFast":
    """The XLM-RoBERTa unigram tokenizer over `vocabulary`: `<s> pieces </s>`, at most `longest` tokens."""
    from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(Unigram(list(vocabulary.pieces), unk_id=vocabulary.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            normalizers.NFKC(),
            normalizers.Strip(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    begin, end = (vocabulary.pieces[i][0] for i in (vocabulary.begin, vocabulary.end))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, vocabulary.begin), (end, vocabulary.end)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=longest,
        bos_token=begin,
        cls_token=begin,
        eos_token=end,
        sep_token=end,
        pad_token=vocabulary.pieces[vocabulary.padding][0],
        unk_token=vocabulary.pieces[vocabulary.unknown][0],
        mask_token="<mask>",
    )
