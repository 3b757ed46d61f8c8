"""A Word file (.docx) into a `Document`: the words that Word shows, automatic numbers and notes written out as text."""

import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate, pairwise

from rag.errors import ReportError
from rag.reports.formats import Document, Heading, Span
from rag.reports.formats.docx_styles import Element, Numbers, Styles, is_on, tag, value_of, whole
from rag.reports.formats.tables import Cell, read_caption, table_lines
from rag.reports.lines import trimmed

MOST_BYTES = 500_000_000  # of a file unpacked: more is a bomb and no report
_OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the signature of OLE2 files: .doc, and .docx with a password
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_RESAVE = "Open it in an office program and save it as .docx."
_LONGEST_CELL = 500  # characters; a table with longer cells lays out a page rather than figures
_THROUGH = ("w:sdt", "w:sdtContent", "w:customXml", "w:smartTag", "w:ins", "w:moveTo", "w:hyperlink", "w:fldSimple")
_DROPPED = ("w:del", "w:moveFrom")
_CHARACTERS = {"w:tab": "\t", "w:ptab": "\t", "w:cr": "\n", "w:noBreakHyphen": "-"}
_REFERENCES = {"w:footnoteReference": "注", "w:endnoteReference": "尾注"}


@dataclass(frozen=True)
class _Line:
    """A paragraph or table row; `level` is that of a heading."""

    text: str
    level: int | None = None
    furniture: bool = False
    row: bool = False
    title: bool = False


def read(data: bytes, *, name: str) -> Document:
    """The document in `data`; `name` is the file's, for errors (`ReportError`).

    Tracked changes count as accepted. Automatic numbers become text before their paragraphs, as Word shows them; a
    footnote is marked where it is referred to ([注1], [尾注1]) and stands at the end behind its mark. Text boxes follow
    the paragraph they hang on. Entries of a table of contents are furniture; so are headers and footers, each line of
    them once, at the end of the text, because they stand nowhere in it. Not shown by Word and left out: hidden and
    deleted text, field codes, comments. `paragraphs` holds the starts of those that are not blank; a table row is one.
    """
    from docx.opc.constants import RELATIONSHIP_TYPE

    text, related = _open(data, name)
    parts = dict(related)
    styles = Styles(parts.get(RELATIONSHIP_TYPE.STYLES))
    body = _Body(styles, Numbers(parts.get(RELATIONSHIP_TYPE.NUMBERING), styles))
    lines = body.lines(text)
    lines += body.notes("注", parts.get(RELATIONSHIP_TYPE.FOOTNOTES))
    lines += body.notes("尾注", parts.get(RELATIONSHIP_TYPE.ENDNOTES))
    margins = [root for kind, root in related if kind in (RELATIONSHIP_TYPE.HEADER, RELATIONSHIP_TYPE.FOOTER)]
    around = dict.fromkeys(line.text for root in margins for line in body.lines(root))
    return _document([*lines, *(_Line(text, furniture=True) for text in around)])


def _document(lines: Sequence[_Line]) -> Document:
    starts = list(accumulate((len(line.text) + 1 for line in lines), initial=0))
    placed = list(zip(lines, pairwise(starts), strict=True))
    furniture: list[Span] = []
    for line, (start, end) in placed:
        if line.furniture:
            first = furniture.pop()[0] if furniture and furniture[-1][1] == start else start
            furniture.append((first, end))
    return Document(
        "".join(f"{line.text}\n" for line in lines),
        "docx",
        furniture=tuple(furniture),
        headings=tuple(Heading(start, line.level) for line, (start, _) in placed if line.level is not None),
        paragraphs=tuple(starts[:-1]),
        title=next(((start, end - 1) for line, (start, end) in placed if line.title), None),
        rows=tuple(span for line, span in placed if line.row),
    )


