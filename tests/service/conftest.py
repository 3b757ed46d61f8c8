"""The service over written answers, in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from rag.config import Config
from rag.index.snapshot import Snapshot
from rag.service.api import create_app
from tests.service.made import WrittenPipeline, small_snapshot, wait_until_ready


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    snapshot = small_snapshot(tmp_path_factory.mktemp("index"))
    yield snapshot
    snapshot.close()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(index_dir=tmp_path, concurrent_answers=1, waiting_answers=1, max_question_characters=100)


@pytest.fixture
def pipeline(snapshot: Snapshot, config: Config) -> WrittenPipeline:
    return WrittenPipeline(snapshot, config)


@pytest.fixture
def client(pipeline: WrittenPipeline, config: Config) -> Iterator[TestClient]:
    app = create_app(config, open_pipeline=lambda _: pipeline)
    with TestClient(app, raise_server_exceptions=False) as client:
        wait_until_ready(client)
        yield client
        pipeline.hold.set()
