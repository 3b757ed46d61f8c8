"""Questions about labelled lines (a masthead's 发布日期, an item's 牵头科室) to the lines themselves as evidence."""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.answers.composition import Statement
from rag.answers.evidence import Evidence
from rag.answers.query import Query
from rag.reports import mastheads
from rag.reports.chunks import Chunk, section_at
from rag.reports.metadata import SIGNED, Field, Metadata
from rag.reports.reading import Report

_LINE = re.compile(r"^[ \t\xa0\u3000]*(?P<label>[一-鿿]{2,8})[ \t\xa0\u3000]*[:：](?P<value>[^\n]*)$", re.MULTILINE)
# The same at the end of an item, in brackets: （牵头科室：基教科，配合科室：计财科）.
_BRACKET = re.compile(r"[（(]([^（）()\n]*[:：][^（）()\n]*)[)）]")
_IN_BRACKETS = re.compile(r"(?P<label>[一-鿿]{2,8})[:：](?P<value>(?:(?![;；]|[,，、。\s]+[一-鿿]{2,8}[:：])[^\n])*)")
# Without a label: by a verb （市教育局牵头，市财政局配合）, or at the end of a line the offices alone （基教科）.
_BARE_BRACKET = re.compile(r"[（(]([^（）()\n:：]*)[)）](?P<last>[。.;；]?[ \t\u3000]*(?:\n|$))?")
_BY_VERB = re.compile(
    r"(?P<value>[^,，;；。]{2,}?)(?P<label>牵头|负责|配合|协助|参与)(?:落实|实施|组织|负责)*(?=[,，;；。]|$)"
)
_OFFICES = re.compile(r"(?:(?:^|[、,，\s和及])[一-鿿]{1,10}(?:[科股处室办局委部]|中心|工会|支队|大队|教科院|教研院))+")
_VERB_ROLES = {"负责": "责任", "参与": "配合"}
# Who a question asks for, by the words it uses, to the words labels are made of.
_PERSON = re.compile(r"谁|领导|哪位|哪一位|局长|负责人|组长|\bwho\b|leader", re.I)
_OFFICE = re.compile(r"科室|部门|处室|单位|股室|科(?![学研普技])|office|department|section", re.I)
_LEADS = re.compile("带头|领头|挑头|挂帅|主抓")  # everyday words for 牵头
_PERSON_LABEL = re.compile(r"领导|负责人|责任人|人员|联系人")
_OFFICE_LABEL = re.compile(r"[科处股]室|部门|单位|机构")
_ROLES = ("牵头", "责任", "配合", "协助", "分管", "主管", "承办", "联系")
ROLE_WORDS = re.compile(
    r"(?:由|归)?(?:哪位|哪一位|哪个|哪家|哪几个|哪些|谁)(?:[在来]?管(?!理)|带头|领头|挑头|挂帅|主抓)?"
    r"|局?领导|[科处股]室|部门|单位|牵头|挑头|具体|负责|责任|分管|主管|是谁|[?？]"
)

# What stands in the place of a label where there is none: a verb, or any role for offices alone.
_ANY = "".join(_ROLES)
_UNLABELLED = frozenset(("牵头", "负责", "配合", "协助", "参与", _ANY))

_LABELS = {
    "document_number": mastheads.DOCUMENT_NUMBERS,
    "index_number": mastheads.INDEX_NUMBERS,
    "published": mastheads.PUBLISHED,
    "dated": mastheads.DATED,
    "signed": (SIGNED,),
    "issuer": mastheads.ISSUERS,
}
_NAMES = {
    "zh": {
        "document_number": "文号",
        "index_number": "索引号",
        "published": "发布日期",
        "dated": "成文日期",
        "signed": SIGNED,
        "issuer": "发文单位",
    },
    "en": {
        "document_number": "document number",
        "index_number": "index number",
        "published": "publication date",
        "dated": "date of the document",
        "signed": "date of signature",
        "issuer": "issuing body",
    },
}


@dataclass(frozen=True)
class _Line:
    """A label and what stands beside it, `start` to `end` of a chunk's text with both; bare offices have any label."""

    label: str
    value: str
    start: int
    end: int

    @property
    def roles(self) -> set[str]:
        label = _VERB_ROLES.get(self.label, self.label)
        return {role for role in _ROLES if role in label}


@dataclass(frozen=True)
class Found:
    """Labelled lines that answer, or, where the report leaves them blank, the labels of the `blank` lines."""

    statements: tuple[Statement, ...]
    blank: tuple[str, ...] = ()


def read_masthead(query: Query, reports: Sequence[Report], chunks_of: Callable[[str], Sequence[Chunk]]) -> Found:
    """The metadata fields the question asks for, one statement for each of a report.

    `blank` names the fields that no masthead gives: by its label where one leaves it open, else by its usual name.
    """
    statements, blank = [], []
    for report, asked in itertools.product(reports, query.fields):
        field = _field(asked, report.metadata)
        if field is None or not field.value:
            blank.append(field.label if field else _NAMES[query.language].get(asked, asked))
            continue
        start = _with_label(report.text, field)
        own = [chunk for chunk in chunks_of(report.id) if chunk.start <= start < chunk.end]
        evidence = _evidence(report.text, start, field.end, own or [section_at(report, start)])
        title = report.metadata.title.value if report.metadata.title else report.id
        value = report.text[field.start : field.end].strip()
        name = _NAMES[query.language].get(asked, field.label)
        text = (
            f"“{title}”, {name}: {value}" if query.language == "en" else f"《{title}》的{field.label or name}:{value}"
        )
        statements.append(Statement(text, (evidence,)))
    return Found(tuple(statements), tuple(dict.fromkeys(blank)))


