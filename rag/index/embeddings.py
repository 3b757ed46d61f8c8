"""Turn texts into vectors, embedding only those whose vector is not kept from an earlier build."""

import hashlib
import logging
import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from rag.index.dense import require_unit_length

logger = logging.getLogger(__name__)

# Texts embedded between two commits: what a killed build loses at most.
BATCH = 64

# `used_by` is the snapshot that last asked for the vector; `crc` (CRC-32) tells a damaged vector from a good one.
_TABLE = """
CREATE TABLE IF NOT EXISTS vectors (
    embedder TEXT NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL, crc INTEGER NOT NULL, used_by TEXT NOT NULL,
    PRIMARY KEY (embedder, text)
) WITHOUT ROWID
"""


class DocumentEmbedder(Protocol):
    """What building an index asks of an embedding model."""

    @property
    def identity(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]: ...
    def count_tokens(self, text: str) -> int: ...


class EmbeddingCache:
    """Vectors by embedder and SHA-256 of the text, in one SQLite file; damaged vectors count as absent."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Open or create the file at `path`; one that SQLite cannot read is set up anew, since it is only a cache."""
        if not _is_sound(path):
            logger.warning("the embedding cache %s is damaged; everything is embedded anew", path)
            path.unlink()
            path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as database:
            database.execute(_TABLE)
            yield cls(database)

    def embed(
        self,
        texts: Sequence[str],
        *,
        embedder: DocumentEmbedder,
        used_by: str,
        progress: Callable[[int, int], None],
    ) -> NDArray[np.float32]:
        """Unit vectors of `texts`, float32 of shape [texts, dimension]; `progress` gets texts done and in all.

        Every batch is committed, so that a build that was stopped goes on where it was. Raises `SnapshotError` if
        the embedder returns anything but unit vectors.
        """
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        vectors = self._kept(keys, embedder)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in vectors}
        with self._database:
            self._database.executemany(
                "UPDATE vectors SET used_by = ? WHERE embedder = ? AND text = ?",
                ((used_by, embedder.identity, key) for key in vectors),
            )
        pending = list(missing.items())
        for at in range(0, len(pending), BATCH):
            batch = pending[at : at + BATCH]
            fresh = embedder.encode_documents([text for _, text in batch])
            require_unit_length(fresh, shape=(len(batch), embedder.dimension))
            with self._database:
                self._database.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?, ?)",
                    (
                        (embedder.identity, key, vector.tobytes(), zlib.crc32(vector.tobytes()), used_by)
                        for (key, _), vector in zip(batch, fresh, strict=True)
                    ),
                )
            vectors.update(zip((key for key, _ in batch), fresh, strict=True))
            progress(at + len(batch), len(pending))
        found = np.empty((len(texts), embedder.dimension), dtype=np.float32)
        for row, key in enumerate(keys):
            found[row] = vectors[key]
        return found

    def forget_unused(self, snapshots: Collection[str]) -> None:
        """Drop every vector that none of `snapshots` used: a deleted report leaves nothing behind."""
        marks = ",".join("?" * len(snapshots))
        with self._database:
            self._database.execute(f"DELETE FROM vectors WHERE used_by NOT IN ({marks})", tuple(snapshots))

    def _kept(self, keys: Sequence[bytes], embedder: DocumentEmbedder) -> dict[bytes, NDArray[np.float32]]:
        kept = {}
        for key in dict.fromkeys(keys):
            row = self._database.execute(
                "SELECT vector, crc FROM vectors WHERE embedder = ? AND text = ?", (embedder.identity, key)
            ).fetchone()
            if row and zlib.crc32(row[0]) == row[1] and len(row[0]) == 4 * embedder.dimension:
                kept[key] = np.frombuffer(row[0], dtype=np.float32)
        return kept


def _is_sound(path: Path) -> bool:
    if not path.exists():
        return True
    try:
        with closing(sqlite3.connect(path)) as database:
            return bool(database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False
