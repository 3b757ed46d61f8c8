"""Versions of one notice with the real models: the newest answers, the older one when its year is asked for."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from rag.answers.indexing import build_index
from rag.answers.pipeline import Pipeline
from rag.answers.query import Filters
from rag.config import load_config
from rag.errors import ModelError

pytestmark = pytest.mark.slow

NOTICE = """临水县人民政府关于印发临水县住房补助办法的通知
发布日期：{year}-05-10
各镇人民政府：
现将《临水县住房补助办法》印发给你们，请认真遵照执行。
临水县人民政府
{year}年5月6日
一、补助对象
具有本县户籍并在本县城区无房的新就业大学毕业生，可以申请住房补助。
二、补助标准
每户每月补助{amount}元，连续补助三十六个月，按季度发放到个人账户。
三、附则
本办法由县住房和城乡建设局负责解释，自印发之日起施行。
"""


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("reports")
    for year, amount in ((2019, 600), (2022, 900)):
        (folder / f"subsidy-{year}.txt").write_text(NOTICE.format(year=year, amount=amount), encoding="utf-8")
    config = replace(load_config(), index_dir=tmp_path_factory.mktemp("index"), generate=False)
    try:
        build_index([folder], config)
        yield Pipeline.open(config)
    except ModelError as error:
        pytest.skip(f"needs the models: {error}")


@pytest.mark.parametrize(
    ("question", "report", "amount"),
    [
        ("临水县住房补助每户每月多少元？", "subsidy-2022", "900元"),
        ("临水县2019年的住房补助每户每月多少元？", "subsidy-2019", "600元"),
        ("临水县2022年的住房补助每户每月多少元？", "subsidy-2022", "900元"),
    ],
)
def test_the_version_that_is_meant_is_cited(pipeline: Pipeline, question: str, report: str, amount: str) -> None:
    answer = pipeline.ask(question)
    assert not answer.refused
    assert amount in answer.text
    assert {citation.report for citation in answer.citations} == {report}
    assert answer.citations[0].title == f"临水县人民政府关于印发临水县住房补助办法的通知（{report[-4:]}-05-06）"


def test_the_list_says_which_version_stands(pipeline: Pipeline) -> None:
    links = {record.id: (record.revision_of, record.superseded_by) for record in pipeline.records}
    assert links == {"subsidy-2019": ("", "subsidy-2022"), "subsidy-2022": ("subsidy-2019", "")}


def test_an_answer_from_a_report_that_is_asked_for_by_name(pipeline: Pipeline) -> None:

    answer = pipeline.ask("住房补助每户每月多少元？", filters=Filters(reports=("subsidy-2019",)))
    assert "600元" in answer.text
