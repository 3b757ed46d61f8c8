"""Word files into text: numbers, notes, changes, tables, boxes and what is not shown."""

import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml.ns import nsdecls
from docx.oxml.parser import parse_xml
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import ReportError
from rag.reports.formats import Document, Heading
from rag.reports.formats.docx import read
from rag.reports.formats.numerals import chinese_numeral, numeral

Package = Any  # python-docx's document, whose elements have no types


def saved(package: Package) -> bytes:
    buffer = BytesIO()
    package.save(buffer)
    return buffer.getvalue()


def read_back(package: Package) -> Document:
    return read(saved(package), name="report.docx")


def element(xml: str) -> Any:
    """`xml`, whose first tag takes the namespaces."""
    end = min(xml.index(mark) for mark in " />" if mark in xml)
    return parse_xml(f"{xml[:end]} {nsdecls('w', 'm', 'wp', 'r')}{xml[end:]}")


def add(package: Package, *blocks: str) -> None:
    for xml in blocks:
        package.element.body.insert(len(package.element.body) - 1, element(xml))


def paragraph(*runs: str, properties: str = "") -> str:
    inside = "".join(
        run if run.startswith("<") else f"<w:r><w:t xml:space='preserve'>{run}</w:t></w:r>" for run in runs
    )
    return f"<w:p><w:pPr>{properties}</w:pPr>{inside}</w:p>"


def lines_of(*blocks: str) -> list[str]:
    package = docx.Document()
    add(package, *blocks)
    return read_back(package).text.splitlines()


def level(depth: int, number_format: str, text: str, *, suffix: str = "nothing", more: str = "", start: int = 1) -> str:
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{number_format}"/>{more}'
        f'<w:suff w:val="{suffix}"/><w:lvlText w:val="{text}"/></w:lvl>'
    )


def with_lists(package: Package, *lists: str, numbers: tuple[str, ...]) -> Package:
    """A file whose list definitions are only these: `lists` are what abstractNum 0, 1, … hold, `numbers` num 1, 2, …"""
    root = package.part.numbering_part.element
    for child in list(root):
        root.remove(child)
    for index, inside in enumerate(lists):
        root.append(element(f'<w:abstractNum w:abstractNumId="{index}">{inside}</w:abstractNum>'))
    for index, inside in enumerate(numbers, start=1):
        root.append(element(f'<w:num w:numId="{index}">{inside}</w:num>'))
    return package


def item(words: str, *, depth: int = 0, number: int = 1) -> str:
    of_list = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
    return paragraph(words, properties=of_list)


USES = '<w:abstractNumId w:val="{}"/>'.format


def test_paragraphs_are_lines_and_their_starts_are_kept() -> None:
    package = docx.Document()
    for words in ("年度总结", "", "  ", "一、工作", "    成绩明显。"):
        package.add_paragraph(words)
    document = read_back(package)
    assert document.text == "年度总结\n一、工作\n    成绩明显。\n"
    assert [document.text[start:].split("\n")[0] for start in document.paragraphs] == document.text.splitlines()
    assert (document.format, document.pages, document.furniture) == ("docx", (), ())


def test_headings_by_style_by_localised_name_and_by_outline_level() -> None:
    package = docx.Document()
    package.add_heading("总体情况", level=1)
    package.add_paragraph("正文")
    package.add_heading("教师", level=2)
    style = package.styles.add_style("标题 3", 1)
    package.add_paragraph("培训", style=style)
    add(package, paragraph("附录", properties='<w:outlineLvl w:val="0"/>'))
    add(package, paragraph("普通", properties='<w:pStyle w:val="Heading1"/><w:outlineLvl w:val="9"/>'))
    document = read_back(package)
    assert document.text.splitlines() == ["总体情况", "正文", "教师", "培训", "附录", "普通"]
    assert document.headings == (Heading(0, 1), Heading(8, 2), Heading(11, 3), Heading(14, 1))


