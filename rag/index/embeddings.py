"""Turn texts into vectors, embedding only those whose vector is not kept from an earlier build."""

import hashlib
import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from rag.index.dense import require_unit_length

logger = logging.getLogger(__name__)

# Texts embedded between two commits: what a killed build loses at most.
BATCH = 64

# `crc` (CRC-32 of key and vector) tells a damaged vector, or that of another text, from the right one.
_TABLE = """
CREATE TABLE IF NOT EXISTS vectors (
    embedder TEXT NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL, crc INTEGER NOT NULL, UNIQUE (embedder, text)
)
"""


class DocumentEmbedder(Protocol):
    """What building an index asks of an embedding model."""

    @property
    def identity(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]: ...
    def count_tokens(self, text: str) -> int: ...


def text_key(text: str) -> bytes:
    """What a text's vector is kept under: its SHA-256."""
    return hashlib.sha256(text.encode()).digest()


class EmbeddingCache:
    """Vectors by embedder and SHA-256 of the text, in one SQLite file; damaged vectors count as absent."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Open or create the file at `path`; one that SQLite cannot read is set up anew, since it is only a cache."""
        if not _is_sound(path):
            logger.warning("the embedding cache %s is damaged or of another version; everything is embedded anew", path)
            path.unlink()
            path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA secure_delete = ON")
            database.execute(_TABLE)
            yield cls(database)

    def embed(
        self,
        texts: Sequence[str],
        *,
        embedder: DocumentEmbedder,
        progress: Callable[[int, int], None],
        known: Mapping[bytes, NDArray[np.float32]] = MappingProxyType({}),
    ) -> NDArray[np.float32]:
        """Unit vectors of `texts`, float32 of shape [texts, dimension]; `progress` gets texts done and in all.

        `known` are vectors by `text_key` that need not be looked for. Every batch is committed, so that a build that
        was stopped goes on where it was. Raises `SnapshotError` if the embedder returns anything but unit vectors.
        """
        keys = [text_key(text) for text in texts]
        place = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        vectors = np.empty((len(place), embedder.dimension), dtype=np.float32)
        missing = dict(zip(keys, texts, strict=True))
        for key, vector in chain(known.items(), self._kept(place.keys() - known.keys(), embedder)):
            if missing.pop(key, None) is not None:
                vectors[place[key]] = vector
        pending = list(missing.items())
        for at in range(0, len(pending), BATCH):
            batch = pending[at : at + BATCH]
            fresh = embedder.encode_documents([text for _, text in batch])
            require_unit_length(fresh, shape=(len(batch), embedder.dimension))
            with self._database:
                self._database.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)",
                    (
                        (embedder.identity, key, vector.tobytes(), zlib.crc32(key + vector.tobytes()))
                        for (key, _), vector in zip(batch, fresh, strict=True)
                    ),
                )
            vectors[[place[key] for key, _ in batch]] = fresh
            progress(at + len(batch), len(pending))
        found: NDArray[np.float32] = vectors[[place[key] for key in keys]]
        return found

    def keep_only(self, keys: Iterable[bytes]) -> None:
        """Drop every vector whose `text_key` is not among `keys`: a deleted report leaves nothing behind."""
        used = set(keys)
        unused = [(row,) for row, text in self._database.execute("SELECT rowid, text FROM vectors") if text not in used]
        with self._database:
            self._database.executemany("DELETE FROM vectors WHERE rowid = ?", unused)

    def _kept(self, keys: Iterable[bytes], embedder: DocumentEmbedder) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
        for key in keys:
            row = self._database.execute(
                "SELECT vector, crc FROM vectors WHERE embedder = ? AND text = ?", (embedder.identity, key)
            ).fetchone()
            if row and zlib.crc32(key + row[0]) == row[1] and len(row[0]) == 4 * embedder.dimension:
                yield key, np.frombuffer(row[0], dtype=np.float32)


def _is_sound(path: Path) -> bool:
    if not path.exists():
        return True
    try:
        with closing(sqlite3.connect(path)) as database:
            return bool(database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)) and _fits(database)
    except sqlite3.DatabaseError:
        return False


def _fits(database: sqlite3.Connection) -> bool:
    columns = [name for (name,) in database.execute("SELECT name FROM pragma_table_info('vectors') ORDER BY cid")]
    return columns in ([], ["embedder", "text", "vector", "crc"])
