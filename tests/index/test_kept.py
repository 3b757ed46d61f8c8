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


def _hand_in(kept: KeptFiles, path: Path, report_id: str) -> None:
    with kept.staging():
        kept.stage(path, report_id)
        kept.keep_staged()


def _names(kept: KeptFiles) -> list[str]:
    return sorted(path.name for path in kept.folder.iterdir())


def test_a_file_is_kept_under_its_id_with_its_sidecar(kept: KeptFiles, outside: Path) -> None:
    (outside / "a.TXT").write_text("words", encoding="utf-8")
    (outside / "a.toml").write_text('id = "one"', encoding="utf-8")
    _hand_in(kept, outside / "a.TXT", "one")
    assert _names(kept) == ["one.txt", "one.txt.toml"]
    assert kept.files() == [kept.folder / "one.txt"]
    assert kept.files()[0].read_text(encoding="utf-8") == "words"
    assert kept.everything() == [kept.folder / "one.txt", kept.folder / "one.txt.toml"]


def test_a_new_file_takes_the_place_of_the_old_one_whole(kept: KeptFiles, outside: Path) -> None:
    (outside / "a.txt").write_text("old", encoding="utf-8")
    (outside / "a.toml").write_text('title = "old"', encoding="utf-8")
    _hand_in(kept, outside / "a.txt", "a")
    (outside / "a.toml").unlink()
    (outside / "b.txt").write_text("new", encoding="utf-8")
    _hand_in(kept, outside / "b.txt", "a")
    assert _names(kept) == ["a.txt"]
    assert (kept.folder / "a.txt").read_text(encoding="utf-8") == "new"


def test_what_was_removed_is_noted_until_it_is_added_again(kept: KeptFiles, outside: Path) -> None:
    kept.remove("never kept")
    (outside / "a.txt").write_text("words", encoding="utf-8")
    _hand_in(kept, outside / "a.txt", "a")
    kept.remove("a")
    assert kept.removed() == {"a", "never kept"}
    assert kept.files() == []
    _hand_in(kept, outside / "a.txt", "a")
    assert kept.removed() == {"never kept"}
    assert kept.files() == [kept.folder / "a.txt"]


def test_what_is_only_staged_is_not_kept(kept: KeptFiles, outside: Path) -> None:
    (outside / "a.txt").write_text("words", encoding="utf-8")
    with kept.staging():
        kept.stage(outside / "a.txt", "a")
    assert _names(kept) == []


def test_a_folder_that_is_not_there_keeps_nothing(kept: KeptFiles) -> None:
    assert (kept.files(), kept.removed(), kept.everything()) == ([], set(), [])