def test_the_paragraph_in_the_style_of_a_title_is_the_title() -> None:
    package = docx.Document()
    package.add_paragraph("某局文件")
    package.add_heading("某局2021年工作打算", level=0)
    document = read_back(package)
    assert document.title is not None
    assert document.text[slice(*document.title)] == "某局2021年工作打算"
    assert document.headings == ()


def test_numbers_nest_and_start_anew() -> None:
    levels = (
        level(0, "chineseCountingThousand", "%1、")
        + level(1, "chineseCounting", "（%2）")
        + level(2, "decimal", "%3.", suffix="tab")
        + level(3, "decimalEnclosedCircle", "%4")
    )
    package = with_lists(docx.Document(), levels, numbers=(USES(0),))
    add(package, item("甲"), item("乙", depth=1), item("丙", depth=1), item("丁", depth=2), item("戊", depth=3))
    add(package, item("己"), item("庚", depth=1), item("辛", depth=2))
    words = ["一、甲", "（一）乙", "（二）丙", "1. 丁", "①戊", "二、己", "（一）庚", "1. 辛"]
    assert read_back(package).text.splitlines() == words


def test_articles_run_on_where_the_level_never_restarts() -> None:
    levels = level(0, "chineseCounting", "第%1章", suffix="space") + level(
        1, "chineseCounting", "第%2条", suffix="space", more='<w:lvlRestart w:val="0"/>'
    )
    package = with_lists(docx.Document(), levels, numbers=(USES(0),))
    add(package, item("总则"), item("依据", depth=1), item("范围", depth=1), item("职责"), item("主管", depth=1))
    words = ["第一章 总则", "第一条 依据", "第二条 范围", "第二章 职责", "第三条 主管"]
    assert read_back(package).text.splitlines() == words


def test_legal_numbers_say_every_level_in_digits() -> None:
    levels = level(0, "upperRoman", "%1.") + level(1, "decimal", "%1.%2", suffix="space", more="<w:isLgl/>")
    package = with_lists(docx.Document(), levels, numbers=(USES(0),))
    add(package, *(item("章") for _ in range(4)), item("节", depth=1))
    assert read_back(package).text.splitlines() == ["I.章", "II.章", "III.章", "IV.章", "4.1 节"]


def test_lists_of_one_definition_count_on_unless_they_say_where_to_start() -> None:
    override = USES(0) + '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'
    other = USES(0) + f'<w:lvlOverride w:ilvl="0">{level(0, "upperLetter", "%1)")}</w:lvlOverride>'
    package = with_lists(docx.Document(), level(0, "decimal", "%1、"), numbers=(USES(0), USES(0), override, other))
    add(package, item("甲"), item("乙", number=2), item("丙", number=3), item("丁", number=3), item("戊", number=4))
    assert read_back(package).text.splitlines() == ["1、甲", "2、乙", "5、丙", "6、丁", "G)戊"]


def test_numbers_come_from_the_style_of_a_paragraph_and_zero_takes_them_away() -> None:
    linked = level(0, "chineseCounting", "%1、", more='<w:pStyle w:val="Heading1"/>')
    linked += level(1, "chineseCounting", "（%2）", more='<w:pStyle w:val="Heading2"/>')
    package = with_lists(docx.Document(), linked, numbers=(USES(0),))
    for name in ("Heading 1", "Heading 2"):
        properties = package.styles[name].element.get_or_add_pPr()
        properties.append(element('<w:numPr><w:numId w:val="1"/></w:numPr>'))
    package.add_heading("概况", level=1)
    package.add_heading("人员", level=2)
    add(package, paragraph("附注", properties='<w:pStyle w:val="Heading1"/><w:numPr><w:numId w:val="0"/></w:numPr>'))
    package.add_heading("展望", level=1)
    assert read_back(package).text.splitlines() == ["一、概况", "（一）人员", "附注", "二、展望"]


def test_a_definition_may_stand_for_that_of_a_list_style() -> None:
    package = docx.Document()
    with_lists(package, level(0, "decimal", "(%1)"), '<w:numStyleLink w:val="Outline"/>', numbers=(USES(0), USES(1)))
    inside = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    package.styles.element.append(element(f'<w:style w:type="numbering" w:styleId="Outline">{inside}</w:style>'))
    add(package, item("甲", number=2))
    assert read_back(package).text == "(1)甲\n"


