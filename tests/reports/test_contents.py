"""Tables of contents are set apart, and their entries are never taken for the body."""

import pytest

from rag.reports.sections import address, parse_sections, walk

BODY = (
    "一、总则\n坚持稳中求进的总基调，完成全年各项目标和任务。\n二、任务\n（一）扩大学位\n新增学位三千个，缓解城区入学压力。\n"
    "三、附则\n本要点自印发起执行。\n"
)
NUMBERED = ["一", "二", "二/(一)", "三"]


def parts(text: str) -> list[tuple[str, str]]:
    return [(address(path), path[-1].kind) for path in walk(parse_sections(text))]


@pytest.mark.parametrize(
    "contents",
    [
        "目录\n一、总则\n二、任务\n三、附则\n",
        "目  录\n一、总则……1\n二、任务……3\n（一）扩大学位……3\n三、附则……9\n",
        "目录\n\n一、总 则 .......... 1\n二、任务 .......... 3\n三、附则 .......... 12\n\n",
        "一、总则\n二、任务\n（一）扩大学位\n三、附则\n",
        "【目录】\n一、总则\n二、主要任务\n三、附则\n",
    ],
)
def test_a_table_of_contents_is_furniture(contents: str) -> None:
    text = f"某局2022年工作要点\n{contents}{BODY}"
    sections = parse_sections(text)
    assert [section.kind for section in sections] == ["front", "furniture", "numbered", "numbered", "numbered"]
    assert text[sections[1].start : sections[1].end] == contents
    assert [place for place, kind in parts(text) if kind == "numbered"] == NUMBERED


def test_a_table_of_contents_above_the_title() -> None:
    text = f"目录\n一、总则……1\n二、任务……3\n三、附则……9\n某局2022年工作要点\n{BODY}"
    assert parts(text)[:2] == [("furniture", "furniture"), ("front", "front")]
    assert [place for place, kind in parts(text) if kind == "numbered"] == NUMBERED


def test_a_table_of_contents_below_the_title_of_a_part() -> None:
    notice = "某局关于印发某市补助办法的通知\n各区局：\n现印发给你们。\n"
    contents = "目录\n一、总则\n二、任务\n三、附则\n"
    text = f"{notice}某市补助办法\n{contents}{BODY}附件1\n补助标准\n每人六百元。\n"
    found = parts(text)
    assert found[:4] == [
        *(("front", "front"), ("某市补助办法", "part"), ("某市补助办法/furniture", "furniture")),
        ("某市补助办法/一", "numbered"),
    ]
    assert found[-1] == ("补助标准", "part")


def test_a_flattened_table_of_contents() -> None:
    text = f"某局2022年工作要点\n目录\n一、总则\n二、任务\n三、附则\n{BODY}".strip().replace("\n", " ")
    sections = parse_sections(text)
    furniture = next(section for section in sections if section.kind == "furniture")
    assert text[furniture.start : furniture.end] == "目录 一、总则 二、任务 三、附则 "
    assert [place for place, kind in parts(text) if kind == "numbered"] == NUMBERED


@pytest.mark.parametrize("text", [BODY, "一、甲\n二、乙\n一、甲\n二、乙\n", f"某局2022年目录管理办法\n{BODY}"])
def test_what_is_no_table_of_contents(text: str) -> None:
    assert "furniture" not in [kind for _, kind in parts(text)]
