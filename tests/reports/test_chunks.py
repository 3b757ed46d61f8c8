"""Chunks partition the content, fit their limit and never cross a section."""

import hashlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies

from rag.errors import ConfigError
from rag.reports.chunks import Chunk, chunk_report, embedding_text, embedding_title, sentences
from rag.reports.metadata import read_metadata
from rag.reports.numbering import heading_of, read_marker
from rag.reports.reading import Report, find_reports, read_report
from rag.reports.sections import address, parse_sections, walk
from tests.reports import texts


def report_of(text: str, *, name: str = "r") -> Report:
    sections = parse_sections(text)
    metadata = read_metadata(text, sections, name=name)
    return Report(name, f"{name}.txt", "utf-8", hashlib.sha256(text.encode()).hexdigest(), text, metadata, sections)


def chunks_of(text: str, *, limit: int = 400) -> list[Chunk]:
    return chunk_report(report_of(text), count_tokens=texts.tokens, limit=limit)


def assert_chunks_partition_the_content(report: Report, chunks: list[Chunk], limit: int) -> None:
    own = [(path[-1].start, path[-1].own_end) for path in walk(report.sections) if path[-1].kind != "furniture"]
    position = 0
    remaining = list(own)
    for chunk in chunks:
        assert report.text[chunk.start : chunk.end] == chunk.text != ""
        if not remaining or chunk.start != position:
            assert chunk.start == remaining[0][0]
        position = chunk.end
        start, end = remaining[0]
        assert start <= chunk.start < chunk.end <= end
        if position == end:
            remaining.pop(0)
        assert texts.tokens(embedding_text(chunk, embedding_title(report))) <= limit
    assert not remaining
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    places = {address(path): path[-1] for path in walk(report.sections)}
    for chunk in chunks:
        assert chunk.id == f"{report.id}#{chunk.address}@{chunk.start}"
        assert places[chunk.address].kind == chunk.kind


@given(texts.reports.filter(str.strip), strategies.integers(90, 400))
@settings(max_examples=200, deadline=None)
def test_chunks_of_any_text_partition_its_content(text: str, limit: int) -> None:
    report = report_of(text)
    chunks = chunk_report(report, count_tokens=texts.tokens, limit=limit)
    assert_chunks_partition_the_content(report, chunks, limit)


def test_one_chunk_per_section_without_furniture() -> None:
    chunks = chunks_of(texts.PLAN)
    assert [(chunk.address, chunk.is_bare) for chunk in chunks] == [
        *(("front", False), ("front~2", False), ("一", True), ("一/1", False), ("一/2", False)),
        *(("二", True), ("二/3", False)),
    ]
    assert chunks[3].text == "1.抓好学习教育。开展专题学习12次。覆盖全部学校。\n牵头科室:机关党委\n"
    assert chunks[3].path == ("一、加强党的建设", "1.抓好学习教育")
    assert chunks[3].years == (2021,)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("3.新建教师周转房96套，租金减半。\n", ""),
        ("3.体检标准提高到600元", ""),
        ("8、迎接省级评估，时间推迟到明年。（牵头股室：督导室）\n", ""),
        ("8、迎接省级评估，做好准备。各校要自查。\n", "8、迎接省级评估，做好准备"),
        ("(一)坚持立德树人，提高教育质量\n", "(一)坚持立德树人，提高教育质量"),
        ("3.严禁小学化。\n", "3.严禁小学化"),
        ("3. 本公报由市教育局发展规划科负责编制。\n", ""),
        ("3. 公报由市教育局发展规划科负责编制\n", "3.公报由市教育局发展规划科负责编制"),
        ("二、2024年第12条和第3届\n", "二、2024年第12条和第3届"),
    ],
)
def test_a_heading_that_states_something_is_no_title(text: str, title: str) -> None:
    marker = read_marker(text)
    assert marker is not None
    chunk = Chunk("", "r", "1", (heading_of(text, marker),), "numbered", 0, len(text), text, ())
    assert (chunk.title, chunk.is_bare) == (title, bool(title) and "各校" not in text)


def test_what_is_embedded_is_title_headings_and_text() -> None:
    chunks = chunks_of(texts.PLAN)
    assert embedding_text(chunks[4], "要点") == "要点\n一、加强党的建设\n2.抓好作风建设。查处问题3起。"
    assert embedding_text(chunks[2], "要点") == "要点\n一、加强党的建设"


def test_the_parts_of_a_long_section_keep_its_headings() -> None:
    sentence = "完成新建学校十二所并投入使用。"
    text = f"某市2020年总结报告\n一、建设\n(一)学校。{sentence * 40}"
    chunks = chunks_of(text, limit=100)
    assert len(chunks) > 4
    assert all(chunk.text.endswith("。") for chunk in chunks[2:])
    assert {chunk.address for chunk in chunks[2:]} == {"一/(一)"}
    title = "某市2020年总结报告"
    assert embedding_text(chunks[-1], title) == f"{title}\n一、建设 > (一)学校\n{chunks[-1].text}"
    assert texts.tokens(embedding_text(chunks[2], title)) <= 100


