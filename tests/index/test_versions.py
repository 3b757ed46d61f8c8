"""Copies, revisions and repeals among reports: which are linked, and which one stands."""

from collections.abc import Sequence
from pathlib import Path

from rag.config import Config
from rag.index.building import build_snapshot
from rag.index.snapshot import ReportRecord, Snapshot
from rag.index.versions import dated_title, standing
from rag.reports.reading import Report, parse_report
from tests.index.samples import HashEmbedder

RULE = """某县人民政府关于印发某县住房补助办法的通知
某府发〔{year}〕{number}号
各镇人民政府：
现将《某县住房补助办法》印发给你们，请认真遵照执行。
某县人民政府
{year}年5月6日
一、补助对象
具有本县户籍并在本县城区无房的新就业大学毕业生和引进的各类专业技术人才，可以申请住房补助。
二、补助标准
每户每月补助{amount}元，连续补助三十六个月，由县住房和城乡建设局会同县财政局按季度审核发放到个人账户。
三、附则
本办法由县住房和城乡建设局负责解释，自印发之日起施行。{repeals}
"""


def rule(id: str, *, year: int, amount: int, number: int = 3, repeals: str = "") -> Report:
    text = RULE.format(year=year, amount=amount, number=number, repeals=repeals)
    return parse_report(text.encode(), source=f"{id}.txt")


def records_of(folder: Path, reports: Sequence[Report]) -> dict[str, ReportRecord]:
    config = Config(index_dir=folder)
    build_snapshot(reports, embedder=HashEmbedder(), config=config)
    snapshot = Snapshot.open(folder, config=config)
    try:
        return {record.id: record for record in snapshot.reports()}
    finally:
        snapshot.close()


def links(record: ReportRecord) -> tuple[tuple[str, ...], str, str]:
    return record.duplicates, record.revision_of, record.superseded_by


def test_a_revision_supersedes_what_came_before(tmp_path: Path) -> None:
    reports = [rule("a", year=2018, amount=600), rule("b", year=2022, amount=900), rule("c", year=2020, amount=700)]
    found = records_of(tmp_path, reports)
    assert links(found["a"]) == ((), "", "b")
    assert links(found["c"]) == ((), "a", "b")
    assert links(found["b"]) == ((), "c", "")
    assert dated_title(found["a"]) == "某县人民政府关于印发某县住房补助办法的通知（2018-05-06）"


def test_copies_are_linked_and_one_of_them_stands(tmp_path: Path) -> None:
    original = rule("a", year=2018, amount=600)
    page = f"首页 > 公开\n{original.text}\n版权所有：某县人民政府\n"
    found = records_of(tmp_path, [original, parse_report(page.encode(), source="b.txt")])
    assert links(found["a"]) == (("b",), "", "b")
    assert links(found["b"]) == (("a",), "", "")


def test_what_is_marked_invalid_never_stands_before_what_is_in_force(tmp_path: Path) -> None:
    old = rule("a", year=2018, amount=600)
    new = rule("b", year=2022, amount=900).text.replace("各镇", "• 有效性 已废止\n各镇")
    found = records_of(tmp_path, [old, parse_report(new.encode(), source="b.txt")])
    assert found["b"].metadata.validity is not None
    assert found["b"].metadata.validity.value == "废止"
    assert (found["a"].superseded_by, found["b"].superseded_by) == ("", "a")


def test_a_report_that_ends_another_supersedes_it_however_unlike(tmp_path: Path) -> None:
    old = rule("a", year=2018, amount=600)
    text = (
        "某县城镇住房保障规定\n某府发〔2023〕9号\n一、总则\n本规定适用于全县城镇住房困难家庭的各项保障工作。\n二、附则\n"
        "本规定自2023年7月1日起施行。《关于完善公租房的意见》（某府发〔2018〕3号）同时废止。\n"
    )
    found = records_of(tmp_path, [old, parse_report(text.encode(), source="b.txt")])
    assert [field.value for field in found["b"].metadata.repeals] == ["关于完善公租房的意见", "某府发〔2018〕3号"]
    assert links(found["a"]) == ((), "", "b")


def test_reports_of_other_years_or_places_are_no_versions(tmp_path: Path) -> None:
    texts = {
        name: rule("x", year=2018, amount=600).text.replace("关于印发某县", f"关于印发{title}").replace("某县", place)
        for name, title, place in (
            ("a", "2018年某县", "某县"),
            ("b", "2019年某县", "某县"),
            ("c", "2018年某县", "临水县"),
        )
    }
    found = records_of(tmp_path, [parse_report(text.encode(), source=f"{name}.txt") for name, text in texts.items()])
    assert {links(record) for record in found.values()} == {((), "", "")}


def test_which_versions_are_asked(tmp_path: Path) -> None:
    reports = [rule("a", year=2018, amount=600), rule("b", year=2022, amount=900)]
    records = list(records_of(tmp_path, reports).values())

    def chosen(*, years: Sequence[int] = (), reports: Sequence[str] = ()) -> list[str]:
        return [record.id for record in standing(records, years=years, reports=reports)]

    assert chosen() == ["b"]
    assert chosen(years=[2018]) == ["a"]
    assert chosen(years=[2022]) == ["b"]
    assert chosen(years=[2018, 2022]) == ["a", "b"]
    assert chosen(years=[1999]) == ["b"]
    assert chosen(reports=["a"]) == ["a", "b"]
    assert [record.id for record in standing(records[:1])] == ["a"]
