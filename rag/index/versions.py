"""The records of an index's reports into which are copies and versions of each other, and which one stands."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Protocol, TypeVar

from rag.index.storage import ReportRecord
from rag.reports.dates import years_in
from rag.reports.likeness import likeness
from rag.reports.lines import squeezed
from rag.reports.metadata import Metadata

COPY = 0.9  # likeness from which on two reports are one, published twice
VERSION = 0.5  # likeness from which on two reports of one title are versions of each other
_MANY = 32  # reports that share a run of characters; from there on it is a phrase of the office, and tells little
_INVALID = ("废止", "失效")
_EDITION = re.compile(
    r"[(（【\[][^()（）【】\[\]]*[)）】\]]|修订|暂行|试行|[《》“”]"
)  # what tells the editions of one title apart
_SENDING = re.compile(r"^.*?关于(?:重新|再次)?(?:印发|转发|公布|发布|修订|修改)(.*?)的(?:通知|公告|决定)$")


class Versioned(Protocol):
    """What has to be known of a report to choose among versions."""

    @property
    def id(self) -> str: ...
    @property
    def metadata(self) -> Metadata: ...
    @property
    def superseded_by(self) -> str: ...


Record = TypeVar("Record", bound=Versioned)


def linked(records: Sequence[ReportRecord]) -> list[ReportRecord]:
    """`records` with the copies, the older version and the newer version of each filled in.

    Two reports are copies when nearly all their words are the same. They are versions of one document when the newer
    says that it ends the older, or when title and most words are the same. Reports for different years are neither,
    however alike they are. Of copies and versions the newest in force stands: what is marked 废止 or 失效 last, then by
    the day from which they apply, were made or published.
    """
    copies: dict[str, set[str]] = defaultdict(set)
    versions: dict[str, set[str]] = defaultdict(set)
    for first, second in _alike(records):
        if _of_other_years_or_places(first, second):
            continue
        share = likeness(first.sketch, second.sketch)
        if share >= COPY and (not _day(first) or not _day(second) or _day(first) == _day(second)):
            copies[first.id].add(second.id)
            copies[second.id].add(first.id)
        elif share >= VERSION and _key(first) == _key(second):
            versions[first.id].add(second.id)
            versions[second.id].add(first.id)
    for newer, older in _repealed(records):
        versions[newer.id].add(older.id)
        versions[older.id].add(newer.id)
    found: dict[str, ReportRecord] = {}
    by_id = {record.id: record for record in records}
    for record in records:
        if record.id in found:
            continue
        family = sorted((by_id[other] for other in _family(record.id, versions, copies)), key=_standing)
        newest = family[-1].id
        for place, member in enumerate(family):
            before = (other.id for other in reversed(family[:place]) if other.id not in copies[member.id])
            found[member.id] = replace(
                member,
                duplicates=tuple(sorted(copies[member.id])),
                revision_of=next(before, ""),
                superseded_by="" if member.id == newest else newest,
            )
    return [found[record.id] for record in records]


def standing(records: Sequence[Record], *, years: Collection[int] = (), reports: Collection[str] = ()) -> list[Record]:
    """`records` without those that another one among them supersedes.

    An older version stays where it is asked for: by its id in `reports`, or by one of its `years`; then those versions
    go that are of none of these years.
    """
    present = {record.id for record in records}
    families: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        newest = record.superseded_by or record.id
        families[newest if newest in present else record.id].append(record)
    kept = set(reports)
    for newest, family in families.items():
        of_years = {record.id for record in family if set(record.metadata.years) & set(years)}
        kept |= of_years or {newest}
    return [record for record in records if record.id in kept]


def dated_title(record: ReportRecord) -> str:
    """A report's title, with its day where there are other versions that it could be taken for."""
    day = _day(record) if record.revision_of or record.superseded_by else ""
    return f"{record.title}（{day}）" if day else record.title


def _alike(records: Sequence[ReportRecord]) -> Iterator[tuple[ReportRecord, ReportRecord]]:
    """The pairs that share a value of their sketches: those that share none have next to no words in common."""
    holders: dict[int, list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        for value in record.sketch:
            holders[value].append(index)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for indices in holders.values():
        for pair in combinations(indices, 2) if len(indices) <= _MANY else pairwise(indices):
            shared[pair] += 1
    for (first, second), count in sorted(shared.items()):
        if 2 * count >= VERSION * min(len(records[first].sketch), len(records[second].sketch)):
            yield records[first], records[second]


def _repealed(records: Sequence[ReportRecord]) -> Iterator[tuple[ReportRecord, ReportRecord]]:
    """Each report with those that it says it ends."""
    by_name: dict[str, list[ReportRecord]] = defaultdict(list)
    for record in records:
        names = {squeezed(record.title), _enclosed(record)}
        if record.metadata.document_number:
            names.add(record.metadata.document_number.value)
        for name in names:
            by_name[name].append(record)
    for record in records:
        for field in record.metadata.repeals:
            for other in by_name.get(field.value, ()):
                if other.id != record.id and _day(other) <= _day(record):
                    yield record, other


def _family(start: str, *links: dict[str, set[str]]) -> set[str]:
    family, open_ids = {start}, [start]
    while open_ids:
        current = open_ids.pop()
        found = {other for link in links for other in link[current]} - family
        family |= found
        open_ids += found
    return family


def _standing(record: ReportRecord) -> tuple[bool, str, str]:
    """What orders versions, the one that stands last; copies of one day are in the order of their ids."""
    validity = record.metadata.validity
    return (not (validity and validity.value in _INVALID), _day(record), record.id)


def _day(record: ReportRecord) -> str:
    """The day of a version, as YYYY-MM-DD; "" when it names none."""
    metadata = record.metadata
    fields: Iterable[str] = (field.value for field in (metadata.effective, metadata.dated, metadata.published) if field)
    return next(iter(fields), str(max(metadata.years)) if metadata.years else "")


def _of_other_years_or_places(first: ReportRecord, second: ReportRecord) -> bool:
    """Whether each names a year in its title, or a place, and not the same: the plan for 2019 revises none for 2018."""
    years = [set(years_in(_EDITION.sub("", record.title))) for record in (first, second)]
    places = [record.metadata.region.value for record in (first, second) if record.metadata.region]
    return (all(years) and years[0] != years[1]) or len(set(places)) > 1


def _enclosed(record: ReportRecord) -> str:
    """The title, or that of the document that a notice sends (关于印发《…》的通知)."""
    found = _SENDING.match(squeezed(record.title))
    return found[1].strip("《》") if found else squeezed(record.title)


def _key(record: ReportRecord) -> str:
    return _EDITION.sub("", _enclosed(record))
