"""Sentences about a thing of the same sort as the one asked about, and those that are about it after all."""

import pytest

from rag.answers.contrasts import contrasted


@pytest.mark.parametrize(
    ("question", "text", "word"),
    [
        ("高中的巩固率是多少？", "全市小学巩固率为99.2%。", "高中"),
        ("普通高中的大班额比例不能高于多少？", "义务教育阶段大班额控制在3%以内。", "高中"),
        ("非本市户籍学生有多少？", "本市户籍学生3万人。", "非本市户籍"),
        ("民办学校有多少所？", "公办学校有30所。", "民办"),
        ("省级示范校有几所？", "创建市级示范校8所。", "省级"),
        ("抖音号有多少粉丝？", "微信粉丝35万人。", "抖音"),
        ("省级媒体报道多少篇？", "中央媒体报道30篇，影响力列全省前茅。", "省级"),
        ("男生的达标率是多少？", "女生达标率为96%。", "男生"),
        ("随迁儿童的入园率是多少？", "适龄幼儿入园率98%，残疾儿童入园率85%。", "随迁"),
        ("在哪里取消了培训计划？", "启动两市的培训计划。", "取消"),
        ("近视率下降了多少？", "近视率增长2个百分点。", "下降"),
        ("下半年建了几所？", "上半年建成3所。", "下半年"),
        ("取缔了几家培训班？", "新增培训机构608所。", "取缔"),
        ("第三产业增长多少？", "第二产业增长7%。", "第三产业"),
    ],
)
def test_another_thing_of_the_sort_is_named(question: str, text: str, word: str) -> None:
    assert contrasted(question, text, "") == word


@pytest.mark.parametrize(
    ("question", "text", "around"),
    [
        ("高中的巩固率是多少？", "全市小学和高中巩固率都有提高。", ""),
        ("高中的巩固率是多少？", "巩固率为99.2%。", ""),
        ("高中的毛入学率是多少？", "全市初中毕业生的升学率达98%。", "《工作总结》 三、普及高中阶段教育"),
        ("小学有多少个大班额？", "消除义务教育大班额120个。", ""),
        ("普高招生多少人？", "普通高中招生3000人。", ""),
        ("学校有多少所？", "公办学校有30所。", ""),
        ("哪个县级市通过了验收？", "某市通过国家级验收。", ""),
        ("户籍学生有多少？", "随迁子女和户籍学生一视同仁。", ""),
        ("满分多少了？", "由30分增至40分。", ""),
        ("近视率下降了多少？", "近视率下降2个百分点，体质达标率提高。", ""),
    ],
)
def test_what_speaks_of_the_thing_asked_is_no_contrast(question: str, text: str, around: str) -> None:
    assert contrasted(question, text, around) == ""


def test_a_stage_that_the_headings_name_is_that_of_what_stands_below() -> None:
    assert contrasted("幼儿园的评价分几个等级？", "评价分为四个等级。", "中小学校评价办法") == "幼儿园"
    assert contrasted("高中的评价分几个等级？", "评价分为四个等级。", "中小学校评价办法") == ""
    assert contrasted("幼儿园的入园率是多少？", "比上年提高2%。", "三、高中教育") == "幼儿园"
    assert contrasted("幼儿园的入园率是多少？", "比上年提高2%。", "三、学前和高中教育") == ""
