"""The scorecard as a table, in a README, and beside an earlier one."""

from pathlib import Path

import pytest

from rag.config import Config
from rag.errors import InputError
from rag.evaluation.scorecard import BEGIN, END, Scorecard, measure_all, read_scorecard, trained_on, worse
from tests.evaluation.made import written

SCORECARD = Scorecard(
    {
        "dev.jsonl": {"questions": 91, "right": 0.9623, "false_refusal": 0.0, "pairs_both_right": None},
        "zh_int.half.jsonl": {"integration@0.0": 0.7},
    }
)


def test_the_table_leaves_out_what_was_not_measured() -> None:
    lines = [line.split() for line in SCORECARD.table().splitlines()]
    assert lines == [
        ["measured", "on", "measure", "value"],
        ["dev.jsonl", "questions", "91"],
        ["dev.jsonl", "right", "0.962"],
        ["dev.jsonl", "false_refusal", "0.000"],
        ["zh_int.half.jsonl", "integration@0.0", "0.700"],
    ]


def test_what_the_readme_shows_reads_back_and_nothing_around_it_changes(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"# Title\n\n{BEGIN}\n| old | row | 0.1 |\n{END}\n\n| other | table | 1.0 |\n", encoding="utf-8")
    SCORECARD.write_into(readme)
    text = readme.read_text(encoding="utf-8")
    assert text.startswith(
        f"# Title\n\n{BEGIN}\n| measured on | measure | value |\n| --- | --- | ---: |\n| dev.jsonl |"
    )
    assert text.endswith(f"| 0.700 |\n{END}\n\n| other | table | 1.0 |\n")
    shown = {
        "dev.jsonl": {"questions": 91, "right": 0.962, "false_refusal": 0.0},
        "zh_int.half.jsonl": {"integration@0.0": 0.7},
    }
    assert read_scorecard(readme) == shown
    SCORECARD.write_into(readme)
    assert readme.read_text(encoding="utf-8") == text


def test_a_readme_without_a_place_for_it_is_refused(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n", encoding="utf-8")
    assert read_scorecard(readme) == {}
    with pytest.raises(InputError, match="no place for the scorecard"):
        SCORECARD.write_into(readme)


def test_a_figure_that_became_worse_is_marked() -> None:
    earlier = {"dev.jsonl": {"questions": 91, "right": 0.975, "false_refusal": 0.013}}
    lines = [line.split() for line in SCORECARD.table(earlier=earlier).splitlines()]
    assert lines[1:] == [
        ["dev.jsonl", "questions", "91"],
        ["dev.jsonl", "right", "0.962", "0.975", "worse"],
        ["dev.jsonl", "false_refusal", "0.000", "0.013"],
        ["zh_int.half.jsonl", "integration@0.0", "0.700"],
    ]


@pytest.mark.parametrize(
    ("name", "before", "now", "expected"),
    [
        ("right", 0.96, 0.95, True),
        ("right", 0.95, 0.96, False),
        ("right", 0.9621, 0.9618, False),  # both are 0.962
        ("false_refusal", 0.01, 0.02, True),
        ("unsupported_figures", 1, 0, False),
        ("median_seconds", 2.0, 2.4, False),
        ("median_seconds", 2.0, 2.6, True),
        ("auroc", None, 0.5, False),
        ("auroc", 0.5, None, False),
    ],
)
def test_worse_is_less_or_for_faults_and_times_more(
    name: str, before: float | None, now: float | None, expected: bool
) -> None:
    assert worse(name, before, now) is expected


def test_a_folder_with_nothing_to_measure_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds nothing to measure"):
        measure_all(tmp_path, Config())


def test_questions_are_seen_or_held_out_by_article(tmp_path: Path) -> None:
    rows = [
        {
            "id": str(number),
            "question": "?",
            "passage_id": str(number),
            "title": f"文章{number // 4}",
            "context": "甲乙",
            "answers": ["甲"],
            "answer_start": [0],
        }
        for number in range(400)
    ]
    seen = trained_on([written(tmp_path, "set.jsonl", rows)])
    assert 320 <= len(seen) <= 396  # nine articles in ten
    for first in range(0, 400, 4):
        assert len({str(number) in seen for number in range(first, first + 4)}) == 1
