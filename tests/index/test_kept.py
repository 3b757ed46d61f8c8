import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.config import Config
from rag.errors import InputError
from rag.index.kept import KeptFiles, check_id


@pytest.mark.parametrize("name", ["甲市-2018", "a", "report 7", "1.2.3", "《通知》（摘编）", "a#b", "é" * 75])
def test_what_can_be_an_id(name: str) -> None:
    assert check_id(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "../up", "a/b", "a\\b", "a\0b", "a\nb", " a", "a ", "\t", "é" * 76, "\x7f"]
)
def test_what_cannot(name: str) -> None:
    with pytest.raises(InputError, match="cannot be the id"):
        check_id(name)


@given(st.text(max_size=20))
def test_an_id_never_leads_out_of_the_folder(name: str) -> None:
    try:
        check_id(name)
    except InputError:
        return
    folder = Path("/kept")
    assert (folder / f"{name}.txt").parent == folder
    assert not name.startswith(".")


@pytest.fixture
def kept(tmp_path: Path) -> KeptFiles:
    return KeptFiles.of(Config(index_dir=tmp_path / "index"))


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    return tmp_path / "outside"


def _live(kept: KeptFiles, name: str) -> None:
    index_dir = kept.folder.parent
    (index_dir / name).mkdir(parents=True, exist_ok=True)
    (index_dir / "CURRENT").write_text(f"{name}\n", encoding="utf-8")


OLD, NEW = "20260101T000000000000Z-aaaaaaaaaaaa", "20260102T000000000000Z-bbbbbbbbbbbb"


def _change(kept: KeptFiles, *staged: tuple[Path, str], gone: tuple[str, ...] = ()) -> None:
    with kept.staging():
        for path, report_id in staged:
            kept.stage(path, report_id)
        kept.seal(NEW, gone=gone)
        _live(kept, NEW)


def _names(kept: KeptFiles) -> list[str]:
    return sorted(path.name for path in kept.folder.iterdir())


def test_a_file_is_kept_under_its_id_with_its_sidecar(kept: KeptFiles, outside: Path) -> None:
    (outside / "a.TXT").write_text("words", encoding="utf-8")
    (outside / "a.toml").write_text('id = "one"', encoding="utf-8")
    _change(kept, (outside / "a.TXT", "one"))
    assert _names(kept) == ["one.txt", "one.txt.toml"]
    assert kept.files() == [kept.folder / "one.txt"]
    assert kept.files()[0].read_text(encoding="utf-8") == "words"
    assert kept.everything() == [kept.folder / "one.txt", kept.folder / "one.txt.toml"]


def test_a_new_file_takes_the_place_of_the_old_one_whole(kept: KeptFiles, outside: Path) -> None:
    (outside / "a.txt").write_text("old", encoding="utf-8")
    (outside / "a.toml").write_text('title = "old"', encoding="utf-8")
    _change(kept, (outside / "a.txt", "a"))
    (outside / "a.toml").unlink()
    (outside / "b.txt").write_text("new", encoding="utf-8")
    _change(kept, (outside / "b.txt", "a"))
    assert _names(kept) == ["a.txt"]
    assert (kept.folder / "a.txt").read_text(encoding="utf-8") == "new"


def test_what_was_removed_is_noted_until_it_is_added_again(kept: KeptFiles, outside: Path) -> None:
    _change(kept, gone=("never kept",))
    (outside / "a.txt").write_text("words", encoding="utf-8")
    _change(kept, (outside / "a.txt", "a"))
    _change(kept, gone=("a",))
    assert kept.removed() == {"a", "never kept"}
    assert kept.files() == []
    _change(kept, (outside / "a.txt", "a"))
    assert kept.removed() == {"never kept"}
    assert kept.files() == [kept.folder / "a.txt"]


def test_what_is_not_sealed_is_not_kept(kept: KeptFiles, outside: Path) -> None:
    (outside / "a.txt").write_text("words", encoding="utf-8")
    with kept.staging():
        kept.stage(outside / "a.txt", "a")
    assert _names(kept) == []


@pytest.mark.parametrize("live", [OLD, NEW])
def test_what_a_killed_writer_left_is_carried_out_or_forgotten(kept: KeptFiles, outside: Path, live: str) -> None:
    for name in ("a", "b"):
        (outside / f"{name}.txt").write_text(name, encoding="utf-8")
    _change(kept, (outside / "a.txt", "gone"), (outside / "a.txt", "changed"))
    before = _names(kept)
    _live(kept, OLD)
    with pytest.raises(KeyboardInterrupt), kept.staging():
        kept.stage(outside / "b.txt", "changed")
        kept.stage(outside / "b.txt", "new")
        kept.seal(NEW, gone=("gone",))
        shutil.copytree(kept.folder / ".staged", outside / "left")
        raise KeyboardInterrupt
    assert _names(kept) == before
    shutil.copytree(outside / "left", kept.folder / ".staged")
    _live(kept, live)
    kept.settle()
    assert _names(kept) == (before if live == OLD else [".removed", "changed.txt", "new.txt"])
    assert (kept.folder / "changed.txt").read_text(encoding="utf-8") == ("a" if live == OLD else "b")
    assert kept.removed() == (set() if live == OLD else {"gone"})


@pytest.mark.parametrize("plan", ["", "{", '{"snapshot": 1}', "\udcff"])
def test_a_plan_that_cannot_be_read_is_forgotten(kept: KeptFiles, plan: str) -> None:
    (kept.folder / ".staged").mkdir(parents=True)
    (kept.folder / ".staged" / "a.txt").touch()
    (kept.folder / ".staged" / ".plan.json").write_text(plan, encoding="utf-8", errors="surrogateescape")
    kept.settle()
    assert _names(kept) == []


def test_a_folder_that_is_not_there_keeps_nothing(kept: KeptFiles) -> None:
    assert (kept.files(), kept.removed(), kept.everything()) == ([], set(), [])
