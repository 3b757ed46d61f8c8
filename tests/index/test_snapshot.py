import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from rag.config import Config
from rag.errors import NotFoundError, SnapshotError
from rag.index import directory
from rag.index.manifest import Manifest, stored_file
from rag.index.snapshot import Snapshot, build_snapshot
from rag.reports.chunks import chunk_report
from rag.reports.sections import walk
from tests.index.samples import HashEmbedder, hashed_vector, sample_report

REPORTS = [
    sample_report("甲市"),
    replace(sample_report("乙市"), format="pdf", pages=(0, 40)),
    replace(sample_report("甲市", year=2019, number=5), format="docx", paragraphs=(0, 14, 33)),
]


@pytest.fixture
def snapshot(config: Config) -> Iterator[Snapshot]:
    build_snapshot(REPORTS, embedder=HashEmbedder(), config=config)
    opened = Snapshot.open(config.index_dir, config=config, embedder_identity="hash-16")
    yield opened
    opened.close()


def test_reports_come_back_as_they_were(snapshot: Snapshot) -> None:
    for report in REPORTS:
        assert snapshot.report(report.id) == report


def test_chunks_come_back_in_document_order(snapshot: Snapshot, config: Config) -> None:
    for report in REPORTS:
        expected = chunk_report(report, count_tokens=len, limit=config.chunk_tokens)
        assert snapshot.chunks(report.id) == expected
        assert snapshot.get([chunk.id for chunk in expected[::-1]]) == expected[::-1]
        assert all(report.text[chunk.start : chunk.end] == chunk.text for chunk in snapshot.chunks(report.id))


def test_a_chunk_asked_for_twice_comes_twice(snapshot: Snapshot) -> None:
    first = snapshot.chunks("甲市-2018")[0]
    assert snapshot.get([first.id, first.id]) == [first, first]
    assert snapshot.get([]) == []


def test_records_list_the_reports_by_id(snapshot: Snapshot, config: Config) -> None:
    records = snapshot.reports()
    assert [record.id for record in records] == ["乙市-2018", "甲市-2018", "甲市-2019"]
    record, report = records[2], REPORTS[2]
    assert record.title == "甲市教育局2019年工作总结"
    assert (record.metadata, record.sha256, record.source) == (report.metadata, report.sha256, "甲市-2019.txt")
    assert record.encoding == "utf-8"
    assert record.characters == len(report.text)
    assert [(record.format, record.pages) for record in records] == [("pdf", 2), ("text", 0), ("docx", 0)]
    assert record.sections == len(list(walk(report.sections)))
    assert record.chunks == len(snapshot.chunks(record.id))


def test_a_report_without_a_title_goes_by_its_id(config: Config) -> None:
    report = sample_report(id="notice-7")
    build_snapshot(
        [replace(report, metadata=replace(report.metadata, title=None))], embedder=HashEmbedder(), config=config
    )
    assert Snapshot.open(config.index_dir, config=config).reports()[0].title == "notice-7"


def test_what_is_not_there_is_not_found(snapshot: Snapshot) -> None:
    with pytest.raises(NotFoundError, match="丙市") as caught:
        snapshot.report("丙市")
    assert "rag reports" in caught.value.remedy
    with pytest.raises(NotFoundError, match="丙市"):
        snapshot.chunks("丙市")
    known = snapshot.chunks("甲市-2018")[0].id
    with pytest.raises(NotFoundError, match="丙市#一@0"):
        snapshot.get([known, "丙市#一@0"])


@pytest.mark.parametrize(
    "reports", [["甲市-2018"], {"甲市-2019", "乙市-2018"}, ("甲市-2018", "不在其中"), ["不在其中"], []]
)
def test_a_filter_restricts_both_searches_exactly(snapshot: Snapshot, reports: list[str]) -> None:
    everything = snapshot.manifest.chunks
    query, vector = "2018年随迁子女大班额", hashed_vector("大班额")
    lexical, dense = snapshot.search_lexical(query, everything), snapshot.search_dense(vector, everything)
    assert len(dense) == everything
    for k in (1, 2, everything):
        expected = [hit for hit in lexical if hit[0].split("#")[0] in reports]
        assert snapshot.search_lexical(query, k, reports=reports) == expected[:k]
        expected = [hit for hit in dense if hit[0].split("#")[0] in reports]
        assert snapshot.search_dense(vector, k, reports=reports) == expected[:k]


