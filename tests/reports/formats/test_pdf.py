"""PDF files into text: paragraphs, columns, tables, what runs along the pages, and what cannot be read."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import ReportError
from rag.reports.formats import Document, Heading, ocr
from rag.reports.formats.pdf import read
from tests.reports.formats.pdfs import HEIGHT, LEFT, Drawing, turned, wrapped

SCHOOLS = "全区今年新建学校三所，改建学校五所，新增学位两千四百个，其中小学一千五百个，初中九百个，缓解了入学压力。"
TEACHERS = "招聘教师一百二十名，组织培训三十场，教师队伍的结构进一步优化，骨干教师的比例提高到百分之十五。"


def read_back(drawing: Drawing) -> Document:
    return read(drawing.saved(), name="report.pdf")


def lines_of(*lines: str, pitch: float = 18) -> list[str]:
    drawing = Drawing()
    drawing.lines(lines, pitch=pitch)
    return read_back(drawing).text.splitlines()


def pages_of(document: Document) -> list[str]:
    return [document.text[start:end] for start, end in zip(document.pages, (*document.pages[1:], None), strict=True)]


def test_lines_that_the_page_has_parted_are_one_paragraph() -> None:
    paragraphs = ["　　" + SCHOOLS, "　　" + TEACHERS]
    lines = [line for paragraph in paragraphs for line in wrapped(paragraph, 25)]
    assert lines_of("年度报告", *lines) == ["年度报告", SCHOOLS, TEACHERS]


def test_a_short_line_ends_a_paragraph_without_indentation() -> None:
    assert lines_of(*wrapped(SCHOOLS, 25), *wrapped(TEACHERS, 25)) == [SCHOOLS, TEACHERS]


def test_a_line_that_is_full_by_chance_ends_before_a_number_behind_a_sentence() -> None:
    full = SCHOOLS[:24] + "。"
    assert lines_of(full, *wrapped("二、" + TEACHERS, 25)) == [full, "二、" + TEACHERS]
    assert lines_of(full, *wrapped("附件1：名单" + TEACHERS, 25)) == [full, "附件1：名单" + TEACHERS]


def test_what_looks_like_a_number_inside_a_sentence_stays_there() -> None:
    words = SCHOOLS[:22] + "，根据" + "第三条、" + TEACHERS
    assert lines_of(*wrapped(words, 25)) == [words]
    indented = "　　" + SCHOOLS[:22] + "。一是" + TEACHERS
    assert lines_of(*wrapped(indented, 25), *wrapped("　　" + SCHOOLS, 25)) == [indented[2:], SCHOOLS]


def test_distance_sets_paragraphs_apart() -> None:
    drawing = Drawing()
    full = SCHOOLS[:24] + "。"
    y = drawing.lines([full], y=500)
    y = drawing.lines(wrapped(SCHOOLS, 25), y=y - 12)
    drawing.lines(wrapped(TEACHERS, 25), y=y - 12)
    assert read_back(drawing).text.splitlines() == [full, SCHOOLS, TEACHERS]


def test_a_mark_that_cannot_begin_a_line_takes_the_word_before_it_along() -> None:
    # Only 24 characters stand in the first line, because a comma follows the 25th.
    words = "全区今年新建学校三所同时改建学校五所同时新增学位两千四百个，其中小学一千五百个。"
    lines = [words[:24], words[24:]]
    assert lines_of("全" * 25, *lines, "全" * 25, "完") == ["全" * 25 + words, "全" * 25 + "完"]


def test_latin_words_keep_their_spaces_and_lose_the_hyphen_that_parts_them() -> None:
    drawing = Drawing()
    lines = ["The schools of the district were enlarg-", "ed, and COVID-19 measures went on in every", "one of them."]
    for index, line in enumerate(lines):
        drawing.write(line, y=500 - 16 * index, font="Courier")
    text = "The schools of the district were enlarged, and COVID-19 measures went on in every one of them.\n"
    assert read_back(drawing).text == text


def test_spaces_that_are_only_distance_are_read_between_words_and_not_beside_digits() -> None:
    drawing = Drawing()
    drawing.write("共有", y=500)
    drawing.write("25", x=LEFT + 27, y=500)
    drawing.write("所", x=LEFT + 42, y=500)
    drawing.write("高中", x=LEFT + 66, y=500)
    drawing.write("校舍 图书", y=450)
    assert read_back(drawing).text == "共有25所 高中\n校舍 图书\n"


def test_in_a_file_that_draws_no_space_a_small_gap_is_one_unless_the_line_is_stretched() -> None:
    drawing = Drawing()
    drawing.lines(["发文字号"])
    drawing.write("教发", x=LEFT + 51, y=500)
    for index, character in enumerate("各校均匀分布"):
        drawing.write(character, x=LEFT + 15 * index, y=450)
    assert read_back(drawing).text == "发文字号 教发\n各校均匀分布\n"


def test_bold_that_is_printed_twice_is_read_once() -> None:
    drawing = Drawing()
    for shift in (0, 0.4):
        drawing.write("人人都有书读", x=LEFT + shift, y=500)
    assert read_back(drawing).text == "人人都有书读\n"


def test_bookmarks_name_the_headings() -> None:
    drawing = Drawing()
    for page, (heading, depth) in enumerate((("总体情况", 0), ("师资 建设", 1), ("没有印出", 1), ("附录", 0))):
        drawing.canvas.bookmarkPage(str(page))
        drawing.canvas.addOutlineEntry(heading, str(page), level=depth)
        drawing.lines(["师资的说明", heading.replace(" ", "")] if page != 2 else ["其他"])
        drawing.next_page()
    document = read_back(drawing)
    assert document.text.splitlines() == [
        "师资的说明",
        "总体情况",
        "师资的说明",
        "师资建设",
        "其他",
        "师资的说明",
        "附录",
    ]
    assert document.headings == (Heading(6, 1), Heading(17, 2), Heading(31, 1))


def _numbered(pages: int) -> tuple[Drawing, list[str]]:
    """Pages with a head and a number, over which one paragraph runs after another, and the paragraphs."""
    drawing = Drawing()
    paragraphs = ["　　" + (SCHOOLS + TEACHERS) * 3 for _ in range(pages)]
    lines = [line for paragraph in paragraphs for line in wrapped(paragraph, 25)]
    size = -(-len(lines) // pages)
    for page in range(pages):
        drawing.write("某区教育工作报告", x=150, y=565, size=9)
        drawing.lines(lines[page * size : (page + 1) * size])
        drawing.write(f"— {page + 1} —", x=200, y=30, size=9)
        drawing.next_page()
    return drawing, [paragraph[2:] for paragraph in paragraphs]


def test_heads_and_page_numbers_are_furniture_and_part_no_sentence() -> None:
    drawing, paragraphs = _numbered(3)
    document = read_back(drawing)
    assert document.text.splitlines()[:3] == paragraphs
    furniture = ["某区教育工作报告\n— 1 —\n— 2 —\n— 3 —\n"]
    assert [document.text[start:end] for start, end in document.furniture] == furniture
    assert document.text.endswith(furniture[0])
    assert document.format == "pdf"


def test_pages_are_where_their_words_begin() -> None:
    drawing, paragraphs = _numbered(3)
    document = read_back(drawing)
    first, second, third = pages_of(document)
    lines = [line for paragraph in paragraphs for line in wrapped("　　" + paragraph, 25)]
    size = -(-len(lines) // 3)
    assert document.pages[0] == 0
    assert (first + second + third) == document.text
    assert second.startswith(lines[size].strip("　"))
    assert third.startswith(lines[2 * size].strip("　"))


def test_a_page_without_words_starts_where_the_next_does() -> None:
    drawing = Drawing()
    for words in ("甲", "", "乙"):
        drawing.write(words, y=300)
        drawing.next_page()
    document = read_back(drawing)
    assert (document.text, document.pages) == ("甲\n乙\n", (0, 2, 2))


def test_the_number_of_a_single_page_is_furniture_and_a_figure_in_the_text_is_not() -> None:
    drawing = Drawing()
    drawing.lines(["合计", "12"], y=400)
    drawing.write("1", x=200, y=30)
    document = read_back(drawing)
    assert document.text == "合计\n12\n1\n"
    assert document.furniture == ((6, 8),)


def test_a_head_that_names_the_chapter_runs_and_a_line_that_comes_back_does_not() -> None:
    drawing = Drawing()
    for page, name in enumerate("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳"):
        drawing.write("第二章 师资" if 3 <= page < 8 else f"正文之{name}", x=150, y=565)
        drawing.write("本节完" if page % 4 == 0 else f"未完，转{name}", y=545)
        drawing.lines(wrapped(TEACHERS, 25), y=400)
        drawing.next_page()
    document = read_back(drawing)
    ((start, end),) = document.furniture
    assert document.text[start:end] == "第二章 师资\n"
    assert document.text[:start].count("本节完") == 4


def test_lines_that_happen_to_be_alike_are_content() -> None:
    drawing = Drawing()
    for page in range(4):
        drawing.write(["本章小结", "本章小结", "结束语", "后记"][page], y=555)
        drawing.lines(wrapped(TEACHERS, 25), y=400)
        drawing.next_page()
    document = read_back(drawing)
    assert document.text.count("结束语") == 1
    assert "后记" in document.text[: document.furniture[0][0] if document.furniture else None]


def test_a_watermark_is_furniture() -> None:
    drawing = Drawing()
    drawing.lines(wrapped(TEACHERS, 25))
    with turned(drawing, 45, x=100, y=200):
        drawing.write("内部资料", x=0, y=0, size=40)
    document = read_back(drawing)
    assert document.text == f"{TEACHERS}\n内部资料\n"
    assert document.furniture == ((len(TEACHERS) + 1, len(document.text)),)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_page_that_is_turned_to_be_read_is_read_so(degrees: int) -> None:
    drawing = Drawing()
    drawing.canvas.setPageRotation(degrees)
    corner = {90: (400, 40), 180: (400, 550), 270: (20, 550)}[degrees]
    with turned(drawing, degrees, x=corner[0], y=corner[1]):
        drawing.lines(wrapped(TEACHERS, 25), x=0, y=-20)
    assert read_back(drawing).text == f"{TEACHERS}\n"


def test_columns_are_read_one_after_the_other() -> None:
    drawing = Drawing()
    drawing.write("二〇二一年教育工作简报（第三期）", x=110, y=540)
    for x, words in ((40, SCHOOLS), (220, TEACHERS)):
        # The lines of the right column stand a little lower: pages set them so when a heading stands on the left.
        drawing.lines(wrapped("　　" + words, 13), x=x, y=500 if x == 40 else 495)
    drawing.write("本期编辑部全体同仁祝各位读者新年快乐，万事如意", x=60, y=300)
    assert read_back(drawing).text.splitlines() == [
        "二〇二一年教育工作简报（第三期）",
        SCHOOLS,
        TEACHERS,
        "本期编辑部全体同仁祝各位读者新年快乐，万事如意",
    ]


def test_a_sentence_goes_on_from_column_to_column() -> None:
    drawing = Drawing()
    lines = wrapped("　　" + SCHOOLS + TEACHERS, 13)
    drawing.lines(lines[:4], x=40)
    drawing.lines(lines[4:], x=220)
    assert read_back(drawing).text == f"{SCHOOLS}{TEACHERS}\n"


def test_two_lines_of_columns_are_enough_where_another_page_has_them() -> None:
    drawing = Drawing()
    lines = wrapped("　　" + SCHOOLS + TEACHERS, 13)
    drawing.lines(lines[:2], x=40, y=80)
    drawing.lines(lines[2:4], x=220, y=80)
    drawing.next_page()
    drawing.lines(lines[4:], x=40)
    drawing.lines(wrapped("　　" + TEACHERS, 13), x=220)
    assert read_back(drawing).text.splitlines() == [SCHOOLS + TEACHERS, TEACHERS]


def test_names_and_figures_side_by_side_are_no_columns() -> None:
    drawing = Drawing()
    for index, (name, figure) in enumerate((("东区", "12"), ("西区", "8"), ("南区", "15"), ("北区", "9"))):
        drawing.write(name, x=60, y=500 - 20 * index)
        drawing.write(figure, x=200, y=500 - 20 * index)
    assert read_back(drawing).text == "东区 12\n西区 8\n南区 15\n北区 9\n"


def test_tables_become_rows_between_the_paragraphs() -> None:
    drawing = Drawing()
    drawing.lines(["　　各区的情况见下表。", "表1 各区学校（单位：所）"], y=500)
    drawing.table(["区县|小学|初中", "东区|12|4", "西区|8|"], y=470, widths=(80, 60, 60))
    drawing.lines(["　　以上为全部。"], y=380)
    document = read_back(drawing)
    assert document.text.splitlines() == [
        "各区的情况见下表。",
        "表1 各区学校（单位：所）",
        "表1 各区学校（单位：所） 区县：东区；小学：12；初中：4",
        "表1 各区学校（单位：所） 区县：西区；小学：8",
        "以上为全部。",
    ]
    assert [document.text[start:end] for start, end in document.rows] == document.text.splitlines(keepends=True)[2:4]


def test_cells_without_rules_between_them_are_one() -> None:
    drawing = Drawing()
    canvas = drawing.canvas
    for y, start in ((460, 60), (440, 140), (420, 60), (400, 60)):
        canvas.line(start, y, 260, y)
    for x, top in ((60, 460), (140, 460), (200, 440), (260, 460)):
        canvas.line(x, top, x, 400)
    for x, y, words in ((64, 436, "学校"), (160, 445, "学生"), (144, 425, "男"), (204, 425, "女")):
        drawing.write(words, x=x, y=y)
    for x, words in ((64, "一小"), (144, "40"), (204, "50")):
        drawing.write(words, x=x, y=405)
    assert read_back(drawing).text == "学校：一小；学生 男：40；学生 女：50\n"


def test_a_table_goes_on_behind_its_headers_on_the_next_page() -> None:
    drawing = Drawing()
    drawing.write("学位表", y=190)
    drawing.table(["学校|学位", "一中|80"], y=180, widths=(80, 60))
    drawing.next_page()
    drawing.table(["二中|90", "三中|70"], y=500, widths=(80, 60))
    drawing.next_page()
    drawing.table(["学校|学位", "四中|60"], y=500, widths=(80, 60))
    document = read_back(drawing)
    assert document.text.splitlines() == [
        "学位表",
        "学位表 学校：一中；学位：80",
        "学位表 学校：二中；学位：90",
        "学位表 学校：三中；学位：70",
        "学位表 学校：四中；学位：60",
    ]
    assert pages_of(document)[1:] == [
        "学位表 学校：二中；学位：90\n学位表 学校：三中；学位：70\n",
        "学位表 学校：四中；学位：60\n",
    ]


def test_a_table_without_rules_at_its_sides_is_whole() -> None:
    drawing = Drawing()
    drawing.table(["区县|小学|初中", "东区|12|4"], y=470, widths=(80, 60, 60), open_sides=True)
    assert read_back(drawing).text == "区县：东区；小学：12；初中：4\n"


def test_a_table_of_three_rules_has_the_columns_of_its_headers() -> None:
    drawing = Drawing()
    for y in (480, 460, 400):
        drawing.canvas.line(60, y, 360, y)
    rows = (
        ((60, "学校"), (160, "新增学位"), (280, "说明")),
        ((60, "一小"), (170, "80"), (280, "扩建后")),
        ((280, "启用"),),
    )
    for index, row in enumerate((*rows, ((60, "二小"), (170, "120")))):
        for x, words in row:
            drawing.write(words, x=x, y=465 - 18 * index)
    assert read_back(drawing).text == "学校：一小；新增学位：80；说明：扩建后启用\n学校：二小；新增学位：120\n"


def test_level_rules_between_paragraphs_make_no_table() -> None:
    drawing = Drawing()
    for y in (520, 460, 400):
        drawing.canvas.line(60, y, 360, y)
    drawing.lines(["第一期 总第八期"], y=480)
    drawing.lines(wrapped(TEACHERS, 25), y=440)
    assert read_back(drawing).text == f"第一期 总第八期\n{TEACHERS}\n"


def test_a_frame_around_the_text_is_no_table() -> None:
    drawing = Drawing()
    drawing.canvas.rect(40, 300, 340, 230)
    drawing.lines(wrapped(SCHOOLS, 25), y=500)
    assert read_back(drawing).text == f"{SCHOOLS}\n"


def _scan() -> bytes:
    from PIL import Image

    drawing = Drawing()
    drawing.lines(["第一页有文字"])
    drawing.next_page()
    drawing.canvas.drawInlineImage(Image.new("L", (60, 80), 200), 0, 0, 420, HEIGHT)
    return drawing.saved()


def _nameless() -> bytes:
    """A font embedded without saying which characters its shapes are."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    drawing = Drawing()
    drawing.write("éàüöñçßéàüöñç", y=500, font="Vera")
    return drawing.saved().replace(b"/ToUnicode", b"/NoUnicode")


