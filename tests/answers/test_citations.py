"""Citation ids survive a rebuild; looking them up tells current, changed and withdrawn apart."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.citations import Citation, citation_id, located, look_up
from rag.errors import NotFoundError
from rag.reports.metadata import Metadata
from rag.reports.reading import Report
from rag.reports.sections import parse_sections

TEXT = "某市2018年工作总结\n\n一、学前教育\n新建幼儿园12所。投入1.7亿元。\n\n二、义务教育\n新建小学3所。\n"
QUOTE = "投入1.7亿元。"
NOTHING = Metadata(None, None, None, None, (), None, None, None, None, ())


def report(text: str) -> Report:
    return Report("r1", "r1.txt", "utf-8", "0" * 64, text, NOTHING, parse_sections(text))


class Store:
    def __init__(self, *reports: Report) -> None:
        self._reports = {report.id: report for report in reports}

    def report(self, report_id: str) -> Report:
        if report_id not in self._reports:
            raise NotFoundError(f"no report {report_id}")
        return self._reports[report_id]


def cited(text: str = TEXT) -> str:
    start = text.index(QUOTE)
    return citation_id("r1", "一", start, start + len(QUOTE), QUOTE)


def test_current_words_come_with_their_surroundings() -> None:
    passage = look_up(cited(), Store(report(TEXT)), surrounding=9)
    assert (passage.status, passage.quote, passage.before) == ("current", QUOTE, "新建幼儿园12所。")
    assert passage.section == ("一、学前教育",)


def test_words_carry_the_page_and_the_paragraph_that_they_begin_on() -> None:
    start = TEXT.index(QUOTE)
    paged = replace(report(TEXT), pages=(0, TEXT.index("新建"), start), paragraphs=(0, 4, start - 1, start + 1))
    passage = look_up(cited(), Store(paged))
    assert (passage.page, passage.paragraph) == (3, 3)
    citation = Citation(cited(), 1, "r1", "", (), "一", QUOTE, start, start + len(QUOTE), planned=False)
    assert located(citation, Store(paged)) == replace(citation, page=3, paragraph=3)
    assert located(citation, Store(report(TEXT))) == citation
    unpaged = look_up(cited(), Store(report(TEXT)))
    assert (unpaged.page, unpaged.paragraph) == (None, None)


def test_words_that_moved_are_found_where_they_are_now() -> None:
    moved = TEXT.replace("新建幼儿园12所。", "新建幼儿园12所,改建5所。")
    passage = look_up(cited(), Store(report(moved)))
    assert (passage.status, passage.quote, passage.start) == ("current", QUOTE, moved.index(QUOTE))


def test_other_words_at_the_address_are_changed() -> None:
    passage = look_up(cited(), Store(report(TEXT.replace("1.7亿元", "1.8亿元"))))
    assert passage.status == "changed"
    assert "1.8亿元" in passage.quote


@pytest.mark.parametrize("store", [Store(), Store(replace(report("二、义务教育\n新建小学3所。\n")))])
def test_a_report_or_section_that_is_gone_is_withdrawn(store: Store) -> None:
    passage = look_up(cited(), store)
    assert (passage.status, passage.quote) == ("withdrawn", "")


@pytest.mark.parametrize("identifier", ["", "%%%", "abc", "eA"])
def test_what_is_no_citation_id_is_not_found(identifier: str) -> None:
    with pytest.raises(NotFoundError, match="is not a citation id"):
        look_up(identifier, Store())


@given(st.text(min_size=1), st.text(min_size=1))
def test_ids_are_ascii_and_safe_in_a_url(report_id: str, address: str) -> None:
    identifier = citation_id(report_id.replace("\n", ""), address.replace("\n", ""), 3, 9, "新建小学")
    assert identifier.isascii()
    assert identifier.replace("-", "").replace("_", "").isalnum()
