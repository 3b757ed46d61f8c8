"""Sketches of reports estimate what share of their words two of them have in common."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reports.likeness import SHINGLE, SIZE, likeness, sketch_of
from rag.reports.reading import parse_report

CHARACTERS = "".join(chr(0x4E00 + index) for index in range(2000))


def sketch(text: str) -> tuple[int, ...]:
    return sketch_of(parse_report(text.encode(), source="a.txt"))


def runs(text: str) -> set[str]:
    return {text[start : start + SHINGLE] for start in range(len(text) - SHINGLE + 1)}


def test_the_least_hashes_are_kept_in_order() -> None:
    found = sketch("一、" + CHARACTERS)
    assert len(found) == SIZE
    assert list(found) == sorted(set(found))
    assert len(sketch("一、总则全文")) == 2


@pytest.mark.parametrize("changed", [0, 20, 100, 300])
def test_the_estimate_is_near_the_true_share(changed: int) -> None:
    rng = random.Random(changed)
    first = "".join(rng.choices(CHARACTERS, k=3000))
    letters = list(first)
    for position in rng.sample(range(3000), changed):
        letters[position] = "新"
    second = "".join(letters)
    true = len(runs(first) & runs(second)) / len(runs(first) | runs(second))
    assert likeness(sketch(first), sketch(second)) == pytest.approx(true, abs=0.13)  # three standard errors


def test_white_space_and_furniture_count_for_nothing() -> None:
    body = "某市教育局2020年工作总结\n一、回顾\n" + CHARACTERS[:500] + "\n"
    other = "首页 > 公开\n" + body.replace("\n", "\n\n\u3000") + "\n版权所有：某市教育局\n"
    assert likeness(sketch(body), sketch(other)) == 1.0


@given(st.lists(st.integers(0, 60), max_size=40), st.lists(st.integers(0, 60), max_size=40))
def test_it_is_a_share_and_the_same_both_ways(first: list[int], second: list[int]) -> None:
    one, other = sorted(set(first)), sorted(set(second))
    assert likeness(one, other) == likeness(other, one)
    assert 0.0 <= likeness(one, other) <= 1.0
    assert not one or likeness(one, one) == 1.0
