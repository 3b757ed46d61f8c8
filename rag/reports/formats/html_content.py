"""The lines of a web page into which of them are its report's: the others are the site's."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rag.reports.formats.page import Element, PageLine, is_title
from rag.reports.furniture import is_cue, is_masthead, is_text
from rag.reports.lines import Line, trimmed

_ALMOST_ALL = 0.8  # of a page's sentences: an element that holds so many holds the report
_NEARBY = 12  # lines without a sentence that may stand between the report and its title, masthead or attachments
_ADJOINING = 3  # lines that may stand between two sentences of one report in different elements
_TIGHT = 0.25  # of an element's characters: with no more in links it holds the report and nothing else
_SUBSTANTIAL = 12  # characters of a line that may be content on a page without any sentence

# What belongs to the site wherever it stands, and what does unless it stands in the midst of the report.
_CONTROLS = frozenset(
    (
        *("nav", "button", "select", "optgroup", "option", "textarea", "datalist", "dialog", "noscript", "menu"),
        *("search",),
    )
)
_CONTROL_ROLES = frozenset(
    ("navigation", "search", "menu", "menubar", "toolbar", "tablist", "dialog", "alertdialog", "button")
)
_MARGINS = frozenset(("footer", "aside"))
_MARGIN_ROLES = frozenset(("banner", "contentinfo", "complementary"))
_NO_CONTAINERS = frozenset(("p", "li", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "pre"))


def content_lines(lines: Sequence[PageLine], *, title: str = "") -> set[int]:
    """Indices of the lines that are content; `title` is what the page's head calls it.

    The report is where the sentences are: in the innermost element that holds almost all of them. Above it, the title
    and the masthead are content too, below it the attachments, and of what stands between everything but links and
    what shows by its words that it is the site's.
    """
    weights = _weights(lines)
    total = sum(weights)
    if not total:
        return set(range(len(lines)))
    root = _innermost(lines, weights, total)
    inside = [root in line.element.outwards() for line in lines]
    heavy = [index for index, weight in enumerate(weights) if weight]
    within = [index for index in heavy if inside[index]]
    first, last = within[0], within[-1]
    if _linked_share(line for line, found in zip(lines, inside, strict=True) if found) <= _TIGHT:
        places = [index for index, found in enumerate(inside) if found]
        first, last = places[0], places[-1]
    for index in reversed([index for index in heavy if index < first]):
        first = index if first - index <= _ADJOINING + 1 else first
    for index in [index for index in heavy if index > last]:
        last = index if index - last <= _ADJOINING + 1 else last
    plain = [not (_is_site(line, margins=not found)) for line, found in zip(lines, inside, strict=True)]
    while first > 0 and plain[first - 1] and inside[first - 1]:
        first -= 1
    while last + 1 < len(lines) and plain[last + 1] and inside[last + 1]:
        last += 1
    titles = [is_title(line, title) and not _is_site(line, margins=True) for line in lines]
    if not any(titles):
        titles = [line.level == 1 and not _is_site(line, margins=True) for line in lines]
    opens = [named or _is_masthead(line) for named, line in zip(titles, lines, strict=True)]
    opening = _reach(first, range(first - 1, -1, -1), opens)
    closing = _reach(last, range(last + 1, len(lines)), [_is_attachment(line) for line in lines])
    content = {index for index in range(first, last + 1) if not _is_control(lines[index])}
    content |= {index for index in range(opening, first) if plain[index] or opens[index]}
    content |= {index for index in range(last + 1, closing + 1) if plain[index] or _is_attachment(lines[index])}
    return content


def _weights(lines: Sequence[PageLine]) -> list[int]:
    """What each line says for its being content, in characters: those of its sentences that are no links."""
    own = [0 if is_cue(line.text) or _is_margin(line) else line.size for line in lines]
    weights = [
        size - line.linked if is_text(trimmed(line.text)) and line.linked * 2 < size else 0
        for line, size in zip(lines, own, strict=True)
    ]
    return weights if any(weights) else [size if size >= _SUBSTANTIAL else 0 for size in own]


def _innermost(lines: Sequence[PageLine], weights: Sequence[int], total: int) -> Element:
    """The innermost element around almost all of the weight, paragraphs and the like apart.

    Those around it that add nothing of the site are taken instead: they add short lines, tables and attachments.
    """
    held: Counter[Element] = Counter()
    for line, weight in zip(lines, weights, strict=True):
        if weight:
            for element in line.element.outwards():
                held[element] += weight
    enough = [element for element, weight in held.items() if weight >= total * _ALMOST_ALL]
    containers = [element for element in enough if element.tag not in _NO_CONTAINERS]
    innermost = max(containers, key=lambda element: sum(1 for _ in element.outwards()))
    of_site = {
        element for line in lines if _is_site(line, margins=True) for element in line.element.outwards()
    }  # the elements that hold a line of the site
    outwards = list(innermost.outwards())
    return next((inner for inner, outer in pairwise(outwards) if outer in of_site), outwards[-1])


def _reach(edge: int, indices: range, marks: Sequence[bool]) -> int:
    """The furthest of `indices` that is marked, none of the marked ones being far from the last."""
    for index in indices:
        if abs(index - edge) > _NEARBY:
            break
        if marks[index]:
            edge = index
    return edge


def _linked_share(lines: Iterator[PageLine]) -> float:
    counts = [(line.linked, line.size) for line in lines]
    return sum(linked for linked, _ in counts) / max(1, sum(size for _, size in counts))


def _is_masthead(line: PageLine) -> bool:
    return is_masthead(Line(0, len(line.text), line.text)) and not _is_control(line)


def _is_attachment(line: PageLine) -> bool:
    return not _is_control(line) and (line.attachment or trimmed(line.text).startswith(("附件", "附表", "附录")))


def _is_site(line: PageLine, *, margins: bool) -> bool:
    linked = line.linked * 2 >= line.size and not line.attachment
    return linked or is_cue(line.text) or _is_control(line) or (margins and _is_margin(line))


def _is_control(line: PageLine) -> bool:
    return any(element.tag in _CONTROLS or element.role in _CONTROL_ROLES for element in line.element.outwards())


def _is_margin(line: PageLine) -> bool:
    return _is_control(line) or any(
        element.hidden or element.tag in _MARGINS or element.role in _MARGIN_ROLES
        for element in line.element.outwards()
    )
