"""The sample reports and their gold questions: digests in our own words, true to the reports they name."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(__file__).parents[1] / "corpus"
GOLD = Path(__file__).parent / "corpus_gold.jsonl"
KINDS = {
    "number",
    "factoid",
    "list",
    "responsible",
    "metadata",
    "yesno",
    "compare",
    "summary",
    "crosslingual",
    "unanswerable",
}
DIGEST_LINE = re.compile(r"^\s*本文据.+公开发布的.+编写，供软件演示，非官方文件。$", re.MULTILINE)
COPIED_RUN = 28  # characters, white space removed: a run this long is copying, not restating
FIGURE = re.compile(r"\d+(?:\.\d+)?")
ITEM_NUMBER = re.compile(r"^\s*\d+\.(?!\d)", re.MULTILINE)  # our own numbering, not a figure of the source
# Which file of the shared folder a digest restates, by the beginning of its name.
SOURCES = {"chengdu": "000_", "mianyang": "001_", "jiangmen": "002_", "leshan": "003_", "qingdao": "004_"}

digests = sorted(CORPUS.glob("*.txt"))
gold: list[dict[str, Any]] = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
each_digest = pytest.mark.parametrize("digest", digests, ids=lambda path: path.stem)
each_question = pytest.mark.parametrize("row", gold, ids=lambda row: row["id"])


def squeeze(text: str) -> str:
    """The text after NFKC and without white space, as gold answers and copies are compared."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def test_one_digest_for_each_layout() -> None:
    assert [path.stem.split("-")[0] for path in digests] == sorted(SOURCES)


@each_digest
def test_a_digest_is_short_and_names_its_source_once(digest: Path) -> None:
    text = digest.read_text(encoding="utf-8")
    assert 1500 <= len(text) <= 3000
    assert len(DIGEST_LINE.findall(text)) == 1


@each_digest
def test_a_digest_copies_no_run_of_a_shared_report(digest: Path, shared: Path) -> None:
    ours = squeeze(digest.read_text(encoding="utf-8"))
    runs = {ours[at : at + COPIED_RUN] for at in range(len(ours) - COPIED_RUN + 1)}
    for source in (shared / "reports").glob("*.txt"):
        theirs = squeeze(source.read_text(encoding="utf-8"))
        assert not {run for run in runs if run in theirs}, source.name


@each_digest
def test_every_figure_of_a_digest_stands_in_its_source(digest: Path, shared: Path) -> None:
    (source,) = (shared / "reports").glob(SOURCES[digest.stem.split("-")[0]] + "*.txt")
    figures = set(FIGURE.findall(unicodedata.normalize("NFKC", source.read_text(encoding="utf-8"))))
    body = ITEM_NUMBER.sub("", unicodedata.normalize("NFKC", digest.read_text(encoding="utf-8")))
    assert set(FIGURE.findall(body)) <= figures


def test_gold_covers_every_kind_with_four_unanswerable() -> None:
    kinds = [row["kind"] for row in gold]
    assert len(gold) == len({row["id"] for row in gold}) == 20
    assert set(kinds) == KINDS
    assert kinds.count("unanswerable") == 4
    assert {name for row in gold for name in row["docs"]} == {path.name for path in digests}


@each_question
def test_gold_evidence_stands_under_its_headings(row: dict[str, Any]) -> None:
    if row["kind"] == "unanswerable":
        assert row["docs"] == row["section"] == row["evidence"] == row["must"] == []
        return
    assert row["section"] == row["sections"][0]
    assert row["docs"] == list(dict.fromkeys(row["evidence_docs"]))
    for name, headings, words in zip(row["evidence_docs"], row["sections"], row["evidence"], strict=True):
        text = (CORPUS / name).read_text(encoding="utf-8")
        at = 0
        for heading in headings:
            at = text.index(heading, at)
        assert words in text[at:]


@each_question
def test_gold_evidence_holds_what_a_right_answer_must_say(row: dict[str, Any]) -> None:
    evidence = squeeze("".join(row["evidence"]))
    for alternatives in row["must"]:
        assert any(squeeze(words) in evidence for words in alternatives), alternatives
    assert not any(squeeze(words) in evidence for words in row["must_not"])
