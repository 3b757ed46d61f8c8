"""Bytes flipped in every file of an index: noticed and explained, or without effect; never another word.

`CRASH_RUNS=200 pytest tests/crash/test_flips.py` flips so many bytes of each file instead of a few.
"""

import os
import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from rag.answers import indexing
from rag.answers.citations import citation_id, look_up
from rag.answers.indexing import add_reports, build_index
from rag.config import Config
from rag.errors import SnapshotError
from rag.index.directory import live_name
from rag.index.snapshot import Snapshot
from tests.crash.test_kill import reports_in
from tests.crash.writer import config_of, write_report
from tests.index.samples import HashEmbedder

FLIPS = int(os.environ.get("CRASH_RUNS", "8"))
STATE = {"甲": 3, "乙": 7, "丙": 12}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr(indexing, "open_embedder", lambda _: HashEmbedder())
    config = config_of(tmp_path)
    (tmp_path / "inbox").mkdir()
    add_reports([write_report(tmp_path / "inbox", place, number) for place, number in STATE.items()], config)
    return config


@contextmanager
def flipped(path: Path, chance: random.Random) -> Iterator[None]:
    """One bit of the file is another one for a while."""
    content = path.read_bytes()
    changed = bytearray(content)
    changed[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(changed)
    try:
        yield
    finally:
        path.write_bytes(content)


def files_of(config: Config) -> list[Path]:
    snapshot = config.index_dir / live_name(config.index_dir)
    return [config.index_dir / "CURRENT", *sorted(path for path in snapshot.rglob("*") if path.is_file())]


def test_an_index_with_a_flipped_bit_is_not_opened_and_names_the_file_and_the_command(config: Config) -> None:
    chance = random.Random(1)
    for path in files_of(config):
        for _ in range(FLIPS):
            with flipped(path, chance):
                try:
                    found = reports_in(config)
                except SnapshotError as error:
                    assert path.name in error.message or "format" in error.message
                    assert "Run `rag index`" in error.remedy
                else:  # white space of another kind, in the two files that have any
                    assert path.name in ("CURRENT", "manifest.json")
                    assert found == STATE
    assert reports_in(config) == STATE


def test_the_command_mends_it_and_loses_nothing(config: Config) -> None:
    chance = random.Random(2)
    for path in [path.relative_to(config.index_dir) for path in files_of(config)]:
        here = config.index_dir / path if len(path.parts) == 1 else _in_live(config, path)
        content = bytearray(here.read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        here.write_bytes(content)
        build_index([], config)
        assert reports_in(config) == STATE


def _in_live(config: Config, path: Path) -> Path:
    return config.index_dir / live_name(config.index_dir) / Path(*path.parts[1:])


def test_a_cache_with_a_flipped_bit_gives_no_other_vector(config: Config) -> None:
    chance = random.Random(3)
    vectors = config.index_dir / live_name(config.index_dir) / "vectors.faiss"
    content = vectors.read_bytes()
    for _ in range(FLIPS):
        vectors.write_bytes(b"")  # so that every vector is asked of the cache
        with flipped(config.index_dir / "embeddings.sqlite3", chance):
            snapshot = config.index_dir / build_index([], config).snapshot
            assert (snapshot / "vectors.faiss").read_bytes() == content
        vectors = snapshot / "vectors.faiss"


def test_an_open_snapshot_says_the_right_words_or_that_it_is_damaged(config: Config) -> None:
    """The bit flips under a service that has checked the file before: its look-ups read from the disk."""
    chance = random.Random(4)
    with closing(Snapshot.open(config.index_dir, config=config)) as snapshot:
        truth = {report: snapshot.report(report) for report in STATE}
        chunks = {chunk.id: chunk for report in STATE for chunk in snapshot.chunks(report)}
        citations = {
            citation_id(chunk.report, chunk.address, chunk.start, chunk.end, chunk.text): chunk.text
            for chunk in chunks.values()
        }
        path = snapshot.folder / "reports.sqlite3"
    noticed = 0
    for _ in range(4 * FLIPS):
        with closing(Snapshot.open(config.index_dir, config=config)) as snapshot, flipped(path, chance):
            for look_up_all in (
                lambda: {report: snapshot.report(report) for report in STATE} == truth,
                lambda: {chunk.id: chunk for chunk in snapshot.get(list(chunks))} == chunks,
                lambda: {chunk.id: chunk for report in STATE for chunk in snapshot.chunks(report)} == chunks,
                lambda: all(
                    (passage := look_up(citation, snapshot)).status == "current" and passage.quote == words
                    for citation, words in citations.items()
                ),
            ):
                try:
                    assert look_up_all()
                except SnapshotError as error:
                    noticed += 1
                    assert "reports.sqlite3" in error.message
                    assert "Run `rag index`" in error.remedy
    assert noticed
