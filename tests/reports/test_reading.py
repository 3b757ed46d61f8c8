"""Files into reports: encodings, sidecars, and an error with a remedy for whatever cannot be read."""

import hashlib
from pathlib import Path

import pytest

from rag.errors import ReportError
from rag.reports.reading import find_reports, read_report, read_reports
from tests.reports import texts

TRADITIONAL = (
    "各位代表:現在,我代表政府報告工作。\n一、過去一年的工作回顧\n"
    "全年完成投資十二億元,新增學位三千個,教育經費穩定增長。\n"
)


def written(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("gb18030", "gb18030")],
)
def test_encodings(tmp_path: Path, encode: str, encoding: str) -> None:
    data = texts.PLAN.encode(encode)
    report = read_report(written(tmp_path, "plan.txt", data))
    assert (report.text, report.encoding) == (texts.PLAN, encoding)
    assert report.sha256 == hashlib.sha256(data).hexdigest()


def test_big5(tmp_path: Path) -> None:
    report = read_report(written(tmp_path, "plan.txt", TRADITIONAL.encode("big5")))
    assert (report.text, report.encoding) == (TRADITIONAL, "big5")


def test_only_line_breaks_and_the_byte_order_mark_change(tmp_path: Path) -> None:
    report = read_report(written(tmp_path, "a.txt", "\ufeff一、甲\r\n\xa0\u3000乙\u200b\r丙\x0c\t\n"))
    assert report.text == "一、甲\n\xa0\u3000乙\u200b\n丙\x0c\t\n"
    assert (report.id, report.source) == ("a", "a.txt")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.txt", "\n \u200b\xa0\n".encode(), "no text"),
        ("binary.txt", b"\x7fELF\x00\x00", "NUL"),
        ("other.txt", b"%PDF-1.7\n", "a PDF by its content"),
        ("damaged.txt", texts.PLAN.encode()[:300] + b"\xff" + texts.PLAN.encode()[300:], "damaged"),
        ("half.txt", b"\xff\xfe" + texts.PLAN.encode("utf-16-le")[:11], "damaged"),
        ("noise.txt", bytes(range(128, 256)) * 3, "neither"),
        ("sheet.xlsx", b"PK", "xlsx"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = written(tmp_path, name, data)
    with pytest.raises(ReportError, match=message) as raised:
        read_report(path)
    assert str(path) in raised.value.message
    assert raised.value.remedy


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        read_report(tmp_path / "none.txt")
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(ReportError, match="folder"):
        read_report(tmp_path / "folder.txt")


def test_a_sidecar_corrects_id_and_metadata(tmp_path: Path) -> None:
    path = written(tmp_path, "plan.txt", texts.PLAN)
    written(
        tmp_path,
        "plan.txt.toml",
        'id = "plan-2021"\ntitle = "工作要点"\nyears = [2022, 2021]\npublished = 2021-03-06\nindex_number = ""\n'
        'validity = "废止"\n',
    )
    report = read_report(path)
    assert report.id == "plan-2021"
    found = report.metadata
    assert found.title and (found.title.value, found.title.start, found.title.end) == ("工作要点", 0, 0)
    assert found.published and found.published.value == "2021-03-06"
    assert (found.years, found.index_number) == ((2021, 2022), None)
    assert found.period and (found.period.value, found.period.origin) == ("2021、2022", "sidecar")
    assert found.validity and (found.validity.value, found.validity.origin) == ("废止", "sidecar")
    assert found.kind and found.kind.value == "工作要点"  # read from the text, as before


def test_a_sidecar_may_be_named_by_the_stem(tmp_path: Path) -> None:
    path = written(tmp_path, "plan.txt", texts.PLAN)
    written(tmp_path, "plan.toml", 'id = "another"')
    assert read_report(path).id == "another"
    written(tmp_path, "plan.txt.toml", 'id = "third"')
    with pytest.raises(ReportError, match="two sidecars"):
        read_report(path)


@pytest.mark.parametrize(
    ("sidecar", "message"),
    [
        ('tilte = "甲"\nyear = 2018', "tilte, year"),
        ("years = 2018", "years"),
        ("title = 3", "title = 3"),
        ('id = "a/b"', "id = 'a/b'"),
        ("id =", "cannot be read"),
    ],
)
def test_a_wrong_sidecar_is_refused(tmp_path: Path, sidecar: str, message: str) -> None:
    path = written(tmp_path, "plan.txt", texts.PLAN)
    written(tmp_path, "plan.txt.toml", sidecar)
    with pytest.raises(ReportError, match=message) as raised:
        read_report(path)
    assert raised.value.remedy


def test_finding_reports(tmp_path: Path) -> None:
    (tmp_path / "b" / ".hidden").mkdir(parents=True)
    expected = [
        written(tmp_path, "a.txt", "甲"),
        written(tmp_path, "b/c.TXT", "乙"),
    ]
    written(tmp_path, "a.txt.toml", "")
    written(tmp_path, "README.md", "")
    written(tmp_path, "notes.rst", "")
    written(tmp_path, "b/.hidden/d.txt", "丙")
    assert find_reports([tmp_path]) == expected
    assert find_reports([tmp_path / "b", expected[0], tmp_path]) == expected


def test_finding_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no reports"):
        find_reports([tmp_path])
    with pytest.raises(ReportError, match="no file or folder"):
        find_reports([tmp_path / "none"])
    with pytest.raises(ReportError, match=r"\.rst"):
        find_reports([written(tmp_path, "notes.rst", "甲")])


def test_two_files_with_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    paths = [written(tmp_path, "a.txt", "一、甲"), written(tmp_path, "b/a.txt", "一、乙")]
    with pytest.raises(ReportError) as raised:
        read_reports(paths)
    assert all(str(path) in raised.value.message for path in paths)


def test_reports_come_sorted_by_id_and_progress_is_told(tmp_path: Path) -> None:
    paths = [written(tmp_path, "a.txt", "一、甲"), written(tmp_path, "b.txt", "一、乙")]
    written(tmp_path, "a.txt.toml", 'id = "z"')
    seen: list[int] = []
    assert [report.id for report in read_reports(paths, progress=seen.append)] == ["b", "z"]
    assert seen == [1, 2]


def test_real_reports_lose_nothing(shared: Path) -> None:
    for path in find_reports([shared / "reports", shared / "data/documents/text"]):
        report = read_report(path)
        assert report.text == path.read_text(encoding="utf-8")
        assert report.sections[-1].end == len(report.text)