def _field(name: str, metadata: Metadata) -> Field | None:
    named, wanted = getattr(metadata, name, None), _LABELS.get(name, (name,))
    labelled = next((field for field in metadata.labels if field.label in wanted), None)
    if isinstance(named, Field) and (name != "issuer" or labelled is None):  # a title's body need not be who published
        # The date alone was read from "2020-03-25 16:13": the masthead's whole value is quoted.
        return next((field for field in metadata.labels if field.start <= named.start < field.end), named)
    return labelled


def _with_label(text: str, field: Field) -> int:
    """Where the field's own label begins before its value, else where the value begins."""
    spaced = r"[ \t\xa0\u3000]*".join(map(re.escape, field.label))
    before = text[max(0, field.start - 40) : field.start]
    found = re.search(rf"{spaced}[ \t\xa0\u3000]*】?[:：]?[ \t\xa0\u3000]*$", before) if field.label else None
    return field.start - len(before) + found.start() if found else field.start


def read_roles(query: Query, section: Sequence[Evidence], report: Report) -> Found:
    """Who leads or is responsible, from the labelled lines of a section, given by its sentences, best first.

    Where its heading names less than half as much of the matter as a sentence does, that stands before them.
    """
    chunk = section[0].chunk
    lines = _wanted(list(_lines(chunk)), query.text)
    blank = tuple(line.label for line in lines if not line.value.strip())
    filled = [line for line in lines if line.value.strip()]
    if not filled:
        return Found((), blank)
    heading = _heading(chunk)
    places = [(chunk.start + line.start, chunk.start + line.end) for line in filled]
    apart = (item for item in section if all(item.end <= start or end <= item.start for start, end in heading + places))
    matter = next((item for item in apart if not names_role(item.text)), None)
    if matter and matter.scores["coverage"] > 2 * matter.scores["heading"]:
        places.insert(0, (matter.start, matter.end))
    evidence = [_evidence(report.text, start, end, [chunk]) for start, end in heading + places]
    words = ";".join(report.text[start:end].rstrip("。;；") for start, end in places)
    topic = f"{report.text[slice(*heading[0])]}:" if heading else ""
    return Found((Statement(topic + words, tuple(evidence)),), blank)


def _lines(chunk: Chunk) -> Iterator[_Line]:
    yield from map(_labelled, _LINE.finditer(chunk.text))
    for bracket in _BRACKET.finditer(chunk.text):
        yield from (line for line in _in(bracket, chunk, _IN_BRACKETS) if line.roles)
    for bracket in _BARE_BRACKET.finditer(chunk.text):
        lines = _in(bracket, chunk, _BY_VERB)
        if any(line.label in ("牵头", "负责") for line in lines):
            yield from lines
        elif bracket["last"] is not None and _OFFICES.fullmatch(bracket[1]):
            yield _Line(_ANY, bracket[1], *bracket.span(1))


def _in(bracket: re.Match[str], chunk: Chunk, pattern: re.Pattern[str]) -> list[_Line]:
    return [_labelled(piece) for piece in pattern.finditer(chunk.text, *bracket.span(1))]


def _labelled(found: re.Match[str]) -> _Line:
    start = min(found.start("label"), found.start("value"))
    return _Line(found["label"], found["value"], start, found.start() + len(found[0].rstrip()))


def has_roles(chunk: Chunk) -> bool:
    """Whether a chunk holds lines that name who leads or is responsible."""
    return any(line.roles for line in _lines(chunk))


def speaks_of_matter(item: Evidence) -> float:
    """How likely the item with roles that a sentence stands in is the one asked about.

    The line with a name looks more like an answer than a blank one or the sentence that tells the matter: so retrieval,
    which is of the matter alone, counts twice, and the heading as much as the words of the sentence.
    """
    return item.score + item.scores["retrieval"] + 4.0 * item.scores["heading"]


def names_role(text: str) -> bool:
    """Whether a text is such a line itself."""
    line = _LINE.fullmatch(text.strip())
    return line is not None and bool(_labelled(line).roles)


def _wanted(lines: Sequence[_Line], question: str) -> list[_Line]:
    """The lines for the role, person or office that the question names; a role no line has (主管) stands for any."""
    question = _LEADS.sub("牵头", question)
    named = {role for role in _ROLES if role in question and f"{role}制" not in question}
    named &= set().union(*(line.roles for line in lines))
    person, office = bool(_PERSON.search(question)), bool(_OFFICE.search(question))
    label = re.compile("") if person == office else _PERSON_LABEL if person else _OFFICE_LABEL
    return [
        line
        for line in lines
        if line.roles and (line.roles & named or not named) and (label.search(line.label) or line.label in _UNLABELLED)
    ]


def _heading(chunk: Chunk) -> list[tuple[int, int]]:
    """The span of the section's own heading, where the chunk begins with it."""
    heading = chunk.path[-1] if chunk.path else ""
    at = chunk.text.find(heading) if heading else -1
    return [(chunk.start + at, chunk.start + at + len(heading))] if 0 <= at <= 8 else []


def _evidence(text: str, start: int, end: int, chunks: Sequence[Chunk]) -> Evidence:
    chunk = next((chunk for chunk in chunks if chunk.start <= start and end <= chunk.end), None)
    if chunk is None:
        chunk = next((chunk for chunk in chunks if chunk.start <= start < chunk.end), chunks[0])
    return Evidence(chunk, start, end, text[start:end], 1.0, {}, planned=False)
