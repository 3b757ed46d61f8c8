"""Lines as their author meant them: wrapped ones joined, flattened ones parted, no character lost."""

import textwrap

import pytest
from hypothesis import given, settings

from rag.reports.layout import laid_out
from rag.reports.lines import split_lines
from rag.reports.sections import address, parse_sections, walk
from tests.reports import texts

REPORT = (
    "某市教育局2023年工作总结\n"
    "一、党的建设\n"
    "（一）理论学习。全年组织专题学习12次，参加的教职工有3200人次，覆盖全部中小学校和幼儿园。\n"
    "（二）组织建设。新建支部3个，按期换届的支部有21个，发展党员46名，评出先进集体5个。\n"
    "二、教育质量\n"
    "1.扩大学位。新增学位1.35万个，其中小学8000个，初中5500个，比上年增长6.2%，缓解了入学压力。\n"
    "2.培训教师。培训教师2018人次，2018.3启动的名师工程结出果实，七、八年级的师资得到充实。\n"
    "三、存在问题\n"
    "一是学位分布还不均衡；二是乡村师资仍然不足；三是经费保障有待加强，这些都要在明年解决。\n"
)
TREE = ["front", "一", "一/(一)", "一/(二)", "二", "二/1", "二/2", "三"]


def tree(text: str) -> list[str]:
    return [address(path) for path in walk(parse_sections(text))]


def headings(text: str) -> list[str]:
    return [path[-1].heading for path in walk(parse_sections(text)) if path[-1].number]


def wrapped(text: str, width: int) -> str:
    return "\n".join("\n".join(textwrap.wrap(line, width)) for line in text.splitlines()) + "\n"


@given(texts.reports)
@settings(max_examples=200, deadline=None)
def test_lines_cover_the_text_once_in_order(text: str) -> None:
    lines = laid_out(split_lines(text))
    assert [line.start for line in lines] == [0, *(line.end for line in lines[:-1])] if lines else not text
    assert all(text[line.start : line.end].removesuffix("\n") == line.text for line in lines)
    assert not lines or lines[-1].end == len(text)


def test_the_report_as_written() -> None:
    assert tree(REPORT) == TREE


@pytest.mark.parametrize("width", [18, 20, 25, 40])
def test_a_wrapped_report_has_the_same_tree_and_headings(width: int) -> None:
    text = wrapped(REPORT, width)
    assert tree(text) == TREE
    assert headings(text) == headings(REPORT)


@pytest.mark.parametrize("joint", [" ", "", "　　", " \xa0"])
def test_a_flattened_report_has_the_same_tree_and_headings(joint: str) -> None:
    text = REPORT.strip().replace("\n", joint)
    assert tree(text) == TREE
    assert headings(text) == headings(REPORT)
    section = next(path[-1] for path in walk(parse_sections(text)) if address(path) == "二/1")
    assert text[section.start : section.end].strip().startswith("1.扩大学位。新增学位1.35万个")
    assert text[section.start : section.end].strip().endswith("缓解了入学压力。")


def test_one_line_for_each_outermost_number() -> None:
    first = "一、重点工作（一）抓党建。" + "开展专题学习，覆盖所有学校和机关。" * 3
    second = "（二）抓教学。" + "开展课堂评比，培养骨干教师和名师。" * 3
    assert tree(f"{first}{second}\n二、下步打算\n继续努力。") == ["一", "一/(一)", "一/(二)", "二"]


@pytest.mark.parametrize(
    "line",
    [
        "申请人应当提交下列材料：（一）本市户籍证明；（二）收入证明；（三）房产证明，并由街道办事处初步审核。",
        "评选设一、二、三等奖，获奖学生1500人。二、三年级的学生参加初赛，四、五年级的学生参加决赛和表演。",
        "2018年3月至2019年5月投入1.5亿元，2.3万人受益。3.15晚会曝光后，4.2万户完成整改，成效十分明显。",
        "要求：1.报名。2.交费。3.体检。以上事项应于当年六月底以前全部办理完毕，逾期不再受理，请相互转告。",
        "会议学习了《意见》“一、总体要求。二、主要目标。三、保障措施。”等内容，并且讨论了本市的贯彻办法。",
    ],
)
def test_numbers_within_a_sentence_begin_no_section(line: str) -> None:
    assert tree(f"一、甲\n{line}\n二、乙") == ["一", "二"]


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        (
            "一、全面加强党对教育工作的领导和教育系统\n党的建设情况\n（一）甲。",
            "一、全面加强党对教育工作的领导和教育系统党的建设情况",
        ),
        ("一、深化改革，\n推动发展\n正文一。", "一、深化改革，推动发展"),
        ("一、落实《中长期教育改革和\n发展规划纲要》\n正文一。", "一、落实《中长期教育改革和发展规划纲要》"),
        ("一、工作回顾\n总体情况\n（一）甲。", "一、工作回顾"),
        ("一、完成的主要任务\n全年完成投资3亿元。\n", "一、完成的主要任务"),
    ],
)
def test_a_heading_broken_over_two_lines_is_one(text: str, heading: str) -> None:
    assert headings(text)[0] == heading
