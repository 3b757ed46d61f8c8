"""Reports and what they say of themselves to the bodies that show them."""

from typing import Literal, Self

from pydantic import Field

from rag.index.snapshot import ReportRecord
from rag.reports.metadata import ORIGINS
from rag.reports.reading import Report
from rag.service.schemas import Body


class VersionBody(Body):
    """What links a report to others that are indexed; empty where nothing does."""

    duplicates: list[str] = Field(description="ids of the reports that say the same")
    revision_of: str = Field(description="id of the version before it")
    superseded_by: str = Field(description="id of the version that stands in its place")


class ReportSummary(Body):
    """One indexed report, without its text."""

    id: str
    title: str
    issuer: str | None
    region: str | None
    kind: str | None
    years: list[int]
    period: str | None = Field(description="what names the years, in the report's own words")
    published: str | None
    dated: str | None
    effective: str | None = Field(description="the day from which it applies")
    document_number: str | None
    index_number: str | None
    source_url: str | None
    validity: str | None = Field(examples=["有效", "失效", "废止"])
    versions: VersionBody
    characters: int
    section_count: int
    chunk_count: int
    source: str = Field(description="the file it was read from")
    format: str = Field(description="what kind of file that is", examples=["text", "html", "pdf"])
    page_count: int = Field(description="0 where the format has no pages")

    @classmethod
    def of(cls, record: ReportRecord) -> Self:
        metadata = record.metadata
        dates = ("period", "published", "dated", "effective")
        names = ("issuer", "region", "kind", "document_number", "index_number", "source_url", "validity")
        found = {name: getattr(metadata, name) for name in (*dates, *names)}
        return cls(
            id=record.id,
            title=record.title,
            years=list(metadata.years),
            characters=record.characters,
            section_count=record.sections,
            chunk_count=record.chunks,
            source=record.source,
            format=record.format,
            page_count=record.pages,
            versions=VersionBody.model_validate(record),
            **{name: field.value if field else None for name, field in found.items()},
        )


class ReportsBody(Body):
    """All indexed reports, by id."""

    reports: list[ReportSummary]


class FieldBody(Body):
    """A value, the span of the text it was read from (0 to 0 when it was not), and the label it stood behind."""

    value: str
    start: int
    end: int
    label: str
    origin: str = Field(description=f"where it was read, the surest first: {', '.join(ORIGINS)}", examples=["masthead"])


class MetadataBody(Body):
    """What the report says about itself."""

    title: FieldBody | None
    issuer: FieldBody | None
    region: FieldBody | None
    kind: FieldBody | None
    years: list[int]
    period: FieldBody | None
    published: FieldBody | None
    dated: FieldBody | None
    effective: FieldBody | None
    document_number: FieldBody | None
    index_number: FieldBody | None
    source_url: FieldBody | None
    validity: FieldBody | None
    repeals: list[FieldBody] = Field(description="titles and numbers of the documents that it ends")
    labels: list[FieldBody]


class SectionBody(Body):
    """One section of the tree, children included in its span; `kind` furniture is no content."""

    number: str
    heading: str
    kind: Literal["furniture", "front", "part", "numbered", "titled", "paragraph", "closing"]
    start: int
    end: int
    sections: list["SectionBody"]


class ReportBody(Body):
    """A report whole: joining the spans of its sections gives `text` back."""

    id: str
    title: str
    source: str
    encoding: str
    sha256: str = Field(description="of the file's bytes")
    format: str
    pages: list[int] = Field(description="where each page starts in `text`; empty where the format has none")
    paragraphs: list[int] = Field(description="where each paragraph starts, in formats cited by paragraph")
    metadata: MetadataBody
    versions: VersionBody
    text: str
    sections: list[SectionBody]

    @classmethod
    def of(cls, report: Report, record: ReportRecord) -> Self:
        return cls(
            id=report.id,
            title=record.title,
            source=report.source,
            encoding=report.encoding,
            sha256=report.sha256,
            format=report.format,
            pages=list(report.pages),
            paragraphs=list(report.paragraphs),
            metadata=MetadataBody.model_validate(report.metadata),
            versions=VersionBody.model_validate(record),
            text=report.text,
            sections=[SectionBody.model_validate(section) for section in report.sections],
        )
