import multiprocessing
import signal
from datetime import UTC, datetime, timedelta, timezone
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from rag.errors import SnapshotError
from rag.index.directory import CURRENT, live_name, prune, publish, snapshot_name, snapshot_names, writing

START = datetime(2024, 5, 6, 7, 8, 9, 10, tzinfo=UTC)


def _publish(index_dir: Path, number: int) -> str:
    name = snapshot_name(START + timedelta(seconds=number), "abcdef0123456789")
    with writing(index_dir) as building:
        (building / "file.txt").write_text(str(number), encoding="utf-8")
        (building / "inner").mkdir()
        assert publish(building, name, index_dir=index_dir) == index_dir / name
    return name


def test_a_name_holds_the_time_in_utc_and_the_content() -> None:
    assert snapshot_name(START, "abcdef0123456789") == "20240506T070809000010Z-abcdef012345"
    elsewhere = START.astimezone(timezone(timedelta(hours=8)))
    assert snapshot_name(elsewhere, "abcdef0123456789") == snapshot_name(START, "abcdef0123456789")


def test_the_last_one_published_is_live(tmp_path: Path) -> None:
    index_dir = tmp_path / "new" / "index"
    names = [_publish(index_dir, number) for number in range(3)]
    assert live_name(index_dir) == names[2]
    assert snapshot_names(index_dir) == names
    assert (index_dir / names[1] / "file.txt").read_text(encoding="utf-8") == "1"
    assert sorted(path.name for path in index_dir.iterdir()) == [".lock", *names, CURRENT]


@pytest.mark.parametrize(("keep", "left"), [(1, [3]), (2, [2, 3]), (4, [0, 1, 2, 3]), (9, [0, 1, 2, 3])])
def test_prune_keeps_the_newest(tmp_path: Path, keep: int, left: list[int]) -> None:
    names = [_publish(tmp_path, number) for number in range(4)]
    assert prune(tmp_path, keep=keep) == [names[number] for number in left]
    assert snapshot_names(tmp_path) == [names[number] for number in left]


def test_prune_never_removes_the_live_one(tmp_path: Path) -> None:
    names = [_publish(tmp_path, number) for number in (5, 1, 2)]
    (tmp_path / CURRENT).write_text(f"{names[1]}\n", encoding="utf-8")
    assert prune(tmp_path, keep=1) == [names[1]]
    assert live_name(tmp_path) == names[1]


def test_without_an_index_the_command_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(SnapshotError, match="there is no index") as caught:
            live_name(folder)
        assert "rag index" in caught.value.remedy


def test_a_writer_makes_the_newest_snapshot_live_where_no_file_says_which_is(tmp_path: Path) -> None:
    names = [_publish(tmp_path, number) for number in range(2)]
    (tmp_path / CURRENT).unlink()
    with pytest.raises(SnapshotError, match="there is no index"):
        live_name(tmp_path)
    with writing(tmp_path):
        assert live_name(tmp_path) == names[1]


@pytest.mark.parametrize("content", [b"", b"../elsewhere\n", b"20240506T070809000010Z-abcdef012345\n", b"\xff\xfe"])
def test_a_current_that_names_no_snapshot_is_explained(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CURRENT).write_bytes(content)
    with pytest.raises(SnapshotError, match=CURRENT) as caught:
        live_name(tmp_path)
    assert "rag index" in caught.value.remedy


def test_a_failed_build_leaves_nothing_behind(tmp_path: Path) -> None:
    name = _publish(tmp_path, 0)
    with pytest.raises(ZeroDivisionError), writing(tmp_path) as building:
        (building / "half").write_text("half", encoding="utf-8")
        raise ZeroDivisionError
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", name, CURRENT]


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    with (
        writing(tmp_path) as building,
        pytest.raises(SnapshotError, match=r"another process \(process \d+\)") as caught,
        writing(tmp_path),
    ):
        pytest.fail("two writers at once")
    assert "Wait" in caught.value.remedy
    assert not building.exists()
    with writing(tmp_path):
        pass


def _write_and_wait(index_dir: Path, ready: Connection) -> None:
    with writing(index_dir) as building:
        (building / "half").write_text("half", encoding="utf-8")
        ready.send("writing")
        signal.pause()


def test_the_lock_of_a_killed_writer_is_free_and_its_leftovers_go(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, told = context.Pipe()
    writer = context.Process(target=_write_and_wait, args=(tmp_path, told))
    writer.start()
    assert ready.poll(30)
    assert ready.recv() == "writing"
    with pytest.raises(SnapshotError, match=f"process {writer.pid}"), writing(tmp_path):
        pytest.fail("two writers at once")
    writer.kill()
    writer.join()
    writer.close()
    with writing(tmp_path) as building:
        assert list(building.iterdir()) == []
