"""Measures against values worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation import measures

RANKS = (2, None, 6, 1)  # four evidences: found at ranks 2, 6 and 1, one not found


def test_recall_is_the_share_of_the_evidences_found() -> None:
    assert measures.recall_at(RANKS, 1) == 0.25
    assert measures.recall_at(RANKS, 5) == 0.5
    assert measures.recall_at(RANKS, 6) == 0.75
    assert measures.recall_at((), 5) == 0.0


def test_reciprocal_rank_is_of_the_first_evidence_found() -> None:
    assert measures.reciprocal_rank_at((4, 3), 10) == pytest.approx(1 / 3)
    assert measures.reciprocal_rank_at((11, None), 10) == 0.0
    assert measures.reciprocal_rank_at((), 10) == 0.0


def test_an_evidence_is_found_whole_in_the_right_report_only() -> None:
    hits = [("b", "建成\n３ 所学校"), ("a", "新增"), ("a", "全年建成3所学校,投入2亿元")]
    evidence = [("建成3所", {"a"}), ("建成3所", {"b"}), ("建成3所", set()), ("投入2亿元。", {"a"})]
    assert measures.evidence_ranks(hits, evidence) == (3, 1, 1, None)


@pytest.mark.parametrize(
    ("text", "wanted", "held"),
    [
        ("共16个", "6个", False),  # a digit before it: another number
        ("占1.6%", "6%", False),  # a point before it: another number
        ("共 6 个", "6个", True),
        ("共６个", "6个", True),
        ("达2.75M人次", "2.75m", True),
        ("A16个", "16个", True),
        ("一百所", "百所", True),
    ],
)
def test_a_wanted_number_must_not_be_the_tail_of_another(text: str, wanted: str, held: bool) -> None:
    assert measures.holds(text, wanted) is held


def test_a_right_answer_has_one_of_every_group_and_nothing_unwanted() -> None:
    must = [["37.8万", "378000"], ["5所"]]
    assert measures.right_answer("解决37.8万人,新建5所[1]", must)
    assert measures.right_answer("378000人;5 所", must)
    assert not measures.right_answer("解决37.8万人", must)
    assert not measures.right_answer("解决37.8万人,新建15所", must)
    assert not measures.right_answer("解决37.8万人,新建5所,未完成", must, ["未完成"])
    assert measures.right_answer("任何话", [])


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        ("牵头领导一栏为空。", True),
        ("原文此栏空白[1]", True),
        ("The field is left blank.", True),
        ("牵头领导:张三", False),
    ],
)
def test_saying_that_a_field_is_blank(text: str, blank: bool) -> None:
    assert measures.says_blank(text) is blank


def test_a_quote_supports_by_holding_being_held_or_sharing_twelve_characters() -> None:
    evidence = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳"  # 16 characters: runs of 12 start at 0 and 4
    assert measures.overlaps("丙丁", evidence)
    assert measures.overlaps(f"前{evidence}后", evidence)
    assert measures.overlaps("前甲乙丙丁戊己庚辛壬癸子丑", evidence)
    assert measures.overlaps("戊己庚辛壬癸子丑寅卯辰巳后", evidence)
    assert not measures.overlaps("前甲乙丙丁戊己庚辛壬癸子", evidence)
    assert not measures.overlaps("", evidence)
    assert measures.overlaps("共 ３ 所小学", "3所")
    assert not measures.overlaps("共4所小学", "3所")


def test_citation_precision_and_recall() -> None:
    quotes = ["建成3所学校", "与此无关的话", "投入2亿元"]
    evidence = ["建成3所", "投入2亿元", "新增学位900个", "惠及5万人"]
    assert measures.citation_precision(quotes, evidence) == pytest.approx(2 / 3)
    assert measures.citation_recall(quotes, evidence) == 0.5
    assert measures.citation_precision([], evidence) == 0.0
    assert measures.citation_recall([], evidence) == 0.0
    assert measures.citation_recall(quotes, []) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("增长5.8%[1][12]", {"5.8"}),
        ("投入1,164万元", {"1164"}),
        ("投入１１６４万元", {"1164"}),
        ("1. 建成3所\n2) 投入2亿\n- (3) 无", {"3", "2"}),
        ("1.5亿元", {"1.5"}),
        ("2018年", {"2018"}),
        ("三所", set()),
    ],
)
def test_figures(text: str, found: set[str]) -> None:
    assert measures.figures(text) == found


def test_a_figure_is_supported_by_the_sources_given_and_no_others() -> None:
    assert measures.unsupported_figures("2018年建成3所", ["建成3所学校", "2018年工作总结"]) == set()
    assert measures.unsupported_figures("建成3所,投入2亿", ["建成30所学校"]) == {"3", "2"}
    assert measures.unsupported_figures("建成3所", []) == {"3"}


def test_auroc() -> None:
    # Of the six couples 0.9 wins three, 0.5 wins one, draws one and loses one: (3 + 1 + 0.5) / 6.
    assert measures.auroc([0.9, 0.5], [0.5, 0.6, 0.1]) == 0.75
    assert measures.auroc([0.2], [0.2]) == 0.5
    assert measures.auroc([], [0.2]) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_swapping_the_sides_mirrors_the_auroc(positives: list[float], negatives: list[float]) -> None:
    there, back = measures.auroc(positives, negatives), measures.auroc(negatives, positives)
    assert there is not None
    assert back is not None
    assert there + back == pytest.approx(1.0)


def test_middle_and_tail_of_times() -> None:
    assert measures.median([3.0, 1.0, 2.0, 10.0]) == 2.5
    assert measures.median([]) is None
    assert (
        measures.percentile([float(value) for value in range(1, 21)], 0.95) == 19.0
    )  # rank floor(.95 x 19) = 18, from 0
    assert measures.percentile([4.0], 0.95) == 4.0
    assert measures.percentile([], 0.95) is None


def test_mean() -> None:
    assert measures.mean([True, False, False, True]) == 0.5
    assert measures.mean([]) is None


def test_tokens_are_han_characters_words_and_numbers() -> None:
    assert measures.tokens("《泡泡堂》由Nexon Korea发行,达97.5%。") == [
        *"泡泡堂由",
        "nexon",
        "korea",
        *"发行达",
        "97.5%",
    ]


def test_exact_match_overlooks_punctuation_and_width() -> None:
    assert measures.exact_match("《踢爆》", ["踢爆"]) == 1.0
    assert measures.exact_match("ＡＢ 12", ["cd", "ab 12"]) == 1.0
    assert measures.exact_match("50%", ["50"]) == 0.0
    assert measures.exact_match("", ["踢爆"]) == 0.0


def test_f1_is_over_the_longest_shared_run_and_the_best_answer() -> None:
    # said 5 tokens, wanted 4, longest shared run 3: 2 x 3 / (5 + 4)
    assert measures.f1("在德国学者", ["德国学生"]) == pytest.approx(2 / 3)
    assert measures.f1("学者德国", ["德国", "学者"]) == pytest.approx(2 / 3)
    assert measures.f1("欧洲", ["亚洲的"]) == pytest.approx(2 / 5)
    assert measures.f1("欧", ["亚"]) == 0.0
    assert measures.f1("", ["亚"]) == 0.0


@given(st.text(alphabet="甲乙丙1a ,。", max_size=12), st.text(alphabet="甲乙丙1a ,。", max_size=12))
def test_f1_is_symmetric_and_one_exactly_for_equal_tokens(one: str, other: str) -> None:
    assert measures.f1(one, [other]) == measures.f1(other, [one])
    same = measures.tokens(one) == measures.tokens(other) and bool(measures.tokens(one))
    assert (measures.f1(one, [other]) == 1.0) is same
