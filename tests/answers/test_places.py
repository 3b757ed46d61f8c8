"""Places in a question, known from the dictionary or by their suffix; common nouns are none."""

import pytest

from rag.answers.places import is_province, places_named, short_form


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("佛山的学生获奖几人", ("佛山",)),
        ("珠海市和三台县各有几所", ("珠海市", "三台县")),
        ("和哪几个自治州结对", ()),
        ("普及高中教育,改善城市和山区办学", ()),
        ("多少所学校", ()),
        ("广元和自贡的来宾", ("广元", "自贡")),
        ("中国的学校", ()),
        ("又新建了几个考场", ()),
    ],
)
def test_places(text: str, places: tuple[str, ...]) -> None:
    assert places_named(text) == places


def test_a_place_and_its_full_name_are_the_same() -> None:
    assert short_form("江油市") == short_form("江油") == "江油"
    assert short_form("市") == "市"


def test_provinces_are_known_by_their_short_and_full_names() -> None:
    assert is_province("四川")
    assert is_province("四川省")
    assert not is_province("成都")
