"""Questions about real reports, with the real models: the figures the product stands for, held from below."""

from pathlib import Path

import pytest

from rag.answers.indexing import build_index
from rag.answers.pipeline import Pipeline
from rag.config import Config, load_config
from rag.evaluation.runs import evaluate_gold

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("index")
    return load_config(index_dir=folder / "index", evaluation_dir=folder / "evaluation")


@pytest.fixture(scope="module")
def pipeline(config: Config) -> Pipeline:
    build_index([ROOT / "corpus"], config)
    return Pipeline.open(config)


def test_the_sample_reports_are_answered_cited_and_refused_as_they_should_be(config: Config) -> None:
    total = evaluate_gold(ROOT / "tests" / "corpus_gold.jsonl", [ROOT / "corpus"], config).as_json()["total"]
    assert total["unsupported_figures"] == 0
    assert total["evidence_recall@5"] >= 0.97
    assert total["right"] >= 0.85
    assert total["citation_precision"] >= 0.9
    assert total["refusal_recall"] >= 0.6


def test_the_dev_gold_is_answered_from_the_evidence_alone(config: Config, shared: Path) -> None:
    without = load_config(index_dir=config.index_dir, evaluation_dir=config.evaluation_dir, generate=False)
    total = evaluate_gold(shared / "gold" / "dev.jsonl", [shared / "reports"], without).as_json()["total"]
    assert total["unsupported_figures"] == 0
    assert total["evidence_recall@5"] >= 0.97
    assert total["evidence_recall@1"] >= 0.87
    assert total["right"] >= 0.85
    assert total["refusal_recall"] >= 0.6
    assert total["false_refusal"] <= 0.08


def test_two_runs_give_the_same_answer(pipeline: Pipeline) -> None:
    question = "成都2018年解决了多少随迁子女的义务教育入学?"
    first, second = pipeline.ask(question).as_json(), pipeline.ask(question).as_json()
    first.pop("timings"), second.pop("timings")
    assert first == second
    assert "37.8万" in first["answer"]


def test_every_quote_stands_in_its_report_and_opens_as_current(pipeline: Pipeline) -> None:
    answer = pipeline.ask("成都2018年启用了多少所幼儿园?")
    assert answer.citations
    for citation in answer.citations:
        text = pipeline.snapshot.report(citation.report).text
        assert text[citation.start : citation.end] == citation.quote
        assert pipeline.cite(citation.id).status == "current"


def test_a_question_no_report_answers_calls_no_generator_and_shows_the_nearest(pipeline: Pipeline) -> None:
    answer = pipeline.ask("佛山2018年新建了多少所学校?")
    assert answer.refused
    assert answer.nearest
    assert "佛山" in answer.text
    assert "generate" not in answer.timings


def test_a_plan_is_told_as_a_plan(pipeline: Pipeline) -> None:
    answer = pipeline.ask("青岛2018年要建多少所标准化食堂?", generate=False)
    assert answer.citations[0].planned
    assert "计划" in answer.text
