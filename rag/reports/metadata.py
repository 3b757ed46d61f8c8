"""A report's text and sections into what it says about itself: title, issuer, region, years, dates and numbers."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rag.reports import formats, mastheads
from rag.reports.dates import CHINESE_DATE, DATE, YEARS, iso_date, years_covered, years_in, years_planned
from rag.reports.furniture import is_text
from rag.reports.layout import laid_out
from rag.reports.lines import Line, split_lines, squeezed, trimmed
from rag.reports.mastheads import Pair, read_contacts, read_pairs
from rag.reports.outline import PART
from rag.reports.places import is_national, most_named, place_of
from rag.reports.sections import FRONT, FURNITURE, Section
from rag.reports.titles import KINDS, find_title, is_body

# Where a value may be read, the surest first: corrected by hand, behind a label, in the title, in sentences, in the
# name of the file.
SIDECAR, MASTHEAD, TITLE, BODY, FILE_NAME = ORIGINS = ("sidecar", "masthead", "title", "body", "file name")


@dataclass(frozen=True)
class Field:
    """A value and the span it was read from, in code points of the report's text.

    `value` may be normalised (an ISO date, a title without line break); `label` is the label it stood behind, without
    inner spaces, or "". Both offsets are 0 when the value does not come from the text (a sidecar, the file's name).
    `origin` is one of `ORIGINS`, which are in the order of how sure they are.
    """

    value: str
    start: int
    end: int
    label: str = ""
    origin: str = ""


@dataclass(frozen=True)
class Metadata:
    """What a report says about itself; None where it does not say.

    `period` is what names the `years` that it covers. `dated` is the day the document was made: 成文日期, else the date
    below a signature or of the speech; `effective` the day from which it applies. `validity` is 有效, 失效 or 废止, or
    what else a masthead says of it; `repeals` the titles and numbers of documents that it ends. `labels` holds every
    pair of the masthead as written, blank values as "", and the date below a signature as 落款日期.
    """

    title: Field | None = None
    issuer: Field | None = None
    region: Field | None = None
    kind: Field | None = None
    years: tuple[int, ...] = ()
    period: Field | None = None
    published: Field | None = None
    dated: Field | None = None
    effective: Field | None = None
    document_number: Field | None = None
    index_number: Field | None = None
    source_url: Field | None = None
    validity: Field | None = None
    repeals: tuple[Field, ...] = ()
    labels: tuple[Field, ...] = ()


SIGNED = "落款日期"
_SHORT_KINDS = {"工作总结": "总结", "工作计划": "计划", "自评报告": "自评", "自评情况": "自评"}
_SHORT_KINDS |= {"要点": "工作要点", "政府工作报告": "报告", "工作报告": "报告"}
_KIND = re.compile("|".join(sorted((*KINDS, "解答", "问答", "须知"), key=len, reverse=True)))
_SPEECH = re.compile(r"^[—\-–－\s(（]*(?P<date>(?:19|20)\d{2}年\d{1,2}月\d{1,2}日)在.*会议?.*上[)）]?$")
_SPEAKS_FOR = re.compile(r"我代表(?P<body>[\u4e00-\u9fff]{2,20}?)[，,]?(?:向|做|作)")
_SPEAKER = re.compile(r"^(?P<body>[\u4e00-\u9fff]{2,20}?(?:政府|国务院))(?:代?[省市区县州旗]长|主席|总理)")
_DOCUMENT_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,10}[〔\[［(（【]\s*(?:19|20)\d{2}\s*[〕\]］)）】]\s*第?\s*\d+\s*号")
_TIME_OF_DAY = re.compile(r"\s+\d{1,2}[:：]\d{2}(?:[:：]\d{2})?$")
_PERIOD = re.compile(rf"{YEARS.pattern}(?:\s*年度?)?(?:[上下]半年|第?[一二三四]季度)?")
_EFFECTIVE = re.compile(
    rf"自\s*(?P<date>{DATE.pattern}|{CHINESE_DATE.pattern})\s*起(?:正式|开始)?(?:施行|实施|执行|生效)(?!的)"
)
_VALIDITY = re.compile("废止|失效|有效")
_INVALID_TITLE = re.compile(r"[(（【\[](?:已|现已)?(?P<validity>废止|失效)[)）】\]]")
_INVALID_LINE = re.compile(
    r"^(?:该|本|此)(?:文件?|规范性文件|政策|通知|办法|规定)(?:已经?|现已)(?:被)?(?P<validity>废止|失效)"
)
_REPEALING = re.compile(r"[^。；;\n]*(?:废止|停止执行)[^。；;\n]*")
_BRACKETED = re.compile(r"[（(]([^（）()]{1,60})[)）]")
_OTHER_DOCUMENT = re.compile(rf"《(?P<title>[^《》]{{4,80}})》|(?P<number>{_DOCUMENT_NUMBER.pattern})")
_OPENING = re.compile(r"(?:[(（【\[][^()（）【】\[\]]{1,6}[)）】\]])?(?:关于)?(?:印发|转发|公布|发布)?《?")
_REPEATED = re.compile(r"[(（【\[]转[载发][)）】\]]")  # a page of another site, whose masthead names that site's office
_WITH_OTHERS = re.compile(r"等\s*[\d一二三四五六七八九十]+\s*个?(?:部门|单位|家).*$")


def read_metadata(
    text: str, sections: Sequence[Section], *, name: str = "", title_span: formats.Span | None = None, url: str = ""
) -> Metadata:
    """Metadata of the report `text` with the tree `sections`, kept under `name` (its file's name without suffix).

    The issuer is the body that a masthead label, the title, the speaker, the signature or the source names, in that
    order, but one whose name holds a place goes before one whose name does not: 教育局 alone could be anywhere. The
    region is read from title and issuer, else it is the place that the text names most. The years are those of the
    title, the parts and the outermost headings, else that of the speech, the publication or the signature. A report
    without a title, or with one that tells neither year nor place while `name` does (政府工作报告 in
    2019_某区_政府工作报告), is called by `name`. `title_span` is what the file itself marks as its title,
    `url` where it says that it comes from.
    """
    lines = laid_out(split_lines(text))
    front = _lines_of(lines, _front_spans(sections))
    pairs = [pair for line in front for pair in read_pairs(line)]
    content = _lines_of(lines, [(section.start, section.end) for section in sections if section.kind != FURNITURE])
    title = _marked(text, title_span) or _title(content, front, name)
    above, below = _around_opening(front)
    signed = _signed(lines, below, sections)
    speech = _speech(front)
    unlabelled = next((found for line in above if (found := _date_alone(line, "", MASTHEAD))), None)
    published = _date_of(pairs, mastheads.PUBLISHED) or unlabelled
    issuers = list(_issuers(text, pairs, title, front, signed))
    issuer = next((found for found in issuers if place_of(found.value)), issuers[0] if issuers else None)
    footer = _lines_of(lines, [(section.start, section.end) for section in sections if section.kind == FURNITURE])
    pairs += [pair for line in footer for pair in read_contacts(line)]
    labels = [Field(pair.value, pair.start, pair.end, pair.label, MASTHEAD) for pair in pairs]
    if signed:
        labels.append(replace(signed, value=text[signed.start : signed.end]))
    years, period = _years(text, title, sections, speech or published or signed)
    return Metadata(
        title=title,
        issuer=issuer,
        region=_region(text, title, issuer),
        kind=_kind(text, title),
        years=years,
        period=period,
        published=published,
        dated=_date_of(pairs, mastheads.DATED) or signed or speech,
        effective=_date_of(pairs, mastheads.EFFECTIVE) or _effective(content),
        document_number=_first([pair for pair in pairs if re.search(r"\d", pair.value)], mastheads.DOCUMENT_NUMBERS)
        or _numbered(front),
        index_number=_first(pairs, mastheads.INDEX_NUMBERS),
        source_url=_source_url(pairs, url),
        validity=_validity(pairs, title, front),
        repeals=tuple(_repeals(content)),
        labels=tuple(labels),
    )


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


def _around_opening(front: Sequence[Line]) -> tuple[Sequence[Line], Sequence[Line]]:
    """The lines above the first sentence or salutation, and those from there on."""
    at = next((at for at, line in enumerate(front) if _opens(line)), len(front))
    return front[:at], front[at:]


def _opens(line: Line) -> bool:
    return not read_pairs(line) and (is_text(line.words) or line.words[-1] in ":：")


def _marked(text: str, span: formats.Span | None) -> Field | None:
    words = trimmed(text[slice(*span)]) if span else ""
    if span is None or not words:
        return None
    start = text.index(words, span[0])
    return Field(" ".join(words.split()), start, start + len(words), "", TITLE)


def _title(lines: Sequence[Line], front: Sequence[Line], name: str) -> Field | None:
    found = find_title(lines)
    if found is None or lines[found[0]] not in front:
        return Field(name, 0, 0, "", FILE_NAME) if name else None
    first, last = lines[found[0]], lines[found[1]]
    words = "".join(re.sub(r"\s*\n\s*", "", line.words) for line in lines[found[0] : found[1] + 1])
    if all(len(word) == 1 for word in words.split()):
        words = squeezed(words)  # letter-spaced for display: 政 府 工 作 报 告
    told = squeezed(words) not in squeezed(name) or bool(years_in(words)) or place_of(words) is not None
    value = " ".join((words if told else name).split())
    return Field(value, first.words_start, last.words_start + len(last.words), "", TITLE if told else FILE_NAME)


def _first(pairs: Iterable[Pair], labels: Sequence[str]) -> Field | None:
    """The pair whose label comes first in `labels`, if it has a value."""
    found = [pair for pair in pairs if pair.label in labels and pair.value]
    best = min(found, key=lambda pair: labels.index(pair.label), default=None)
    return None if best is None else Field(best.value, best.start, best.end, best.label, MASTHEAD)


def _date_of(pairs: Iterable[Pair], labels: Sequence[str]) -> Field | None:
    found = _first([pair for pair in pairs if iso_date(pair.value)], labels)
    return None if found is None else _dated(found.value, found.start, found.label, MASTHEAD)


def _date_alone(line: Line, label: str, origin: str) -> Field | None:
    """The date of a line that says nothing else but perhaps the time of day."""
    words = _TIME_OF_DAY.sub("", line.words)
    whole = DATE.fullmatch(words) or CHINESE_DATE.fullmatch(words)
    return _dated(line.words, line.words_start, label, origin) if whole else None


def _dated(words: str, start: int, label: str, origin: str) -> Field | None:
    value = iso_date(words)
    found = DATE.search(words) or CHINESE_DATE.search(words)
    if value is None or found is None:
        return None
    return Field(value, start + found.start(), start + found.end(), label, origin)


def _signed(lines: Sequence[Line], letter: Sequence[Line], sections: Sequence[Section]) -> Field | None:
    """The date that stands alone below a signature: of the cover `letter`, else at the end of the report."""
    body = [(section.start, section.end) for section in sections if section.kind not in (FRONT, FURNITURE)]
    below = (*letter, *reversed(_lines_of(lines, body[-1:])[-5:]))
    return next((found for line in below if (found := _date_alone(line, SIGNED, BODY))), None)


def _speech(front: Iterable[Line]) -> Field | None:
    for line in front:
        found = None if is_text(line.words) else _SPEECH.match(line.words)
        if found:
            return _dated(found["date"], line.words_start + found.start("date"), "", BODY)
    return None


def _effective(content: Iterable[Line]) -> Field | None:
    """The day from which the report says that it applies, where it names one; the last, for rules end with that."""
    found = None
    for line in content:
        for match in _EFFECTIVE.finditer(line.text):
            found = _dated(match["date"], line.start + match.start("date"), "", BODY) or found
    return found


def _numbered(front: Iterable[Line]) -> Field | None:
    """A document number on a line of its own, or apart in one in brackets; one in a sentence is another document's."""
    for line in front:
        bracketed = _BRACKETED.fullmatch(line.words)
        inside = bracketed.span(1) if bracketed else (0, len(line.words))
        for piece in re.finditer(r"[^\s，,]+" if bracketed else r".+", line.words[slice(*inside)]):
            if _DOCUMENT_NUMBER.fullmatch(piece[0]):
                start = line.words_start + inside[0] + piece.start()
                return Field(squeezed(piece[0]), start, start + len(piece[0]), "", MASTHEAD)
    return None


def _source_url(pairs: Sequence[Pair], url: str) -> Field | None:
    """The address that a label gives, else that which the file itself names."""
    labels = (*mastheads.URLS, *mastheads.SOURCES)
    found = _first([pair for pair in pairs if re.match("https?://", pair.value)], labels)
    return found or (Field(url, 0, 0, "", MASTHEAD) if url else None)


def _validity(pairs: Sequence[Pair], title: Field | None, front: Iterable[Line]) -> Field | None:
    """Whether the report says that it is in force: behind a label, in brackets in its title, or on a line above it."""
    labelled = _first(pairs, mastheads.VALIDITIES)
    if labelled:
        found = _VALIDITY.search(labelled.value)
        return replace(labelled, value=found[0] if found else labelled.value)
    if title and (found := _INVALID_TITLE.search(title.value)):
        return Field(found["validity"], title.start, title.end, "", title.origin)
    for line in front:
        if found := _INVALID_LINE.search(line.words):
            start = line.words_start
            return Field(found["validity"], start + found.start(), start + found.end(), "", BODY)
    return None


def _repeals(content: Iterable[Line]) -> Iterable[Field]:
    """Titles and numbers in sentences that end other documents (《…》（某府〔2018〕3号）同时废止)."""
    for line in content:
        for sentence in _REPEALING.finditer(line.text):
            for found in _OTHER_DOCUMENT.finditer(sentence[0]):
                group = "title" if found["title"] else "number"
                start = line.start + sentence.start() + found.start(group)
                yield Field(squeezed(found[group]), start, start + len(found[group]), "", BODY)


def _issuers(
    text: str, pairs: Sequence[Pair], title: Field | None, front: Sequence[Line], signed: Field | None
) -> Iterable[Field]:
    labelled = _first(pairs, mastheads.ISSUERS)
    if labelled and not (title and _REPEATED.match(title.value)):
        yield labelled
    if title:
        words = text[title.start : title.end]
        opening = _OPENING.match(words)
        start = opening.end() if opening else 0
        found = re.search(r"关于|(?:19|20)\d{2}|“|第", words[start:])
        name = _WITH_OTHERS.sub("", words[start : start + found.start()]).rstrip() if found else ""
        if name and is_body(name):
            yield Field(" ".join(name.split()), title.start + start, title.start + start + len(name), "", TITLE)
    for line in front:
        for pattern in (_SPEAKER, _SPEAKS_FOR):
            speaker = pattern.search(line.words)
            if speaker:
                start = line.words_start + speaker.start("body")
                yield Field(speaker["body"], start, start + len(speaker["body"]), "", BODY)
    if signed:
        above = text[: signed.start].rstrip()
        name = trimmed(above[above.rfind("\n") + 1 :])
        if is_body(name):
            yield Field(name, len(above) - len(name), len(above), "", BODY)
    source = _first([pair for pair in pairs if is_body(pair.value)], mastheads.SOURCES)
    if source:  # a page may come from a newspaper too, which issued nothing
        yield source
    if labelled:
        yield labelled


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
        return Field("、".join(names), 0, 0, "", FILE_NAME)
    start, end = letters[found[0].start()][0], letters[found[-1].end() - 1][0] + 1
    return Field("、".join(names), title.start + start, title.start + end, "", TITLE)


def _region(text: str, title: Field | None, issuer: Field | None) -> Field | None:
    """The place in title or issuer without its 省 市 县 区; in neither, the one the text names most.

    What speaks for the whole country has none, whatever places it names.
    """
    for field in (title, issuer):
        place = place_of(text[field.start : field.end]) if field else None
        if field and place:
            origin = TITLE if field is title else field.origin
            return Field(place.name, field.start + place.start, field.start + place.end, "", origin)
    if any(field and is_national(text[field.start : field.end]) for field in (title, issuer)):
        return None
    place = most_named(text)
    if place:
        return Field(place.name, place.start, place.end, "", BODY)
    named = place_of(re.sub(r"^[\d\W_]+", "", title.value)) if title else None
    return Field(named.name, 0, 0, "", FILE_NAME) if named else None


def _years(
    text: str, title: Field | None, sections: Sequence[Section], date: Field | None
) -> tuple[tuple[int, ...], Field | None]:
    """The years that title, parts and outermost headings name, and the first words that do; else the year of `date`.

    A review without a year (过去一年工作回顾) beside the plan for one is of the years before it; a five-year plan is of
    all of its years.
    """
    named: list[Field] = []
    if title and years_in(title.value):
        named.append(_period(text, title.start, title.end, TITLE) or Field(title.value, 0, 0, "", FILE_NAME))
    for section in sections:
        if years_in(section.heading):
            named += [found] if (found := _period(text, section.start, section.own_end, BODY)) else []
    headings = [section.heading for section in sections] + ([title.value] if title else [])
    planned = years_planned(title.value) if title else ()
    years = tuple(sorted({*planned, *(year for words in headings for year in years_in(words))}))
    if years and years[-1] in {year for words in headings for year in years_covered(words)}:
        years = tuple(sorted({*years, *(year for words in headings for year in years_covered(words, years[-1]))}))
    if years or date is None:
        return years, named[0] if named else None
    return (int(date.value[:4]),), replace(date, value=date.value[:4], end=date.start + 4)


def _period(text: str, start: int, end: int, origin: str) -> Field | None:
    found = list(_PERIOD.finditer(text, start, end))
    if not found:
        return None
    first, last = found[0].start(), found[-1].end()
    words = text[first:last]
    return (
        Field(" ".join(words.split()), first, last, "", origin)
        if origin == TITLE
        else Field(found[0].group(), first, found[0].end(), "", origin)
    )
