import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import InputError
from rag.training.examples import Example, Row, answered, load_rows, sentence_spans, split

ROW = {
    "id": "q1", "question": " 谁来了?", "answers": ["李白"], "answer_start": [3],
    "passage_id": "p1", "title": "诗人", "context": "那天,李白来了。",
}  # fmt: skip


def write(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def test_rows_carry_their_set_and_their_answer_where_it_stands(tmp_path: Path) -> None:
    (row,) = load_rows([write(tmp_path / "poets.jsonl", ROW)])
    assert row == Row("q1", "poets", "谁来了?", "诗人", "p1", "那天,李白来了。", ("李白",), (3,))
    assert answered(row) == Example("谁来了?", "那天,李白来了。", (3, 5), "plain")


def test_a_line_without_its_fields_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "poets.jsonl", ROW, {"id": "q2"})
    with pytest.raises(InputError, match=r"poets\.jsonl:2.*question"):
        load_rows([path])


def test_the_split_keeps_articles_together_and_depends_on_nothing_else() -> None:
    rows = [Row(str(n), "s", "?", f"article {n % 300}", f"p{n}", "。", ("。",), (0,)) for n in range(900)]
    train, held_out = split(rows)
    assert not {row.article for row in train} & {row.article for row in held_out}
    assert len(train) + len(held_out) == 900
    assert 40 <= len(held_out) <= 180
    assert set(split(rows[::-1])[1]) == set(held_out)
    untitled = replace(rows[0], title="")
    assert untitled.article == "p0"


def test_a_prefix_moves_the_span() -> None:
    example = Example("谁?", "李白来了。", (0, 2), "plain").behind("《诗人》\n")
    assert example.passage[slice(*example.span)] == "李白"
    assert Example("谁?", "没人。", None, "hard").behind("x").span is None


@given(st.text("甲乙。！;\n", max_size=60))
def test_sentences_partition_the_text(text: str) -> None:
    assert "".join(text[start:end] for start, end in sentence_spans(text)) == text
    assert all(start < end for start, end in sentence_spans(text))