def _shapes() -> bytes:
    drawing = Drawing()
    for index in range(300):
        drawing.canvas.circle(50 + index, 300, 2)
    return drawing.saved()


@pytest.fixture
def without_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_installed", lambda: False)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_scan, "page 2 of r.pdf cannot be read: it is a picture without text"),
        (_nameless, "page 1 of r.pdf cannot be read: its fonts do not say which characters they draw"),
        (_shapes, "page 1 of r.pdf cannot be read: its words are drawn as shapes"),
    ],
)
def test_pages_without_characters_are_named(make: Callable[[], bytes], message: str, without_ocr: None) -> None:
    with pytest.raises(ReportError) as caught:
        read(make(), name="r.pdf")
    assert caught.value.message == message
    assert "report-rag[ocr]" in caught.value.remedy


def _encrypted() -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption

    drawing = Drawing(encrypt=StandardEncryption("secret", ownerPassword="owner"))
    drawing.lines(["秘密"])
    return drawing.saved()


def _open_to_read() -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption

    drawing = Drawing(encrypt=StandardEncryption("", ownerPassword="owner", canCopy=0))
    drawing.lines(["公开"])
    return drawing.saved()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_encrypted, "r.pdf is protected by a password"),
        (lambda: b"%PDF-1.7\nno more", "r.pdf is damaged or no PDF"),
        (lambda: b"", "r.pdf is damaged or no PDF"),
    ],
)
def test_files_that_cannot_be_opened_say_why(make: Callable[[], bytes], message: str) -> None:
    with pytest.raises(ReportError) as caught:
        read(make(), name="r.pdf")
    assert caught.value.message.startswith(message)
    assert caught.value.remedy


def test_a_password_that_only_forbids_to_copy_does_not_hinder() -> None:
    assert read(_open_to_read(), name="r.pdf").text == "公开\n"


SOUND = _numbered(2)[0].saved()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.binary(min_size=1, max_size=8)), min_size=1, max_size=8))
def test_a_damaged_file_gives_a_text_or_an_error(changes: list[tuple[int, bytes]]) -> None:
    data = bytearray(SOUND)
    for place, content in changes:
        data[place : place + len(content)] = content
    try:
        document = read(bytes(data), name="r.pdf")
    except ReportError as error:
        assert error.remedy
    else:
        assert document.text.encode().decode() == document.text
        assert list(document.pages) == sorted(document.pages)


HAN = st.text("教育工作报告学校师生年度总结区县", min_size=1, max_size=60)


@settings(max_examples=20, deadline=None)
@given(st.lists(HAN, min_size=1, max_size=6), st.integers(8, 25))
def test_no_character_is_lost_or_read_twice(paragraphs: list[str], length: int) -> None:
    drawing = Drawing()
    drawing.lines([line for words in paragraphs for line in wrapped(words, length)], y=520, pitch=14)
    assert "".join(read_back(drawing).text.split()) == "".join(paragraphs)