def test_ties_break_by_chunk_id(config: Config) -> None:
    # Same words under one title: the texts, their vectors and their BM25 scores are equal.
    reports = [
        replace(report, metadata=replace(report.metadata, title=None), text=report.text)
        for report in (sample_report(id=id) for id in ("b", "a", "a!", "c"))
    ]
    titled = [replace(report, metadata=REPORTS[0].metadata) for report in reports]
    build_snapshot(titled, embedder=HashEmbedder(), config=config)
    snapshot = Snapshot.open(config.index_dir, config=config)
    found = snapshot.search_lexical("新建幼儿园", 100)
    best = [chunk_id for chunk_id, score in found if score == found[0][1]]
    assert len(best) == 4
    assert best == sorted(best)
    for search in (snapshot.search_lexical("新建幼儿园", 2), snapshot.search_lexical("新建幼儿园", 4)):
        assert [chunk_id for chunk_id, _ in search] == best[: len(search)]
    nearest = snapshot.search_dense(hashed_vector("新建幼儿园"), 4)
    assert len({score for _, score in nearest}) == 1
    assert [chunk_id for chunk_id, _ in nearest] == sorted(chunk_id for chunk_id, _ in nearest)


def test_threads_get_the_same_answers(snapshot: Snapshot) -> None:
    def ask(number: int) -> tuple[object, ...]:
        query = ("大班额", "随迁子女入学", "乡村教师培训")[number % 3]
        hits = snapshot.search_lexical(query, 5)
        near = snapshot.search_dense(hashed_vector(query), 5)
        return hits, near, snapshot.get([chunk_id for chunk_id, _ in hits]), snapshot.report("甲市-2018")

    alone = [ask(number) for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(60))) == alone


def test_a_reader_keeps_its_snapshot_while_the_index_goes_on(snapshot: Snapshot, config: Config) -> None:
    before = snapshot.search_lexical("大班额", 5)
    for number in range(6, 10):
        build_snapshot([sample_report("丁市", number=number)], embedder=HashEmbedder(), config=config)
    assert not snapshot.folder.exists()
    assert snapshot.search_lexical("大班额", 5) == before
    assert snapshot.report("甲市-2018") == REPORTS[0]
    assert [record.id for record in Snapshot.open(config.index_dir, config=config).reports()] == ["丁市-2018"]


def test_opening_while_a_writer_swaps_opens_the_new_one(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(config, snapshots_kept=1)
    old = build_snapshot(REPORTS[:1], embedder=HashEmbedder(), config=config)
    read = Manifest.read

    def swap_first(folder: Path) -> Manifest:
        if folder == old and folder.exists():
            build_snapshot(REPORTS[1:2], embedder=HashEmbedder(), config=config)
        return read(folder)

    monkeypatch.setattr(Manifest, "read", swap_first)
    opened = Snapshot.open(config.index_dir, config=config)
    assert [record.id for record in opened.reports()] == ["乙市-2018"]


def test_no_index_names_the_command(config: Config) -> None:
    with pytest.raises(SnapshotError, match="there is no index") as caught:
        Snapshot.open(config.index_dir, config=config)
    assert "Run `rag index`" in caught.value.remedy
    assert caught.value.status == 503


def test_other_settings_are_never_quietly_served(
    snapshot: Snapshot, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SnapshotError, match="embedder: the index has hash-16, now it is other") as caught:
        Snapshot.open(config.index_dir, config=config, embedder_identity="other")
    assert "Run `rag index`" in caught.value.remedy
    with pytest.raises(SnapshotError, match="chunk_tokens: the index has 384, now it is 100"):
        Snapshot.open(config.index_dir, config=replace(config, chunk_tokens=100))
    monkeypatch.setattr("rag.index.manifest.dictionary_hash", lambda: "0" * 64)
    with pytest.raises(SnapshotError, match=r"dictionary: the index has [0-9a-f]{12}, now it is 000000000000"):
        Snapshot.open(config.index_dir, config=config)


def test_another_format_is_refused_before_anything_is_read(snapshot: Snapshot, config: Config) -> None:
    path = snapshot.folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({"recipe": {"format": 1}, "new": manifest}), encoding="utf-8")
    with pytest.raises(SnapshotError, match="format 1, this program reads format 2") as caught:
        Snapshot.open(config.index_dir, config=config)
    assert "Run `rag index`" in caught.value.remedy


