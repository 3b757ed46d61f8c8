"""Texts and stored answers checked against a small index of two invented reports."""

from collections.abc import Sequence

import pytest

from rag.answers.checking import Checked, Stated, check, statements_of, statements_of_answer
from rag.answers.citations import citation_id
from rag.answers.query import Filters, select
from rag.answers.retrieval import Hit
from rag.errors import InputError, NotFoundError
from rag.reports.chunks import Chunk, chunk_report
from rag.reports.reading import Report
from tests.answers.made import report

WEST = report(
    "west", "洛阳市教育局2018年工作总结\n\n一、学前教育\n全年新建幼儿园12所。\n\n二、经费\n投入资金1164万元。\n"
)
EAST = report("east", "泉州市教育局2018年工作总结\n\n一、学前教育\n全年新建幼儿园30所。\n")


class Corpus:
    """Two reports without models: a search returns every section that the filters allow."""

    def __init__(self, *reports: Report) -> None:
        self.reports = {own.id: own for own in reports}

    def report(self, report_id: str) -> Report:
        if report_id not in self.reports:
            raise NotFoundError(f"no report {report_id}")
        return self.reports[report_id]

    def chunks(self, report: str) -> list[Chunk]:
        return chunk_report(self.report(report), count_tokens=len, limit=400)

    def search(self, words: str, filters: Filters) -> list[Hit]:
        chosen = select(list(self.reports.values()), filters)
        return [Hit(chunk, 1.0, 1.0, 1.0) for own in chosen for chunk in self.chunks(own.id) if chunk.path]


CORPUS = Corpus(WEST, EAST)


def checked(text: str, *citations: str, corpus: Corpus = CORPUS) -> Checked:
    return check(Stated(text, citations), corpus, list(corpus.reports.values()), search=corpus.search)


def cited(report: Report, words: str, address: str) -> str:
    start = report.text.index(words)
    return citation_id(report.id, address, start, start + len(words), words)


KINDERGARTENS = cited(WEST, "全年新建幼儿园12所。", "一")


class TestWithCitations:
    def test_a_claim_that_its_words_bear_out(self) -> None:
        found = checked("洛阳市新建幼儿园12所。", KINDERGARTENS)
        assert (found.verdict, found.reason) == ("supported", "")
        assert [item.quote for item in found.citations] == ["全年新建幼儿园12所。"]

    def test_a_changed_figure(self) -> None:
        found = checked("洛阳市新建幼儿园13所。", KINDERGARTENS)
        assert (found.verdict, found.reason) == ("unsupported", "13所 is not in the cited words")

    def test_a_claim_that_other_words_bear_out(self) -> None:
        found = checked("投入资金1164万元。", KINDERGARTENS)
        assert found.verdict == "misattributed"
        assert [item.quote for item in found.citations] == ["投入资金1164万元。"]

    def test_words_that_were_changed_since(self) -> None:
        now = Corpus(report("west", WEST.text.replace("12所", "14所")))
        assert checked("洛阳市新建幼儿园12所。", KINDERGARTENS, corpus=now).verdict == "changed"

    def test_a_report_that_was_withdrawn(self) -> None:
        assert checked("洛阳市新建幼儿园12所。", KINDERGARTENS, corpus=Corpus(EAST)).verdict == "withdrawn"

    def test_an_id_that_is_none(self) -> None:
        assert checked("洛阳市新建幼儿园12所。", "abc").verdict == "unsupported"


class TestWithoutCitations:
    def test_words_that_bear_it_out_are_found(self) -> None:
        found = checked("洛阳市2018年全年新建幼儿园12所。")
        assert found.verdict == "supported"
        assert [(item.report, item.quote) for item in found.citations] == [("west", "全年新建幼儿园12所。")]

    def test_the_figure_of_another_region_is_misattributed(self) -> None:
        found = checked("洛阳市全年新建幼儿园30所。")
        assert found.verdict == "misattributed"
        assert [item.report for item in found.citations] == ["east"]

    def test_what_no_report_says(self) -> None:
        found = checked("洛阳市全年新建幼儿园99所。")
        assert (found.verdict, found.reason) == ("unsupported", "99所 is not in the cited words")


class TestStatements:
    def test_markers_give_each_statement_its_citations(self) -> None:
        found = statements_of("- 新建12所。[1]\n- 投入1164万元[2][1]。其他不变。", {1: "a", 2: "b"})
        assert found == [Stated("新建12所。", ("a",)), Stated("投入1164万元。", ("b", "a")), Stated("其他不变。")]

    def test_a_marker_without_a_citation_is_refused(self) -> None:
        with pytest.raises(InputError, match=r"\[3\]"):
            statements_of("新建12所。[3]", {1: "a"})

    def test_without_any_citations_markers_are_not_read(self) -> None:
        assert statements_of("新建12所。[3]", {}) == [Stated("新建12所。")]

    def test_a_stored_answer_has_its_claims(self) -> None:
        answer = {"claims": [{"text": "新建12所。", "verdict": "supported", "citations": ["a"]}]}
        assert statements_of_answer(answer) == [Stated("新建12所。", ("a",))]

    @pytest.mark.parametrize("answer", [{}, {"claims": [{"text": "新建12所。"}]}, {"claims": 3}])
    def test_what_is_no_stored_answer_is_refused(self, answer: dict[str, object]) -> None:
        with pytest.raises(InputError, match="not a stored answer"):
            statements_of_answer(answer)


def test_the_sequence_of_statements_is_kept() -> None:
    texts: Sequence[str] = [item.text for item in statements_of("甲。乙。丙。", {})]
    assert texts == ["甲。", "乙。", "丙。"]
