"""Turn texts into vectors, embedding only those whose vector is not kept from an earlier build."""

import hashlib
import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from rag.index.dense import require_unit_length

logger = logging.getLogger(__name__)

# Texts embedded between two commits: what a killed build loses at most.
BATCH = 64

# What SQLite may refuse although the file is in order; everything else shows that it is not.
_NOT_THE_FILES_FAULT = {
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN),
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM),
}

Result = TypeVar("Result")

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
    """Vectors by embedder and SHA-256 of the text, in one SQLite file; damaged vectors count as absent.

    A file that SQLite finds damaged, when it is opened or later, is set up anew: it is only a cache.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = self._connected()
        self._whole(self._set_up)

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Open or create the file at `path`."""
        cache = cls(path)
        try:
            yield cache
        finally:
            cache._database.close()

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
        kept = self._whole(lambda: self._kept(place.keys() - known.keys(), embedder))
        for key, vector in (*known.items(), *kept):
            if missing.pop(key, None) is not None:
                vectors[place[key]] = vector
        pending = list(missing.items())
        for at in range(0, len(pending), BATCH):
            batch = pending[at : at + BATCH]
            fresh = embedder.encode_documents([text for _, text in batch])
            require_unit_length(fresh, shape=(len(batch), embedder.dimension))
            rows = [
                (embedder.identity, key, vector.tobytes(), zlib.crc32(key + vector.tobytes()))
                for (key, _), vector in zip(batch, fresh, strict=True)
            ]
            self._whole(partial(self._execute_all, "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows))
            vectors[[place[key] for key, _ in batch]] = fresh
            progress(at + len(batch), len(pending))
        found: NDArray[np.float32] = vectors[[place[key] for key in keys]]
        return found

    def keep_only(self, keys: Iterable[bytes]) -> None:
        """Drop every vector whose `text_key` is not among `keys`: a deleted report leaves nothing behind."""
        used = set(keys)

        def drop_unused() -> None:
            rows = self._database.execute("SELECT rowid, text FROM vectors")
            unused = [(row,) for row, text in rows if text not in used]
            self._execute_all("DELETE FROM vectors WHERE rowid = ?", unused)

        self._whole(drop_unused)

    def _kept(self, keys: Iterable[bytes], embedder: DocumentEmbedder) -> list[tuple[bytes, NDArray[np.float32]]]:
        found = []
        for key in keys:
            row = self._database.execute(
                "SELECT vector, crc FROM vectors WHERE embedder = ? AND text = ?", (embedder.identity, key)
            ).fetchone()
            if row and isinstance(row[0], bytes) and zlib.crc32(key + row[0]) == row[1]:
                found.append((key, np.frombuffer(row[0], dtype=np.float32)))
        return found

    def _execute_all(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._database:
            self._database.executemany(statement, rows)

    def _whole(self, use: Callable[[], Result]) -> Result:
        """What `use` gives, the second time on a new file if the first one is damaged."""
        try:
            return use()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in _NOT_THE_FILES_FAULT:
                raise
            logger.warning("the embedding cache %s is damaged (%s); everything is embedded anew", self._path, error)
            self._database.close()
            for suffix in ("", "-journal", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            self._database = self._connected()
            self._set_up()
            return use()

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path)

    def _set_up(self) -> None:
        self._database.execute("PRAGMA secure_delete = ON")
        self._database.execute(_TABLE)
