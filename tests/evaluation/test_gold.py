"""Gold files: what is read, what missing fields become, and what a malformed line says."""

import json
from pathlib import Path

import pytest

from rag.errors import InputError
from rag.evaluation.gold import GoldQuestion, read_gold


def write(folder: Path, *lines: str) -> Path:
    path = folder / "gold.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_every_field_is_read(tmp_path: Path) -> None:
    record = {
        "id": "q1",
        "question": "甲市建成几所?",
        "kind": "compare",
        "docs": ["a.txt", "b.txt"],
        "section": ["一、建设"],
        "sections": [["一、建设"], ["二、投入", "(一)经费"]],
        "sections_alt": [["附件"]],
        "evidence": ["建成3所", "投入2亿"],
        "evidence_docs": ["a.txt", "b.txt"],
        "must": [["3所", "三所"], ["2亿"]],
        "must_not": ["4所"],
        "difficulty": "hard",
        "note": "两处",
        "pair": "p1",
        "differs": "year",
    }
    assert read_gold(write(tmp_path, json.dumps(record))) == [
        GoldQuestion(
            id="q1",
            question="甲市建成几所?",
            kind="compare",
            docs=("a.txt", "b.txt"),
            sections=(("一、建设",), ("二、投入", "(一)经费")),
            sections_alt=(("附件",),),
            evidence=("建成3所", "投入2亿"),
            evidence_docs=("a.txt", "b.txt"),
            must=(("3所", "三所"), ("2亿",)),
            must_not=("4所",),
            difficulty="hard",
            note="两处",
            pair="p1",
            differs="year",
        )
    ]


def test_missing_and_null_fields_take_their_defaults(tmp_path: Path) -> None:
    path = write(
        tmp_path, "", '{"question": "几所?", "must": null}', '{"id": 7, "question": "几人?", "section": ["一"]}'
    )
    first, second = read_gold(path)
    assert (first.id, first.kind, first.must, first.evidence, first.sections) == ("2", "factoid", (), (), ())
    assert (second.id, second.sections) == ("7", (("一",),))


def test_a_bare_string_stands_for_a_group_of_itself(tmp_path: Path) -> None:
    (question,) = read_gold(write(tmp_path, '{"question": "几所?", "must": ["3所", ["三", "3"]]}'))
    assert question.must == (("3所",), ("三", "3"))


def test_a_line_separator_inside_a_string_does_not_end_the_line(tmp_path: Path) -> None:
    (question,) = read_gold(write(tmp_path, '{"question": "几所?", "evidence": ["建成\u20283所"]}'))
    assert question.evidence == ("建成\u20283所",)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"question": "几所?"', "is not JSON"),
        ('["几所?"]', "is not a JSON object"),
        ('{"id": "x"}', "has no `question`"),
        ('{"question": "几所?", "evidence": "建成3所"}', "`evidence` is '建成3所', not a list of strings"),
        ('{"question": "几所?", "must": [[3]]}', "`must` is [[3]], not a list of lists of strings"),
        ('{"question": ["几所?"]}', "`question` is ['几所?'], not a string"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = write(tmp_path, '{"question": "几人?"}', line)
    with pytest.raises(InputError) as caught:
        read_gold(path)
    assert caught.value.message.startswith(f"{path}, line 2: {said}")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00"])
def test_a_file_without_questions_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"gold\.jsonl"):
        read_gold(path)


def test_an_evidence_without_file_of_its_own_may_stand_in_any_of_the_documents() -> None:
    question = GoldQuestion(id="q", question="?", kind="list", docs=("a.txt", "b.txt"), evidence_docs=("b.txt",))
    assert question.files_of_evidence(0) == ("b.txt",)
    assert question.files_of_evidence(1) == ("a.txt", "b.txt")


@pytest.mark.parametrize(
    ("note", "blank"), [("牵头领导栏为空", True), ("“牵头领导”栏空白(网页缺字)", True), ("查:“学历”(成都3)", False)]
)
def test_a_note_tells_whether_the_field_was_left_blank(note: str, blank: bool) -> None:
    assert GoldQuestion(id="q", question="?", kind="unanswerable", note=note).field_left_blank is blank


def test_the_gold_beside_the_project_reads_whole(shared: Path) -> None:
    dev = read_gold(shared / "gold" / "dev.jsonl")
    pairs = read_gold(shared / "gold" / "pairs.dev.jsonl")
    assert (len(dev), sum(question.answerable for question in dev)) == (91, 79)
    assert (len(pairs), len({question.pair for question in pairs})) == (64, 32)
    for question in (*dev, *pairs):
        assert len(question.evidence) == len(question.evidence_docs)
    assert [question.id for question in (*dev, *pairs) if question.field_left_blank] == ["unans-023", "p057-u"]
