"""ZIP archives: every file of them, whatever their names are written in; an error for those that are a trap."""

import io
import zipfile
from pathlib import Path

import pytest

from rag.config import Config
from rag.errors import ReportError
from rag.reports.reading import find_reports, read_file, read_reports
from tests.reports import texts


def packed(folder: Path, files: dict[str, str | bytes], *, name: str = "all.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in files.items():
            archive.writestr(member, data)
    return path


def with_raw_name(path: Path, placeholder: str, name: bytes) -> Path:
    """The archive with a member's name replaced by bytes of the same length, as other programs write them."""
    assert len(placeholder) == len(name)
    path.write_bytes(path.read_bytes().replace(placeholder.encode(), name))
    return path


def test_every_member_is_a_report_with_the_id_of_its_path(tmp_path: Path) -> None:
    path = packed(
        tmp_path,
        {
            "甲市/2018/plan.txt": texts.PLAN,
            "b.txt": texts.PLAN.encode("gb18030"),
            "b.txt.toml": 'id = "another"',
            "README.txt": "about these files",
            "notes.xyz": "?",
            ".hidden/c.txt": "丙",
            "__MACOSX/甲市/._plan.txt": b"\0\1",
        },
    )
    assert find_reports([tmp_path]) == [path]
    reports = read_reports([path])
    assert [report.id for report in reports] == ["another", "甲市_2018_plan"]
    assert [report.source for report in reports] == ["all.zip/b.txt", "all.zip/甲市/2018/plan.txt"]
    assert [report.encoding for report in reports] == ["gb18030", "utf-8"]
    assert reports[1].text == texts.PLAN


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "big5"])
def test_names_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    name = "計劃" if encoding == "big5" else "工作计划"
    raw = name.encode(encoding)
    path = with_raw_name(packed(tmp_path, {"x" * len(raw) + ".txt": "一、甲"}), "x" * len(raw), raw)
    ((report),) = read_file(path)
    # A name in Big5 is mostly valid GBK too, and then read as that.
    assert report.id == (raw.decode("gb18030") if encoding == "big5" else name)


@pytest.mark.parametrize("member", ["../a.txt", "x/../../a.txt", "/etc/a.txt", "C:\\a.txt"])
def test_a_member_that_points_out_of_the_archive_is_refused(tmp_path: Path, member: str) -> None:
    with pytest.raises(ReportError, match="points out of the archive") as raised:
        list(read_file(packed(tmp_path, {member: "甲"})))
    assert str(tmp_path) in raised.value.message


def test_sizes_are_bounded_before_anything_is_unpacked(tmp_path: Path) -> None:
    path = packed(tmp_path, {f"{number}.txt": bytes(1_500_000) for number in range(3)})
    assert path.stat().st_size < 10_000  # a bomb
    for setting, message in (
        ({"max_file_megabytes": 1}, r"0\.txt has 1\.5 MB, more than 1 MB"),
        ({"max_archive_megabytes": 4}, r"unpacks to 4\.5 MB, more than 4 MB"),
        ({"max_archive_files": 2}, r"holds 3 files, more than 2"),
    ):
        with pytest.raises(ReportError, match=message) as raised:
            list(read_file(path, config=Config(**setting)))
        assert next(iter(setting)) in raised.value.remedy


def test_a_size_that_is_a_lie_is_found_out(tmp_path: Path) -> None:
    path = packed(tmp_path, {"a.txt": bytes(3_000_000)})
    stated, true = (size.to_bytes(4, "little") for size in (10, 3_000_000))
    assert path.read_bytes().count(true) == 2  # in the member's head and in the directory
    path.write_bytes(path.read_bytes().replace(true, stated))
    with pytest.raises(ReportError, match="damaged"):
        list(read_file(path, config=Config(max_file_megabytes=1)))


def test_an_encrypted_member_is_named(tmp_path: Path) -> None:
    path = packed(tmp_path, {"a.txt": "甲"})
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(ReportError, match=r"all\.zip/a\.txt is encrypted"):
        list(read_file(path))


def test_a_broken_archive_and_one_that_holds_nothing_to_read(tmp_path: Path) -> None:
    inner = packed(tmp_path, {"a.txt": "甲"}, name="inner.zip").read_bytes()
    for files, message in (({"a.xyz": "甲"}, "holds no reports"), ({"b.zip": inner}, "archive within an archive")):
        with pytest.raises(ReportError, match=message):
            list(read_file(packed(tmp_path, files)))
    path = packed(tmp_path, {"a.txt": texts.PLAN})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ReportError, match="damaged"):
        list(read_file(path))
    path.write_bytes(b"no archive at all")
    with pytest.raises(ReportError, match="not a ZIP archive"):
        list(read_file(path))


def test_a_document_of_an_office_program_is_no_archive_of_reports(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    (tmp_path / "a.zip").write_bytes(data.getvalue())
    with pytest.raises(ReportError, match="Word document"):
        list(read_file(tmp_path / "a.zip"))
