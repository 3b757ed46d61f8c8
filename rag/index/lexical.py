"""Turn chunk texts into BM25 postings, and a question into the rows that share its words best."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rag.errors import SnapshotError
from rag.index.ranking import best_rows
from rag.index.tokens import tokenize

# The library's defaults (Lucene's formula). On DuReader-robust and CMRC 2018 no other k1 in 0.6–2 and b in 0.3–1
# gained more than a question or two.
K1 = 1.5
B = 0.75
# What a matching bigram counts beside a matching word; 0.2–0.5 measured alike, 0 and 1 worse.
BIGRAM_WEIGHT = 0.3

# Bigrams share one index with words under a mark that no token contains.
_BIGRAM_MARK = "_"


def formula() -> str:
    """What the stored scores were computed with; part of a snapshot's identity."""
    return f"bm25 lucene k1={K1} b={B}"


class LexicalIndex:
    """BM25 over words and, at `BIGRAM_WEIGHT`, over character bigrams. Read-only once built: safe between threads."""

    def __init__(self, model: Any, *, rows: int) -> None:
        self._model = model
        self.rows = rows

    @classmethod
    def build(cls, texts: Iterable[str]) -> Self:
        """Index `texts`; the row of a text is its position."""
        import bm25s

        # Numbered here, in order of appearance: the library numbers the members of a set, whose order changes from
        # run to run. The empty string, which is no token, keeps the vocabulary from being empty.
        vocabulary = {"": 0}
        documents = [[vocabulary.setdefault(token, len(vocabulary)) for token in _terms(text)] for text in texts]
        model = bm25s.BM25(k1=K1, b=B, method="lucene")
        # The library divides by the average length, so that texts without any token get the one no question has.
        model.index((documents if any(documents) else [[0]] * max(1, len(documents)), vocabulary), show_progress=False)
        return cls(model, rows=len(documents))

    def save(self, folder: Path) -> None:
        """Write the postings (`*.npy`) and the vocabulary (JSON) into `folder`."""
        self._model.save(folder, show_progress=False)

    @classmethod
    def load(cls, folder: Path, *, rows: int) -> Self:
        """Read what `save` wrote for `rows` texts. Raises `SnapshotError` when it cannot be read."""
        import bm25s

        try:
            return cls(bm25s.BM25.load(folder, show_progress=False), rows=rows)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise SnapshotError(
                f"the BM25 postings in {folder} cannot be read: {error}", remedy="Run `rag index` to build them anew."
            ) from error

    def search(self, query: str, k: int, *, allowed: NDArray[np.bool_] | None = None) -> list[tuple[int, float]]:
        """The `k` best rows with their BM25 scores, ties by row; rows that share no token with `query` are left out.

        `allowed` (shape [rows]) restricts the search; a row's score does not depend on it.
        """
        scores = self._scores(query)
        found = scores > 0 if allowed is None else (scores > 0) & allowed
        rows = np.flatnonzero(found)
        return best_rows(rows, scores[rows], k)

    def _scores(self, query: str) -> NDArray[np.float32]:
        tokens = tokenize(query)
        words = self._sum(tokens.words)
        bigrams = self._sum([_BIGRAM_MARK + bigram for bigram in tokens.bigrams])
        return words + np.float32(BIGRAM_WEIGHT) * bigrams

    def _sum(self, terms: list[str]) -> NDArray[np.float32]:
        known: list[int] = self._model.get_tokens_ids(terms)
        scores: NDArray[np.float32] = self._model.get_scores_from_ids(known)[: self.rows]
        return scores


def _terms(text: str) -> list[str]:
    tokens = tokenize(text)
    return tokens.words + [_BIGRAM_MARK + bigram for bigram in tokens.bigrams]
