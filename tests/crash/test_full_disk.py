"""A disk that fills up while the index is changed: the change is refused in words and the index stays as it was."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answers import indexing
from rag.answers.indexing import add_reports, build_index, remove_reports
from rag.errors import SnapshotError
from rag.index.kept import KeptFiles
from tests.crash.test_kill import reports_in
from tests.crash.writer import config_of, write_report
from tests.index.samples import HashEmbedder

SIZE = 1_500_000  # bytes of the disk
STEPS = 12  # fillings of it that are tried, from nearly full on


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"needs to mount a small tmpfs: {mounted.stderr.decode(errors='replace').strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_change_that_does_not_fit_is_refused_and_changes_nothing(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "open_embedder", lambda _: HashEmbedder())
    config = config_of(disk)
    state = {"甲": 3, "乙": 7}
    add_reports([write_report(tmp_path, place, number) for place, number in state.items()], config)
    outcomes = set()
    for step in range(STEPS):
        filling = disk / "filling"
        _fill(filling, leave=step * 60_000)
        number = 20 + step
        try:
            add_reports([write_report(tmp_path, "丙", number)], config)
        except SnapshotError as error:
            outcomes.add("refused")
            assert "cannot be written" in error.message
            assert "free some space" in error.remedy
        else:
            outcomes.add("done")
            state["丙"] = number
        assert reports_in(config) == state, f"step {step}"
        filling.unlink()
        build_index([], config)
        assert reports_in(config) == state, f"step {step}"
        assert {path.stem for path in KeptFiles.of(config).files()} == set(state)
    assert outcomes == {"refused", "done"}
    remove_reports(["甲"], config)
    assert reports_in(config) == {place: number for place, number in state.items() if place != "甲"}


def _fill(path: Path, *, leave: int) -> None:
    """Write `path` until the disk is full, then give `leave` bytes back."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(max(0, file.tell() - leave))
