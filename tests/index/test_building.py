import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.config import Config
from rag.errors import NotFoundError, ReportError, SnapshotError
from rag.index.building import build_snapshot
from rag.index.directory import live_name, snapshot_names
from rag.index.snapshot import Snapshot
from rag.reports.chunks import chunk_report, embedding_text
from tests.index.samples import HashEmbedder, hashed_vector, sample_report


def test_the_manifest_says_what_was_built(config: Config) -> None:
    reports = [sample_report("乙市"), sample_report("甲市")]
    folder = build_snapshot(reports, embedder=HashEmbedder(), config=config)
    manifest = Snapshot.open(config.index_dir, config=config).manifest
    assert folder == config.index_dir / manifest.name
    assert manifest.name.endswith(f"Z-{manifest.content[:12]}")
    assert manifest.created.endswith("+00:00")
    assert (manifest.recipe.embedder, manifest.recipe.dimension) == ("hash-16", 16)
    assert manifest.recipe.chunk_tokens == config.chunk_tokens
    assert manifest.reports == 2
    assert manifest.characters == sum(len(report.text) for report in reports)
    assert manifest.chunks == sum(
        len(chunk_report(report, count_tokens=len, limit=config.chunk_tokens)) for report in reports
    )
    assert [file.path for file in manifest.files] == [
        "lexical/columns.npy",
        "lexical/counts.npy",
        "lexical/rows.npy",
        "lexical/terms.json",
        "reports.sqlite3",
        "vectors.faiss",
    ]
    assert all(file.bytes == (folder / file.path).stat().st_size for file in manifest.files)


def test_title_and_headings_are_embedded_and_searched_with_the_text(config: Config) -> None:
    report = sample_report("甲市")
    embedder = HashEmbedder()
    build_snapshot([report], embedder=embedder, config=config)
    chunks = chunk_report(report, count_tokens=len, limit=config.chunk_tokens)
    texts = {chunk.id: embedding_text(chunk, "甲市教育局2018年工作总结") for chunk in chunks}
    assert sorted(embedder.embedded) == sorted(set(texts.values()))
    snapshot = Snapshot.open(config.index_dir, config=config)
    for chunk_id, text in texts.items():
        ((found, cosine),) = snapshot.search_dense(hashed_vector(text), 1)
        assert found == chunk_id
        assert cosine == pytest.approx(1.0, abs=1e-6)
    # Only the title says 甲市, and it is the title of every chunk.
    assert {found for found, _ in snapshot.search_lexical("甲市", 100)} == set(texts)


def test_a_second_build_embeds_only_what_changed(config: Config) -> None:
    first, second = HashEmbedder(), HashEmbedder()
    build_snapshot([sample_report("甲市"), sample_report("乙市")], embedder=first, config=config)
    build_snapshot([sample_report("甲市"), sample_report("乙市", number=4)], embedder=second, config=config)
    assert second.embedded == [text for text in second.embedded if "4" in text]
    assert 0 < len(second.embedded) < len(first.embedded)


def test_building_the_same_again_changes_nothing(config: Config) -> None:
    reports = [sample_report("甲市"), sample_report("乙市")]
    first = build_snapshot(reports, embedder=HashEmbedder(), config=config)
    again = HashEmbedder()
    assert build_snapshot(reports[::-1], embedder=again, config=config) == first
    assert again.embedded == []
    assert snapshot_names(config.index_dir) == [first.name]