class _Body:
    """What reads the blocks of a file in their order; it counts the automatic numbers and the notes as it goes."""

    def __init__(self, styles: Styles, numbers: Numbers) -> None:
        self._styles = styles
        self._numbers = numbers
        self._referred: dict[str, list[str]] = {label: [] for label in _REFERENCES.values()}

    def lines(self, container: Element) -> list[_Line]:
        """The paragraphs and table rows in `container` that are not blank."""
        found: list[_Line] = []
        carried = ""  # words of a paragraph whose end was deleted: they belong to the next one
        for block in _children(container):
            if block.tag == tag("w:tbl"):
                found += self._table(block, above=[line.text for line in found[-2:]])
            elif block.tag == tag("w:p"):
                merged = any(value_of(block, f"w:pPr/w:rPr/{mark}") is not None for mark in _DROPPED)
                number = "" if merged else self._numbers.next_for(block)
                boxes: list[Element] = []
                words = carried + self._words(block, boxes)
                carried = words if merged else ""
                if not merged and trimmed(words):
                    text = (number + words.lstrip() if number else words).rstrip()
                    contents = self._styles.is_contents(block)
                    level = None if contents else self._styles.heading_level(block)
                    found.append(_Line(text, level, contents, title=self._styles.is_title(block)))
                found += [line for box in boxes for line in self.lines(box)]
        return [*found, _Line(carried)] if trimmed(carried) else found

    def notes(self, label: str, root: Element | None) -> list[_Line]:
        """The notes that the text refers to, in the order of their marks."""
        notes = {note.get(tag("w:id")): note for note in root} if root is not None else {}
        found: list[_Line] = []
        for count, name in enumerate(self._referred[label], start=1):
            words = " ".join(trimmed(line.text) for line in self.lines(notes[name])) if name in notes else ""
            if words:
                found.append(_Line(f"[{label}{count}] {words}"))
        return found

    def _words(self, element: Element, boxes: list[Element]) -> str:
        """The text of a paragraph or run; text boxes that hang on it are added to `boxes`."""
        words = ""
        for child in _children(element):
            if child.tag == tag("w:t"):
                words += child.text or ""
            elif child.tag == tag("w:r"):
                words += "" if is_on(value_of(child, "w:rPr/w:vanish")) else self._words(child, boxes)
            elif child.tag == tag("w:ruby"):
                base = child.find(tag("w:rubyBase"))
                words += "" if base is None else self._words(base, boxes)
            elif child.tag in (tag("w:drawing"), tag("w:pict"), tag("w:object")):
                boxes += _boxes(child)
            else:
                words += self._character(child)
        return words

    def _character(self, element: Element) -> str:
        for name, label in _REFERENCES.items():
            if element.tag == tag(name):
                self._referred[label].append(element.get(tag("w:id"), ""))
                return f"[{label}{len(self._referred[label])}]"
        if element.tag == tag("w:br"):
            return "" if element.get(tag("w:type")) in ("page", "column") else "\n"
        if element.tag == tag("w:sym"):
            return _symbol(element.get(tag("w:char"), ""))
        if element.tag in (tag("m:oMath"), tag("m:oMathPara")):
            return "".join(part.text or "" for part in element.iter(tag("m:t")))
        return next((words for name, words in _CHARACTERS.items() if element.tag == tag(name)), "")

    def _table(self, table: Element, *, above: Sequence[str]) -> list[_Line]:
        """The rows of a table; the contents of its cells where it lays out text rather than figures."""
        rows = [
            (row, [cell for cell in _children(row) if cell.tag == tag("w:tc")])
            for row in _children(table)
            if row.tag == tag("w:tr") and value_of(row, "w:trPr/w:del") is None
        ]
        contents = [[self.lines(cell) for cell in cells] for _, cells in rows]
        texts = [["\n".join(line.text for line in lines) for lines in row] for row in contents]
        longest = max((len(text) for row in texts for text in row), default=0)
        if longest > _LONGEST_CELL or all(len(row) <= 1 for row in texts):
            return [line for row in contents for lines in row for line in lines]
        headers = [is_on(value_of(row, "w:trPr/w:tblHeader")) for row, _ in rows]
        cells = _cells(rows, texts)
        count = headers.index(False) if False in headers else 0
        lines = table_lines(cells, caption=read_caption(above), header_rows=count or None)
        return [_Line(text, row=True) for text in lines]


