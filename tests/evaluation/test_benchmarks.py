"""The public benchmarks over passages, readers and answers made by hand."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.answer import Answer
from rag.errors import InputError
from rag.evaluation.benchmarks import (
    ONLY_NOISE,
    RGB_PASSAGES,
    measure_reader,
    measure_retrieval,
    measure_rgb,
    mixed,
    rank_passages,
)
from rag.evaluation.json_lines import read_lines
from rag.models.reader import Reading
from tests.evaluation.made import FixedPipeline, answer, hit


def write(folder: Path, name: str, records: Sequence[dict[str, Any]]) -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


class KeywordReader:
    """Answers with the place of a keyword; sure of a passage that holds it."""

    identity = "keyword"

    def __init__(self, keyword: str) -> None:
        self.keyword = keyword

    def read(
        self, question: str, passages: Sequence[str], *, sentences: Sequence[Sequence[tuple[int, int]]]
    ) -> list[Reading]:
        return [self._reading(passage) for passage in passages]

    def _reading(self, passage: str) -> Reading:
        at = passage.find(self.keyword)
        span = (at, at + len(self.keyword)) if at >= 0 else (0, 2)
        return Reading(answerability=0.9 if at >= 0 else 0.1, span=span, span_score=1.0, sentence_scores=())


class PassagePipeline:
    """Answers from given passages by a rule, and remembers what it was given."""

    def __init__(self, rule: Callable[[Sequence[str]], Answer]) -> None:
        self.rule = rule
        self.given: list[list[str]] = []

    def answer_from(self, question: str, passages: Sequence[str]) -> Answer:
        self.given.append(list(passages))
        return self.rule(passages)


def test_passages_rank_by_their_first_chunk_and_the_reader_reorders(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "q.jsonl",
        [{"id": "1", "question": "一?", "gold": ["b"]}, {"id": "2", "question": "二?", "gold": ["z"]}],
    )
    hits = [hit("a", "甲"), hit("a", "甲又"), hit("b", "乙"), hit("c", "丙")]
    pipeline = FixedPipeline({}, {"一?": hits, "二?": [*hits[:3], hit("z", "末")]})
    benchmark = rank_passages(read_lines(path), pipeline, reader=KeywordReader("乙"), read=3, name="q.jsonl")
    assert [row["ranks"] for row in benchmark.rows["q.jsonl"]] == [[2], [3]]
    assert [row["reader_ranks"] for row in benchmark.rows["q.jsonl"]] == [[1], [3]]
    assert benchmark.figures["q.jsonl"] == {
        "questions": 2,
        "recall@1": 0.0,
        "recall@5": 1.0,
        "mrr@10": pytest.approx((1 / 2 + 1 / 3) / 2),
        "reader_recall@1": 0.5,
        "reader_recall@5": 1.0,
        "reader_mrr@10": pytest.approx((1 + 1 / 3) / 2),
    }


def test_a_gold_passage_that_is_not_there_is_named(tmp_path: Path) -> None:
    passages = write(tmp_path, "p.jsonl", [{"id": "a", "text": "甲"}])
    questions = write(tmp_path, "q.jsonl", [{"question": "一?", "gold": ["b"]}])
    with pytest.raises(InputError, match=r"p\.jsonl does not hold: b"):
        measure_retrieval(passages, questions, config=None)  # type: ignore[arg-type]


def test_reading_is_scored_on_the_answerable_rows(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "r.jsonl",
        [
            {"id": "1", "question": "?", "context": "由德国学者开创", "answers": ["《德国学者》"]},
            {"id": "2", "question": "?", "context": "由德国学者开创", "answers": ["学者们", "无"]},
            {"id": "3", "question": "?", "context": "甲乙丙丁", "answers": [], "is_impossible": True},
        ],
    )
    benchmark = measure_reader([path], KeywordReader("德国学者"))
    # Exact: the first. F1: 1, and the run 学者 of 4 and 3 tokens: 4 / 7.
    assert benchmark.figures == {
        "r.jsonl": {"questions": 3, "exact_match": 0.5, "f1": pytest.approx((1 + 4 / 7) / 2), "auroc": 1.0}
    }
    assert [row["said"] for row in benchmark.rows["r.jsonl"]] == ["德国学者", "德国学者", "甲乙"]
    assert measure_reader([path], KeywordReader("德国学者"), limit=1).figures["r.jsonl"]["auroc"] is None


@given(
    st.lists(st.integers(0, 99).map(str), max_size=8, unique=True),
    st.lists(st.integers(100, 199).map(str), max_size=8, unique=True),
    st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.8, ONLY_NOISE]),
)
def test_a_mixture_has_its_share_of_noise_and_fills_up_from_the_other_side(
    true: list[str], noise: list[str], share: float
) -> None:
    passages = mixed(true, noise, share=share, random=Random(1))
    noisy = [passage for passage in passages if passage in noise]
    assert len(set(passages)) == len(passages) <= RGB_PASSAGES
    if share == ONLY_NOISE:
        assert passages == noisy
    else:
        assert len(passages) == min(RGB_PASSAGES, len(true) + len(noise))
        if len(true) >= RGB_PASSAGES and len(noise) >= RGB_PASSAGES:
            assert len(noisy) == round(RGB_PASSAGES * share)


NOISE = [f"无关{number}" for number in range(9)]


def test_noise_and_refusal(tmp_path: Path) -> None:
    rows = [
        {
            "id": "1",
            "question": "几人?",
            "answers": [["12人", "十二人"]],
            "positive": ["死亡12人"] * 9,
            "negative": NOISE,
        },
        {"id": "2", "question": "哪里?", "answers": ["奈良", "日本"], "positive": ["在奈良"] * 9, "negative": NOISE},
    ]

    def rule(passages: Sequence[str]) -> Answer:
        known = [passage for passage in passages if passage not in NOISE]
        return answer(known[0]) if len(known) > 1 else answer("没有", refused=True)

    pipeline = PassagePipeline(rule)
    figures = measure_rgb([write(tmp_path, "refine.jsonl", rows)], pipeline).figures["refine.jsonl"]
    assert figures == {
        "questions": 2,
        **{f"accuracy@{share}": 0.5 for share in (0.2, 0.4, 0.6)},
        **{f"false_refusal@{share}": 0.0 for share in (0.2, 0.4, 0.6)},
        "accuracy@0.8": 0.0,
        "false_refusal@0.8": 1.0,
        "refusal": 1.0,
    }
    assert [sum(passage in NOISE for passage in given) for given in pipeline.given] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_integration_gives_one_passage_of_every_part_however_much_noise(tmp_path: Path) -> None:
    row = {
        "id": "1",
        "question": "何时?",
        "answers": ["1月3日", "1月12日"],
        "positive": [["宣誓1月3日", "1月3日又"], ["首会1月12日"]],
        "negative": NOISE,
    }
    pipeline = PassagePipeline(lambda passages: answer(" ".join(passages)))
    figures = measure_rgb([write(tmp_path, "int.jsonl", [row])], pipeline).figures["int.jsonl"]
    assert figures == {"questions": 1, "integration@0.0": 1.0, "integration@0.2": 1.0, "integration@0.4": 1.0}
    assert [sum(passage in NOISE for passage in given) for given in pipeline.given] == [2, 2, 2]


def test_who_believes_falsified_passages_repeats_the_false_answer(tmp_path: Path) -> None:
    row = {
        "question": "几席?",
        "answers": ["70"],
        "fakeanswer": "170",
        "positive": ["共有70席"],
        "positive_wrong": ["共有170席"],
        "negative": NOISE,
    }
    pipeline = PassagePipeline(lambda passages: answer(next(each for each in passages if each not in NOISE)))
    assert measure_rgb([write(tmp_path, "fact.jsonl", [row])], pipeline).figures["fact.jsonl"] == {
        "questions": 1,
        "accuracy": 1.0,
        "accuracy_counterfactual": 0.0,
        "false_answer_repeated": 1.0,
    }


def test_the_table_has_a_line_a_measure_and_a_column_a_file(tmp_path: Path) -> None:
    record = {"id": "1", "question": "?", "context": "德国学者", "answers": ["德国学者"]}
    files = [write(tmp_path, name, [record]) for name in ("a.jsonl", "b.jsonl")]
    lines = measure_reader(files, KeywordReader("德国")).table().splitlines()
    assert [line.split() for line in lines] == [
        ["reader", "a.jsonl", "b.jsonl"],
        ["questions", "1", "1"],
        ["exact_match", "0.000", "0.000"],
        ["f1", "0.667", "0.667"],
        ["auroc", "–", "–"],
    ]


def test_the_public_halves_beside_the_project_are_read(shared: Path) -> None:
    files = sorted((shared / "data" / "rgb").glob("*.jsonl"))
    benchmark = measure_rgb(files, PassagePipeline(lambda passages: answer(" ".join(passages))), limit=5)
    assert {name: next(iter(list(figures)[1:])) for name, figures in benchmark.figures.items()} == {
        "zh_fact.half.jsonl": "accuracy",
        "zh_int.half.jsonl": "integration@0.0",
        "zh_refine.half.jsonl": "accuracy@0.2",
    }
