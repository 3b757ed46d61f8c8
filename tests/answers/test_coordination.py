"""Questions about several things, taken apart."""

import pytest

from rag.answers.coordination import asks_of_each, each_alone


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("全市小学和初中的巩固率分别是多少？", ("全市小学的巩固率是多少？", "全市初中的巩固率是多少？")),
        ("洛阳和泉州经济增长了多少？", ("洛阳经济增长了多少？", "泉州经济增长了多少？")),
        ("开学典礼的时间和地点？", ("开学典礼的时间？", "开学典礼的地点？")),
        ("洛阳市市长和泉州市市长是谁？", ("洛阳市市长是谁？", "泉州市市长是谁？")),
        ("小学、初中和高中各有多少所？", ("小学有多少所？", "初中有多少所？", "高中有多少所？")),
        ("2018年和2019年建了多少所？", ("2018年建了多少所？", "2019年建了多少所？")),
        ("2017、2018年和2019年的巩固率", ("2017年的巩固率", "2018年的巩固率", "2019年的巩固率")),
        ("洛阳和泉州的入园率", ("洛阳的入园率", "泉州的入园率")),
        ("洛阳运动会和泉州运动会开幕时间", ("洛阳运动会开幕时间", "泉州运动会开幕时间")),
        (
            "有多少个国家和地区参加了洛阳运动会和泉州运动会？",
            ("有多少个国家和地区参加了洛阳运动会？", "有多少个国家和地区参加了泉州运动会？"),
        ),
        ("最佳校舍和最佳教室设计分别是什么？", ("最佳校舍是什么？", "最佳教室设计是什么？")),
        ("洛阳的报告是谁作的，哪天作的？", ("洛阳的报告是谁作的", "洛阳的报告哪天作的")),
        ("示范校有几所，在哪里？", ("示范校有几所", "示范校在哪里")),
        ("课程的开发者是谁，课时有多少？", ("课程的开发者是谁", "课程的课时有多少？")),
        (
            "那17所学校，2017年建到什么程度，2018年要建到哪一步？",
            ("那17所学校,2017年建到什么程度", "那17所学校,2018年要建到哪一步"),
        ),
        ("人均补助，2013年是多少、2014年要到多少？", ("人均补助,2013年是多少", "人均补助,2014年要到多少")),
    ],
)
def test_each_thing_gets_a_question_of_its_own(question: str, parts: tuple[str, ...]) -> None:
    assert tuple(alone for _, alone in each_alone(question)) == parts


@pytest.mark.parametrize(
    "question",
    [
        "小学和初中一共有多少所？",  # a sum no sentence says of one
        "教育局和财政局联合印发了多少份文件？".replace("联合", "共同"),
        "专科及以上学历的教师占多少？",  # one thing
        "示范校有多少所，哪里最多？",
        "小学和初中做了什么？",  # asks for no one thing of each
        "2018年和2019年有哪些变化？",
        "2018年和2019年一共建了多少所？",
        "学校有多少所？",
        "有多少所小学和初中？",  # counted together
        "洛阳的小学有多少所，学生有多少人？",  # of the schools, it may be
    ],
)
def test_one_question_stays_one(question: str) -> None:
    assert each_alone(question) == ()


def test_a_question_says_that_it_asks_about_each() -> None:
    assert asks_of_each("小学和初中分别有多少所？")
    assert asks_of_each("小学和初中各有多少所？")
    assert not asks_of_each("小学和初中有多少所？")
