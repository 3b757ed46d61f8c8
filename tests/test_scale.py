"""Long reports made by the hundred, and an index that reads them one by one."""

import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.config import Config
from rag.index.building import build_snapshot
from rag.index.snapshot import Snapshot
from rag.reports.reading import Report
from rag.reports.sections import NUMBERED, walk
from tests.index.samples import HashEmbedder
from tests.scale import Files, measure, report_text, write_report


def test_a_number_makes_a_report_of_its_length_and_always_the_same() -> None:
    texts = [report_text(number) for number in range(50)]
    assert len(set(texts)) == 50
    assert texts == [report_text(number) for number in range(50)]
    assert all(10_000 <= len(text) < 12_000 for text in texts)


def test_another_edition_differs_in_its_last_item_alone() -> None:
    first, second = (report_text(7, edition=edition) for edition in (0, 1))
    assert first != second
    assert first.rpartition("、补充\n")[0] == second.rpartition("、补充\n")[0]


def test_made_reports_have_the_sections_they_number(tmp_path: Path) -> None:
    (report,) = Files([write_report(tmp_path, 3)])
    numbered = [path for path in walk(report.sections) if path[-1].kind == NUMBERED]
    assert [path[0].number for path in numbered if len(path) == 1][:4] == ["一", "二", "三", "四"]
    assert {len(path) for path in numbered} == {1, 2}
    assert len(numbered) > 30


class Counted(Files):
    """Files that know how many of the reports they gave are still held by somebody."""

    def __iter__(self) -> Iterator[Report]:
        given: list[weakref.ref[Report]] = []
        self.most = 0
        for report in super().__iter__():
            given.append(weakref.ref(report))
            self.most = max(self.most, sum(each() is not None for each in given))
            yield report


def test_reports_are_indexed_without_holding_them_all(tmp_path: Path) -> None:
    config = Config(index_dir=tmp_path / "index")
    files = Counted([write_report(tmp_path, number) for number in range(6)])
    build_snapshot(files, embedder=HashEmbedder(), config=config)
    assert files.most <= 2
    assert Snapshot.open(config.index_dir, config=config).manifest.reports == 6


@pytest.mark.slow
def test_the_measurement_runs(tmp_path: Path) -> None:
    lines = list(measure(tmp_path, reports=3, embedder=HashEmbedder()))
    assert lines[0].startswith("3 reports, 10")
    assert len([line for line in lines if line.startswith("replace one: ")]) == 3
    assert lines[-1].startswith("search vectors: median ")
