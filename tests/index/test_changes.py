"""Reports added, replaced and removed: the same vectors, words and records as in an index built from all of them."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.config import Config
from rag.errors import NotFoundError, ReportError, SnapshotError
from rag.index.building import Building, build_snapshot
from rag.index.manifest import Manifest
from rag.index.snapshot import Snapshot
from rag.reports.reading import Report
from tests.index.samples import HashEmbedder, hashed_vector, sample_report

A, B, C = sample_report("甲市"), sample_report("乙市"), sample_report("丙市", number=8)
B_CHANGED = sample_report("乙市", number=9)


def change(config: Config, *put: Report, remove: tuple[str, ...] = (), embedder: HashEmbedder | None = None) -> Path:
    with Building.begin(config, embedder or HashEmbedder()) as building:
        building.keep_all()
        for report_id in remove:
            building.remove(report_id)
        building.put(put)
        building.write()
        return building.publish()


def rows(folder: Path) -> list[list[tuple[object, ...]]]:
    """All that is stored of reports and chunks, whatever page of the file it is on."""
    with closing(sqlite3.connect(folder / "reports.sqlite3")) as database:
        return [database.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in ("reports", "chunks")]


def check(config: Config, folder: Path, *reports: Report) -> None:
    """Compare the snapshot in `folder` with one built elsewhere from these reports."""
    elsewhere = replace(config, index_dir=config.index_dir.with_name("anew"))
    other = build_snapshot(reports, embedder=HashEmbedder(), config=elsewhere)
    expected, found = Manifest.read(other), Manifest.read(folder)
    assert (found.content, found.corpus) == (expected.content, expected.corpus)
    assert (found.reports, found.chunks, found.characters) == (expected.reports, expected.chunks, expected.characters)
    assert [file for file in found.files if file.path != "reports.sqlite3"] == [
        file for file in expected.files if file.path != "reports.sqlite3"
    ]
    assert rows(folder) == rows(other)


def test_the_first_report_starts_an_index(config: Config) -> None:
    check(config, change(config, A), A)


def test_added_replaced_and_removed(config: Config) -> None:
    build_snapshot([A, B], embedder=HashEmbedder(), config=config)
    check(config, change(config, C), A, B, C)
    check(config, change(config, B_CHANGED), A, B_CHANGED, C)
    check(config, change(config, remove=("甲市-2018",)), B_CHANGED, C)
    check(config, change(config, A, B, remove=("丙市-2018",)), A, B)
    Snapshot.open(config.index_dir, config=config).verify()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from("甲乙丙丁"), st.integers(0, 3), max_size=4), min_size=1, max_size=4))
def test_any_course_of_changes_ends_as_if_built_at_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[dict[str, int]]
) -> None:
    """Each step says of some reports what number they state from now on; 0 removes them."""
    config = Config(index_dir=tmp_path_factory.mktemp("any") / "index")
    state: dict[str, int] = {}
    for step in steps:
        gone = tuple(f"{name}-2018" for name, number in step.items() if not number and name in state)
        folder = change(
            config, *(sample_report(name, number=number) for name, number in step.items() if number), remove=gone
        )
        state = {name: number for name, number in (state | step).items() if number}
        check(config, folder, *(sample_report(name, number=number) for name, number in state.items()))


def test_only_the_new_words_are_embedded(config: Config, tmp_path: Path) -> None:
    build_snapshot([A, B], embedder=HashEmbedder(), config=config)
    embedder = HashEmbedder()
    change(config, B_CHANGED, embedder=embedder)
    assert embedder.embedded
    assert all("9" in text for text in embedder.embedded)
    # Vectors are taken from the snapshot itself, so that an index that came without its cache loses nothing.
    (config.index_dir / "embeddings.sqlite3").unlink()
    embedder = HashEmbedder()
    change(config, sample_report("乙市", number=7), embedder=embedder)
    assert embedder.embedded
    assert all("7" in text for text in embedder.embedded)


def test_nothing_to_change_changes_nothing(config: Config) -> None:
    folder = build_snapshot([A, B], embedder=HashEmbedder(), config=config)
    assert change(config) == folder
    assert change(config, B) == folder


def test_what_is_removed_is_not_found_by_its_words_or_vector(config: Config) -> None:
    build_snapshot([A, B], embedder=HashEmbedder(), config=config)
    change(config, remove=("甲市-2018",))
    snapshot = Snapshot.open(config.index_dir, config=config)
    assert {found.split("#")[0] for found, _ in snapshot.search_lexical("甲市2018年大班额", 99)} == {"乙市-2018"}
    assert {found.split("#")[0] for found, _ in snapshot.search_dense(hashed_vector("甲"), 99)} == {"乙市-2018"}
    with pytest.raises(NotFoundError):
        snapshot.report("甲市-2018")
    assert "甲市".encode() not in (snapshot.folder / "reports.sqlite3").read_bytes()


def test_an_unknown_id_and_an_id_twice_are_refused(config: Config) -> None:
    first = build_snapshot([A], embedder=HashEmbedder(), config=config)
    with pytest.raises(NotFoundError, match="'丁市'"):
        change(config, remove=("丁市",))
    with pytest.raises(ReportError, match="two reports have the id '乙市-2018'"):
        change(config, B, B_CHANGED)
    assert change(config) == first


def test_nothing_is_built_upon_a_damaged_snapshot(config: Config) -> None:
    folder = build_snapshot([A, B], embedder=HashEmbedder(), config=config)
    content = bytearray((folder / "reports.sqlite3").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "reports.sqlite3").write_bytes(content)
    with pytest.raises(SnapshotError, match=r"reports\.sqlite3 is damaged") as caught:
        change(config, C)
    assert "Run `rag index`" in caught.value.remedy
    embedder = HashEmbedder()
    check(config, build_snapshot([A, B, C], embedder=embedder, config=config), A, B, C)
    assert all("丙市" in text for text in embedder.embedded)


def test_nor_upon_one_of_other_settings(config: Config) -> None:
    build_snapshot([A], embedder=HashEmbedder(), config=config)
    with pytest.raises(SnapshotError, match="chunk_tokens: the index has 384, now it is 100"):
        change(replace(config, chunk_tokens=100), B)


def test_a_second_writer_waits_as_long_as_it_is_told_to(config: Config) -> None:
    build_snapshot([A], embedder=HashEmbedder(), config=config)
    with (
        Building.begin(config, HashEmbedder()),
        pytest.raises(SnapshotError, match="another process"),
        Building.begin(config, HashEmbedder(), patience=0.3),
    ):
        pytest.fail("two writers at once")


def test_a_store_that_shrinks_does_not_keep_its_size(config: Config) -> None:
    many = [sample_report("甲市", year=year) for year in range(1950, 2000)]
    large = build_snapshot(many, embedder=HashEmbedder(), config=config) / "reports.sqlite3"
    small = build_snapshot(many[:2], embedder=HashEmbedder(), config=config) / "reports.sqlite3"
    assert small.stat().st_size < large.stat().st_size / 4
