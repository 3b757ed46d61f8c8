"""The service over written answers, in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rag.config import Config
from rag.index.snapshot import Snapshot
from rag.service.api import create_app
from tests.service.made import WrittenPipeline, serving, small_snapshot, wait_until_ready


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
def app(pipeline: WrittenPipeline, config: Config) -> FastAPI:
    return create_app(config, open_pipeline=lambda _: pipeline)


@pytest.fixture
def client(pipeline: WrittenPipeline, app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        wait_until_ready(client)
        yield client
        pipeline.hold.set()


@pytest.fixture
def base(pipeline: WrittenPipeline, app: FastAPI) -> Iterator[str]:
    """The address of the running service."""
    with serving(app) as base:
        yield base
        pipeline.hold.set()