@pytest.mark.parametrize(("symbol", "shown"), [("●", "● 甲"), ("l", "• 甲"), ("\uf0b7", "• 甲"), ("–", "– 甲")])
def test_bullets_of_symbol_fonts_become_bullets(symbol: str, shown: str) -> None:
    package = with_lists(docx.Document(), level(0, "bullet", symbol, suffix="tab"), numbers=(USES(0),))
    add(package, item("甲"))
    assert read_back(package).text == f"{shown}\n"


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        *((10, "chineseCounting", "十"), (21, "chineseCountingThousand", "二十一"), (12, "japaneseCounting", "十二")),
        *((3, "ideographTraditional", "丙"), (11, "ideographTraditional", "11"), (12, "ideographZodiac", "亥")),
        *(
            (20, "decimalEnclosedCircle", "⑳"),
            (21, "decimalEnclosedCircleChinese", "21"),
            (2, "decimalEnclosedParen", "⑵"),
        ),
        *((3, "decimalEnclosedFullstop", "⒊"), (2, "ideographParenthesized", "㈡"), (4, "decimalZero", "04")),
        *((1994, "upperRoman", "MCMXCIV"), (9, "lowerRoman", "ix"), (27, "upperLetter", "AA"), (3, "lowerLetter", "c")),
        *((10, "chineseLegalSimplified", "壹拾"), (20, "ideographDigital", "二〇"), (15, "decimalFullWidth", "１５")),
        *((7, "none", ""), (8, "unheardOf", "8"), (0, "chineseCounting", "0"), (2, "numberInDash", "- 2 -")),
    ],
)
def test_number_formats(value: int, number_format: str, shown: str) -> None:
    assert numeral(value, number_format) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1, "一"), (10, "十"), (19, "十九"), (100, "一百"), (105, "一百零五"), (110, "一百一十"), (2003, "二千零三")],
)
def test_chinese_numerals(value: int, shown: str) -> None:
    assert chinese_numeral(value) == shown


def test_changes_count_as_accepted() -> None:
    kept = "<w:ins><w:r><w:t>九十</w:t></w:r></w:ins>"
    gone = "<w:del><w:r><w:delText>八十</w:delText></w:r></w:del>"
    moved = "<w:moveTo><w:r><w:t>在校生</w:t></w:r></w:moveTo>"
    away = "<w:moveFrom><w:r><w:t>教职工</w:t></w:r></w:moveFrom>"
    assert lines_of(paragraph(moved, away, "共", gone, kept, "人")) == ["在校生共九十人"]


def test_a_paragraph_whose_end_was_deleted_goes_on_in_the_next() -> None:
    end_deleted = "<w:rPr><w:del/></w:rPr>"
    assert lines_of(paragraph("前一半，", properties=end_deleted), paragraph("后一半。")) == ["前一半，后一半。"]
    assert lines_of(paragraph("末尾。", properties=end_deleted)) == ["末尾。"]


def test_notes_stand_at_the_end_behind_their_marks() -> None:
    package = docx.Document()
    for name, kind in (("footnotes", RELATIONSHIP_TYPE.FOOTNOTES), ("endnotes", RELATIONSHIP_TYPE.ENDNOTES)):
        note = name.removesuffix("s")
        xml = f"<w:{name} {nsdecls('w')}>"
        xml += f'<w:{note} w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:{note}>'
        for number, words in ((7, "含民办学校。"), (3, "不含幼儿园。")):
            xml += f'<w:{note} w:id="{number}">{paragraph(" " + words)}</w:{note}>'
        part = Part(PackURI(f"/word/{name}.xml"), "application/xml", f"{xml}</w:{name}>".encode(), package.part.package)
        package.part.relate_to(part, kind)
    marks = [f'<w:r><w:{kind}Reference w:id="{number}"/></w:r>' for kind, number in (("footnote", 3), ("endnote", 7))]
    add(package, paragraph("共五所", marks[0], "，", f"<w:del>{marks[1]}</w:del>", "分布均匀", marks[1], "。"))
    assert read_back(package).text.splitlines() == [
        "共五所[注1]，分布均匀[尾注1]。",
        "[注1] 不含幼儿园。",
        "[尾注1] 含民办学校。",
    ]


