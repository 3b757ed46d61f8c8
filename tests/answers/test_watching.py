"""A folder and the index that follows it."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answers import watching
from rag.answers.indexing import BuildSummary
from rag.answers.watching import watch_folder
from rag.config import Config
from rag.errors import ReportError
from rag.index.snapshot import Snapshot
from tests.answers.test_indexing import indexed, write
from tests.index.samples import HashEmbedder


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr(watching, "LOOK_MILLISECONDS", 200)
    monkeypatch.setattr(watching, "QUIET_MILLISECONDS", 50)
    return Config(index_dir=tmp_path / "index")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "reports", "甲")
    write(tmp_path / "reports", "乙")
    return tmp_path / "reports"


@pytest.fixture
def changes(folder: Path, config: Config) -> Iterator[Iterator[BuildSummary]]:
    stop = threading.Event()
    changes = watch_folder(folder, config, embedder=HashEmbedder(), stop=stop)
    assert next(changes).reports == 2
    yield changes
    stop.set()
    assert list(changes) == []


def test_files_that_come_change_and_go(folder: Path, config: Config, changes: Iterator[BuildSummary]) -> None:
    write(folder / "below", "丙", number=5)
    next(changes)
    assert indexed(config) == {"甲": "3", "乙": "3", "丙": "5"}
    write(folder, "甲", number=40)
    next(changes)
    assert indexed(config) == {"甲": "40", "乙": "3", "丙": "5"}
    (folder / "乙.txt").unlink()
    (folder / "甲.toml").write_text('id = "丁"', encoding="utf-8")
    next(changes)
    assert indexed(config) == {"丁": "40", "丙": "5"}
    Snapshot.open(config.index_dir, config=config).verify()


def test_what_cannot_be_read_is_left_out_until_it_can(
    folder: Path, config: Config, changes: Iterator[BuildSummary], caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "甲.txt").write_bytes(b"")
    write(folder / "other", "乙", number=9)
    with caplog.at_level(logging.WARNING):
        next(changes)
    assert indexed(config) == {"甲": "3", "乙": "3"}
    assert "甲.txt is empty" in caplog.text
    assert "has the id '乙' of" in caplog.text
    write(folder, "甲", number=6)
    next(changes)
    assert indexed(config) == {"甲": "6", "乙": "3"}


def test_a_damaged_snapshot_is_built_anew(folder: Path, config: Config, changes: Iterator[BuildSummary]) -> None:
    snapshot = Snapshot.open(config.index_dir, config=config)
    (snapshot.folder / "vectors.faiss").write_bytes(b"")
    write(folder, "丙")
    next(changes)
    assert set(indexed(config)) == {"甲", "乙", "丙"}


def test_a_folder_that_is_not_there(tmp_path: Path, config: Config) -> None:
    with pytest.raises(ReportError, match="nowhere"):
        next(watch_folder(tmp_path / "nowhere", config, embedder=HashEmbedder()))
