from dataclasses import dataclass

import pytest

from rag.answers.constraints import unmet_by
from rag.answers.query import Filters, understand
from rag.reports.chunks import Chunk
from rag.reports.metadata import Field, Metadata


@dataclass(frozen=True)
class Record:
    id: str
    metadata: Metadata
    superseded_by: str = ""


def unmet(question: str, text: str, *, years: tuple[int, ...] = (), around: str = "") -> list[str]:
    query = understand(question, (), filters=Filters(), longest=500)
    chunk = Chunk("c", "r", "", (), "section", 0, len(text), text, years)
    return unmet_by(query.facets[0], query, text, around, chunk, planned=False)


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        # When something is may be told without a figure, unless the day is asked for.
        ("特殊教育学校是什么时候开班的?", "特殊教育学校秋季开班。", []),
        ("保安员配备率预计什么时候达标?", "保安员配备率年底前可到位。", []),
        ("哪一天开学?", "学校秋季开学。", ["figure:"]),
        ("什么时候开学?", "学校按时开学。", ["figure:"]),
        # How many: all of them.
        ("困难学生有多少拿到补助?", "困难学生全部得到补助。", []),
        ("给困难学生发了多少元?", "困难学生全部得到补助。", ["figure:"]),
        # A name that counts is met by what it counts.
        ("新思想要做到哪“三进”?", "推动新思想进教材、进课堂、进头脑。", []),
        ("新思想要做到哪“三进”?", "推动新思想进教材、进课堂。", ["name:三进"]),
        # 哪些城市 asks for cities, not for what is urban; a vocational college is one of higher education.
        ("和哪些城市探索教师交流?", "落实乡村教师计划，探索三市之间的教师交流。", []),
        ("城市学校新增多少学位?", "农村学校新增学位300个。", ["contrast:城市"]),
        ("加快建设哪所高职院校?", "加快建设工程职业技术学院，抓好中职与本科贯通培养。", []),
        ("加快建设哪所高职院校?", "加快建设中职学校。", ["contrast:高职"]),
        ("没有本地户口的孩子怎么入学?", "探索非户籍儿童积分制入学。", []),
        ("本地户籍的孩子怎么入学?", "探索非户籍儿童积分制入学。", ["contrast:户籍"]),
        # Per month is not per day.
        ("低保每人每月多少元?", "住院照料每天不超过240元/日。", ["contrast:每人每月"]),
        ("补贴每月多少元?", "补贴标准为300元/月，全年发放3600元。", []),
        # A rate is not how far a target is met, nor by how much something grew.
        ("失业率是多少?", "失业人员再就业1755人，完成目标任务的117%。", ["figure:"]),
        ("失业率是多少?", "失业率为3.9%，比上年下降0.1%。", []),
        ("失业率是多少?", "上年为4%，今年为3.9%。", []),
        ("本科上线率是多少?", "高中阶段毛入学率达到97%。", ["figure:"]),
        ("本科上线率是多少?", "本科入围率达到52%。", []),
        ("本科上线率是多少?", "教师中本科以上学历占97.4%。", ["figure:"]),
        ("公办率是多少?", "公办园在园幼儿占56.7%。", []),
        ("入学率是多少?", "毛入学率达到97%。", []),
        ("外籍学校收了多少个学生?", "外籍人员子女学校达到4所。", ["figure:学生"]),
        ("留学生来自哪几个国家?", "招收留学生170名。", ["repeated:"]),
        ("留学生来自哪几个国家?", "招收泰国和老挝的留学生170名。", []),
        ("有多少比例的学生上了线?", "平均班额44.8人。", ["figure:"]),
        # What an asker puts into quotation marks is no name where it asks.
        ("“哪些事不准干”的清单推行了吗?", "试行负面清单管理。", []),
        # What was planned is no false premise of what came of it.
        ("计划近视率下降1.5个百分点，最后实际降了多少?", "近视率下降0.7个百分点。", []),
        # The half of a sentence that says it need not name it again, where the other speaks of it too.
        ("务工人员的孩子读公立学校的比例多大?", "务工人员子女3.6万人；就读公办学校比例88.6%。", []),
        ("全区财政收入增长了百分之几?", "全区财政收入稳中有升；进口额12%。", ["figure:"]),
        # A place that no dictionary has.
        ("沱溪县2024年的巩固率是多少?", "九年义务教育巩固率98.4%。", ["place:沱溪县"]),
        ("沱溪县2024年的巩固率是多少?", "沱溪九年义务教育巩固率98.4%。", []),
        ("按沱溪县2024年的安排，巩固率是多少?", "沱溪九年义务教育巩固率98.4%。", []),
        # What is counted may be told one by one.
        ("分几批录取?", "第一批为本地户籍；第二批为随迁子女。", []),
        ("分几批录取?", "按第一批的办法录取。", ["figure:录取"]),
        # Nothing but people, or places for them, tells how many people.
        ("女毕业生的平均工资是多少元?", "毕业生平均工资为3460元。", ["contrast:女性"]),
        ("女毕业生的平均工资是多少元?", "毕业生平均工资为3460元，女生为3300元。", []),
        ("这些学校一共有多少学生?", "外籍人员子女学校达到4所。", ["figure:学生"]),
        ("培训了多少老师?", "培训教师3000人次。", []),
        ("能多容纳多少学生?", "新增学位8.2万个。", []),
        ("就业人数的增长率是多少?", "就业人数同比增长7%。", []),
        # Who decides how much: no figure. How much of a benefit: a sum of money.
        ("少收的钱，具体少收多少由哪个部门来定?", "减免标准由司法行政部门制定。", []),
        ("每个月能领多少失业金?", "每满一年，领取期限为1个月。", ["figure:"]),
        ("每个月能领多少失业金?", "目前为2250元。", []),
        ("要盖好多少座公厕?", "建成公厕。", ["figure:公厕"]),
        # A continent is no place among others, and what is asked for within a place may stand without it.
        ("和欧洲哪两个国家签了协定?", "与瑞士、冰岛签署协定。", []),
        ("四川哪个市建成了新校?", "绵阳市建成新校。", []),
        ("满多少岁才能自己申请?", "年满30周岁可以申请。", []),
        ("最后一名是多少分?", "计划招生135个。", ["figure:"]),
        ("脱贫了多少户?", "脱贫96户177人。", []),
        ("北京冬奥会来了多少运动员?", "冬奥会来了44名运动员。", []),
        ("四川的新校叫什么?", "绵阳市建成新校。", ["place:四川"]),
    ],
)
def test_what_the_question_fixes_is_met_or_named(question: str, text: str, expected: list[str]) -> None:
    assert unmet(question, text) == expected


