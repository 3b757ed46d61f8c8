"""What is read for a question about several things side by side, and what becomes of it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rag.answers.pipeline import Pipeline
from rag.config import Config
from rag.models.reader import Reading


class Knowing:
    """Finds that a sentence answers a question where both name the same stage of school."""

    identity = "knowing"

    def read(self, question: str, passages: list[str], *, sentences: list[list[tuple[int, int]]]) -> list[Reading]:
        readings = []
        for passage, spans in zip(passages, sentences, strict=True):
            stages = [stage for stage in ("小学", "初中") if stage in question]
            scores = [0.99 if any(stage in passage[slice(*span)] for stage in stages) else 0.001 for span in spans]
            readings.append(Reading(max(scores), (0, 1), 0.5, tuple(scores)))
        return readings


def answer(question: str, *passages: str) -> str:
    """The answer's text without its citation marks, a line a statement."""
    empty: Any = SimpleNamespace(reports=list, folder=Path("none"))
    embedder: Any = SimpleNamespace(identity="none")
    pipeline = Pipeline(
        Config(generate=False),
        snapshot=empty,
        embedder=embedder,
        reader=Knowing(),
        judge=None,
        generator=None,
        prompts={},
    )
    text = pipeline.answer_from(question, passages).text
    return "\n".join(line.split(" [")[0].removeprefix("- ") for line in text.splitlines())


def test_each_of_several_things_is_answered_where_no_sentence_speaks_of_all() -> None:
    passages = ("小学有112所。", "初中有93所。", "另有其他。")
    assert answer("小学和初中有多少所？", *passages) == "小学有112所。\n初中有93所。"
    assert answer("小学和初中有多少所？", "小学有112所，初中有93所。") == "小学有112所，初中有93所。"


def test_a_thing_asked_for_by_itself_and_not_found_is_said_to_be_missing() -> None:
    passages = ("小学有112所。", "另有其他。")
    assert answer("小学和初中分别有多少所？", *passages) == "小学有112所。\n初中:没有找到这项内容。"


def test_nothing_is_called_missing_where_two_words_may_be_one_thing() -> None:
    assert answer("小学和初中有多少所？", "小学有112所。", "另有其他。") == "小学有112所。"


def test_a_sentence_that_answers_two_parts_is_shown_once() -> None:
    assert answer("小学和初中各有多少所？", "小学和初中同校。学校112所，都是小学、初中同校。").count("学校112所") == 1


def test_years_and_places_are_two_things_and_the_one_not_found_is_said_to_be_missing() -> None:
    passages = ("江油市小学有112所。", "另有其他。")
    assert answer("江油市和盐亭县有小学多少所？", *passages) == "江油市小学有112所。\n盐亭县:没有找到这项内容。"
    passages = ("2021年小学有112所。", "另有其他。")
    assert answer("2021年和2022年有小学多少所？", *passages) == "2021年小学有112所。\n2022年:没有找到这项内容。"
