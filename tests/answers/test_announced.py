"""Lists that follow the sentence which announces them."""

import pytest

from rag.answers.announced import MOST_ITEMS, announced, announcing
from rag.reports.chunks import Chunk
from tests.answers.made import chunk, evidence

PATH = ("一、申请",)


def after(sentence: str, *chunks: Chunk) -> list[str]:
    start = chunks[0].text.index(sentence)
    return [item.text for item in announced(evidence(sentence, path=PATH, start=start), chunks)]


@pytest.mark.parametrize(
    ("text", "sentence", "items"),
    [
        (
            "应当提交下列材料：\n（一）申请表；\n（二）证明。\n不收费。",
            "应当提交下列材料：",
            ["（一）申请表；", "（二）证明。"],
        ),
        ("措施如下。一是扩建。二是新建。", "措施如下。", ["一是扩建。", "二是新建。"]),
        ("打好蓝天保卫战。一要扩绿。二要减排。", "打好蓝天保卫战。", ["一要扩绿。", "二要减排。"]),
        ("打好蓝天保卫战。今年要见效。一要扩绿。二要减排。", "打好蓝天保卫战。", ["一要扩绿。", "二要减排。"]),
        ("打好蓝天保卫战。今年要见效。还要久。一要扩绿。", "打好蓝天保卫战。", []),
        ("问题：学位不足，师资偏弱。另有其他。", "问题：学位不足，师资偏弱。", []),
        ("还存在短板。主要是：学位不足。对此将改进。", "还存在短板。", ["主要是：学位不足。"]),
        ("主要做法：\n扩建学校。新建食堂。", "主要做法：", ["扩建学校。"]),
        ("建成12所。一是扩建。", "建成12所。", []),
        ("建成12所。", "建成12所。", []),
    ],
)
def test_the_items_of_a_list_follow_the_sentence_that_announces_it(text: str, sentence: str, items: list[str]) -> None:
    assert after(sentence, chunk(text, path=PATH)) == items


def test_of_sections_below_each_gives_its_first_sentence() -> None:
    lead = "一、申请\n应当提交下列材料：\n"
    texts = ("（一）申请表。须盖章。\n", "（二）证明。\n", "（1）身份证明。\n", "（三）照片。\n")
    paths = (
        (*PATH, "（一）申请表。"),
        (*PATH, "（二）证明。"),
        (*PATH, "（二）证明。", "（1）身份证明。"),
        (*PATH, "（三）照片。"),
    )
    chunks, start = [chunk(lead, path=PATH)], len(lead)
    for text, path in zip(texts, paths, strict=True):
        chunks.append(chunk(text, path=path, start=start))
        start += len(text)
    chunks.append(chunk("（四）别处。\n", path=("二、审核",), start=start))
    found = announced(evidence("应当提交下列材料：", path=PATH, start=lead.index("应")), chunks)
    assert [item.text for item in found] == ["（一）申请表。", "（二）证明。", "（三）照片。"]
    assert [item.chunk.path[-1] for item in found] == ["（一）申请表。", "（二）证明。", "（三）照片。"]
    whole = lead + "".join(texts)
    assert all(whole[item.start : item.end] == item.text for item in found)


def test_a_long_list_is_cut() -> None:
    text = "任务如下：\n" + "".join(f"{number}.建校。\n" for number in range(1, 21))
    assert len(after("任务如下：", chunk(text, path=PATH))) == MOST_ITEMS


def test_an_item_leads_to_the_sentence_that_announces_its_list() -> None:
    text = "不予救助的情形：\n（一）情况不急；\n（二）材料不实。\n费用自理。\n（三）另有依靠。"
    whole = chunk(text, path=PATH)

    def leads_to(sentence: str) -> str | None:
        found = announcing(evidence(sentence, path=PATH, start=text.index(sentence)), [whole])
        return found.text if found else None

    assert leads_to("（二）材料不实。") == "不予救助的情形："
    assert leads_to("费用自理。") is None  # no item
    assert leads_to("（三）另有依靠。") is None  # the list has ended before


def test_a_long_list_is_not_shown_for_one_of_its_items() -> None:
    text = "要做好下列工作：\n（一）" + "建" * 300 + "；\n（二）" + "修" * 300 + "。"
    whole = chunk(text, path=PATH)
    item = "（二）" + "修" * 300 + "。"
    assert announcing(evidence(item, path=PATH, start=text.index(item)), [whole]) is None