def test_tables_become_rows_behind_their_caption() -> None:
    package = docx.Document()
    package.add_paragraph("表1 各校人数（单位：人）")
    table = package.add_table(rows=4, cols=3)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "学校"
    table.cell(0, 1).merge(table.cell(0, 2)).text = "学生"
    for row, words in enumerate(("|男|女", "一小|40|50", "二小|41|"), start=1):
        for column, text in enumerate(words.split("|")):
            if text:
                table.cell(row, column).text = text
    package.add_paragraph("完")
    document = read_back(package)
    assert document.text.splitlines() == [
        "表1 各校人数（单位：人）",
        "表1 各校人数（单位：人） 学校：一小；学生 男：40；学生 女：50",
        "表1 各校人数（单位：人） 学校：二小；学生 男：41",
        "完",
    ]
    assert len(document.paragraphs) == 4
    assert [document.text[start:end] for start, end in document.rows] == document.text.splitlines(keepends=True)[1:3]


def test_header_rows_that_the_file_marks_count_and_deleted_rows_do_not() -> None:
    package = docx.Document()
    table = package.add_table(rows=3, cols=2)
    for row, words in zip(table.rows, ("2020|2021", "3|4", "5|6"), strict=True):
        for cell, text in zip(row.cells, words.split("|"), strict=True):
            cell.text = text
    table.rows[0]._tr.get_or_add_trPr().append(element("<w:tblHeader/>"))
    table.rows[1]._tr.get_or_add_trPr().append(element("<w:del/>"))
    assert read_back(package).text.splitlines() == ["2020：5；2021：6"]


def test_a_table_that_lays_out_a_page_gives_its_paragraphs() -> None:
    package = docx.Document()
    cell = package.add_table(rows=1, cols=1).cell(0, 0)
    cell.text = "一、概况"
    cell.add_paragraph("有三所学校。")
    assert read_back(package).text.splitlines() == ["一、概况", "有三所学校。"]


def test_a_text_box_follows_its_paragraph_and_is_read_once() -> None:
    box = paragraph("框内")
    new = f"<w:drawing><w:txbxContent>{box}</w:txbxContent></w:drawing>"
    old = f"<w:pict><w:txbxContent>{box}</w:txbxContent></w:pict>"
    namespace = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    both = (
        f'<mc:AlternateContent xmlns:mc="{namespace}"><mc:Choice Requires="wps">{new}</mc:Choice>'
        f"<mc:Fallback>{old}</mc:Fallback></mc:AlternateContent>"
    )
    assert lines_of(paragraph("段落", f"<w:r>{both}</w:r>", "继续"), paragraph("下段")) == ["段落继续", "框内", "下段"]
    assert lines_of(paragraph("段落", f"<w:r>{old}</w:r>")) == ["段落", "框内"]


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ('<w:hyperlink r:id="rId1"><w:r><w:t>链接</w:t></w:r></w:hyperlink>', "链接"),
        ("<w:r><w:t>上</w:t><w:br/><w:t>下</w:t></w:r>", "上\n下"),
        ('<w:r><w:t>上</w:t><w:br w:type="page"/><w:t>下</w:t></w:r>', "上下"),
        ("<w:r><w:t>左</w:t><w:tab/><w:t>右</w:t></w:r>", "左\t右"),
        ("<w:r><w:rPr><w:vanish/></w:rPr><w:t>暗</w:t></w:r>", ""),
        ('<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>明</w:t></w:r>', "明"),
        ("<w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>3</w:t></w:r>", "3"),
        ("<w:sdt><w:sdtPr/><w:sdtContent><w:r><w:t>控件</w:t></w:r></w:sdtContent></w:sdt>", "控件"),
        ('<w:r><w:sym w:font="X" w:char="2103"/></w:r>', "℃"),
        ("<m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath>", "x=1"),
        (
            "<w:r><w:ruby><w:rt><w:r><w:t>hàn</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>汉</w:t></w:r></w:rubyBase></w:ruby></w:r>",
            "汉",
        ),
    ],
)
def test_what_stands_inside_a_paragraph(run: str, words: str) -> None:
    package = docx.Document()
    add(package, paragraph("甲", run, "乙"))
    assert read_back(package).text == f"甲{words}乙\n"