@pytest.mark.parametrize(
    "file",
    ["manifest.json", "reports.sqlite3", "vectors.faiss", "lexical/terms.json", "lexical/counts.npy"],
)
def test_building_again_mends_a_damaged_snapshot(config: Config, file: str) -> None:
    reports = [sample_report("甲市")]
    first = build_snapshot(reports, embedder=HashEmbedder(), config=config)
    content = bytearray((first / file).read_bytes())
    content[len(content) // 2] ^= 1
    (first / file).write_bytes(content)
    with pytest.raises(SnapshotError, match=Path(file).name):
        Snapshot.open(config.index_dir, config=config)
    again = HashEmbedder()
    second = build_snapshot(reports, embedder=again, config=config)
    assert second != first
    assert again.embedded == []
    Snapshot.open(config.index_dir, config=config).verify()


def test_a_deleted_report_is_gone_and_so_are_its_vectors(config: Config) -> None:
    config = replace(config, snapshots_kept=1)
    kept, deleted = sample_report("甲市"), sample_report("乙市")
    build_snapshot([kept, deleted], embedder=HashEmbedder(), config=config)
    build_snapshot([kept], embedder=HashEmbedder(), config=config)
    snapshot = Snapshot.open(config.index_dir, config=config)
    assert [record.id for record in snapshot.reports()] == ["甲市-2018"]
    with pytest.raises(NotFoundError, match="乙市-2018"):
        snapshot.report("乙市-2018")
    assert all(found.startswith("甲市-2018#") for found, _ in snapshot.search_lexical("乙市教育局工作总结", 100))
    again = HashEmbedder()
    build_snapshot([kept, deleted], embedder=again, config=config)
    assert again.embedded
    assert all("乙市" in text for text in again.embedded)


def test_old_snapshots_are_kept_by_count(config: Config) -> None:
    names = [
        build_snapshot([sample_report(number=number)], embedder=HashEmbedder(), config=config).name
        for number in range(1, 5)
    ]
    assert snapshot_names(config.index_dir) == names[-config.snapshots_kept :]
    assert live_name(config.index_dir) == names[-1]


def test_the_same_reports_give_the_same_content_elsewhere(config: Config, tmp_path: Path) -> None:
    elsewhere = replace(config, index_dir=tmp_path / "elsewhere")
    reports = [sample_report("甲市"), sample_report("乙市")]
    one = build_snapshot(reports, embedder=HashEmbedder(), config=config)
    other = build_snapshot(reports[::-1], embedder=HashEmbedder(), config=elsewhere)
    assert one.name.split("-")[1] == other.name.split("-")[1]
    first = Snapshot.open(config.index_dir, config=config).manifest
    second = Snapshot.open(elsewhere.index_dir, config=elsewhere).manifest
    assert (first.content, first.corpus) == (second.content, second.corpus)
    for one_file, other_file in zip(first.files, second.files, strict=True):
        assert one_file == other_file or one_file.path == other_file.path == "reports.sqlite3"


@pytest.mark.parametrize(
    "change",
    [
        lambda report: replace(report, text=report.text.replace("3所", "8所")),
        lambda report: replace(report, source="other.txt"),
        lambda report: replace(report, metadata=replace(report.metadata, years=(2017,))),
        lambda report: replace(report, sections=(replace(report.sections[0], heading="其他"), *report.sections[1:])),
    ],
    ids=["text", "source", "metadata", "sections"],
)
def test_any_change_of_a_report_changes_the_content(config: Config, change: Callable) -> None:  # type: ignore[type-arg]
    first = build_snapshot([sample_report()], embedder=HashEmbedder(), config=config)
    second = build_snapshot([change(sample_report())], embedder=HashEmbedder(), config=config)
    assert first.name.split("-")[1] != second.name.split("-")[1]


def test_an_index_may_be_empty(config: Config) -> None:
    build_snapshot([sample_report()], embedder=HashEmbedder(), config=config)
    build_snapshot([], embedder=HashEmbedder(), config=config)
    snapshot = Snapshot.open(config.index_dir, config=config)
    snapshot.verify()
    assert snapshot.reports() == []
    assert snapshot.search_lexical("教育", 5) == []
    assert snapshot.search_dense(hashed_vector("教育"), 5) == []
    assert snapshot.search_dense(hashed_vector("教育"), 5, reports=["甲市-2018"]) == []


def test_two_reports_with_one_id_are_refused(config: Config) -> None:
    with pytest.raises(ReportError, match=r"'one'.*甲市-2018\.txt and 乙市-2018\.txt"):
        build_snapshot(
            [sample_report("甲市", id="one"), sample_report("乙市", id="one")], embedder=HashEmbedder(), config=config
        )


def test_a_failed_build_leaves_the_live_snapshot(config: Config) -> None:
    class Broken(HashEmbedder):
        def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
            return np.zeros((len(texts), self.dimension), dtype=np.float32)

    first = build_snapshot([sample_report()], embedder=HashEmbedder(), config=config)
    with pytest.raises(SnapshotError, match="unit length"):
        build_snapshot([sample_report("乙市")], embedder=Broken(), config=config)
    assert live_name(config.index_dir) == first.name
    Snapshot.open(config.index_dir, config=config).verify()


def test_a_disk_that_takes_no_more_is_explained(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_snapshot([sample_report()], embedder=HashEmbedder(), config=config)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SnapshotError, match="No space left on device") as caught:
        build_snapshot([sample_report("乙市")], embedder=HashEmbedder(), config=config)
    assert "free some space" in caught.value.remedy
    assert live_name(config.index_dir) == first.name


def test_progress_reaches_the_end_of_every_stage(config: Config) -> None:
    seen: dict[str, tuple[int, int]] = {}
    build_snapshot(
        [sample_report("甲市"), sample_report("乙市")],
        embedder=HashEmbedder(),
        config=config,
        progress=lambda stage, done, total: seen.__setitem__(stage, (done, total)),
    )
    chunks = Snapshot.open(config.index_dir, config=config).manifest.chunks
    assert seen == {"reports": (2, 2), "vectors": (chunks, chunks)}


def test_an_index_moves_with_its_folder(config: Config, tmp_path: Path) -> None:
    build_snapshot([sample_report()], embedder=HashEmbedder(), config=config)
    moved = tmp_path / "一个 folder?#%"
    shutil.move(config.index_dir, moved)
    snapshot = Snapshot.open(moved, config=config)
    assert snapshot.report("甲市-2018") == sample_report()


def test_a_build_stopped_at_any_step_leaves_a_whole_snapshot(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = sample_report("甲市"), sample_report("乙市")
    build_snapshot([old], embedder=HashEmbedder(), config=config)
    outcomes = []
    for step in range(100):
        with monkeypatch.context() as patched:
            _stop_at(step, patched)
            try:
                build_snapshot([new], embedder=HashEmbedder(), config=config)
            except KeyboardInterrupt:
                finished = False
            else:
                finished = True
        snapshot = Snapshot.open(config.index_dir, config=config)
        snapshot.verify()
        outcomes.append(snapshot.reports()[0].id)
        if finished:
            break
    # Before CURRENT is replaced the old one is live, after it the new one, and never anything else.
    switched = outcomes.index("乙市-2018")
    assert 10 < switched < 99
    assert outcomes == ["甲市-2018"] * switched + ["乙市-2018"] * (len(outcomes) - switched)


def _stop_at(step: int, patched: pytest.MonkeyPatch) -> None:
    """Interrupt the process instead of its `step`-th flush, renaming or replacing of a file or folder."""
    taken = 0

    def stopping(real: Callable[..., object]) -> Callable[..., object]:
        def instead(*arguments: object) -> object:
            nonlocal taken
            taken += 1
            if taken > step:
                raise KeyboardInterrupt
            return real(*arguments)

        return instead

    patched.setattr(os, "fsync", stopping(os.fsync))
    for name in ("rename", "replace"):
        patched.setattr(Path, name, stopping(getattr(Path, name)))
