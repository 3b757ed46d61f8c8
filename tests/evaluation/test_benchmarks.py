"""Passages ranked and answers read, over hits and a reader made by hand."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.errors import InputError
from rag.evaluation.benchmarks import measure_retrieval, rank_passages, read_contexts
from rag.evaluation.json_lines import read_lines
from rag.models.reader import Reading
from tests.evaluation.made import FixedPipeline, hit, written


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


def test_passages_rank_by_their_first_chunk_and_the_reader_reorders(tmp_path: Path) -> None:
    path = written(
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
    passages = written(tmp_path, "p.jsonl", [{"id": "a", "text": "甲"}])
    questions = written(tmp_path, "q.jsonl", [{"question": "一?", "gold": ["b"]}])
    with pytest.raises(InputError, match=r"p\.jsonl does not hold: b"):
        measure_retrieval(passages, questions, config=None)  # type: ignore[arg-type]


def test_reading_is_scored_on_the_answerable_rows(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "r.jsonl",
        [
            {"id": "1", "question": "?", "context": "由德国学者开创", "answers": ["《德国学者》"]},
            {"id": "2", "question": "?", "context": "由德国学者开创", "answers": ["学者们", "无"]},
            {"id": "3", "question": "?", "context": "甲乙丙丁", "answers": [], "is_impossible": True},
        ],
    )
    benchmark = read_contexts([path], KeywordReader("德国学者"))
    # Exact: the first. F1: 1, and the run 学者 of 4 and 3 tokens: 4 / 7.
    assert benchmark.figures == {
        "r.jsonl": {"questions": 3, "exact_match": 0.5, "f1": pytest.approx((1 + 4 / 7) / 2), "auroc": 1.0}
    }
    assert [row["said"] for row in benchmark.rows["r.jsonl"]] == ["德国学者", "德国学者", "甲乙"]
    assert read_contexts([path], KeywordReader("德国学者"), limit=1).figures["r.jsonl"]["auroc"] is None


def test_the_table_has_a_line_a_measure_and_a_column_a_file(tmp_path: Path) -> None:
    record = {"id": "1", "question": "?", "context": "德国学者", "answers": ["德国学者"]}
    files = [written(tmp_path, name, [record]) for name in ("a.jsonl", "b.jsonl")]
    lines = read_contexts(files, KeywordReader("德国")).table().splitlines()
    assert [line.split() for line in lines] == [
        ["reader", "a.jsonl", "b.jsonl"],
        ["questions", "1", "1"],
        ["exact_match", "0.000", "0.000"],
        ["f1", "0.667", "0.667"],
        ["auroc", "–", "–"],
    ]


def test_questions_the_reader_has_seen_are_left_out(tmp_path: Path) -> None:
    records = [{"id": name, "question": "?", "context": "德国学者", "answers": ["德国"]} for name in ("1", "2", "3")]
    path = written(tmp_path, "r.jsonl", records)
    rows = read_contexts([path], KeywordReader("德国"), without={"1"}, limit=1).rows["r.jsonl"]
    assert [row["id"] for row in rows] == ["2"]
    with pytest.raises(InputError, match="every question of"):
        read_contexts([path], KeywordReader("德国"), without={"1", "2", "3"})


def test_a_blank_question_is_left_out_and_a_late_line_without_context_stops_before_anything_is_read(
    tmp_path: Path,
) -> None:
    good = {"id": "1", "question": "?", "context": "德国学者", "answers": ["德国"]}
    blank = written(tmp_path, "blank.jsonl", [good, good | {"id": "2", "question": ""}])
    assert read_contexts([blank], KeywordReader("德国")).figures["blank.jsonl"]["questions"] == 1
    with pytest.raises(InputError, match="line 1: has no `question`"):
        read_contexts([written(tmp_path, "none.jsonl", [good | {"question": ""}])], KeywordReader("德国"))
    late = written(tmp_path, "late.jsonl", [good, good | {"id": "2", "context": ""}])
    counts: list[int] = []
    with pytest.raises(InputError, match="line 2: has no `context`"):
        read_contexts([blank, late], KeywordReader("德国"), progress=lambda what, done, number: counts.append(done))
    assert counts == []
