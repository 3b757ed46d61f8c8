from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from rag.training.report_words import words
from rag.training.reports import invented_group


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=0, max_value=10**9))
def test_groups_are_labelled_rightly(seed: int) -> None:
    group = invented_group(Random(seed))
    first = group[0]
    assert first.span is not None
    answer = first.passage[slice(*first.span)]
    assert answer.strip()
    asked = {example.question for example in group if example.span}
    for example in group:
        assert example.passage.startswith("《")
        if example.span is None and example.kind != "report absent":
            assert example.question not in asked
        if example.kind == "report absent":
            assert example.question == first.question
            assert example.passage != first.passage


def test_the_same_seed_gives_the_same_group() -> None:
    assert invented_group(Random(7)) == invented_group(Random(7))


def test_every_kind_of_near_miss_occurs() -> None:
    random = Random(0)
    kinds = {example.kind for _ in range(400) for example in invented_group(random)}
    expected = {
        f"report {kind}" for kind in ("place", "year", "aspect", "scope", "modality", "thing", "action", "absent")
    }
    assert kinds == expected | {"report", "overview", "overview other"}


def test_a_wrong_place_is_not_the_reports() -> None:
    random = Random(1)
    for _ in range(300):
        for example in invented_group(random):
            if example.kind == "report place" and not example.question.isascii():
                heading = example.passage.split("》")[0]
                named = [place for place in words().places if place in example.question]
                assert named
                assert not any(place in heading for place in named)


def test_the_vocabulary_is_complete() -> None:
    table = words()
    assert all(len(things) >= 2 for things in table.counted.values())
    assert set(table.personal_roles) <= set(table.roles)
    assert all(thing and unit for things in table.counted.values() for thing, unit in things)
