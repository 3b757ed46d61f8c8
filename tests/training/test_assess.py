from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from rag.models.reader import Reading
from rag.training.assess import assess, assess_groups, assess_judge, kept_out, main, windows
from rag.training.examples import Example, Row
from rag.training.reports import invented_group


class Knowing:
    """Sure exactly where question and passage share the word 大桥, and always of the characters 128米."""

    identity = "knowing"

    def read(
        self, question: str, passages: Sequence[str], *, sentences: Sequence[Sequence[tuple[int, int]]]
    ) -> list[Reading]:
        found = []
        for passage, own in zip(passages, sentences, strict=True):
            at = max(0, passage.find("128米"))
            scores = tuple(float(start <= at < end) for start, end in own)
            found.append(Reading(float("大桥" in question and "大桥" in passage), (at, at + 4), 1.0, scores))
        return found


def row(number: int, question: str, passage: str, answer: str) -> Row:
    return Row(str(number), "s", question, "", f"p{number}", passage, (answer,), (passage.index(answer),))


def test_figures_of_a_reader_that_is_right_about_one_of_two() -> None:
    rows = [row(1, "大桥多长?", "那是大桥。长128米。", "128米"), row(2, "谁来了?", "李白来了。", "李白")]
    figures = assess(Knowing(), rows, seed=0).figures()
    assert figures["EM"] == 0.5
    assert figures["F1"] == pytest.approx((1 + 2 * 2 / (4 + 2)) / 2)
    assert figures["best sentence"] == 1.0
    assert figures["AUROC hard (2)"] == 0.75


def test_reports_are_read_too() -> None:
    random = Random(0)
    tally = assess_groups(Knowing(), [invented_group(random) for _ in range(5)])
    figures = tally.figures()
    assert figures["EM"] == 0
    near = sum(len(values) for kind, values in tally.surely.items() if kind != "answered")
    assert figures[f"AUROC near misses ({near})"] == 0.5


class Finding:
    """A judge that finds an answer exactly where the passage says 128米."""

    identity = "finding"

    def judge(self, question: str, passages: Sequence[str]) -> list[float]:
        return [1.0 if "128米" in passage else -1.0 for passage in passages]

    def words(self, question: str, passage: str) -> str:
        raise AssertionError("it is asked how sure it is, not what it would say")


def test_the_judge_is_assessed_on_pairs_with_and_without_an_answer() -> None:
    asked = "大桥多长?"
    group = [
        Example(asked, "大桥长128米。", (3, 7), "plain"),
        Example(asked, "大桥很长。", None, "absent"),
        Example(asked, "小桥长128米。", None, "noun"),
    ]
    tally = assess_judge(Finding(), [group])
    assert tally.surely == {"answered": [1.0], "absent": [-1.0], "noun": [1.0]}
    assert tally.figures()["AUROC near misses (2)"] == 0.75


def test_a_window_is_a_few_sentences_with_the_answer_and_some_without() -> None:
    passage = "".join(f"第{at}处是小桥。" for at in range(40)) + "那是大桥。长128米。"
    (group,) = windows([row(1, "大桥多长?", passage, "128米")], Random(3))
    answered = [example for example in group if example.span]
    assert [example.passage[slice(*example.span)] for example in answered if example.span] == ["128米"]
    assert all(len(example.passage) < len(passage) for example in group)
    assert any(example.span is None and "128米" not in example.passage for example in group)


def test_tallies_add_up() -> None:
    rows = [row(1, "大桥多长?", "那是大桥。长128米。", "128米"), row(2, "谁来了?", "李白来了。", "李白")]
    one, two = (assess(Knowing(), [own], seed=0) for own in rows)
    assert (one + two).figures()["EM"] == 0.5
    assert len((one + two).surely["answered"]) == 2


def test_a_right_sentence_is_kept_out_where_it_does_not_meet_what_the_question_fixes() -> None:
    assert not kept_out(row(1, "大桥长多少米?", "那是大桥。长128米。", "128米"))
    assert kept_out(row(1, "大桥长多少米?", "那是大桥。它很长。", "很长"))


def test_no_judge_cannot_be_assessed(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--data", str(tmp_path), "--judge", "none"])
    assert (result.exit_code, "there is none to assess" in result.output) == (2, True)
