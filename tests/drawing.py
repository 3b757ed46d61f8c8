"""The way from a report and a question to an answer, as pictures of the READMEs: `python -m tests.drawing`."""

import sys
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs"
MARGIN, WIDE, HIGH, GAP = 30, 160, 96, 24  # of the picture; of a box, and between two of them
WIDTH = 2 * MARGIN + 6 * WIDE + 5 * GAP
TOP, MIDDLE, BOTTOM, DOORS = 62, 246, 394, 530  # where each row of boxes begins
HEIGHT = DOORS + 48 + MARGIN

# Of each box its title, two lines and the room of the program that does it, which tests/test_drawing.py looks for.
TEXTS = {
    "en": {
        "title": "How report-rag is built",
        "indexing": "A report is indexed",
        "asking": "A question is answered",
        "boxes": (
            ("Report file", "text, web page, PDF,", "Word, Markdown, ZIP", "rag/reports/formats"),
            ("Text", "not a character lost;", "title, issuer, years …", "rag/reports"),
            ("Section tree", "by the report's own", "numbers: 一、（一） 1.", "rag/reports"),
            ("Passages", "one section each,", "with their offsets", "rag/reports"),
            ("Vectors, words", "an embedder, and", "Chinese word counts", "rag/models"),
            ("Index", "checksums over all,", "replaced as a whole", "rag/index"),
            ("Question", "its kind; what years", "and places it names", "rag/answers"),
            ("Retrieve", "by vectors and by", "words, scores fused", "rag/answers"),
            ("Choose", "a reader scores each,", "a judge the doubtful", "rag/models"),
            ("Write", "a generator, from", "those sentences only", "rag/models"),
            ("Check", "each claim against", "the words it cites", "rag/answers"),
            ("Answer", "each citation opens", "exactly its words", "rag/answers"),
        ),
        "refusal": ("Refusal", "what is missing, and", "the nearest sections", "rag/answers"),
        "none": "nothing answers",
        "own_words": ("Evidence", "in its own words, if", "too few claims hold", "rag/answers"),
        "failed": "a claim fails: dropped",
        "doors": ("command line", "web page", "HTTP API", "OpenAI protocol", "MCP", "Python"),
    },
    "zh-CN": {
        "title": "report-rag 的结构",
        "indexing": "报告入库",
        "asking": "回答问题",
        "boxes": (
            ("报告文件", "文本、网页、PDF、", "Word、Markdown、ZIP", "rag/reports/formats"),
            ("正文", "一字不丢；读出标题、", "发文机关、年份等", "rag/reports"),
            ("章节树", "依报告自己的编号：", "一、（一） 1.", "rag/reports"),
            ("片段", "每片只出自一节，", "带原文位置", "rag/reports"),
            ("向量与词", "嵌入模型算向量，", "分词后统计词频", "rag/models"),
            ("索引", "处处有校验和，", "整体替换", "rag/index"),
            ("问题", "问的是哪一类，涉及", "哪些年份、地区、数字", "rag/answers"),
            ("检索", "向量与关键词并用，", "分数融合", "rag/answers"),
            ("选句", "阅读模型给句子打分，", "存疑的由评判模型再看", "rag/models"),
            ("成文", "生成模型只依据", "选出的句子来写", "rag/models"),
            ("核对", "每条陈述都与", "所引原文比对", "rag/answers"),
            ("答案", "点开引用，", "正是那几个字", "rag/answers"),
        ),
        "refusal": ("拒答", "说明缺什么，", "给出最接近的章节", "rag/answers"),
        "none": "没有能回答的句子",
        "own_words": ("原文", "站得住的陈述太少，", "就直接用原句作答", "rag/answers"),
        "failed": "没通过的陈述删去",
        "doors": ("命令行", "网页", "HTTP 接口", "OpenAI 协议", "MCP", "Python"),
    },
}
# Of its own ground, so that it can be read on a page of either colour; it follows the reader's where the page lets it.
STYLE = """
svg { --ground: #faf9f6; --box: #ffffff; --line: #8b8f90; --ink: #1c1f22; --soft: #575c61; --accent: #0b6b60;
  font: 13px system-ui, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
@media (prefers-color-scheme: dark) {
  svg { --ground: #131617; --box: #1b1f20; --line: #6f7678; --ink: #e9e7e2; --soft: #a8adaf; --accent: #63cdbb }
}
.ground { fill: var(--ground) }
.box { fill: var(--box); stroke: var(--line) }
.strong { stroke: var(--accent); stroke-width: 2 }
.way { fill: none; stroke: var(--accent); stroke-width: 2 }
.head { fill: var(--accent) }
text { fill: var(--soft); text-anchor: middle }
.aside { text-anchor: start }
.name { fill: var(--ink); font-size: 15px; font-weight: 600 }
.row { fill: var(--accent); font-size: 15px; font-weight: 600; text-anchor: start }
.room { font-family: ui-monospace, Consolas, "Noto Sans Mono", monospace; font-size: 11px }
"""


