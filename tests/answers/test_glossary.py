"""English questions of the trade in Chinese: words worked out by hand, and rules that hold for any question."""

import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.glossary import render

NAMES = {"Hangzhou": "杭州", "inner mongolia": "内蒙古"}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "How many kindergartens and primary/secondary schools were newly put into use in Hangzhou in 2018?",
            "2018年 杭州 幼儿园 中小学 新投用 多少",
        ),
        (
            "How many super-sized classes were eliminated in compulsory education?",
            "超大班额 消除 化解 义务教育 多少",
        ),
        (
            "What is the gross enrolment rate in preschool education to be reached in 2020?",
            "2020年 毛入学率 学前教育 达到 多少",
        ),
        (
            "Which office leads the work on smart campuses?",
            "牵头 工作 智慧校园 哪个科室",
        ),
        ("Who is responsible for school bus safety and drowning prevention?", "责任 校车 安全 防溺水 谁"),
        (
            "How much money was invested in student financial aid, and how many person-times benefited?",
            "资金 经费 投入 学生资助 人次 惠及 受益 多少",
        ),
        (
            "Did Hangzhou keep its nine-year compulsory education consolidation rate above 100%?",
            "杭州 九年义务教育 巩固率 以上 100% 是否",
        ),
        (
            "How were children of migrant workers guaranteed access to schooling?",
            "随迁子女 保障 就学 如何",
        ),
        (
            "Summarize the measures for reducing the academic burden on primary and secondary students.",
            "措施 办法 减少 降低 课业负担 中小学生 概括",
        ),
        ("How many standardized canteens are they planning to build?", "标准化食堂 计划 拟 建设 多少"),
        ("What share of schools have wireless network coverage?", "学校 无线网 覆盖 比例多少"),
        (
            "Why were off-campus training institutions shut down by the education bureau?",
            "校外培训机构 关停 取缔 教育局 为什么",
        ),
        ("Which universities signed cooperation agreements?", "大学 高校 签订 合作 协议 哪些"),
        ("How many volunteers helped schools reopen after COVID-19?", "志愿者 帮助 学校 复课 开学 新冠肺炎 疫情 多少"),
        (
            "How many “double-qualified” teachers were trained for secondary vocational schools?",
            "双师型教师 培训 中等职业学校 多少",
        ),
    ],
)
def test_a_question_becomes_the_words_a_report_would_use(question: str, expected: str) -> None:
    assert render(question, names=NAMES) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("canteens in schools, 1.2 million pupils", "食堂 学校 120万 小学生"),
        ("canteens in schools: 20 billion yuan", "食堂 学校 200亿 元"),
        ("canteens in schools: 3,000 yuan", "食堂 学校 3000 元"),
        ("canteens in schools: 62.5 per cent", "食堂 学校 62.5%"),
        ("canteens in schools, 2018-2020", "2018年 2020年 食堂 学校"),
        ("canteens in schools since 5 March 2019", "2019年 食堂 学校 3月5日"),
        ("canteens in schools since March 5th", "食堂 学校 3月5日"),
        ("canteens in schools in May 2021", "2021年 食堂 学校 5月"),
        ("May I ask for canteens in schools?", "食堂 学校"),
        ("the 15th student games of our schools", "第15 学生运动会 学校"),
    ],
)
def test_figures_and_dates_are_written_as_in_chinese(question: str, expected: str) -> None:
    assert render(question) == expected


def test_the_longest_entry_wins() -> None:
    assert render("training camp, training") == "训练营 培训"
    assert render("school bus, school") == "校车 学校"


def test_no_entry_runs_over_the_end_of_a_clause() -> None:
    assert render("In each school, bus drivers") == "学校 公共汽车 驾驶员"


@pytest.mark.parametrize("form", ["dissolve", "dissolves", "dissolved", "dissolving"])
def test_forms_of_a_verb_are_one_entry(form: str) -> None:
    assert render(f"oversized classes {form}") == "大班额 化解 消除"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("student enrollment plan", "student enrolment plans"),
        ("labor education programs", "labour education programme"),
        ("organized activities", "organise activity"),
        ("full-time teachers' salaries", "full time teacher salary"),
        ("children's libraries", "the child and the library"),
        ("primary and secondary schools, libraries", "primary/secondary school library"),
        ("HOW MANY SCHOOLS HAVE A CANTEEN?", "how many schools have a canteen?"),
    ],
)
def test_ways_of_writing_give_the_same_words(one: str, other: str) -> None:
    assert render(one).split()[:2] == render(other).split()[:2] != []


