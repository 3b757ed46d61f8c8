"""A question and a sentence to the word by which they speak of two things of one sort: 高中 asked, 小学 told.

What a small reader misses most often, because all other words agree. The sorts are those of official reports; words of
one row mean the same. A word that is told and not asked counts only where the asked one is nowhere at hand.
"""

import re
from collections.abc import Sequence

# Each sort: the things it tells apart, each with the words for it.
_SORTS: Sequence[Sequence[str]] = (
    (
        r"幼儿园|学前|幼儿|托育|保育",
        r"(?<!中)小学(?!期)|(?<![初高]中)[一二三四五六]年级",
        r"初中|初级中学|初[一二三](?![年步])|[七八九]年级",
        r"高中|普高|高级中学|高一|高二|高三",
        r"中职|中等职业|职业(?:教育|学校|高中|院校)|职教|职高|技工|中专",
        r"高校|大学|高等教育|高职|高等职业|职业(?:技术)?(?:学院|大学)",
        r"特殊教育|特教|残疾",
    ),
    (
        r"(?:非|没有?|无|不是|不具有|未取得)(?:本市|本地|本县|本区|本省|当地)?(?:的)?户[籍口]|随迁|外来|务工",
        r"(?<!非)(?<!非本市)(?<!非本地)(?<!非本县)(?<!非本区)(?<!非本省)户籍",
    ),
    tuple(f"{grade}年级" for grade in "一二三四五六七八九"),
    (r"公办|公立", r"民办|私立"),
    (r"农村|乡村|乡镇", r"(?<![些个座级边])城市|城区|城镇"),
    (r"国家级|全国(?!前|第)|国赛|中央", r"省级|全省(?!前|第)|省赛", r"(?<![城县])市级", r"[县区]级(?!市)"),
    (r"专科|大专", r"本科", r"硕士|研究生", r"博士"),
    (r"微信|公众号", r"微博", r"抖音|快手|视频号|短视频"),
    (r"男生|男性|男子", r"女生|女性|女子"),
    (
        r"每[人户家]?每?[天日]|[/／每][天日]|日均|按日",
        r"每[人户家]?每?个?月|[/／]月|月均|按月",
        r"每[人户家]?每?学?年|[/／]年|年均|全年|按年",
        r"每[人户家]?每?学期|[/／]学期",
    ),
    (r"上半年", r"下半年"),
    (
        r"总投资|投资总额|总造价|总预算|(?:总共|一共|总计)[^,，]{0,10}建成|建成[^,，]{0,6}(?:总共|一共|总计)",
        r"(?:年度|当年|本年|全年|年内)(?:完成)?(?:投资|预算)",
    ),
    (
        r"随迁|外来|务工|流动人口|非(?:本[市地县区省])?户籍",
        r"残疾|残障|特教|特殊教育",
        r"留守",
        r"孤儿|无人抚养",
        r"贫困|困难|贫寒|低保|特困|建档立卡|脱贫",
    ),
    (
        r"取消|撤销|停办|停止|终止|关停|关掉|关了|关闭|取缔|清退|不再",
        r"启动|开展|实施|建立|设立|成立|创办|开办|新增|新建|加强|推进",
    ),
    (
        r"减少|下降|降低|缩减|(?<!多)少了|下滑|回落|跌|降",
        r"增加|增长|上升|提高|多了|上涨|提升|扩大|涨|增",
    ),
    (r"进口", r"(?<!出)出口(?!成章)"),
    (r"第?一产业?", r"第?二产业?", r"第?三产业?"),
)
_COMPULSORY = re.compile(r"义务教育|中小学")  # 小学 and 初中 together: neither contradicts it
_PATTERNS = tuple(tuple(re.compile(words) for words in sort) for sort in _SORTS)
_STAGES = _PATTERNS[0]
_KINDERGARTEN, _PRIMARY, _JUNIOR, _, _, _UNIVERSITY, _ = _STAGES


def contrasted(question: str, text: str, around: str) -> str:
    """The word of the question for which the sentence has another of its sort, or "" where there is none.

    `around` are the title and headings above the sentence: what stands there holds for it.
    """
    for sort in _PATTERNS:
        asked = [found for words in sort if (found := words.search(question))]
        if not asked or (sort is _STAGES and _COMPULSORY.search(question)):
            continue
        told = [words for words in sort if words.search(text)]
        if sort is _STAGES and not told and not _COMPULSORY.search(text):
            # A stage that the headings name holds below them; 中小学 are all of them but kindergarten and university.
            told = [words for words in sort if words.search(around)]
            if _COMPULSORY.search(around) and not {found.re for found in asked} - {_KINDERGARTEN, _UNIVERSITY}:
                told += (_PRIMARY, _JUNIOR)
        if any(found.re.search(text + around) for found in asked):
            continue
        if sort is _STAGES and _contains_compulsory(asked, text, around):
            continue
        others = [words for words in told if not words.search(question)]
        if others or (sort is _STAGES and _COMPULSORY.search(text)):
            return asked[0][0]
    return ""


def _contains_compulsory(asked: Sequence[re.Match[str]], text: str, around: str) -> bool:
    """Whether what is asked is a stage of the compulsory education that the sentence speaks of."""
    stages = {_PRIMARY, _JUNIOR}
    return bool(_COMPULSORY.search(text + around)) and any(found.re in stages for found in asked)
