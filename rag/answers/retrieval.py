"""A question to the sections that may answer it: dense and lexical candidates, fused into one list."""

import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rag.answers.everyday import official_names
from rag.config import Config
from rag.models.embedder import Embedder
from rag.reports.chunks import Chunk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RANK_CONSTANT = 60  # Cormack, Clarke and Büttcher 2009, reciprocal rank fusion


@dataclass(frozen=True)
class Hit:
    """A retrieved chunk: its fused `score`, and the cosine and BM25 score behind it (0 where it was no candidate)."""

    chunk: Chunk
    score: float
    dense: float
    lexical: float


class Searchable(Protocol):
    """The two searches of the `Index` seam and the way from ids to chunks."""

    def search_dense(
        self, vector: "NDArray[np.float32]", k: int, *, reports: Collection[str] | None = None
    ) -> list[tuple[str, float]]: ...
    def search_lexical(
        self, query: str, k: int, *, reports: Collection[str] | None = None
    ) -> list[tuple[str, float]]: ...
    def get(self, chunk_ids: Sequence[str]) -> list[Chunk]: ...


def retrieve(
    question: str,
    index: Searchable,
    embedder: Embedder,
    *,
    config: Config,
    k: int,
    reports: Collection[str] | None = None,
) -> list[Hit]:
    """The `k` best chunks, best first, ties by chunk id; `reports` restricts both searches to these report ids."""
    vector = embedder.encode_queries([question])[0]
    dense = dict(index.search_dense(vector, config.candidates, reports=reports))
    words = " ".join((question, *official_names(question)))
    lexical = dict(index.search_lexical(words, config.candidates, reports=reports))
    if config.fusion == "rrf":
        fused = reciprocal_rank_fusion(dense, lexical)
    else:
        fused = zscore_fusion(dense, lexical, dense_weight=config.dense_weight)
    best = sorted(fused, key=lambda chunk: (-fused[chunk], chunk))
    hits = [
        Hit(chunk, fused[chunk.id], dense.get(chunk.id, 0.0), lexical.get(chunk.id, 0.0)) for chunk in index.get(best)
    ]
    return [hit for hit in hits if not hit.chunk.is_bare][:k]


def zscore_fusion(dense: Mapping[str, float], lexical: Mapping[str, float], *, dense_weight: float) -> dict[str, float]:
    """Weighted sum of both sides' standard scores; a candidate of one side alone counts as the other side's least."""
    sides = ((dense, dense_weight), (lexical, 1.0 - dense_weight))
    fused = dict.fromkeys([*dense, *lexical], 0.0)
    for scores, weight in sides:
        if not scores:
            continue
        mean, spread = statistics.fmean(scores.values()), statistics.pstdev(scores.values())
        least = min(scores.values())
        for chunk in fused:
            fused[chunk] += weight * (scores.get(chunk, least) - mean) / (spread or 1.0)
    return fused


def reciprocal_rank_fusion(*sides: Mapping[str, float]) -> dict[str, float]:
    """Sum over the sides of 1 / (60 + rank), rank counted from 1, best score first and ties by id."""
    fused: dict[str, float] = {}
    for scores in sides:
        for rank, chunk in enumerate(sorted(scores, key=lambda chunk: (-scores[chunk], chunk)), start=1):
            fused[chunk] = fused.get(chunk, 0.0) + 1.0 / (RANK_CONSTANT + rank)
    return fused