def _symbol(code: str) -> str:
    """The character with a code in hexadecimal digits; a bullet for those that only a symbol font knows."""
    try:
        character = chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
    return "•" if unicodedata.category(character) in ("Co", "Cs", "Cn") else character


def _cells(rows: Sequence[tuple[Element, Sequence[Element]]], texts: Sequence[Sequence[str]]) -> list[list[Cell]]:
    """Cells with their spans; Word repeats a cell that reaches down in each row, as one that continues."""
    reach: dict[tuple[int, int], int] = {}  # row and column of a cell: over how many rows it reaches
    open_at: dict[int, tuple[int, int]] = {}
    placed: list[list[tuple[int, int, str]]] = []
    for index, (row, cells) in enumerate(rows):
        column = whole(value_of(row, "w:trPr/w:gridBefore"), 0)
        places = [(0, column, "")] if column else []
        for cell, text in zip(cells, texts[index], strict=True):
            span = max(whole(value_of(cell, "w:tcPr/w:gridSpan"), 1), 1)
            merge = value_of(cell, "w:tcPr/w:vMerge")
            if merge is not None and merge != "restart" and column in open_at:
                reach[open_at[column]] += 1
            else:
                places.append((column, span, text))
                reach[index, column] = 1
                open_at.pop(column, None)
                if merge == "restart":
                    open_at[column] = index, column
            column += span
        placed.append(places)
    return [
        [Cell(text, columns=span, rows=reach.get((index, column), 1)) for column, span, text in places]
        for index, places in enumerate(placed)
    ]


def _open(data: bytes, name: str) -> tuple[Element, list[tuple[str, Element]]]:
    """The element that holds the text, and the kind and root of each other part of a file that it refers to."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from docx.oxml.parser import parse_xml
    from lxml.etree import XMLSyntaxError

    _check_archive(data, name)
    try:
        main = docx.Document(BytesIO(data)).part
        related = [
            (relation.reltype, parse_xml(relation.target_part.blob))
            for relation in main.rels.values()
            if not relation.is_external and relation.target_part.partname.endswith(".xml")
        ]
        return main.element.find(tag("w:body")), related
    # What python-docx meets in files that hold other elements than they should, which it does not look for.
    except (PackageNotFoundError, XMLSyntaxError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ReportError(f"{name} is damaged or no Word document: {error}", remedy=_RESAVE) from error


def _check_archive(data: bytes, name: str) -> None:
    if data.startswith(_OLD_WORD):
        if _ENCRYPTED in data:
            raise ReportError(f"{name} is protected by a password", remedy="Save it without one.")
        raise ReportError(f"{name} is an old Word file (.doc)", remedy=_RESAVE)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > MOST_BYTES:
                raise ReportError(
                    f"{name} unpacks to {size:,} bytes, more than {MOST_BYTES:,}",
                    remedy="Remove its pictures, or split it.",
                )
            damaged = archive.testzip()
            if damaged is not None:
                raise zipfile.BadZipFile(f"the checksum of {damaged} is wrong")
    # RuntimeError: parts under a password; NotImplementedError: a way of packing that no office program uses.
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise ReportError(f"{name} is damaged or no Word document: {error}", remedy=_RESAVE) from error


def _children(element: Element | None) -> Iterator[Element]:
    """What stands in `element` once changes are accepted, without the wrappers that say nothing of the text."""
    through, dropped = set(map(tag, _THROUGH)), set(map(tag, _DROPPED))
    for child in element.iterchildren("*") if element is not None else ():
        if child.tag in through:
            yield from _children(child)
        elif child.tag.endswith("}AlternateContent"):  # the same thing for newer programs, then for older ones
            yield from _children(child[0]) if len(child) else ()
        elif child.tag not in dropped:
            yield child


def _boxes(shape: Element) -> Iterator[Element]:
    """The contents of the text boxes in a shape, of which boxes inside boxes are part."""
    for child in shape.iterchildren("*"):
        if child.tag == tag("w:txbxContent"):
            yield child
        elif child.tag.endswith("}AlternateContent"):
            yield from _boxes(child[0]) if len(child) else ()
        else:
            yield from _boxes(child)
