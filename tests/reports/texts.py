"""Report texts for the tests: written by hand for one trait each, or put together at random by hypothesis."""

import random

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

RULE = """某市人民政府办公室关于印发某市住房补助办法的通知
某府办规〔2021〕7号
各区人民政府：
《某市住房补助办法》已经市政府同意，现印发给你们，请遵照执行。
某市人民政府办公室
2021年5月6日
某市住房补助办法
目录
第一章 总则
第二章 补助
第一章 总则
第一条 为了保障住房困难家庭的居住需求，制定本办法。
第二条 本办法所称住房困难家庭，是指同时符合下列条件的家庭：
（一）具有本市户籍；
（二）人均住房面积低于15平方米，比2018.3的标准提高1.5平方米。
前款第（二）项的面积由市住房部门公布。
第二章 补助
第三条 补助标准如下：一是三口之家每月900元；二是两口之家每月600元。
第四条 本办法自2021年7月1日起施行，《某市住房补助暂行办法》同时废止。
附件1
某市住房补助标准
家庭人口 每月金额
三人 900元
"""
GUIDE = """首页 > 服务 > 社保
社会保障卡申领指南
2022-03-04
申领条件
1、在本市参保的人员。①职工；②居民。
2、持有居住证的外地人员，包括七、八年级的随迁子女。
申领流程
1、线上申请。首先，打开小程序。其次，上传照片。最后，确认邮寄地址。
2、线下申请
（1）到银行网点取号。
（2）填写申请表格，当场领卡。
联系我们 网站地图
"""
SPEECH = """政府工作报告
——2019年1月8日在某县第十届人民代表大会第三次会议上
各位代表：
现在，我代表县人民政府向大会报告工作，请予审议。
一、2018年工作回顾
一是产业发展有新气象。新增企业35家。工业产值增长6.5%。
二是城乡面貌有新变化。改造道路12条。建成公园3个。
各位代表！成绩来之不易，
让我们倍加珍惜。
二、2019年工作安排
（一）着力推进项目建设，不断夯实县域经济发展
基础
全年安排项目46个，总投资1.35亿元。
（二）着力改善民生。城镇新增就业1500人。
各位代表！让我们携手前进。
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

_INSERTED = (*MARKERS.split(), *WORDS.split(), *LINES.splitlines(), *" \n“）\u200b", "\u3000\u3000", "\n\n", "")


def mutated(text: str, rng: random.Random) -> str:
    """`text` with a few accidents of the kind that happen on the way from an office to a file."""
    for _ in range(rng.randint(1, 4)):
        text = rng.choice(_ACCIDENTS)(text, rng)
    return text


def _on_lines(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    here, there = rng.randrange(len(lines)), rng.randrange(len(lines))
    change = rng.randrange(4)
    if change == 0:
        del lines[here:there]
    elif change == 1:
        lines[there:there] = lines[here : here + 5]
    elif change == 2:
        lines[here], lines[there] = lines[there], lines[here]
    else:
        lines[here] = lines[here][: rng.randint(0, len(lines[here]))]
    return "\n".join(lines)


def _inserted(text: str, rng: random.Random) -> str:
    position = rng.randint(0, len(text))
    return text[:position] + rng.choice(_INSERTED) + text[position:]


def _removed(text: str, rng: random.Random) -> str:
    position = rng.randint(0, len(text))
    return text[:position] + text[position + rng.randint(0, 20) :]


def _flattened(text: str, rng: random.Random) -> str:
    return text.replace("\n", rng.choice((" ", "", "\u3000\u3000", "\n\n", "\n ", "\r\n")), rng.choice((-1, 5, 20)))


def _wrapped(text: str, rng: random.Random) -> str:
    width = rng.choice((12, 20, 33, 40))
    return "\n".join(line[at : at + width] for line in text.split("\n") for at in range(0, max(len(line), 1), width))


_ACCIDENTS = (_on_lines, _on_lines, _inserted, _inserted, _removed, _flattened, _wrapped)

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
