"""A report's text and sections into what it says about itself: title, issuer, region, years, dates and numbers."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.reports import formats, mastheads
from rag.reports.furniture import is_text
from rag.reports.lines import Line, split_lines, squeezed, trimmed
from rag.reports.mastheads import Pair, read_pairs
from rag.reports.numbering import chinese_number
from rag.reports.outline import PART
from rag.reports.sections import FRONT, FURNITURE, Section
from rag.reports.titles import KINDS, find_title, is_body


@dataclass(frozen=True)
class Field:
    """A value and the span it was read from, in code points of the report's text.

    `value` may be normalised (an ISO date, a title without line break); `label` is the label it stood behind, without
    inner spaces, or "". Both offsets are 0 when the value does not come from the text (a sidecar, the file's name).
    """

    value: str
    start: int
    end: int
    label: str = ""


@dataclass(frozen=True)
class Metadata:
    """What a report says about itself; None where it does not say.

    `dated` is the day the document was made: 成文日期, else the date below a signature or of the speech. `labels`
    holds every pair of the masthead as written, blank values as "", and the date below a signature as 落款日期.
    """

    title: Field | None = None
    issuer: Field | None = None
    region: Field | None = None
    kind: Field | None = None
    years: tuple[int, ...] = ()
    published: Field | None = None
    dated: Field | None = None
    document_number: Field | None = None
    index_number: Field | None = None
    labels: tuple[Field, ...] = ()


SIGNED = "落款日期"
_SHORT_KINDS = {"工作总结": "总结", "工作计划": "计划", "自评报告": "自评", "自评情况": "自评"}
_SHORT_KINDS |= {"要点": "工作要点", "政府工作报告": "报告", "工作报告": "报告"}
_KIND = re.compile("|".join(sorted(KINDS, key=len, reverse=True)))
_DATE = re.compile(r"((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?:\s*日)?")
_CHINESE_DATE = re.compile(
    r"([一二][〇○零一二三四五六七八九]{3})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日"
)
_SPEECH = re.compile(r"^[—\-–－\s(（]*(?P<date>(?:19|20)\d{2}年\d{1,2}月\d{1,2}日)在.*会议?.*上[)）]?$")
_SPEAKS_FOR = re.compile(r"我代表(?P<body>[\u4e00-\u9fff]{2,20}?)[，,]?(?:向|做|作)")
_SPEAKER = re.compile(r"^(?P<body>[\u4e00-\u9fff]{2,20}?(?:政府|国务院))(?:代?[省市区县州旗]长|主席|总理)")
_DOCUMENT_NUMBER = re.compile(r"^[\u4e00-\u9fff]{1,10}[〔\[［(（【]\s*(?:19|20)\d{2}\s*[〕\]］)）】]\s*第?\s*\d+\s*号$")
_YEARS = re.compile(
    r"(?<!\d)((?:19|20)\d{2})(?:年?\s*[-—–－~～至到]\s*((?:19|20)\d{2}))?(?!\d)(?=\s*年|\s*[-—–_度]|[^\d月]|$)"
)
_PLACE = r"(?P<stem>[\u4e00-\u9fff]{2,10}?)(?:省|自治区|自治州|自治县|地区|市|州|县|区|盟|旗)(?![场域级间块])"
_GENERIC = re.compile(  # 城市, 自治区, 全省: a kind of place, or any of them, and no name
    r"(?:[城超股]市|[地城社园校小片灾山牧新老旧户特赛景辖库东西南北中]区|自治[区州县旗]|[全各我本该每两个的和在与对向到从省市县区]"
    r"(?:省|市|县|区|州|盟|旗)|(?:示范|试验|自贸|开发|高新|保税|经济|大湾|棚户)区|贫困县)$"
)
_LONGEST_SPAN_OF_YEARS = 10


def read_metadata(
    text: str, sections: Sequence[Section], *, name: str = "", title_span: formats.Span | None = None
) -> Metadata:
    """Metadata of the report `text` with the tree `sections`, kept under `name` (its file's name without suffix).

    The issuer is the body that a masthead label, the title, the speaker or the source names, in that order, but one
    whose name holds a place goes before one whose name does not: 教育局 alone could be anywhere. The region is read
    from title and issuer, else it is the place that the text names most. The years are those of the title, the parts
    and the outermost headings, else that of the speech or the publication. A report without a title, or with one that
    tells neither year nor place while `name` does (政府工作报告 in 2019_某区_政府工作报告), is called by `name`.
    `title_span` is what the file itself marks as its title.
    """
    lines = split_lines(text)
    front = _lines_of(lines, _front_spans(sections))
    pairs = [pair for line in front for pair in read_pairs(line)]
    content = [(section.start, section.end) for section in sections if section.kind != FURNITURE]
    title = _marked(text, title_span) or _title(_lines_of(lines, content), front, name)
    published = _date_of(pairs, mastheads.PUBLISHED)
    signed = _signed(lines, front, sections)
    speech = _speech(front)
    issuers = list(_issuers(text, pairs, title, front))
    issuer = next((found for found in issuers if _place(found.value)), issuers[0] if issuers else None)
    labels = [Field(pair.value, pair.start, pair.end, pair.label) for pair in pairs]
    if signed:
        labels.append(Field(text[signed.start : signed.end], signed.start, signed.end, SIGNED))
    return Metadata(
        title=title,
        issuer=issuer,
        region=_region(text, title, issuer),
        kind=_kind(text, title),
        years=_years(title, sections, speech or published),
        published=published,
        dated=_date_of(pairs, mastheads.DATED) or signed or speech,
        document_number=_first([pair for pair in pairs if re.search(r"\d", pair.value)], mastheads.DOCUMENT_NUMBERS)
        or _numbered(front),
        index_number=_first(pairs, mastheads.INDEX_NUMBERS),
        labels=tuple(labels),
    )


def years_in(words: str) -> tuple[int, ...]:
    """The years that `words` name, ascending: 2019年及2020年上半年 → 2019, 2020; 2018-2020年 → 2018, 2019, 2020."""
    years: set[int] = set()
    for first, last in _YEARS.findall(words):
        until = int(last or first)
        years.update(range(int(first), until + 1) if until - int(first) <= _LONGEST_SPAN_OF_YEARS else (int(first),))
    return tuple(sorted(years))


def iso_date(words: str) -> str | None:
    """The first date in `words` as YYYY-MM-DD: 2019/03/01 10:50, 2018年2月7日, 二〇一八年二月七日."""
    found = _DATE.search(words)
    if found:
        year, month, day = (int(part) for part in found.groups())
    elif found := _CHINESE_DATE.search(words):
        year, month, day = (chinese_number(part.replace("○", "〇")) for part in found.groups())
    else:
        return None
    return f"{year:04}-{month:02}-{day:02}" if 1 <= month <= 12 and 1 <= day <= 31 else None


def _front_spans(sections: Iterable[Section]) -> list[tuple[int, int]]:
    """Where a report speaks of itself: its front matter, and the title and preamble of the first part it may have."""
    spans = []
    for section in sections:
        if section.kind in (FRONT, PART):
            spans.append((section.start, section.own_end))
        if section.kind not in (FRONT, FURNITURE):
            break
    return spans


def _lines_of(lines: Iterable[Line], spans: Sequence[tuple[int, int]]) -> list[Line]:
    """The lines with words in `spans`, which are in the order of the text."""
    starts = [start for start, _ in spans]
    found = []
    for line in lines:
        index = bisect_right(starts, line.start) - 1
        if line.words and index >= 0 and line.start < spans[index][1]:
            found.append(line)
    return found


def _marked(text: str, span: formats.Span | None) -> Field | None:
    words = trimmed(text[slice(*span)]) if span else ""
    if span is None or not words:
        return None
    start = text.index(words, span[0])
    return Field(" ".join(words.split()), start, start + len(words))


def _title(lines: Sequence[Line], front: Sequence[Line], name: str) -> Field | None:
    found = find_title(lines)
    if found is None or lines[found[0]] not in front:
        return Field(name, 0, 0, "") if name else None
    first, last = lines[found[0]], lines[found[1]]
    words = "".join(line.words for line in lines[found[0] : found[1] + 1])
    if all(len(word) == 1 for word in words.split()):
        words = squeezed(words)  # letter-spaced for display: 政 府 工 作 报 告
    if squeezed(words) in squeezed(name) and not years_in(words) and not _place(words):
        words = name
    return Field(" ".join(words.split()), first.words_start, last.words_start + len(last.words))


def _first(pairs: Iterable[Pair], labels: Sequence[str]) -> Field | None:
    """The pair whose label comes first in `labels`, if it has a value."""
    found = [pair for pair in pairs if pair.label in labels and pair.value]
    best = min(found, key=lambda pair: labels.index(pair.label), default=None)
    return None if best is None else Field(best.value, best.start, best.end, best.label)


def _date_of(pairs: Iterable[Pair], labels: Sequence[str]) -> Field | None:
    found = _first([pair for pair in pairs if iso_date(pair.value)], labels)
    return None if found is None else _dated(found.value, found.start, found.label)


def _dated(words: str, start: int, label: str) -> Field | None:
    value = iso_date(words)
    found = _DATE.search(words) or _CHINESE_DATE.search(words)
    if value is None or found is None:
        return None
    return Field(value, start + found.start(), start + found.end(), label)


def _signed(lines: Sequence[Line], front: Sequence[Line], sections: Sequence[Section]) -> Field | None:
    """The date that stands alone below a signature: of the cover letter, else at the end of the report."""
    body = [(section.start, section.end) for section in sections if section.kind not in (FRONT, FURNITURE)]
    for line in (*front, *reversed(_lines_of(lines, body[-1:])[-5:])):
        if _DATE.fullmatch(line.words) or _CHINESE_DATE.fullmatch(line.words):
            return _dated(line.words, line.words_start, SIGNED)
    return None


def _speech(front: Iterable[Line]) -> Field | None:
    for line in front:
        found = None if is_text(line.words) else _SPEECH.match(line.words)
        if found:
            return _dated(found["date"], line.words_start + found.start("date"), "")
    return None


def _numbered(front: Iterable[Line]) -> Field | None:
    """A document number on a line of its own; one in a sentence is that of another document."""
    for line in front:
        if _DOCUMENT_NUMBER.match(line.words):
            return Field(squeezed(line.words), line.words_start, line.words_start + len(line.words))
    return None


def _issuers(text: str, pairs: Sequence[Pair], title: Field | None, front: Iterable[Line]) -> Iterable[Field]:
    labelled = _first(pairs, mastheads.ISSUERS)
    if labelled:
        yield labelled
    if title:
        words = text[title.start : title.end]
        opening = re.match(r"(?:关于)?(?:印发|转发|公布|发布)?《?", words)
        start = opening.end() if opening else 0
        found = re.search(r"关于|(?:19|20)\d{2}|“|第", words[start:])
        name = words[start : start + found.start()].rstrip() if found else ""
        if name and is_body(name):
            yield Field(" ".join(name.split()), title.start + start, title.start + start + len(name))
    for line in front:
        for pattern in (_SPEAKER, _SPEAKS_FOR):
            speaker = pattern.search(line.words)
            if speaker:
                start = line.words_start + speaker.start("body")
                yield Field(speaker["body"], start, start + len(speaker["body"]))
    source = _first([pair for pair in pairs if is_body(pair.value)], mastheads.SOURCES)
    if source:  # a page may come from a newspaper too, which issued nothing
        yield source


def _kind(text: str, title: Field | None) -> Field | None:
    """What the title calls the document last; all of it when one title is for several years (2017年总结2018年计划).

    Words in 《》 name another document.
    """
    if title is None:
        return None
    words = re.sub("《[^》]*》", lambda found: "《" * len(found.group()), text[title.start : title.end] or title.value)
    letters = [(index, letter) for index, letter in enumerate(words) if not letter.isspace()]  # may be letter-spaced
    found = list(_KIND.finditer("".join(letter for _, letter in letters)))
    if len(years_in(words)) < 2:
        found = found[-1:]
    if not found:
        return None
    names = dict.fromkeys(_SHORT_KINDS.get(kind.group(), kind.group()) for kind in found)
    if title.start == title.end:
        return Field("、".join(names), 0, 0)
    start, end = letters[found[0].start()][0], letters[found[-1].end() - 1][0] + 1
    return Field("、".join(names), title.start + start, title.start + end)


def _place(words: str) -> re.Match[str] | None:
    """The innermost place that a title or the name of a body begins with (广东省江门市教育局 → 江门)."""
    position = 0
    opening = re.match(r"(?:关于)?(?:印发|转发|公布|发布)?《?(?:中国?共产?党?|中共)?", words)
    if opening:
        position = opening.end()
    place = None
    while found := re.compile(_PLACE).match(words, position):
        if _GENERIC.search(found.group()):
            break
        place, position = found, found.end()
    return place


def _region(text: str, title: Field | None, issuer: Field | None) -> Field | None:
    """The place in title or issuer without its 省 市 县 区; in neither, the one the text names most, if thrice or more.

    A name counts in the text where it follows no other character, so that it is known where it begins; that also tells
    what precedes it in a title apart (关于受理某区…).
    """
    named = [
        found for found in re.finditer(rf"(?<![\u4e00-\u9fff]){_PLACE}", text) if not _GENERIC.search(found.group())
    ]
    counts = Counter(found.group() for found in named)
    for field in (title, issuer):
        found = _place(text[field.start : field.end]) if field else None
        if field and found:
            name = max((name for name in counts if found.group().endswith(name)), key=len, default=found.group())
            end = field.start + found.end()
            suffix = len(found.group()) - len(found["stem"])
            return Field(name[:-suffix], end - len(name), end)
    if not counts or (issuer and issuer.value.endswith("国务院")):
        return None
    name, count = counts.most_common(1)[0]
    first = next(found for found in named if found.group() == name)
    return Field(first["stem"], first.start(), first.end()) if count >= 3 else None


def _years(title: Field | None, sections: Sequence[Section], published: Field | None) -> tuple[int, ...]:
    headings = [section.heading for section in sections] + ([title.value] if title else [])
    years = {year for words in headings for year in years_in(words)}
    return tuple(sorted(years)) if years else (int(published.value[:4]),) if published else ()