def test_a_long_sentence_is_split_at_clauses_and_a_long_clause_anywhere() -> None:
    clause = "推进各地项目建设,"
    chunks = chunks_of("一、建设\n" + clause * 40, limit=60)
    assert all(chunk.text.endswith(",") for chunk in chunks[1:])
    chunks = chunks_of("一、" + "建" * 500, limit=60)
    assert "".join(chunk.text for chunk in chunks) == "一、" + "建" * 500


def test_headings_that_leave_no_room_are_an_error() -> None:
    with pytest.raises(ConfigError, match="20 tokens") as raised:
        chunks_of("一、" + "建设" * 20 + "\n(一)" + "学校" * 20 + "。" + "投资。" * 9, limit=20)
    assert "chunk_tokens" in raised.value.remedy


def test_years_are_those_of_the_part() -> None:
    text = "某局2017年工作总结和2018年工作计划\n2017年工作总结\n一、甲\n(一)乙。\n2018年工作计划\n一、丙\n(一)丁。\n"
    years = {chunk.address: chunk.years for chunk in chunks_of(text)}
    assert years == {
        "front": (2017, 2018),
        **dict.fromkeys(("2017年工作总结", "2017年工作总结/一", "2017年工作总结/一/(一)"), (2017,)),
        **dict.fromkeys(("2018年工作计划", "2018年工作计划/一", "2018年工作计划/一/(一)"), (2018,)),
    }


def test_years_are_those_of_a_main_heading_that_sets_review_and_plan_apart() -> None:
    text = "某局2018年工作报告\n一、过去两年工作回顾\n(一)乙。\n二、2018年工作安排\n(一)筹备2020年运动会。\n三、其他\n"
    years = {chunk.address: chunk.years for chunk in chunks_of(text)}
    assert years["一/(一)"] == (2016, 2017)
    assert years["二/(一)"] == (2018,)
    assert years["三"] == (2016, 2017, 2018)


def test_a_title_without_place_is_embedded_with_it() -> None:
    text = "某网2017年工作总结\n一、甲\n《己门市办法》、己门市、己门市。\n"
    assert embedding_title(report_of(text)) == "己门 某网2017年工作总结"
    assert embedding_title(report_of(texts.PLAN)) == "某市教育局2021年工作要点"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("甲。乙！丙？丁", ["甲。", "乙！", "丙？", "丁"]),
        ("甲；乙;丙,丁。", ["甲；乙;丙,丁。"]),
        ("“甲。乙。”丙。(丁!戊)己。", ["“甲。乙。”丙。", "(丁!戊)己。"]),
        ("他说:“甲。\n乙。”丙", ["他说:“甲。\n", "乙。”", "丙"]),
        ("甲\n\n  乙。 \n丙", ["甲\n\n", "  乙。 \n", "丙"]),
        ("\n\n 甲。\n\n", ["\n\n 甲。\n\n"]),
        ("甲?!乙", ["甲?!", "乙"]),
        ("投资1.5亿元,增长3.2%。", ["投资1.5亿元,增长3.2%。"]),
        (" \n", [" \n"]),
        ("甲。新建\n铁路\n投产3公里，乙。\n丙", ["甲。", "新建\n铁路\n投产3公里，乙。\n", "丙"]),
        ("甲。继\n\n续超过4%。", ["甲。", "继\n\n续超过4%。"]),
        ("甲。新建\n(一)乙。", ["甲。", "新建\n", "(一)乙。"]),
        ("甲。牵头科室:乙\n丙。", ["甲。", "牵头科室:乙\n", "丙。"]),
        ("甲。新建\n责任科室:乙。", ["甲。", "新建\n", "责任科室:乙。"]),
        ("新建\n铁路。", ["新建\n", "铁路。"]),
        ("甲。新建\n乙", ["甲。", "新建\n", "乙"]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


@given(strategies.text(alphabet="甲乙。！?“”（）《》\n \u200b;,", max_size=80))
def test_sentences_partition_any_text(text: str) -> None:
    spans = sentences(text)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(first[1] == second[0] for first, second in pairwise(spans))
    assert all(text[start:end].strip(" \n\u200b") for start, end in spans) or not text.strip(" \n\u200b")


def test_chunks_of_real_reports(shared: Path) -> None:
    for path in find_reports([shared / "reports", shared / "data/documents/text"]):
        report = read_report(path)
        chunks = chunk_report(report, count_tokens=texts.tokens, limit=200)
        assert_chunks_partition_the_content(report, chunks, 200)
