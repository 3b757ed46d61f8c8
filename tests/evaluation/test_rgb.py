"""RGB's passages mixed and its answers counted, over rows made by hand."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rag.answers.answer import Answer
from rag.evaluation.rgb import ONLY_NOISE, PASSAGES, answer_among_noise, mixed
from tests.evaluation.made import answer, written


class PassagePipeline:
    """Answers from given passages by a rule, and remembers what it was given."""

    def __init__(self, rule: Callable[[Sequence[str]], Answer]) -> None:
        self.rule = rule
        self.given: list[list[str]] = []

    def answer_from(self, question: str, passages: Sequence[str]) -> Answer:
        self.given.append(list(passages))
        return self.rule(passages)


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
    assert len(set(passages)) == len(passages) <= PASSAGES
    if share == ONLY_NOISE:
        assert passages == noisy
    else:
        assert len(passages) == min(PASSAGES, len(true) + len(noise))
        if len(true) >= PASSAGES and len(noise) >= PASSAGES:
            assert len(noisy) == round(PASSAGES * share)


IRRELEVANT = [f"无关{number}" for number in range(9)]


def test_noise_and_refusal(tmp_path: Path) -> None:
    rows = [
        {
            "id": "1",
            "question": "几人?",
            "answers": [["12人", "十二人"]],
            "positive": ["死亡12人"] * 9,
            "negative": IRRELEVANT,
        },
        {
            "id": "2",
            "question": "哪里?",
            "answers": ["奈良", "日本"],
            "positive": ["在奈良"] * 9,
            "negative": IRRELEVANT,
        },
    ]

    def rule(passages: Sequence[str]) -> Answer:
        known = [passage for passage in passages if passage not in IRRELEVANT]
        return answer(known[0]) if len(known) > 1 else answer("没有", refused=True)

    pipeline = PassagePipeline(rule)
    figures = answer_among_noise([written(tmp_path, "refine.jsonl", rows)], pipeline).figures["refine.jsonl"]
    assert figures == {
        "questions": 2,
        **{f"accuracy@{share}": 0.5 for share in (0.2, 0.4, 0.6)},
        **{f"false_refusal@{share}": 0.0 for share in (0.2, 0.4, 0.6)},
        "accuracy@0.8": 0.0,
        "false_refusal@0.8": 1.0,
        "refusal": 1.0,
    }
    assert [sum(passage in IRRELEVANT for passage in given) for given in pipeline.given] == [
        1,
        1,
        2,
        2,
        3,
        3,
        4,
        4,
        5,
        5,
    ]


def test_integration_gives_one_passage_of_every_part_however_much_noise(tmp_path: Path) -> None:
    row = {
        "id": "1",
        "question": "何时?",
        "answers": ["1月3日", "1月12日"],
        "positive": [["宣誓1月3日", "1月3日又"], ["首会1月12日"]],
        "negative": IRRELEVANT,
    }
    pipeline = PassagePipeline(lambda passages: answer(" ".join(passages)))
    figures = answer_among_noise([written(tmp_path, "int.jsonl", [row])], pipeline).figures["int.jsonl"]
    assert figures == {"questions": 1, "integration@0.0": 1.0, "integration@0.2": 1.0, "integration@0.4": 1.0}
    assert [sum(passage in IRRELEVANT for passage in given) for given in pipeline.given] == [2, 2, 2]


def test_who_believes_falsified_passages_repeats_the_false_answer(tmp_path: Path) -> None:
    row = {
        "question": "几席?",
        "answers": ["70"],
        "fakeanswer": "170",
        "positive": ["共有70席"],
        "positive_wrong": ["共有170席"],
        "negative": IRRELEVANT,
    }
    pipeline = PassagePipeline(lambda passages: answer(next(each for each in passages if each not in IRRELEVANT)))
    assert answer_among_noise([written(tmp_path, "fact.jsonl", [row])], pipeline).figures["fact.jsonl"] == {
        "questions": 1,
        "accuracy": 1.0,
        "accuracy_counterfactual": 0.0,
        "false_answer_repeated": 1.0,
    }


def test_the_public_halves_beside_the_project_are_read(shared: Path) -> None:
    files = sorted((shared / "data" / "rgb").glob("*.jsonl"))
    benchmark = answer_among_noise(files, PassagePipeline(lambda passages: answer(" ".join(passages))), limit=5)
    assert {name: next(iter(list(figures)[1:])) for name, figures in benchmark.figures.items()} == {
        "zh_fact.half.jsonl": "accuracy",
        "zh_int.half.jsonl": "integration@0.0",
        "zh_refine.half.jsonl": "accuracy@0.2",
    }
