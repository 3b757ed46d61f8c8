"""Files into the index and out of it again, and what an index built anew then holds."""

import zipfile
from pathlib import Path

import pytest

from rag.answers import indexing
from rag.answers.indexing import BuildSummary, add_reports, build_index, remove_reports
from rag.config import Config
from rag.errors import InputError, NotFoundError, ReportError
from rag.index.snapshot import Snapshot
from tests.index.samples import HashEmbedder, sample_report


@pytest.fixture(autouse=True)
def embedder(monkeypatch: pytest.MonkeyPatch) -> HashEmbedder:
    embedder = HashEmbedder()
    monkeypatch.setattr(indexing, "open_embedder", lambda _: embedder)
    return embedder


@pytest.fixture
def config(tmp_path: Path) -> Config:
    write(tmp_path / "corpus", "甲")
    write(tmp_path / "corpus", "乙")
    return Config(index_dir=tmp_path / "index", corpus_dir=tmp_path / "corpus")


def write(folder: Path, name: str, *, number: int = 3) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.txt"
    path.write_text(sample_report(name, number=number).text, encoding="utf-8")
    return path


def indexed(config: Config) -> dict[str, str]:
    """Which number each report states."""
    snapshot = Snapshot.open(config.index_dir, config=config)
    texts = {record.id: snapshot.report(record.id).text for record in snapshot.reports()}
    return {report_id: text.partition("新建幼儿园")[2].partition("所")[0] for report_id, text in texts.items()}


def test_the_summary_counts_what_the_index_holds(config: Config) -> None:
    summary = build_index([], config)
    assert summary == BuildSummary(summary.snapshot, reports=2, sections=10, chunks=10, seconds=summary.seconds)


def test_what_is_added_stays_through_an_index_built_anew(config: Config, tmp_path: Path) -> None:
    build_index([], config)
    added = add_reports([write(tmp_path / "new", "丙", number=5)], config)
    assert indexed(config) == {"甲": "3", "乙": "3", "丙": "5"}
    assert added.reports == 3
    (tmp_path / "new" / "丙.txt").unlink()
    assert build_index([], config).snapshot == added.snapshot  # not a byte differs


def test_an_added_report_replaces_that_of_the_corpus_for_good(config: Config, tmp_path: Path) -> None:
    build_index([], config)
    add_reports([write(tmp_path / "new", "甲", number=7)], config)
    assert indexed(config) == {"甲": "7", "乙": "3"}
    build_index([], config)
    assert indexed(config) == {"甲": "7", "乙": "3"}


def test_what_is_removed_does_not_come_back_by_itself(config: Config, tmp_path: Path) -> None:
    build_index([], config)
    add_reports([write(tmp_path / "new", "丙")], config)
    assert remove_reports(["甲", "丙"], config).reports == 1
    build_index([], config)
    assert indexed(config) == {"乙": "3"}
    assert (config.corpus_dir / "甲.txt").exists()
    add_reports([config.corpus_dir / "甲.txt"], config)
    build_index([], config)
    assert indexed(config) == {"甲": "3", "乙": "3"}


def test_given_paths_are_all_that_is_indexed(config: Config, tmp_path: Path) -> None:
    build_index([], config)
    add_reports([write(tmp_path / "new", "丙")], config)
    build_index([config.corpus_dir / "甲.txt"], config)
    assert indexed(config) == {"甲": "3"}


def test_an_index_of_added_reports_needs_no_corpus(tmp_path: Path) -> None:
    config = Config(index_dir=tmp_path / "index", corpus_dir=tmp_path / "nowhere")
    with pytest.raises(ReportError, match="nowhere"):
        build_index([], config)
    first = add_reports([write(tmp_path / "new", "丙")], config)
    assert build_index([], config).snapshot == first.snapshot


def test_archives_and_sidecars_are_taken_apart_and_kept(config: Config, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "notices.zip", "w") as archive:
        archive.writestr("2019/丁.txt", sample_report("丁", number=8).text)
        archive.writestr("2019/丁.toml", 'issuer = "丁市教育局"')
        archive.writestr("readme.txt", "no report")
    (write(tmp_path / "new", "戊", number=9).parent / "戊.toml").write_text('id = "己"', encoding="utf-8")
    build_index([], config)
    added = add_reports([tmp_path / "notices.zip", tmp_path / "new"], config)
    assert indexed(config) == {"甲": "3", "乙": "3", "2019_丁": "8", "己": "9"}
    snapshot = Snapshot.open(config.index_dir, config=config)
    issuer = snapshot.report("2019_丁").metadata.issuer
    assert issuer is not None
    assert issuer.value == "丁市教育局"
    assert build_index([], config).snapshot == added.snapshot


def test_what_cannot_be_used_leaves_everything_as_it_is(config: Config, tmp_path: Path) -> None:
    first = build_index([], config)
    (tmp_path / "empty.txt").touch()
    (tmp_path / "up.txt").write_text(sample_report().text, encoding="utf-8")
    (tmp_path / "up.toml").write_text('id = "..\\\\up"', encoding="utf-8")
    with pytest.raises(ReportError, match="is empty"):
        add_reports([write(tmp_path / "new", "丙"), tmp_path / "empty.txt"], config)
    with pytest.raises(InputError, match="cannot be the id"):
        add_reports([tmp_path / "up.txt"], config)
    with pytest.raises(NotFoundError, match="'丙'"):
        remove_reports(["甲", "丙"], config)
    assert build_index([], config).snapshot == first.snapshot
