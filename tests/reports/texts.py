"""Report texts for the tests: written by hand for one trait each, or put together at random by hypothesis."""

from hypothesis import strategies

PLAN = """当前位置: 首页 > 规划计划
某市教育局2021年工作要点
发布日期: 2021-03-05 来源: 办公室
打印 分享到:

全市教育工作的总体要求是立足新发展阶段。

一、加强党的建设
1.抓好学习教育。开展专题学习12次。覆盖全部学校。
牵头科室:机关党委
2.抓好作风建设。查处问题3起。
二、提高教育质量
3.扩大学位供给。新增学位1.35万个。
附件:重点任务分工表

扫一扫在手机打开当前页
上一条: 无
版权所有:某市教育局 网站标识码:1234567890
"""

MARKERS = """
一、 二、 三、 十一、 （一） (二) （三） 1. 2. 3、 4． (1) （2） ① ② 1) 一是 二是 三要 第一，
第一章 第二章 第一条 第二条 第三条 第一部分 附件： 附件1 1.35万 2018年 十三五
"""
WORDS = "全市新增学位3.5万个 工作推进 “五育”并举。 2018.3 第五届 (试行) 《办法》 ， ； 。 ： ！ “ ） a.b"
LINES = """2017年工作总结
2018年工作计划
关于印发《方案》的通知
某市教育局
各位代表：
各位代表！
2018年2月7日
当前位置: 首页 > 公开
打印 关闭
扫一扫
版权所有：某局
发布日期：2018-01-02 文  号：
• 有效性 有效
附件：
"""

_numbered = strategies.builds(
    lambda marker, words: marker + "".join(words),
    strategies.sampled_from(MARKERS.split()),
    strategies.lists(strategies.sampled_from(WORDS.split()), max_size=8),
)
_lines = strategies.tuples(
    strategies.sampled_from(("", "  ", "\u3000\u3000", "\xa0\xa0", "\u200b")),
    strategies.one_of(
        _numbered, strategies.sampled_from(LINES.splitlines()), strategies.text(max_size=12), strategies.just("")
    ),
    strategies.sampled_from(("\n", "\n", "\n\n", "\n \xa0\n", "")),
).map("".join)
reports = strategies.lists(_lines, max_size=40).map("".join)


def tokens(text: str) -> int:
    """A stand-in for a tokenizer: two characters a token, and two marks around the text."""
    return 2 + (len(text) + 1) // 2