def test_headers_footers_and_contents_are_furniture() -> None:
    package = docx.Document()
    package.sections[0].header.paragraphs[0].text = "某局文件"
    package.sections[0].footer.paragraphs[0].text = "第 1 页"
    style = package.styles.add_style("toc 1", 1)
    package.add_paragraph("一、工作\t1", style=style)
    package.add_paragraph("一、工作")
    document = read_back(package)
    assert document.text.splitlines() == ["一、工作\t1", "一、工作", "某局文件", "第 1 页"]
    assert [document.text[start:end] for start, end in document.furniture] == ["一、工作\t1\n", "某局文件\n第 1 页\n"]


def test_entities_are_not_resolved() -> None:
    package = docx.Document()
    package.add_paragraph("MARK")
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(saved(package))) as source, zipfile.ZipFile(buffer, "w") as target:
        for entry in source.namelist():
            content = source.read(entry)
            if entry == "word/document.xml":
                declared = b"?>\n<!DOCTYPE x [<!ENTITY leak SYSTEM 'file:///etc/hostname'>]>"
                content = content.replace(b"?>", declared, 1).replace(b"MARK", b"A&leak;B")
            target.writestr(entry, content)
    assert read(buffer.getvalue(), name="x.docx").text == "A\n"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_values_that_no_program_writes_give_a_text_or_an_error(data: st.DataObject) -> None:
    levels = level(0, "chineseCounting", "%1、", more='<w:lvlRestart w:val="1"/>') + level(1, "decimal", "%1.%2")
    package = with_lists(docx.Document(), levels, numbers=(USES(0),))
    add(package, item("甲"), item("乙", depth=1), paragraph("丙", '<w:r><w:sym w:font="X" w:char="2103"/></w:r>'))
    package.add_table(rows=2, cols=2).cell(0, 0).merge(package.tables[0].cell(1, 1)).text = "丁"
    values = [
        (holder, key)
        for root in (package.element.body, package.part.numbering_part.element)
        for holder in root.iter("*")
        for key in holder.attrib
    ]
    holder, key = data.draw(st.sampled_from(values))
    holder.set(key, data.draw(st.sampled_from(["", "x", "-1", "9", "77", "99999999999", "1.5", "d800"])))
    try:
        text = read_back(package).text
    except ReportError as error:
        assert error.remedy
    else:
        assert {"甲", "乙", "丙", "丁"} <= set(text.encode().decode())


def _truncated() -> bytes:
    return saved(docx.Document())[:2000]


def _other_zip() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "文字")
    return buffer.getvalue()


def _bomb() -> bytes:
    data = bytearray(saved(docx.Document()))
    entry = data.index(b"PK\x01\x02")  # the central directory's record of the first file says how long it will be
    data[entry + 24 : entry + 28] = struct.pack("<I", 3_000_000_000)
    return bytes(data)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "r.docx is an old Word file (.doc)"),
        (
            lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "r.docx is protected by a password",
        ),
        (lambda: b"words", "r.docx is damaged or no Word document"),
        (_truncated, "r.docx is damaged or no Word document"),
        (_other_zip, "r.docx is damaged or no Word document"),
        (_bomb, "r.docx unpacks to 3,000,"),
    ],
)
def test_files_that_cannot_be_read_say_why(make: Callable[[], bytes], message: str) -> None:
    with pytest.raises(ReportError) as caught:
        read(make(), name="r.docx")
    assert caught.value.message.startswith(message)
    assert caught.value.remedy
