import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from rag.errors import InputError
from rag.training.examples import sentence_spans
from rag.training.written import Section, load_sections, split_sections, written_group

TEXT = "去年全区新建幼儿园12所。投入资金1.2亿元。其中民办园5所；校车增加30辆。今年计划再建8所。"
SECTION = Section(
    title="甲区2019年总结",
    heading="三、学前教育",
    text=TEXT,
    asked=(("花了多少钱？", "1.2亿元"), ("今年打算盖几所？", "8所"), ("How many school buses were added?", "30辆")),
    near=(("有多少辆校车出过事？", "aspect"), ("2015年花了多少钱？", "year"), ("乙区花了多少钱？", "place")),
)


def test_an_example_holds_the_answer_or_is_without_it() -> None:
    kinds: Counter[str] = Counter()
    answers = dict(SECTION.asked)
    for seed in range(40):
        for example in written_group(SECTION, (10, 60), Random(seed)):
            kinds[example.kind] += 1
            if example.kind == "written":
                assert example.span is not None
                assert example.passage[slice(*example.span)] == answers[example.question]
            else:
                assert example.span is None
            if example.kind == "written beside":
                assert answers[example.question] not in example.passage
    assert kinds == {
        "written": 120,
        "written beside": 80,
        "written aspect": 40,
        "written year": 40,
        "written place": 40,
    }


def test_a_run_is_of_whole_sentences_and_no_longer_than_asked_for_where_one_alone_is_not() -> None:
    spans = sentence_spans(TEXT)
    begins, ends = {begin for begin, _ in spans}, {end for _, end in spans}
    for seed in range(40):
        for example in written_group(SECTION, (15, 30), Random(seed)):
            run = example.passage.removeprefix("《甲区2019年总结》").removeprefix(" > 三、学前教育\n")
            start = TEXT.index(run)
            assert start in begins
            assert start + len(run) in ends
            assert len(run) <= 30


def test_what_only_a_title_tells_is_never_asked_without_one() -> None:
    seen = Counter(
        (example.passage.startswith("《"), example.kind in ("written year", "written place"))
        for seed in range(40)
        for example in written_group(SECTION, (10, 60), Random(seed))
    )
    assert seen[False, True] == 0
    assert min(seen[True, True], seen[True, False], seen[False, False]) > 20


def test_what_has_no_title_is_read_bare() -> None:
    untitled = replace(SECTION, title="", heading="")
    for seed in range(20):
        for example in written_group(untitled, (10, 60), Random(seed)):
            assert example.passage in TEXT


def test_sections_are_held_out_by_title_and_without_one_by_their_text() -> None:
    texts = [Section("", "", f"有{number}所。", (), ()) for number in range(200)]
    train, held_out = split_sections(texts)
    assert (len(train) + len(held_out), 6 <= len(held_out) <= 40) == (200, True)


def test_sections_are_held_out_by_title() -> None:
    sections = [Section(f"第{number // 2}号", "", "有。", (), ()) for number in range(200)]
    train, held_out = split_sections(sections)
    assert len(train) + len(held_out) == 200
    assert 6 <= len(held_out) <= 40
    assert not {section.title for section in train} & {section.title for section in held_out}


def test_a_section_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "written.jsonl"
    line = {"title": "甲", "heading": "", "text": "有12所。", "asked": [{"q": "几所？", "a": "12所"}], "near": []}
    path.write_text(json.dumps(line), encoding="utf-8")
    assert load_sections(path) == [Section("甲", "", "有12所。", (("几所？", "12所"),), ())]
    path.write_text(json.dumps(line | {"text": "有13所。"}), encoding="utf-8")
    with pytest.raises(InputError, match=r"written.jsonl:1: '12所' is not in the text"):
        load_sections(path)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match=r"written.jsonl:1 is not a written section"):
        load_sections(path)
