"""The lines of a saved page into what is the site's (navigation, print buttons, footers) and what the report's."""

import re
from collections.abc import Sequence

from rag.reports.lines import Line
from rag.reports.mastheads import read_pairs
from rag.reports.numbering import read_marker

# Words that only a site says about itself: a line with one of them is furniture whatever else it says.
_SITE = re.compile(
    r"网站标识码|ICP备|公安?网安备|版权所有|Copyright|©|公有领域|Public domain|网上咨询|网站地图|站点地图|无障碍"
    r"|技术支持单?位?[:：]|当前位置|您(?:现在)?的位置|所在位置|浏览器|分辨率",
    re.IGNORECASE,
)
# Words that a report may use in a sentence, but that make a short line without one a button or a footer.
_BUTTON = re.compile(
    r"打印|分享到|字体大小|字号[:：]|\[?\s*大\s+中\s+小|A[+-]?\s*[大小]|关闭|收藏|设为首页|回首页|返回(?:首页|顶部|上页|列表)|扫一扫|二维码"
    r"|上一[条篇页]|下一[条篇页]|网站导航|官方微[博信]|手机版|客户端|全站搜索|主办单?位?[:：]|承办单?位?[:：]|联系我们"
    r"|网站声明|隐私|友情链接|相关(?:链接|文档|阅读|新闻)|备案号|本作品|著作权法",
)
_BREADCRUMB = re.compile(r"\S\s*(?:>|»|›)\s*\S|\S\s+[|｜]\s+\S.*[|｜]\s+\S")
_SENTENCE_END = "。！？；"
LONGEST_BUTTON = 60  # characters; beyond that a line is text, even when it speaks of printing or sharing


def is_cue(words: str) -> bool:
    """Whether a line alone shows that it belongs to the page and not to the report."""
    if _SITE.search(words):
        return len(words) <= 3 * LONGEST_BUTTON
    return not is_text(words) and (_BREADCRUMB.search(words) or _BUTTON.search(words)) is not None


def is_text(words: str) -> bool:
    """Whether a line reads as a sentence or a paragraph."""
    return len(words) > LONGEST_BUTTON or (len(words) >= 20 and words[-1] in _SENTENCE_END)


def is_masthead(line: Line) -> bool:
    """Whether a line carries the report's own dates, numbers or sources, a reading count beside them or not."""
    return not _SITE.search(line.words) and bool(read_pairs(line))


def head_furniture(lines: Sequence[Line], title: int | None) -> set[int]:
    """Indices of the furniture in `lines`, all of which precede the first heading; `title`: index of the title's line.

    Above the title or the first masthead line, one cue makes everything furniture: a site's name and the entries of
    its menu show nothing by themselves. Below, only the cues are.
    """
    cues = {index for index, line in enumerate(lines) if line.words and is_cue(line.words) and not is_masthead(line)}
    first = next((index for index, line in enumerate(lines) if index == title or is_masthead(line)), None)
    if first is None:
        text = next((index for index, line in enumerate(lines) if is_text(line.words)), len(lines))
        first = max((index + 1 for index in cues if index <= text), default=0)
    if any(index < first for index in cues):
        cues.update(index for index in range(first) if lines[index].words)
    return cues


def tail_furniture(lines: Sequence[Line]) -> int:
    """Index of the line at which the page's footer begins; `len(lines)` when it has none.

    Going up from the end, the footer begins at the highest cue that no sentence, heading or attachment of the report
    follows.
    """
    first = len(lines)
    for index in range(len(lines) - 1, -1, -1):
        words = lines[index].words
        if read_marker(words) is not None or words.startswith("附件"):
            break
        if is_cue(words):
            first = index
        elif is_text(words):
            break
    return first
