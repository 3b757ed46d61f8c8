"""The fields of a masthead that questions ask for, against a made-up masthead."""

import pytest

from rag.answers.fields import fields_named
from rag.reports.metadata import Field, Metadata


def masthead(title: str, *labels: str) -> Metadata:
    nothing = dict.fromkeys(("issuer", "region", "kind", "published", "dated", "document_number", "index_number"))
    return Metadata(
        title=Field(title, 0, len(title), ""),
        years=(),
        labels=tuple(Field("x", 0, 1, label) for label in labels),
        **nothing,
    )


REPORTS = [masthead("洛阳市教育局工作总结", "文章来源", "主题分类", "文号", "签发人", "联系地址", "联系电话")]


@pytest.mark.parametrize(
    ("question", "fields"),
    [
        ("这份总结的文号是多少？", ("document_number",)),
        ("这份文件哪天发布的，文号是什么？", ("published", "document_number")),
        ("这份通知的索引号是什么，由哪个单位印发的？", ("index_number", "issuer")),
        ("这份材料的主题分类是什么？", ("主题分类",)),
        ("这份通知落款是什么时间？", ("signed",)),
        ("这份方案是哪年成文的？", ("dated",)),
        ("Who issued this report?", ("issuer",)),
        ("洛阳市教育局工作总结是什么时候公开的，谁供的稿？", ("published", "文章来源")),
        ("履职自评报告是谁签发的、落款哪天？", ("signed", "签发人")),
        ("2024年教育统计公报是哪天挂到网上的？", ("published",)),
        ("这份报告的签发人是谁？", ("签发人",)),
        ("洛阳教育局那份工作总结是啥时候发出来的？", ("published",)),
        ("洛阳市教育局工作总结是哪天公布的，出自哪个网站？", ("published", "文章来源")),
        ("洛阳市教育局的电话是多少？", ("联系电话",)),
        ("想打电话问问洛阳市教育局，网页上留的号码是多少？", ("联系电话",)),
        ("洛阳市教育局办公地点在哪条街？", ("联系地址",)),
        ("洛阳一中的联系电话是多少？", ()),
        ("洛阳一中在哪条路上？", ()),
        ("教育局的热线一个月接多少通电话？", ()),
        # A document that a report mentions, not the report itself.
        ("洛阳什么时候发布了智慧校园行动计划？", ()),
        ("《智慧校园行动计划》是哪天发布的？", ()),
        ("有多少所学校？", ()),
        ("把这份总结的文号抄给我。", ()),
    ],
)
def test_fields_in_the_order_of_the_clauses(question: str, fields: tuple[str, ...]) -> None:
    assert fields_named(question, REPORTS) == fields


def test_a_label_that_names_a_usual_field_is_that_field_once() -> None:
    assert fields_named("这份总结的文号是多少，文号是怎么编的？", REPORTS) == ("document_number",)


def test_without_a_masthead_only_the_usual_fields_are_known() -> None:
    assert fields_named("这份材料的主题分类是什么？", []) == ()
    assert fields_named("这份材料的文号是什么？", []) == ("document_number",)


def test_of_a_document_of_its_kind_fewer_words_of_the_title_are_enough() -> None:
    plan = [masthead("洛阳市学前教育三年行动计划（2021—2023年）的通知")]
    assert fields_named("洛阳的幼儿园三年计划是哪天印发的？", plan) == ("dated",)
    assert fields_named("洛阳的智慧校园行动计划是哪天印发的？", REPORTS) == ()