def test_every_flipped_byte_is_noticed(snapshot: Snapshot, config: Config) -> None:
    for path in [*(path for path in snapshot.folder.rglob("*") if path.is_file()), config.index_dir / "CURRENT"]:
        content = path.read_bytes()
        step = max(1, len(content) // 25)
        for at in range(0, len(content), step):
            flipped = bytearray(content)
            flipped[at] ^= 1 << (at % 8)
            path.write_bytes(flipped)
            try:
                opened = Snapshot.open(config.index_dir, config=config)
            except SnapshotError as error:
                assert path.name in error.message or "format" in error.message
                assert "rag index" in error.remedy
            else:
                # The one harmless flip there is: white space of another kind around the name or between the fields.
                assert opened.manifest == snapshot.manifest
                assert path.name in ("CURRENT", "manifest.json")
        path.write_bytes(content)
    Snapshot.open(config.index_dir, config=config).verify()


def test_a_missing_file_is_named(snapshot: Snapshot, config: Config) -> None:
    (snapshot.folder / "vectors.faiss").unlink()
    with pytest.raises(SnapshotError, match=r"vectors\.faiss"):
        Snapshot.open(config.index_dir, config=config)
    with pytest.raises(SnapshotError, match=r"vectors\.faiss"):
        snapshot.verify()


def _reseal(folder: Path) -> None:
    """Give a changed snapshot checksums that fit, as a faulty program would have."""
    manifest = Manifest.read(folder)
    files = tuple(stored_file(folder / file.path, folder=folder) for file in manifest.files)
    replace(manifest, files=files).sealed().write(folder)


def test_verify_finds_what_checksums_do_not_show(snapshot: Snapshot, config: Config) -> None:
    chunk = snapshot.chunks("甲市-2018")[1]
    with closing(sqlite3.connect(snapshot.folder / "reports.sqlite3")) as database, database:
        database.execute("UPDATE reports SET text = '前' || text WHERE id = '甲市-2018'")
    _reseal(snapshot.folder)
    opened = Snapshot.open(config.index_dir, config=config)
    with pytest.raises(SnapshotError, match=r"chunk 甲市-2018#.* is not what its report has"):
        opened.verify()
    assert opened.get([chunk.id]) == [chunk]


def test_counts_that_do_not_fit_together_are_refused(snapshot: Snapshot, config: Config) -> None:
    with closing(sqlite3.connect(snapshot.folder / "reports.sqlite3")) as database, database:
        database.execute("DELETE FROM chunks WHERE row = 0")
    _reseal(snapshot.folder)
    with pytest.raises(SnapshotError, match=r"does not fit together: 15 chunks.*14 stored chunks"):
        Snapshot.open(config.index_dir, config=config)


def _id_in_row_0(snapshot: Snapshot) -> str:
    """The id of the chunk in row 0."""
    return min(chunk_id for chunk_id, _ in snapshot.search_dense(hashed_vector(""), snapshot.manifest.chunks))


def test_a_record_of_another_program_is_explained(snapshot: Snapshot, config: Config) -> None:
    with closing(sqlite3.connect(snapshot.folder / "reports.sqlite3")) as database, database:
        database.execute("""UPDATE reports SET record = '{"id":1}' WHERE id = '甲市-2018'""")
        database.execute("UPDATE chunks SET record = '{' WHERE row = 0")
    _reseal(snapshot.folder)
    opened = Snapshot.open(config.index_dir, config=config)
    with pytest.raises(SnapshotError, match=r"reports\.sqlite3.*Report has the fields"):
        opened.report("甲市-2018")
    with pytest.raises(SnapshotError, match=r"reports\.sqlite3.*Chunk is not JSON"):
        opened.get([_id_in_row_0(opened)])


def test_live_name_follows_the_swap(snapshot: Snapshot, config: Config) -> None:
    assert directory.live_name(config.index_dir) == snapshot.manifest.name
