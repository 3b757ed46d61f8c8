"""The index with the embedding model it is made for."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.config import Config, load_config
from rag.errors import ModelError
from rag.index.building import build_snapshot
from rag.index.snapshot import Snapshot
from tests.index.samples import sample_report


@pytest.mark.slow
def test_questions_find_their_sections(tmp_path: Path) -> None:
    from rag.models.embedder import open_embedder

    config: Config = replace(load_config(), index_dir=tmp_path / "index", threads=2)
    try:
        embedder = open_embedder(config)
    except ModelError as error:
        pytest.skip(f"needs the embedder's weights: {error}")
    reports = [sample_report("甲市"), sample_report("乙市", year=2019, number=7)]
    build_snapshot(reports, embedder=embedder, config=config)
    snapshot = Snapshot.open(config.index_dir, config=config, embedder_identity=embedder.identity)
    snapshot.verify()
    assert snapshot.manifest.recipe.dimension == embedder.dimension
    questions = {
        "甲市2018年外来务工人员的孩子怎样上学？": "甲市-2018#二/(一)",
        "乙市2019年新办了多少所幼儿园？": "乙市-2019#一",
        "2019年培训了多少乡村老师？": "乙市-2019#二/(二)",
    }
    for question, expected in questions.items():
        vector = embedder.encode_queries([question])[0]
        (best, cosine), *_ = snapshot.search_dense(vector, 3)
        assert best.split("@")[0] == expected
        (chunk,) = snapshot.get([best])
        assert cosine == pytest.approx(
            float(np.dot(vector, embedder.encode_documents([_embedded(snapshot, chunk.id)])[0])), abs=1e-4
        )


def _embedded(snapshot: Snapshot, chunk_id: str) -> str:
    from rag.reports.chunks import embedding_text

    (chunk,) = snapshot.get([chunk_id])
    titles = {record.id: record.title for record in snapshot.reports()}
    return embedding_text(chunk, titles[chunk.report])
