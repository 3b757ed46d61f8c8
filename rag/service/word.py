"""An answer to a Word file whose citations are footnotes that quote the cited words."""

import io
import re
from collections.abc import Callable, Mapping, Sequence

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import XmlPart
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Pt
from docx.text.paragraph import Paragraph

from rag.service.export_schemas import WordAnswer, WordCitation, WordPlace

_MARKERS = re.compile(r"(?:\s*\[\d+\])+$")
_NOT_IN_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
_HAN_FONT, _LATIN_FONT = "宋体", "Times New Roman"
_REFERENCE_STYLE, _NOTE_STYLE = "footnote reference", "footnote text"
_WORDS = {
    "zh": {
        "page": "第 {page} 页",
        "nearest": "最接近的章节",
        "made": "由 report-rag 依据所收报告作答，逐句与原文核对。",
    },
    "en": {
        "page": "page {page}",
        "nearest": "Nearest sections",
        "made": "Answered by report-rag, each sentence checked.",
    },
}


def word_file(answer: WordAnswer, *, link: Callable[[str], str]) -> bytes:
    """The bytes of a .docx file; `link` gives the address at which the citation of an id opens.

    Each marker `[n]` of the answer becomes a footnote with title, heading path, page, words and address.
    """
    words = _WORDS[answer.language]
    document = Document()
    _set_type(document)
    notes = _Footnotes(document)
    cited = {citation.number: _note(citation, words, link(citation.id)) for citation in answer.citations}
    document.add_heading(_clean(answer.question), level=1)
    for line in answer.answer.split("\n"):
        _add_line(document, line, cited, notes)
    if answer.nearest:
        document.add_heading(words["nearest"], level=2)
    for near in answer.nearest:
        document.add_paragraph(_clean(f"{_place(near)}: {' '.join(near.text.split())}"), style="List Bullet")
    document.add_paragraph(words["made"]).runs[0].font.size = Pt(9)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _add_line(document: WordDocument, line: str, cited: Mapping[int, str], notes: "_Footnotes") -> None:
    text = _MARKERS.sub("", line)
    numbers = [int(number) for number in re.findall(r"\[(\d+)\]", line[len(text) :])]
    style = "List Bullet" if text.startswith("- ") else None
    paragraph = document.add_paragraph(_clean(text.removeprefix("- ")), style=style)
    for number in numbers:
        if number in cited:
            notes.add(paragraph, cited[number])


def _note(citation: WordCitation, words: Mapping[str, str], address: str) -> str:
    page = [words["page"].format(page=citation.page)] if citation.page is not None else []
    return f"{', '.join([_place(citation), *page])}: “{' '.join(citation.quote.split())}” {address}"


def _place(place: WordPlace) -> str:
    return " › ".join([place.title, *place.section])


def _clean(text: str) -> str:
    """The text without the characters that an XML file cannot hold."""
    return _NOT_IN_XML.sub("", text)


def _set_type(document: WordDocument) -> None:
    """Fonts for Latin and Han in every style used, and the two styles of footnotes."""
    reference = document.styles.add_style(_REFERENCE_STYLE, WD_STYLE_TYPE.CHARACTER)
    reference.font.superscript = True
    note = document.styles.add_style(_NOTE_STYLE, WD_STYLE_TYPE.PARAGRAPH)
    note.base_style = document.styles["Normal"]
    note.font.size = Pt(9)
    for name in ("Normal", "Heading 1", "Heading 2"):
        style = document.styles[name]
        style.font.name = _LATIN_FONT
        style.element.rPr.rFonts.set(qn("w:eastAsia"), _HAN_FONT)


class _Footnotes:
    """The footnotes part of a document, which python-docx reads past and does not write (WordprocessingML, 17.11)."""

    def __init__(self, document: WordDocument) -> None:
        self._root: BaseOxmlElement = OxmlElement("w:footnotes")
        self._next = 1
        # Word wants to be told of the line above the notes, by two notes of its own.
        for identifier, kind in ((-1, "separator"), (0, "continuationSeparator")):
            self._append(identifier, [_element("w:r", _element(f"w:{kind}"))]).set(qn("w:type"), kind)
        part = document.part
        name = PackURI("/word/footnotes.xml")
        part.relate_to(XmlPart(name, CONTENT_TYPE.WML_FOOTNOTES, self._root, part.package), RELATIONSHIP_TYPE.FOOTNOTES)
        self._style = document.styles[_NOTE_STYLE].style_id
        self._mark = document.styles[_REFERENCE_STYLE].style_id

    def add(self, paragraph: Paragraph, text: str) -> None:
        """Put the mark of a new note at the end of `paragraph`."""
        identifier = self._next
        self._next += 1
        words = _element("w:t")
        words.text = f" {_clean(text)}"
        words.set(qn("xml:space"), "preserve")
        runs = [self._run(_element("w:footnoteRef")), _element("w:r", words)]
        self._append(identifier, runs)
        paragraph._p.append(self._run(_element("w:footnoteReference", **{"w:id": str(identifier)})))

    def _append(self, identifier: int, runs: Sequence[BaseOxmlElement]) -> BaseOxmlElement:
        note = _element("w:footnote", _element("w:p", *runs), **{"w:id": str(identifier)})
        if identifier > 0:
            style = _element("w:pPr", _element("w:pStyle", **{"w:val": self._style}))
            note[0].insert(0, style)
        self._root.append(note)
        return note

    def _run(self, content: BaseOxmlElement) -> BaseOxmlElement:
        return _element("w:r", _element("w:rPr", _element("w:rStyle", **{"w:val": self._mark})), content)


def _element(name: str, *children: BaseOxmlElement, **attributes: str) -> BaseOxmlElement:
    element: BaseOxmlElement = OxmlElement(name)
    for attribute, value in attributes.items():
        element.set(qn(attribute), value)
    element.extend(children)
    return element
