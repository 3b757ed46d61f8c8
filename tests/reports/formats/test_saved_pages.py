"""Real saved pages: what is the notice and what the site's, looked at by hand, page by page."""

import html
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from rag.reports.reading import Report, read_report
from rag.reports.sections import FURNITURE, NUMBERED, walk

# By the beginning of the file's name: how the first line of the content begins, how its last ends, and the numbered
# sections on the outer levels of the tree.
PAGES = {
    "01b": ("小学招生5月7日起", "广州市启聪学校接受教育。", []),
    "03": ("2026年天河区港澳居民随迁子女", "电话：020-38622522", [2, 2, 5]),
    "06": ("广州市医疗保险服务中心关于开展", "2025年10月14日", [7, 16]),
    "08": ("索引号：11440100MB", "配合处室：宣传处", [3, 7, 21]),
    "10": ("广东多项医保新措1月1日", "相关附件", []),
    "11": ("索引号：11440106718", "2024年7月29日印发", [8, 54, 33, 2]),
    "12": ("关于受理天河区人才公寓申请的公告", "2025年8月11日", [6, 13, 29, 19]),
    "14": ("房屋租赁登记备案可以网办吗？", "天河区新塘街万科米酷B4栋负一楼", [8, 11, 3]),
    "16": ("广州市高校毕业生创业补贴，", "补贴期限：一次性。", [4, 11]),
    "18": ("统一编号： GZ032019", "公开方式：主动公开", [8, 30]),
    "19": ("广州市失业保险常见问题解答", "相关附件", [16, 15, 8, 5]),
    "20b": ("广州市劳动人事争议仲裁机构收案", "（钟娜）[ 2026-08-20 ]", []),
    "22": ("怎么申领广州市社会保障卡？", "现场设置社保卡密码。", [4, 6, 13, 4]),
    "24": ("广州市社会保险基金管理中心关于", "2025年3月27日", [4, 5]),
    "25b": ("广州市社会保险费补缴相关政策", "二倍以上五倍以下的罚款。", [2, 8, 2]),
    "27": ("广州市残疾人两项补贴2025年", "相关附件", [2]),
    "27c": ("广州市困难残疾人生活补贴和", "post_7922689.html", [9, 26, 7]),
    "29": ("统一编号： GZ022021", "2021年12月6日印发", [18, 4]),
    "31": ("广州市人民政府办公厅关于印发", "2022年9月13日印发", [7, 52, 16, 8]),
    "33": ("广州市老年人优待办法", "2021年2月7日印发", [19]),
    "34": ("电子居住证如何申领？一文说清", "已提供下载打印服务。", [4]),
    "35b": ("【关注】学历型人才引进入户", "开启您的广州安居乐业之旅！", [4, 11, 5, 3]),
    "36": ("2025年度积分制入户工作热点13问", "不能增加随迁人员。", [13]),
    "37": ("中华人民共和国市场主体登记管理条例", "同时废止。", [6, 55, 46]),
}
# What only a site says of itself. Each of these pages has some of it.
OF_THE_SITE = (
    "当前位置",
    "所在的位置",
    "网站地图",
    "ICP备",
    "网站标识码",
    "版权所有",
    "政务动态",
    "市民网页",
    "长者助手",
)


@cache
def saved(shared: Path, name: str) -> Report:
    (path,) = (shared / "data/documents/html").glob(f"{name}_*.html")
    return read_report(path)


def parts(report: Report) -> tuple[list[str], list[str]]:
    """The lines of the content, and those of the furniture."""
    furniture = [path[-1] for path in walk(report.sections) if path[-1].kind == FURNITURE]
    content, site, start = [], [], 0
    for line in report.text.splitlines(keepends=True):
        is_site = any(section.start <= start < section.end for section in furniture)
        (site if is_site else content).append(line.strip())
        start += len(line)
    return content, site


def test_every_page_is_in_the_list(shared: Path) -> None:
    found = {path.name.partition("_")[0] for path in (shared / "data/documents/html").glob("*.html")}
    assert found == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_the_notice_is_told_from_the_site(shared: Path, name: str) -> None:
    first, last, _ = PAGES[name]
    content, site = parts(saved(shared, name))
    assert content[0].startswith(first)
    assert content[-1].endswith(last)
    words = [word for word in OF_THE_SITE if any(word in line for line in site)]
    assert words, "every page has a site around it"
    assert [line for line in content if any(word in line for word in words)] == []


@pytest.mark.parametrize("name", PAGES)
def test_the_sections_of_a_notice(shared: Path, name: str) -> None:
    paths = [path for path in walk(saved(shared, name).sections) if path[-1].kind == NUMBERED]
    counts = Counter(len(path) for path in paths)
    expected = PAGES[name][2]
    assert [counts[level] for level in sorted(counts)][: len(expected) or None] == expected


@pytest.mark.parametrize(
    ("name", "title", "published"),
    [
        ("10", "广东多项医保新措1月1日起实施", "2025-01-01"),
        ("14", "房屋租赁登记备案可以网办吗？您想了解的在这里！", "2023-07-27"),
        ("34", "电子居住证如何申领？一文说清", "2024-07-19"),
        ("36", "2025年度积分制入户工作热点13问", "2025-09-04"),
    ],
)
def test_a_title_that_names_no_kind_of_document_is_known_from_the_head(
    shared: Path, name: str, title: str, published: str
) -> None:
    found = saved(shared, name).metadata
    assert found.title and found.title.value == title
    assert found.published and found.published.value == published


def test_a_row_of_a_real_table_can_be_read_alone(shared: Path) -> None:
    rows = [line for line in saved(shared, "14").text.splitlines() if "办公电话：" in line]
    assert len(rows) == 21
    assert rows[-1].startswith("天河区各街道服务中心业务电话及办公地址 序号：21；单位：新塘街；")


def test_real_reports_wrapped_as_pages_have_the_tree_of_their_text(shared: Path, tmp_path: Path) -> None:
    for path in sorted((shared / "reports").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        page = tmp_path / f"{path.stem}.html"
        lines = "\n".join(f"<p>{html.escape(line)}</p>" for line in text.splitlines())
        page.write_text(f"<!DOCTYPE html><html><body><div>{lines}</div></body></html>", encoding="utf-8")
        assert outline(read_report(page)) == outline(read_report(path))


def outline(report: Report) -> list[tuple[int, str, str]]:
    return [(len(path), path[-1].number, path[-1].heading) for path in walk(report.sections) if path[-1].heading]
