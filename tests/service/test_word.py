"""An answer to a Word file: the text as paragraphs, each citation as a footnote that Word itself would have written."""

import io
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from docx import Document
from fastapi.testclient import TestClient

from rag.service.export_schemas import WORD_MEDIA_TYPE, WordAnswer
from rag.service.word import word_file
from tests.service.made import QUOTE, WrittenPipeline

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def answer(text: str, **more: Any) -> WordAnswer:
    place = {"title": "甲市总结", "section": ["一、学前教育", "(一)学位"]}
    citations = [
        {"id": "first", "number": 1, "quote": "新建 3 所。", **place},
        {"id": "second", "number": 2, "quote": "新增\n300 个 & <学位>。", "page": 7, **place},
    ]
    body = {"question": "新建几所?", "answer": text, "language": "zh", "citations": citations, "nearest": []}
    return WordAnswer.model_validate(body | more)


def part(content: bytes, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return ElementTree.fromstring(archive.read(name))


def notes_of(content: bytes) -> dict[str, str]:
    """Text of each footnote by its id, without the two that draw the line."""
    return {
        note.attrib[f"{W}id"]: "".join(note.itertext()).strip()
        for note in part(content, "word/footnotes.xml")
        if f"{W}type" not in note.attrib
    }


def marks_of(content: bytes) -> list[list[str]]:
    """Ids of the footnotes that each paragraph refers to, of those that refer to any."""
    found = []
    for paragraph in part(content, "word/document.xml").iter(f"{W}p"):
        marks = [mark.attrib[f"{W}id"] for mark in paragraph.iter(f"{W}footnoteReference")]
        found += [marks] if marks else []
    return found


def link(identifier: str) -> str:
    return f"http://here/#/cite/{identifier}"


def test_each_marker_is_a_footnote_with_place_page_words_and_address() -> None:
    content = word_file(answer("- 甲:新建3所。 [1]\n- 乙:新增学位。 [2][1]"), link=link)
    notes = notes_of(content)
    assert marks_of(content) == [["1"], ["2", "3"]]
    place = "甲市总结 › 一、学前教育 › (一)学位"
    assert notes == {
        "1": f"{place}: “新建 3 所。” http://here/#/cite/first",
        "2": f"{place}, 第 7 页: “新增 300 个 & <学位>。” http://here/#/cite/second",
        "3": f"{place}: “新建 3 所。” http://here/#/cite/first",
    }


def test_the_text_stands_without_its_markers() -> None:
    document = Document(io.BytesIO(word_file(answer("新建[2]3所。 [1]"), link=link)))
    assert [paragraph.text for paragraph in document.paragraphs][:2] == ["新建几所?", "新建[2]3所。"]
    assert document.paragraphs[0].style.name == "Heading 1"


def test_a_marker_without_its_citation_makes_no_note() -> None:
    assert notes_of(word_file(answer("新建3所。 [9]"), link=link)) == {}


def test_a_refusal_names_the_nearest_sections() -> None:
    near = [{"title": "甲市总结", "section": ["二、招生"], "text": "就近\n入学。"}]
    content = word_file(answer("没有写到。", citations=[], nearest=near), link=link)
    texts = [paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs]
    assert texts[1:4] == ["没有写到。", "最接近的章节", "甲市总结 › 二、招生: 就近 入学。"]


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    content = word_file(answer("页\x0c码\x00。\U00020000 [1]", question="几\x1f所"), link=link)
    texts = [paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs]
    assert texts[:2] == ["几所", "页码。\U00020000"]


def test_the_service_takes_an_answer_as_it_gave_it(client: TestClient, pipeline: WrittenPipeline) -> None:
    given = client.post("/v1/ask", json={"question": "甲市2018年新建了几所幼儿园?"}).json()
    response = client.post("/v1/export/docx", json=given)
    assert response.status_code == 200
    assert response.headers["content-type"] == WORD_MEDIA_TYPE
    assert notes_of(response.content) == {
        "1": f"甲市教育局2018年工作总结 › 一、学前教育: “{QUOTE}” http://testserver/#/cite/{pipeline.citation().id}"
    }


def test_what_is_no_answer_is_refused(client: TestClient) -> None:
    response = client.post("/v1/export/docx", json={"question": "几所?"})
    assert response.status_code == 422
    assert {fault["location"] for fault in response.json()["errors"]} >= {"body.answer", "body.citations"}


@pytest.mark.slow
def test_libreoffice_opens_it_and_keeps_the_notes(tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("needs LibreOffice")
    (tmp_path / "answer.docx").write_bytes(word_file(answer("新建3所。 [1]"), link=link))
    command = [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "odt"]
    subprocess.run([*command, "answer.docx"], cwd=tmp_path, check=True, timeout=120, capture_output=True)
    with zipfile.ZipFile(tmp_path / "answer.odt") as archive:
        text = ElementTree.fromstring(archive.read("content.xml"))
    note = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}note"
    assert ["“新建 3 所。”" in "".join(found.itertext()) for found in text.iter(note)] == [True]
