"""Reports in other formats than text, asked with the real models: a figure in a table is cited at its row."""

from dataclasses import replace

import pytest

from rag.answers.indexing import build_index
from rag.answers.pipeline import Pipeline
from rag.config import load_config
from rag.errors import ModelError
from tests.reports.formats import pages

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tmp_path_factory.mktemp("reports")
    (folder / "statistics.html").write_text(pages.TABLE, encoding="utf-8")
    (folder / "notice.html").write_text(pages.PORTAL, encoding="utf-8")
    (folder / "old.htm").write_bytes(pages.OLD.encode("gbk"))
    config = replace(load_config(), index_dir=tmp_path_factory.mktemp("index"), generate=False)
    try:
        build_index([folder], config)
        return Pipeline.open(config)
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")


@pytest.mark.parametrize(
    ("question", "figure", "row"),
    [
        ("2021年海平市东湖区的初中在校学生有多少人？", "11,208", "区县：东湖区；"),
        ("2021年海平市西山区小学有多少在校学生？", "18,977", "区县：西山区；"),
    ],
)
def test_a_figure_in_a_table_is_answered_and_cited_at_its_row(
    pipeline: Pipeline, question: str, figure: str, row: str
) -> None:
    answer = pipeline.ask(question)
    assert not answer.refused
    assert figure in answer.text
    (cited,) = [citation for citation in answer.citations if figure in citation.quote]
    assert cited.quote.startswith("表1 各区学校和学生数（单位：人） ") and row in cited.quote
    report = pipeline.snapshot.report("statistics")
    assert (report.format, report.text[cited.start : cited.end]) == ("html", cited.quote)
    assert pipeline.cite(cited.id).status == "current"


def test_what_belongs_to_the_site_is_not_found(pipeline: Pipeline) -> None:
    found = "".join(hit.chunk.text for hit in pipeline.search("网站地图 政务公开 版权所有 去年的招生已经结束"))
    assert "招生" in found
    assert [word for word in ("网站地图", "政务公开", "版权所有", "已经结束") if word in found] == []