def picture(language: str) -> str:
    """The picture as SVG, in one of the languages of `TEXTS`."""
    texts = TEXTS[language]
    title, none, failed = (str(texts[name]) for name in ("title", "none", "failed"))
    answering = MIDDLE + HIGH / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" lang="{language}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="12"/>',
        text(texts["indexing"], MARGIN, TOP - 18, "row"),
        text(texts["asking"], MARGIN, MIDDLE - 18, "row"),
    ]
    for number, box in enumerate(texts["boxes"]):
        row, column = divmod(number, 6)
        parts += drawn(box, left(column), MIDDLE if row else TOP, strong=number in (5, 11))
        if column:
            parts += arrow((left(column) - GAP, (answering if row else TOP + HIGH / 2)), (left(column), None))
    # From the index down to where it is searched; then what becomes of a question that nothing answers, and of a claim
    # that does not hold. All of it leaves through the same doors.
    parts += arrow((centre(5), TOP + HIGH), (None, TOP + HIGH + 30), (centre(1), None), (None, MIDDLE))
    for column, box, why in ((2, texts["refusal"], none), (4, texts["own_words"], failed)):
        parts += drawn(box, left(column), BOTTOM)
        parts += arrow((centre(column), MIDDLE + HIGH), (None, BOTTOM))
        parts.append(text(why, centre(column) + 10, (MIDDLE + HIGH + BOTTOM) / 2, "aside"))
        parts += arrow((centre(column), BOTTOM + HIGH), (None, DOORS))
    parts += arrow((centre(5), MIDDLE + HIGH), (None, DOORS))
    parts.append(f'<rect class="box strong" x="{MARGIN}" y="{DOORS}" width="{WIDTH - 2 * MARGIN}" height="48" rx="8"/>')
    parts += [text(door, centre(column), DOORS + 30, "name") for column, door in enumerate(texts["doors"])]
    return "\n".join([*parts, "</svg>", ""])


def left(column: int) -> int:
    return MARGIN + column * (WIDE + GAP)


def centre(column: int) -> int:
    return left(column) + WIDE // 2


def text(words: object, x: float, y: float, kind: str = "") -> str:
    of_kind = f' class="{kind}"' if kind else ""
    return f'<text{of_kind} x="{x:g}" y="{y:g}">{escape(str(words))}</text>'


def drawn(box: tuple[str, ...], x: int, y: int, *, strong: bool = False) -> list[str]:
    name, first, second, room = box
    middle = x + WIDE / 2
    return [
        f'<rect class="box{" strong" if strong else ""}" x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="8"/>',
        text(name, middle, y + 24, "name"),
        text(first, middle, y + 45),
        text(second, middle, y + 62),
        text(room, middle, y + 84, "room"),
    ]


def arrow(start: tuple[float, float], *corners: tuple[float | None, float | None]) -> list[str]:
    """A line from corner to corner, each given by the one coordinate that changes, with its head at the last."""
    x, y = start
    path = f"M{x:g},{y:g}"
    for across, down in corners:
        path += f"H{across:g}" if across is not None else f"V{down:g}"
        x, y = (x if across is None else across), (y if down is None else down)
    head = f"M{x:g},{y:g}l-9,-5v10z" if corners[-1][1] is None else f"M{x:g},{y:g}l-5,-9h10z"
    return [f'<path class="way" d="{path}"/>', f'<path class="head" d="{head}"/>']


def path_of(language: str) -> Path:
    return FOLDER / ("architecture.svg" if language == "en" else f"architecture.{language}.svg")


def main() -> int:
    """Write the picture in each language; the exit code."""
    for language in TEXTS:
        path_of(language).write_text(picture(language), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
