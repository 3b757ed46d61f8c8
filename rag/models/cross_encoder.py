"""Turns (question, passage) pairs into token features, and these into answerability, span and evidence logits."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from rag.errors import ModelError

START, PAD, END = 0, 1, 2  # <s>, <pad> and </s> of the XLM-R vocabulary
QUESTION_TOKENS = 128  # room for the question; a longer one keeps its beginning and its end
TOKEN_TYPES = 4  # question or passage, times: does the other text hold the token's characters?
WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"  # frozen, and shared with the embedder

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[a-z]+")
_HAN = re.compile(r"[一-鿿]+")


@dataclass(frozen=True)
class Pair:
    """One model input: `ids` and `types` by token; `offsets` are passage characters of the tokens from `first` on."""

    ids: list[int]
    types: list[int]
    first: int
    offsets: list[tuple[int, int]]


@dataclass(frozen=True)
class Logits:
    """`answerable` [n]; `start`, `end`, `evidence` [n, longest], meaningless outside the passage. All float32."""

    answerable: Tensor
    start: Tensor
    end: Tensor
    evidence: Tensor


@dataclass(frozen=True)
class _Profile:
    text: str
    words: frozenset[str]
    bigrams: frozenset[str]


@lru_cache(maxsize=4096)
def _profile(text: str) -> _Profile:
    folded = "".join(_fold(character) for character in text)
    words = frozenset(match.group().replace(",", "") for match in _WORD.finditer(folded))
    runs = [match.group() for match in _HAN.finditer(folded)]
    bigrams = frozenset(run[at : at + 2] for run in runs for at in range(len(run) - 1))
    return _Profile(folded, words, bigrams)


def _fold(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character  # offsets must stay those of the original


def shared_characters(text: str, other: str) -> list[bool]:
    """For every character of `text`: is it part of a whole number, Latin word or Han bigram that `other` holds too?

    Whole numbers, because the year 2018 shares nothing with 2019 and 16 nothing with 2016. A model this small does not
    learn such comparisons from ten thousand questions; as an input it need not.
    """
    own, others = _profile(text), _profile(other)
    shared = [False] * len(text)
    for match in _WORD.finditer(own.text):
        if match.group().replace(",", "") in others.words:
            shared[match.start() : match.end()] = [True] * (match.end() - match.start())
    for at in range(len(own.text) - 1):
        if own.text[at : at + 2] in others.bigrams:
            shared[at] = shared[at + 1] = True
    return shared


class PairEncoder:
    """Cuts (question, passage) pairs into inputs of at most `window` tokens: `<s> question </s></s> passage </s>`."""

    def __init__(self, tokenizer: Tokenizer, *, window: int, overlap: int) -> None:
        if not 0 <= overlap < window - QUESTION_TOKENS - 4:
            raise ValueError(f"overlap {overlap} does not fit a window of {window} tokens")
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer, self._window, self._overlap = tokenizer, window, overlap

    def windows(self, question: str, passage: str) -> list[Pair]:
        """Inputs that together cover the passage; neighbours share `overlap` tokens. An empty passage gives one."""
        ids, flags, _ = self._tokens(question, passage)
        if len(ids) > QUESTION_TOKENS:
            half = QUESTION_TOKENS // 2
            ids, flags = ids[:half] + ids[-half:], flags[:half] + flags[-half:]
        head, head_types = [START, *ids, END, END], [0, *flags, 0, 0]
        body, body_flags, offsets = self._tokens(passage, question)
        room = self._window - len(head) - 1
        pairs = []
        for begin in range(0, max(1, len(body) - self._overlap), room - self._overlap):
            cut = slice(begin, begin + room)
            types = [*head_types, *(2 + flag for flag in body_flags[cut]), 2]
            pairs.append(Pair([*head, *body[cut], END], types, len(head), offsets[cut]))
        return pairs

    def _tokens(self, text: str, other: str) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        shared = shared_characters(text, other)
        flags = [int(start < end and all(shared[start:end])) for start, end in encoding.offsets]
        return encoding.ids, flags, encoding.offsets


class CrossEncoder(nn.Module):
    """A BERT encoder with four token types, a head on the first token and three on every token."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.pair_head = nn.Linear(config.hidden_size, 1)
        self.token_heads = nn.Linear(config.hidden_size, 3)  # start, end, evidence

    @classmethod
    def from_embedder(cls, folder: Path) -> "CrossEncoder":
        """The embedder's encoder with fresh heads: every token type starts as the embedder's type 0."""
        weights = embedder_weights(folder)
        words = weights.pop(WORD_EMBEDDINGS)
        types = weights["embeddings.token_type_embeddings.weight"]
        weights["embeddings.token_type_embeddings.weight"] = types[:1].repeat(TOKEN_TYPES, 1)
        model = cls(embedder_config(folder))
        model.encoder.load_state_dict(weights, strict=False)
        model.encoder.embeddings.word_embeddings = nn.Embedding.from_pretrained(words, freeze=True, padding_idx=PAD)
        return model

    def forward(self, pairs: Sequence[Pair]) -> Logits:
        ids, types, mask = collate(pairs)
        hidden = self.encoder(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
        answerable = self.pair_head(hidden[:, 0]).squeeze(-1).float()
        start, end, evidence = self.token_heads(hidden).float().unbind(-1)
        return Logits(answerable, start, end, evidence)


def collate(pairs: Sequence[Pair]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, types and mask [n, longest], int64, padded on the right."""
    longest = max(len(pair.ids) for pair in pairs)
    ids = torch.full((len(pairs), longest), PAD)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, pair in enumerate(pairs):
        ids[row, : len(pair.ids)] = torch.tensor(pair.ids)
        types[row, : len(pair.ids)] = torch.tensor(pair.types)
        mask[row, : len(pair.ids)] = 1
    return ids, types, mask


def passage_mask(pairs: Sequence[Pair]) -> Tensor:
    """True where a token belongs to the passage, bool [n, longest]."""
    mask = torch.zeros(len(pairs), max(len(pair.ids) for pair in pairs), dtype=torch.bool)
    for row, pair in enumerate(pairs):
        mask[row, pair.first : pair.first + len(pair.offsets)] = True
    return mask


def embedder_config(folder: Path) -> BertConfig:
    """The embedder's architecture with the reader's token types. Raises `ModelError` when the folder holds none."""
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder} holds no config.json", remedy="Run `rag models pull` to provide the embedder.")
    config = BertConfig.from_pretrained(folder)
    config.type_vocab_size = TOKEN_TYPES
    config.vocab_size = PAD + 1  # the embedder's 250,000 words are put in whole, not drawn at random first
    # Dropout costs half of a training step on a CPU: drawing the bits, and the unfused attention it forces.
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    return config


def embedder_weights(folder: Path) -> dict[str, Tensor]:
    """The encoder's tensors under the names `BertModel` gives them, without the unused pooler."""
    from safetensors.torch import load_file

    weights = load_file(folder / "model.safetensors")
    return {
        name.removeprefix("bert."): tensor.float()
        for name, tensor in weights.items()
        if "pooler" not in name and "position_ids" not in name
    }


def embedder_tokenizer(folder: Path) -> Tokenizer:
    """The embedder's tokenizer. Raises `ModelError` when it is missing."""
    if not (folder / "tokenizer.json").is_file():
        raise ModelError(f"{folder} holds no tokenizer.json", remedy="Run `rag models pull` to provide the embedder.")
    return Tokenizer.from_file(str(folder / "tokenizer.json"))