def test_a_place_named_further_on_is_that_of_what_is_said_there() -> None:
    query = understand("台山的巩固率是多少?", (), filters=Filters(), longest=500)
    words, title = "巩固率98.4%。", "江门市2017年工作总结"

    def lacking(text: str, around: str) -> list[str]:
        chunk = Chunk("c", "r", "", (), "section", 0, len(text), text, ())
        return unmet_by(query.facets[0], query, words, around, chunk, planned=False)

    assert lacking(f"{words}台山市通过评估。", title) == ["place:台山"]
    assert lacking(f"台山市通过评估。{words}", title) == []
    assert lacking(f"{words}台山市通过评估。", "") == []  # a passage of which neither title nor place is known


def test_a_sentence_that_goes_on_is_of_the_year_before_it_too() -> None:
    question = "2021年度反馈的问题哪些已经改好了？"
    query = understand(question, (), filters=Filters(), longest=500)

    def lacking(text: str) -> list[str]:
        section = f"2021年度反馈问题5项。{text}"
        chunk = Chunk("c", "r", "", (), "section", 0, len(section), section, (2022,))
        return unmet_by(query.facets[0], query, text, "", chunk, planned=True)

    assert lacking("其中，图书不足等4项已整改到位，场地1项2023年底前完成。") == []
    assert lacking("图书不足等4项已整改到位，场地1项2023年底前完成。") == ["year:2021"]


def test_the_days_that_a_question_speaks_of_are_not_asked_for() -> None:
    assert unmet("查校园安全是不是只在开学那几天查一查?", "督查要做到全天候、常态化。") == []


def test_what_is_due_by_the_end_of_a_year_is_not_of_the_year_before() -> None:
    assert unmet("2020年持证的占几成?", "2021年底前持证率提高到85%。", years=(2020,)) == ["year:2020"]
    assert unmet("2021年持证的占几成?", "2021年底前持证率提高到85%。", years=(2020,)) == []


def test_a_plan_of_a_year_is_no_document_of_that_year() -> None:
    title = "2017年工作报告 一、2016年工作回顾"
    assert unmet("2017年又计划多少人?", "1600万人进城。", years=(2016,), around=title) == ["year:2017"]
    assert unmet("2017年的报告说有多少人?", "1600万人进城。", years=(2016,), around=title) == []


def test_only_the_province_that_a_reports_place_lies_in_goes_without_saying() -> None:
    record = Record("r", Metadata(region=Field("成都", 0, 2, "")))
    words, title = "选派322名教师赴三州支教。", "成都市教育局2018年工作总结"
    chunk = Chunk("c", "r", "", (), "section", 0, len(words), words, (2018,))
    for province, expected in (("西藏", ["place:西藏"]), ("四川", [])):
        query = understand(f"成都派了多少名老师到{province}支教?", (record,), filters=Filters(), longest=500)
        assert unmet_by(query.facets[0], query, words, title, chunk, planned=False) == expected
