"""Places in titles and names of bodies, and the one a text is about."""

import pytest

from rag.reports.places import divisions_in, is_national, lies_in, most_named, place_of


@pytest.mark.parametrize(
    ("words", "name", "written"),
    [
        ("广东省江门市教育局2017年工作总结", "江门", "江门市"),
        ("成都市教育局", "成都", "成都市"),
        ("成都教育2018年工作要点", "成都", "成都"),
        ("北京市海淀区人民政府", "海淀", "海淀区"),
        ("内蒙古自治区教育厅2019年工作要点", "内蒙古", "内蒙古自治区"),
        ("广西壮族自治区人民政府办公厅", "广西", "广西壮族自治区"),
        ("新疆维吾尔自治区伊犁哈萨克自治州教育局", "伊犁", "伊犁哈萨克自治州"),
        ("恩施土家族苗族自治州教育局", "恩施", "恩施土家族苗族自治州"),
        ("鄂伦春自治旗人民政府", "鄂伦春", "鄂伦春自治旗"),
        ("兴安盟行政公署", "兴安", "兴安盟"),
        ("黄山市歙县教育局", "歙县", "歙县"),
        ("杭州余杭区教育局", "余杭", "余杭区"),
        ("苏州工业园区管委会", "苏州", "苏州"),
        ("兰州新区教体局", "兰州", "兰州"),
        ("香港特别行政区政府", "香港", "香港特别行政区"),
        ("关于印发《青岛市教育局2018年工作要点》的通知", "青岛", "青岛市"),
        ("（转载）广州市人民政府办公厅", "广州", "广州市"),
        ("中共乐山市委教育工作委员会", "乐山", "乐山市"),
        ("关于受理天河区人才公寓申请的公告", "天河", "天河区"),
        ("某某市教育局", "某某", "某某市"),
        ("某某区人民政府关于印发某某区教育规划的通知", "某某", "某某区"),
    ],
)
def test_the_innermost_place_that_words_begin_with(words: str, name: str, written: str) -> None:
    place = place_of(words)
    assert place is not None
    assert (place.name, words[place.start : place.end]) == (name, written)


@pytest.mark.parametrize(
    "words",
    [
        "教育局",
        "全市教育工作会议",
        "城市建设局",
        "国务院办公厅",
        "自治区教育厅",
        "各区人民政府",
        "高新区管委会",
        "校区建设",
        "2018年工作总结",
        "",
    ],
)
def test_what_names_no_place(words: str) -> None:
    assert place_of(words) is None


def test_the_place_that_a_text_names_most() -> None:
    text = "报告。乐山市，成都市。\n乐山市教育局。乐山市委。全市，城市。"
    place = most_named(text)
    assert place is not None
    assert (place.name, place.start, place.end) == ("乐山", 3, 6)
    assert most_named(text.replace("乐山市委", "市委")) is None


def test_what_speaks_for_the_whole_country() -> None:
    assert is_national("中华人民共和国市场主体登记管理条例")
    assert is_national("国务院办公厅")
    assert not is_national("中国教育学会")


def test_divisions_are_found_in_full_wherever_they_stand() -> None:
    assert divisions_in("助推沐川县巩固，在各市县区和城区帮扶美姑县") == ["沐川县", "美姑县"]


def test_a_district_lies_in_its_city_and_not_the_other_way_round() -> None:
    assert lies_in("天河", "广州")
    assert lies_in("天河", "广东")
    assert not lies_in("广州", "天河")
    assert not lies_in("泉州", "广州")
