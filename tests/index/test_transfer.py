"""An index in one file, and that file as an index elsewhere."""

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from rag.config import Config
from rag.errors import InputError, SnapshotError
from rag.index.building import build_snapshot
from rag.index.directory import live_name
from rag.index.kept import KeptFiles
from rag.index.snapshot import Snapshot
from rag.index.transfer import export_index, import_index
from tests.index.samples import HashEmbedder, sample_report


@pytest.fixture
def archive(config: Config, tmp_path: Path) -> Path:
    build_snapshot([sample_report("甲市"), sample_report("乙市")], embedder=HashEmbedder(), config=config)
    kept = KeptFiles.of(config)
    (tmp_path / "a.txt").write_text("words", encoding="utf-8")
    (tmp_path / "a.toml").write_text('title = "A"', encoding="utf-8")
    with kept.staging():
        kept.stage(tmp_path / "a.txt", "a")
        kept.seal(live_name(config.index_dir), gone=["丙市"])
    (kept.folder / ".pending").mkdir()
    (kept.folder / ".pending" / "half.txt").touch()
    export_index(tmp_path / "index.tar", config)
    return tmp_path / "index.tar"


@pytest.fixture
def elsewhere(config: Config, tmp_path: Path) -> Config:
    return replace(config, index_dir=tmp_path / "elsewhere")


def test_everything_arrives(archive: Path, config: Config, elsewhere: Config) -> None:
    import_index(archive, elsewhere)
    here, there = (Snapshot.open(each.index_dir, config=each) for each in (config, elsewhere))
    there.verify()
    assert there.manifest == here.manifest
    assert there.report("甲市-2018") == sample_report("甲市")
    kept = KeptFiles.of(elsewhere)
    assert [path.name for path in kept.everything()] == ["a.txt", "a.txt.toml", ".removed"]
    assert kept.removed() == {"丙市"}
    assert sorted(path.name for path in kept.folder.iterdir()) == [".removed", "a.txt", "a.txt.toml"]


def test_the_same_index_makes_the_same_archive(archive: Path, config: Config, tmp_path: Path) -> None:
    export_index(tmp_path / "again.tar", config)
    assert (tmp_path / "again.tar").read_bytes() == archive.read_bytes()


def test_an_import_replaces_what_is_there_and_may_be_repeated(archive: Path, elsewhere: Config) -> None:
    build_snapshot([sample_report("丁市")], embedder=HashEmbedder(), config=elsewhere)
    for _ in range(2):
        contents = import_index(archive, elsewhere)
        assert live_name(elsewhere.index_dir) == contents.snapshot
        snapshot = Snapshot.open(elsewhere.index_dir, config=elsewhere)
        assert [record.id for record in snapshot.reports()] == ["乙市-2018", "甲市-2018"]


def test_any_damage_is_noticed_and_changes_nothing(archive: Path, elsewhere: Config, tmp_path: Path) -> None:
    there = build_snapshot([sample_report("丁市")], embedder=HashEmbedder(), config=elsewhere)
    content = archive.read_bytes()
    damaged = tmp_path / "damaged.tar"
    with tarfile.open(archive) as opened:  # what of a tar file is neither name nor content pads it
        spans = [(member.offset_data, member.size) for member in opened if member.size]
    for start, size in spans:
        for at in (start, start + size // 2, start + size - 1):
            flipped = bytearray(content)
            flipped[at] ^= 4
            damaged.write_bytes(flipped)
            with pytest.raises(InputError, match=r"damaged\.tar cannot be imported"):
                import_index(damaged, elsewhere)
    for end in (0, 100, 5000, len(content) // 2):
        damaged.write_bytes(content[:end])
        with pytest.raises(InputError, match=r"damaged\.tar cannot be imported"):
            import_index(damaged, elsewhere)
    with pytest.raises(InputError, match="nowhere"):
        import_index(tmp_path / "nowhere.tar", elsewhere)
    assert live_name(elsewhere.index_dir) == there.name


def test_a_file_that_is_not_listed_is_refused(archive: Path, elsewhere: Config) -> None:
    with tarfile.open(archive, "a") as opened:
        extra = tarfile.TarInfo("added/extra.txt")
        extra.size = 5
        opened.addfile(extra, io.BytesIO(b"extra"))
    with pytest.raises(InputError, match=r"extra\.txt is not what"):
        import_index(archive, elsewhere)


def test_other_settings_are_said_before_anything_changes(archive: Path, elsewhere: Config) -> None:
    with pytest.raises(SnapshotError, match="chunk_tokens: the index has 384, now it is 100"):
        import_index(archive, replace(elsewhere, chunk_tokens=100))
    with pytest.raises(SnapshotError, match="there is no index"):
        live_name(elsewhere.index_dir)


def test_a_damaged_index_is_not_handed_on(archive: Path, config: Config, tmp_path: Path) -> None:
    folder = config.index_dir / live_name(config.index_dir)
    (folder / "vectors.faiss").write_bytes(b"")
    with pytest.raises(SnapshotError, match=r"vectors\.faiss is damaged"):
        export_index(tmp_path / "no.tar", config)
    assert not (tmp_path / "no.tar").exists()


def test_an_archive_that_cannot_be_written_is_explained(archive: Path, config: Config, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"index\.tar cannot be written"):
        export_index(tmp_path / "nowhere" / "index.tar", config)
