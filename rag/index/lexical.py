"""Turn chunk texts into counted words, and a question into the rows that share its words best (BM25)."""

import json
from array import array
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rag.errors import SnapshotError
from rag.index.ranking import best_rows
from rag.index.tokens import tokenize

# Lucene's formula with its usual parameters. On DuReader-robust and CMRC 2018 no other k1 in 0.6–2 and b in 0.3–1
# gained more than a question or two.
K1 = 1.5
B = 0.75
# What a matching bigram counts beside a matching word; 0.2–0.5 measured alike, 0 and 1 worse.
BIGRAM_WEIGHT = 0.3

# Bigrams share one index with words under a mark that no token contains.
_BIGRAM_MARK = "_"
_TERMS = "terms.json"
# 32 bits number all postings of some 200,000 reports; mixed with wider ones, SciPy would copy and widen them all.
_ARRAYS = {"columns": np.int32, "rows": np.int32, "counts": np.uint16}


def formula() -> str:
    """What scores are computed with; part of a snapshot's identity."""
    return f"bm25 lucene k1={K1} b={B}"


class Postings:
    """How often each text has each term, gathered text by text."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._terms = array("i")
        self._counts = array("H")
        self._ends = array("i", [0])

    def add(self, text: str) -> None:
        """Take in `text`; its row is the number of texts before it."""
        for term, count in term_counts(text).items():
            self._terms.append(self._numbers.setdefault(term, len(self._numbers)))
            self._counts.append(count)
        self._ends.append(len(self._terms))

    def index(self) -> "LexicalIndex":
        """The index of the texts taken in."""
        from scipy.sparse import csr_array

        terms = sorted(self._numbers)
        place = np.empty(len(terms), dtype=np.int32)
        place[[self._numbers[term] for term in terms]] = np.arange(len(terms), dtype=np.int32)
        columns = place[np.frombuffer(self._terms, dtype=np.int32)]
        counts = np.frombuffer(self._counts, dtype=np.uint16)
        ends = np.frombuffer(self._ends, dtype=np.int32)
        by_row = csr_array((counts, columns, ends), shape=(len(ends) - 1, len(terms)))
        return LexicalIndex(terms, by_row.tocsc())


class LexicalIndex:
    """BM25 over words and, at `BIGRAM_WEIGHT`, over character bigrams. Read-only once built: safe between threads.

    What is kept are counts, and scores are computed when they are asked for: they depend on all texts together, so
    that stored ones would all change with a single text.
    """

    def __init__(self, terms: list[str], counts: Any) -> None:
        """`terms` in ascending order; `counts` a SciPy `csc_array` of shape [rows, terms] without explicit zeros."""
        self.terms = terms
        self.counts = counts
        self.rows = int(counts.shape[0])

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {term: column for column, term in enumerate(self.terms)}

    @cached_property
    def _damping(self) -> NDArray[np.float64]:
        """What a row's length adds to the counts in it before they are divided by; shape [rows]."""
        lengths = np.bincount(self.counts.indices, weights=self.counts.data, minlength=self.rows)
        damping: NDArray[np.float64] = K1 * (1 - B + B * lengths / (lengths.mean() if lengths.any() else 1.0))
        return damping

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        """Each term's inverse document frequency, shape [terms]."""
        texts = np.diff(self.counts.indptr)
        weights: NDArray[np.float64] = np.log(1 + (self.rows - texts + 0.5) / (texts + 0.5))
        return weights

    @classmethod
    def build(cls, texts: Iterable[str]) -> "LexicalIndex":
        """Index `texts`; the row of a text is its position."""
        postings = Postings()
        for text in texts:
            postings.add(text)
        return postings.index()

    def joined(self, other: "LexicalIndex", rows: NDArray[np.int64]) -> "LexicalIndex":
        """The index of the texts `rows` names, in that order, counted through this index and on through `other`.

        Equal, file by file, to the one built from these texts.
        """
        from scipy.sparse import csr_array, vstack

        terms = sorted({*self.terms, *other.terms})
        place = {term: column for column, term in enumerate(terms)}
        parts = []
        for part in (self, other):
            columns = np.array([place[term] for term in part.terms], dtype=np.int32)
            by_row = part.counts.tocsr()
            parts.append(
                csr_array((by_row.data, columns[by_row.indices], by_row.indptr), shape=(part.rows, len(terms)))
            )
        counts = vstack(parts, format="csr")[rows].tocsc()
        used = np.diff(counts.indptr) > 0
        if not used.all():
            terms, counts = [term for term, there in zip(terms, used, strict=True) if there], counts[:, used]
        return LexicalIndex(terms, counts)

    def equals(self, other: "LexicalIndex") -> bool:
        """Whether both count the same words in the same rows."""
        arrays = ((each.counts.indptr, each.counts.indices, each.counts.data) for each in (self, other))
        return (self.rows, self.terms) == (other.rows, other.terms) and all(
            np.array_equal(mine, its) for mine, its in zip(*arrays, strict=True)
        )

    def save(self, folder: Path) -> None:
        """Write the terms (JSON) and their counts (`*.npy`) into the new `folder`."""
        folder.mkdir()
        (folder / _TERMS).write_text(json.dumps(self.terms, ensure_ascii=False), encoding="utf-8")
        arrays = (self.counts.indptr, self.counts.indices, self.counts.data)
        for (name, kind), values in zip(_ARRAYS.items(), arrays, strict=True):
            np.save(folder / f"{name}.npy", values.astype(kind, copy=False))

    @classmethod
    def load(cls, folder: Path, *, rows: int) -> Self:
        """Read what `save` wrote for `rows` texts. Raises `SnapshotError` when it cannot be read."""
        from scipy.sparse import csc_array

        try:
            terms = json.loads((folder / _TERMS).read_text(encoding="utf-8"))
            columns, found, counts = (np.load(folder / f"{name}.npy") for name in _ARRAYS)
            return cls(terms, csc_array((counts, found, columns), shape=(rows, len(terms))))
        except (OSError, ValueError, TypeError, EOFError) as error:
            raise SnapshotError(
                f"the words in {folder} cannot be read: {error}", remedy="Run `rag index` to build them anew."
            ) from error

    def search(self, query: str, k: int, *, allowed: NDArray[np.bool_] | None = None) -> list[tuple[int, float]]:
        """The `k` best rows with their BM25 scores, ties by row; rows that share no token with `query` are left out.

        `allowed` (shape [rows]) restricts the search; a row's score does not depend on it.
        """
        scores = self._scores(query)
        found = scores > 0 if allowed is None else (scores > 0) & allowed
        rows = np.flatnonzero(found)
        return best_rows(rows, scores[rows], k)

    def _scores(self, query: str) -> NDArray[np.float64]:
        scores = np.zeros(self.rows)
        for term, times in term_counts(query).items():
            column = self._columns.get(term)
            if column is None:
                continue
            at = slice(self.counts.indptr[column], self.counts.indptr[column + 1])
            rows, counts = self.counts.indices[at], self.counts.data[at].astype(np.float64)
            weight = times * self._weights[column] * (BIGRAM_WEIGHT if term.startswith(_BIGRAM_MARK) else 1.0)
            scores[rows] += weight * counts / (counts + self._damping[rows])
        return scores


def term_counts(text: str) -> Counter[str]:
    """How often `text` has each of its words and, under their mark, bigrams."""
    tokens = tokenize(text)
    return Counter([*tokens.words, *(_BIGRAM_MARK + bigram for bigram in tokens.bigrams)])
