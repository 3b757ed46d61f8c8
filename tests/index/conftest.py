from pathlib import Path

import pytest

from rag.config import Config


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The default settings with an index folder of the test's own."""
    return Config(index_dir=tmp_path / "index")
