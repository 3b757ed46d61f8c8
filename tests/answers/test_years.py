from rag.answers.years import due, only_against, own_years, years_said


def test_years_are_named_with_the_word_for_it_or_before_a_name() -> None:
    assert years_said("2018年建成9所,比2017年多。") == {2017, 2018}
    assert years_said("2022世界大会") == {2022}
    assert years_said("2022人参加") == set()
    assert years_said("CES2023 将于1月开幕") == {2023}
    assert years_said("RTX2060 显卡") == set()


def test_a_year_by_whose_end_something_is_due() -> None:
    assert due("2021年底前持证率提高到85%。") == {2021}
    assert due("2021年底前持证率由2020年的74%提高到85%。") == {2021}
    assert due("2021年底前提高到85%，2022年达到90%。") == set()
    assert due("2021年持证率85%。") == set()


def test_a_year_measured_against_is_not_spoken_of() -> None:
    assert own_years("2018年建成9所,比2017年多。") == {2018}
    assert own_years("建成9所,2017年同期8所。") == set()
    assert own_years("建成9所,2所结转至2018年实施。") == set()
    assert own_years("2019—2020年建成9所。") == set()


def test_only_a_year_can_be_measured_against() -> None:
    assert only_against("2017年", "2018年建成9所,比2017年多。")
    assert not only_against("2018年", "2018年建成9所,比2017年多。")
    assert not only_against("小学", "比小学多。")
