import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.errors import SnapshotError
from rag.index.embeddings import BATCH, EmbeddingCache, text_key
from tests.index.samples import HashEmbedder, hashed_vector


def _embed(path: Path, texts: list[str], embedder: HashEmbedder) -> tuple[NDArray[np.float32], list[tuple[int, int]]]:
    seen: list[tuple[int, int]] = []
    with EmbeddingCache.open(path) as cache:
        vectors = cache.embed(texts, embedder=embedder, progress=lambda done, total: seen.append((done, total)))
    return vectors, seen


def _expected(texts: list[str]) -> NDArray[np.float32]:
    return np.stack([hashed_vector(text) for text in texts])


def test_only_what_is_new_is_embedded_and_once(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite3"
    embedder = HashEmbedder()
    first, _ = _embed(path, ["甲", "乙", "甲"], embedder)
    assert np.array_equal(first, _expected(["甲", "乙", "甲"]))
    assert embedder.embedded == ["甲", "乙"]
    second, _ = _embed(path, ["丙", "乙"], embedder)
    assert np.array_equal(second, _expected(["丙", "乙"]))
    assert embedder.embedded == ["甲", "乙", "丙"]


def test_progress_counts_what_is_embedded(tmp_path: Path) -> None:
    texts = [str(number) for number in range(BATCH + 3)]
    _, seen = _embed(tmp_path / "cache.sqlite3", texts, HashEmbedder())
    assert seen == [(BATCH, BATCH + 3), (BATCH + 3, BATCH + 3)]
    _, seen = _embed(tmp_path / "cache.sqlite3", texts, HashEmbedder())
    assert seen == []


def test_embedders_do_not_share_vectors(tmp_path: Path) -> None:
    other = HashEmbedder()
    other.identity = "other"
    _embed(tmp_path / "cache.sqlite3", ["甲"], HashEmbedder())
    _embed(tmp_path / "cache.sqlite3", ["甲"], other)
    assert other.embedded == ["甲"]


def test_a_stopped_build_goes_on_where_it_was(tmp_path: Path) -> None:
    class Stopping(HashEmbedder):
        def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if self.embedded:
                raise KeyboardInterrupt
            return super().encode_documents(texts)

    texts = [str(number) for number in range(2 * BATCH)]
    with pytest.raises(KeyboardInterrupt):
        _embed(tmp_path / "cache.sqlite3", texts, Stopping())
    embedder = HashEmbedder()
    vectors, _ = _embed(tmp_path / "cache.sqlite3", texts, embedder)
    assert embedder.embedded == texts[BATCH:]
    assert np.array_equal(vectors, _expected(texts))


def test_what_is_known_is_neither_embedded_nor_looked_for(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    known = {text_key("乙"): hashed_vector("other"), text_key("丁"): hashed_vector("not asked for")}
    with EmbeddingCache.open(tmp_path / "cache.sqlite3") as cache:
        found = cache.embed(["甲", "乙"], embedder=embedder, progress=lambda *_: None, known=known)
    assert np.array_equal(found, np.stack([hashed_vector("甲"), hashed_vector("other")]))
    assert embedder.embedded == ["甲"]


def test_only_what_is_named_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite3"
    _embed(path, ["甲", "乙", "丙"], HashEmbedder())
    with EmbeddingCache.open(path) as cache:
        cache.keep_only([text_key("乙"), text_key("丁"), text_key("丙"), text_key("丙")])
    embedder = HashEmbedder()
    _embed(path, ["甲", "乙", "丙"], embedder)
    assert embedder.embedded == ["甲"]


def test_a_damaged_vector_is_embedded_anew(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite3"
    _embed(path, ["甲", "乙"], HashEmbedder())
    with closing(sqlite3.connect(path)) as database, database:
        vector = bytearray(hashed_vector("乙").tobytes())
        vector[5] ^= 1
        changed = database.execute(
            "UPDATE vectors SET vector = ? WHERE vector = ?", (bytes(vector), hashed_vector("乙").tobytes())
        )
        assert changed.rowcount == 1
    embedder = HashEmbedder()
    vectors, _ = _embed(path, ["甲", "乙"], embedder)
    assert embedder.embedded == ["乙"]
    assert np.array_equal(vectors, _expected(["甲", "乙"]))


def test_a_vector_that_came_under_another_key_is_embedded_anew(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite3"
    _embed(path, ["甲", "乙"], HashEmbedder())
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM vectors WHERE text = ?", (text_key("甲"),))
        database.execute("UPDATE vectors SET text = ?", (text_key("甲"),))
    embedder = HashEmbedder()
    vectors, _ = _embed(path, ["甲"], embedder)
    assert embedder.embedded == ["甲"]
    assert np.array_equal(vectors, _expected(["甲"]))


def _of_another_version() -> bytes:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE vectors (text BLOB, vector BLOB)")
        return database.serialize()


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + bytes(200), _of_another_version()])
def test_a_damaged_cache_is_set_up_anew(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "cache.sqlite3"
    path.write_bytes(content)
    embedder = HashEmbedder()
    with caplog.at_level(logging.WARNING):
        _embed(path, ["甲"], embedder)
    assert embedder.embedded == ["甲"]
    assert "damaged" in caplog.text


def test_what_is_no_unit_vector_is_refused_and_not_kept(tmp_path: Path) -> None:
    class Zero(HashEmbedder):
        def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
            return np.zeros((len(texts), self.dimension), dtype=np.float32)

    class Short(HashEmbedder):
        def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
            return super().encode_documents(texts)[:-1]

    path = tmp_path / "cache.sqlite3"
    with pytest.raises(SnapshotError, match="2 of 2 vectors are not of unit length"):
        _embed(path, ["甲", "乙"], Zero())
    with pytest.raises(SnapshotError, match=r"shape \(1, 16\).*shape \(2, 16\)"):
        _embed(path, ["甲", "乙"], Short())
    embedder = HashEmbedder()
    _embed(path, ["甲", "乙"], embedder)
    assert embedder.embedded == ["甲", "乙"]