def test_the_second_word_for_a_term_is_given_when_it_shares_no_character_with_the_first() -> None:
    assert render("dissolve, launch") == "化解 消除 启动 开展"  # 化解|消除, 启动|开展
    assert render("school, subsidy") == "学校 补助"  # 补助|补贴
    assert render("school, fund") == "学校 资金 经费"  # 资金|经费


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("When was the work plan for schools published?", "什么时候"),
        ("Where are the new schools?", "哪里"),
        ("Is a school canteen planned?", "是否"),
        ("In that year, was a school canteen planned?", "是否"),
        ("Does the report say how many school canteens are planned?", "多少"),
        ("What is the retention rate of primary schools?", "多少"),
        ("What do schools plan for libraries?", "什么"),
        ("How long is the teacher training?", "多长时间"),
        ("How many teachers who won prizes were principals?", "多少"),
        ("Name teachers and say who is principal", "谁"),
    ],
)
def test_what_is_asked_stands_last_and_once(question: str, asked: str) -> None:
    words = render(question).split()
    assert words[-1] == asked
    assert not {"谁", "什么", "多少", "是否", "哪些", "哪里"} & set(words[:-1])


def test_what_has_no_entry_is_dropped_unless_it_is_written_the_same_in_chinese() -> None:
    assert render("STEAM and maker education in wonderful schools") == "STEAM 创客教育 学校"
    assert render("the 9+3 plan of schools") == "9+3 计划 学校"
    assert render('the "Starlight" plan of schools') == "Starlight 计划 学校"
    assert render("the 星光 plan of schools") == "星光 计划 学校"


def test_names_go_before_the_glossary_and_to_the_front() -> None:
    assert render("schools and canteens of Inner Mongolia", names=NAMES) == "内蒙古 学校 食堂"
    assert render("schools of New Campus Town", names={"new campus town": "新园镇"}) == "新园镇 学校"


@pytest.mark.parametrize("question", ["", "?", "How tall is the tower?", "How many schools?", "In 2018, what rained?"])
def test_fewer_than_two_known_words_of_english_give_nothing(question: str) -> None:
    assert render(question) == ""


def test_two_known_words_may_be_one_term() -> None:
    assert render("How many oversized classes are there?") == "大班额 多少"
    assert render("How many schools, schools?") == ""


@given(
    st.lists(
        st.sampled_from(
            [
                "how many",
                "who",
                "schools",
                "canteens",
                ",",
                "2018",
                "5%",
                "trained",
                "wonderful",
                "plan to",
                "学校",
                "did",
            ]
        )
    )
)
def test_a_rendering_has_no_word_twice_no_english_and_no_empty_word(words: list[str]) -> None:
    rendered = render(" ".join(words))
    assert len(set(rendered.split(" "))) == len(rendered.split(" "))
    assert not re.search(r"[A-Za-z]|  |^ | $", rendered)


@given(st.text())
def test_any_text_can_be_rendered(text: str) -> None:
    assert render(text) == render(text)


def entries() -> list[list[str]]:
    lines = resources.files("rag.answers").joinpath("glossary.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def test_every_entry_of_the_table_can_be_found_and_is_chinese() -> None:
    for english, chinese in entries():
        assert re.fullmatch(r"[a-zA-Z0-9]+( [a-zA-Z0-9]+)*", english)
        assert not {"a", "an", "the", "of", "and", "or", "with"} & set(english.split()), english
        assert re.fullmatch(r"？|？?[一-鿿+]+(\|[一-鿿+]+)*", chinese), english
        if not chinese.startswith("？"):
            assert chinese.split("|")[0] in render(f"{english}, kindergarten, 2019 school").split()


def test_no_two_entries_are_written_alike() -> None:
    written = [english.lower() for english, _ in entries()]
    assert len(set(written)) == len(written)
