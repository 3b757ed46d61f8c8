import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.config import Config
from rag.errors import NotFoundError, SnapshotError
from rag.index import directory
from rag.index.building import build_snapshot
from rag.index.manifest import Manifest, digest_of, stored_file
from rag.index.snapshot import Snapshot
from rag.index.storage import Store
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
    assert snapshot.folder.exists()
    assert snapshot.search_lexical("大班额", 5) == before
    assert snapshot.report("甲市-2018") == REPORTS[0]
    assert [record.id for record in Snapshot.open(config.index_dir, config=config).reports()] == ["丁市-2018"]
    snapshot.close()
    build_snapshot([sample_report("丁市", number=10)], embedder=HashEmbedder(), config=config)
    assert not snapshot.folder.exists()


def test_a_snapshot_nobody_refers_to_is_closed(config: Config) -> None:
    folder = build_snapshot(REPORTS[:1], embedder=HashEmbedder(), config=config)
    opened = Snapshot.open(config.index_dir, config=config)
    build_snapshot(REPORTS[1:2], embedder=HashEmbedder(), config=config)
    assert folder.name in directory.prune(config.index_dir, keep=1)
    del opened
    assert directory.prune(config.index_dir, keep=1) == [directory.live_name(config.index_dir)]
    assert not folder.exists()


def test_opening_while_a_writer_swaps_opens_the_new_one(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(config, snapshots_kept=1)
    old = build_snapshot(REPORTS[:1], embedder=HashEmbedder(), config=config)
    claim = directory.claim

    def swap_first(folder: Path) -> int:
        if folder == old and folder.exists():
            build_snapshot(REPORTS[1:2], embedder=HashEmbedder(), config=config)
        return claim(folder)

    monkeypatch.setattr("rag.index.snapshot.claim", swap_first)
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
    path.write_text(json.dumps({"recipe": {"format": 99}, "new": manifest}), encoding="utf-8")
    with pytest.raises(SnapshotError, match="format 99, this program reads format 9") as caught:
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


def _digest(*parts: str) -> bytes:
    return bytes.fromhex(digest_of(parts))


def _tampered(folder: Path, *statements: str) -> None:
    """Change the stored records and give them, and the file, checksums that fit."""
    with closing(sqlite3.connect(folder / "reports.sqlite3")) as database, database:
        for statement in statements:
            database.execute(statement)
        texts = dict(database.execute("SELECT id, text FROM reports").fetchall())
        for key, *parts in database.execute("SELECT id, summary, record, text FROM reports").fetchall():
            database.execute("UPDATE reports SET digest = ? WHERE id = ?", (_digest(*parts), key))
        for key, report, record in database.execute("SELECT id, report, record FROM chunks").fetchall():
            span = json.loads(record) if record.endswith("}") else {"start": 0, "end": 0}
            digest = _digest(record, texts[report][span["start"] : span["end"]])
            database.execute("UPDATE chunks SET digest = ? WHERE id = ?", (digest, key))
    _reseal(folder)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE reports SET text = '前' || text WHERE id = '甲市-2018'", "sections of 甲市-2018 do not make up"),
        (
            "UPDATE reports SET text = replace(text, '新建', '改建') WHERE id = '甲市-2018'",
            "the vector of 甲市-2018#.* is that of another text",
        ),
        ("UPDATE chunks SET embedded = x'00' WHERE report = '乙市-2018'", "is that of another text"),
    ],
)
def test_verify_finds_what_checksums_do_not_show(
    snapshot: Snapshot, config: Config, statement: str, fault: str
) -> None:
    snapshot.verify()
    _tampered(snapshot.folder, statement)
    opened = Snapshot.open(config.index_dir, config=config)
    with pytest.raises(SnapshotError, match=rf"reports\.sqlite3: .*{fault}"):
        opened.verify()


def test_verify_counts_the_words_again(snapshot: Snapshot, config: Config) -> None:
    path = snapshot.folder / "lexical" / "counts.npy"
    counts = np.load(path)
    counts[7] += 1
    np.save(path, counts)
    _reseal(snapshot.folder)
    opened = Snapshot.open(config.index_dir, config=config)
    with pytest.raises(SnapshotError, match="lexical: the words counted are not those of the chunks"):
        opened.verify()


def test_what_goes_bad_after_the_opening_is_not_quoted(snapshot: Snapshot) -> None:
    path = snapshot.folder / "reports.sqlite3"
    content = path.read_bytes()
    changed = content.replace("新建幼儿园".encode(), "改建幼儿园".encode())
    assert changed != content
    chunk = next(chunk for chunk in snapshot.chunk_ids if chunk.startswith("甲市-2018#一"))
    # One store for each look-up: SQLite goes on with the pages that it has read.
    for look_up in (lambda store: store.chunks_by_id([chunk]), lambda store: store.report("甲市-2018")):
        path.write_bytes(content)
        with closing(Store.open(path)) as store:
            path.write_bytes(changed)
            with pytest.raises(SnapshotError, match=r"reports\.sqlite3.*checksum"):
                look_up(store)


def test_counts_that_do_not_fit_together_are_refused(snapshot: Snapshot, config: Config) -> None:
    _tampered(snapshot.folder, "DELETE FROM chunks WHERE id = (SELECT min(id) FROM chunks)")
    with pytest.raises(SnapshotError, match=r"does not fit together: 15 chunks.*14 stored chunks"):
        Snapshot.open(config.index_dir, config=config)


def test_a_record_of_another_program_is_explained(snapshot: Snapshot, config: Config) -> None:
    first = snapshot.chunk_ids[0]
    _tampered(
        snapshot.folder,
        """UPDATE reports SET record = '{"id":1}' WHERE id = '甲市-2018'""",
        f"UPDATE chunks SET record = '{{' WHERE id = '{first}'",
    )
    opened = Snapshot.open(config.index_dir, config=config)
    with pytest.raises(SnapshotError, match=r"reports\.sqlite3.*Report has the fields"):
        opened.report("甲市-2018")
    with pytest.raises(SnapshotError, match=r"reports\.sqlite3.*Chunk is not JSON"):
        opened.get([first])


def test_live_name_follows_the_swap(snapshot: Snapshot, config: Config) -> None:
    assert directory.live_name(config.index_dir) == snapshot.manifest.name
