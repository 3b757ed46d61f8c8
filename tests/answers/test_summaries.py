"""The section a summary means, and its lines in document order."""

import pytest

from rag.answers.summaries import names_section, summarize
from tests.answers.made import chunk, evidence

PARENT = "六、教师队伍建设"
FIRST = (PARENT, "(一)师德师风")
SECOND = (PARENT, "(二)人才引进")


def test_a_parent_whose_heading_has_the_questions_words_is_summed_up_by_its_subsections() -> None:
    lines = summarize(
        [
            evidence("引进人才138名。", path=SECOND, start=50, score=0.9, above=0.8, heading=0.1, retrieval=2.0),
            evidence("评选标兵23名。", path=FIRST, start=10, score=0.8, above=0.8, heading=0.1, retrieval=1.0),
            evidence("别的事。", path=("七、其他", "(一)别的"), start=90, score=0.7),
        ],
        "概括教师工作。",
    )
    assert [(line.label, line.text) for line in lines] == [
        ("(一)师德师风", "评选标兵23名。"),
        ("(二)人才引进", "引进人才138名。"),
    ]


def test_a_single_section_gives_its_best_sentences_in_order() -> None:
    lines = summarize(
        [
            evidence("第三句。", path=FIRST, start=30, score=0.9, heading=0.9, retrieval=2.0),
            evidence("第一句。", path=FIRST, start=10, score=0.8, heading=0.9, retrieval=2.0),
            evidence("别处。", path=SECOND, start=50, score=0.95),
        ],
        "概括教师工作。",
    )
    assert [line.text for line in lines] == ["第一句。", "第三句。"]
    assert [line.evidence[0].start for line in lines] == [10, 30]


@pytest.mark.parametrize("path", [("四、特色做法",), ("四、特色做法", "(一)水上课堂")])
def test_a_section_that_the_question_names_is_meant_though_retrieval_likes_another(path: tuple[str, ...]) -> None:
    found = [
        evidence("自评历时5个月。", path=("一、自评过程",), start=10, score=0.9, retrieval=2.1),
        evidence("送课5400节。", path=path, start=50, score=0.1, above=0.3 * (len(path) - 1), retrieval=0.6),
    ]
    assert [line.text for line in summarize(found, "概括自评里的特色做法。")] == ["送课5400节。"]
    assert [line.text for line in summarize(found, "概括自评历程。")] == ["自评历时5个月。"]


def test_a_parent_named_in_other_words_is_summed_up_though_a_subsection_has_a_word_of_the_question() -> None:
    parent = "第三部分　存在的问题和不足"
    lines = summarize(
        [
            evidence(
                "教育资源不均。", path=(parent, "（一）教育资源"), start=10, heading=0.3, above=0.1, retrieval=2.0
            ),
            evidence("缺教师118人。", path=(parent, "（二）队伍"), start=30, above=0.1, retrieval=1.0),
        ],
        "教育上还有哪些短板？",
    )
    assert [line.text for line in lines] == ["教育资源不均。", "缺教师118人。"]


def test_a_masthead_is_no_part_of_a_summary_where_there_is_anything_else() -> None:
    masthead = evidence("来源：某市教育局", score=0.9, heading=0.9, retrieval=3.0)
    assert [line.text for line in summarize([masthead, evidence("建成9所。", path=FIRST, start=30)], "概括。")] == [
        "建成9所。"
    ]
    assert [line.text for line in summarize([masthead], "概括。")] == ["来源：某市教育局"]


def test_what_tells_of_another_year_is_no_part_of_a_summary() -> None:
    lines = summarize(
        [
            evidence("将改造锅炉。", path=SECOND, start=50, score=0.9, retrieval=3.0, unmet=("year:2017",)),
            evidence("改造锅炉60台。", path=FIRST, start=10, score=0.5),
        ],
        "概括教师工作。",
    )
    assert [line.text for line in lines] == ["改造锅炉60台。"]


def test_nothing_retrieved_gives_nothing() -> None:
    assert summarize([], "概括。") == []


@pytest.mark.parametrize(
    ("question", "heading", "named"),
    [
        ("某市2018年在特殊教育上准备干些什么?", "16.办好特殊教育", True),
        ("概括高等教育的工作。", "22.推进中职、高等教育提质发展", False),
        ("概括学前教育的工作。", "(一)普及学前教育", True),
        ("概括德育工作。", "(二)德育", False),  # two characters say too little
    ],
)
def test_a_question_names_a_section_by_most_of_its_heading(question: str, heading: str, named: bool) -> None:
    assert names_section(question, chunk("建成9所。", path=(heading,))) is named
