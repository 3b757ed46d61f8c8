"""Report files into `Report`s: decoded text, section tree and metadata, a sidecar's corrections applied."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from rag.config import Config
from rag.errors import ReportError
from rag.reports.formats import Document, archive, docx, html, markdown, pdf, text
from rag.reports.formats.recognition import check_content
from rag.reports.lines import trimmed
from rag.reports.metadata import SIDECAR, Field, Metadata, read_metadata
from rag.reports.sections import Section, parse_sections

# What reads the files with a suffix: `read(data, name=…)`, where errors call the file by `name`.
READERS: dict[str, Callable[..., Document]] = {
    ".txt": text.read,
    ".html": html.read,
    ".htm": html.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".docx": docx.read,
    ".pdf": pdf.read,
}
ARCHIVE = ".zip"
SUFFIXES = (*READERS, ARCHIVE)
SIDECAR_SUFFIX = ".toml"
_TEXTUAL = {field.name for field in fields(Metadata)} - {"years", "repeals", "labels"}
AnyPath = TypeVar("AnyPath", Path, PurePosixPath)
_ABOUT_THE_FOLDER = "readme"  # files that begin so speak of the reports beside them and are none


@dataclass(frozen=True)
class Report:
    """One report. `source` is the file's name, `sha256` that of its bytes; all offsets count code points of `text`.

    `source` of a report in an archive is the archive's name and the path in it. `format`, `pages` and `paragraphs` are
    those of its `Document`: pages[0] is where the first page starts, and so on; empty where the format has none.
    """

    id: str
    source: str
    encoding: str
    sha256: str
    text: str
    metadata: Metadata
    sections: tuple[Section, ...]
    format: str = "text"
    pages: tuple[int, ...] = ()
    paragraphs: tuple[int, ...] = ()


def find_reports(paths: Sequence[Path]) -> list[Path]:
    """The report files that `paths` name or, for folders, hold at any depth; sorted, each once.

    Hidden files, README files and files of other kinds are passed over in folders; named outright, a README is read
    and a file of another kind is an error.
    """
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(
                file for file in path.rglob("*") if file.is_file() and _is_report(PurePosixPath(file.relative_to(path)))
            )
        elif path.exists():
            _check_suffix(path.suffix, str(path))
            found.add(path)
        else:
            raise ReportError(f"there is no file or folder {path}", remedy="Give the path of a report or of a folder.")
    if not found:
        raise ReportError(
            f"no reports in {', '.join(map(str, paths)) or 'no path at all'}",
            remedy=f"Give a folder that holds files ending in {', '.join(SUFFIXES)}.",
        )
    return sorted(found)


def read_reports(
    paths: Sequence[Path], *, config: Config | None = None, progress: Callable[[int], None] | None = None
) -> list[Report]:
    """Read the reports in each of `paths`, sorted by id. `progress` is called with the number of files read so far."""
    places: dict[str, str] = {}
    reports = []
    for count, path in enumerate(paths, start=1):
        for report in read_file(path, config=config):
            place = str(path.parent / report.source)
            if report.id in places:
                raise ReportError(
                    f"two files have the id {report.id!r}: {places[report.id]} and {place}",
                    remedy=f"Rename one of them, or write another id into {report.source}{SIDECAR_SUFFIX} beside it.",
                )
            places[report.id] = place
            reports.append(report)
        if progress is not None:
            progress(count)
    return sorted(reports, key=lambda report: report.id)


def read_file(path: Path, *, config: Config | None = None) -> Iterator[Report]:
    """The reports in `path`: one, or of an archive as many as it holds, each with the id that its path in it gives.

    Raises `ReportError` for an archive that holds none.
    """
    if path.suffix.lower() != ARCHIVE:
        yield read_report(path, config=config)
        return
    limits = limits_of(config)
    data = _bytes_of(path, limits)
    check_content(data, name=str(path), suffix=ARCHIVE, known=SUFFIXES)
    files = dict(archive.members(data, name=str(path), limits=limits))
    members = [member for member in files if _is_report(member)]
    if not members:
        raise ReportError(
            f"{path} holds no reports", remedy=f"Pack files ending in {', '.join(READERS)} into it, or leave it out."
        )
    for member in members:
        report = parse_report(files[member], source=f"{path.name}/{member}", place=f"{path}/{member}")
        report = replace(report, id="_".join(member.with_suffix("").parts))
        sidecar = _only_one([beside for beside in _sidecars(member) if beside in files], f"{path}/{member}")
        yield report if sidecar is None else _corrected(report, files[sidecar], name=f"{path}/{sidecar}")


def read_report(path: Path, *, config: Config | None = None) -> Report:
    """The report in `path`, which is no archive.

    The id is the file's name without suffix, unless the sidecar (`<name>.toml` beside it) gives another.
    """
    _check_suffix(path.suffix, str(path))
    if path.is_dir():
        raise ReportError(f"{path} is a folder", remedy="Give the files in it, or use `find_reports`.")
    report = parse_report(_bytes_of(path, limits_of(config)), source=path.name, place=str(path))
    sidecar = sidecar_of(path)
    if sidecar is None:
        return report
    return _corrected(report, _bytes_of(sidecar, limits_of(config)), name=str(sidecar))


def parse_report(data: bytes, *, source: str, place: str = "") -> Report:
    """The report in the bytes `data` of a file called `source`; errors call it by `place`, its path where it has one.

    The suffix of `source` says what `data` is, which has to agree. Line breaks become line feeds and a byte order mark
    goes; of text files every other character stays.
    """
    place = place or source
    path = PurePosixPath(source)
    suffix = path.suffix.lower()
    _check_suffix(suffix, place)
    if suffix == ARCHIVE:
        raise ReportError(f"{place} is an archive of reports", remedy="Read it as a file, or give its files.")
    if not data:
        raise ReportError(f"{place} is empty", remedy="Remove the file or fill it.")
    check_content(data, name=place, suffix=suffix, known=SUFFIXES)
    document = READERS[suffix](data, name=place)
    if not trimmed(document.text):
        raise ReportError(f"{place} holds no text", remedy="Remove the file or fill it.")
    sections = parse_sections(
        document.text, furniture=document.furniture, headings=document.headings, rows=document.rows
    )
    return Report(
        id=path.stem,
        source=source,
        encoding=document.encoding,
        sha256=hashlib.sha256(data).hexdigest(),
        text=document.text,
        metadata=read_metadata(document.text, sections, name=path.stem, title_span=document.title, url=document.url),
        sections=sections,
        format=document.format,
        pages=document.pages,
        paragraphs=document.paragraphs,
    )


def sidecar_of(path: Path) -> Path | None:
    """The file beside `path` that corrects the id and metadata of its report. Raises `ReportError` for two of them."""
    return _only_one([beside for beside in _sidecars(path) if beside.is_file()], str(path))


def _sidecars(path: AnyPath) -> list[AnyPath]:
    """Where corrections to a report's id and metadata may be: `report.txt.toml` or `report.toml` for `report.txt`."""
    return [path.with_name(name + SIDECAR_SUFFIX) for name in (path.name, path.stem)]


def _only_one(sidecars: Sequence[AnyPath], place: str) -> AnyPath | None:
    if len(sidecars) > 1:
        raise ReportError(f"{place} has two sidecars: {sidecars[0]} and {sidecars[1]}", remedy="Keep one of them.")
    return sidecars[0] if sidecars else None


def _is_report(path: PurePosixPath) -> bool:
    """Whether a file with this path below a folder is taken for a report."""
    return (
        path.suffix.lower() in SUFFIXES
        and not path.name.lower().startswith(_ABOUT_THE_FOLDER)
        and not any(part.startswith(".") for part in path.parts)
    )


def _check_suffix(suffix: str, place: str) -> None:
    if suffix.lower() not in SUFFIXES:
        raise ReportError(
            f"{place} is not a kind of file that is read ({suffix or 'no suffix'})",
            remedy=f"Convert it to one of {', '.join(SUFFIXES)}.",
        )


def limits_of(config: Config | None) -> archive.Limits:
    """How much of a file or archive is read."""
    config = config or Config()
    return archive.Limits(
        file_bytes=config.max_file_megabytes * 10**6,
        archive_bytes=config.max_archive_megabytes * 10**6,
        archive_files=config.max_archive_files,
    )


def _bytes_of(path: Path, limits: archive.Limits) -> bytes:
    try:
        size = path.stat().st_size
        if size > (limits.archive_bytes if path.suffix.lower() == ARCHIVE else limits.file_bytes):
            raise archive.too_large(str(path), size, limits)
        return path.read_bytes()
    except OSError as error:
        raise ReportError(
            f"{path} cannot be read: {error.strerror or error}", remedy="Check the path and its permissions."
        ) from error


def _corrected(report: Report, sidecar: bytes, *, name: str) -> Report:
    """`report` with the values of its sidecar, which errors call by `name`."""
    try:
        values: dict[str, Any] = tomllib.loads(sidecar.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ReportError(f"{name} cannot be read: {error}", remedy="Write it as TOML in UTF-8.") from error
    known = {"id", "years", *_TEXTUAL}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ReportError(
            f"{name} holds unknown keys: {', '.join(unknown)}", remedy=f"Known keys: {', '.join(sorted(known))}."
        )
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if key == "years":
            if not isinstance(value, list) or not all(type(year) is int for year in value):
                raise ReportError(f"{name}: years = {value!r}", remedy="Write years = [2018, 2019].")
            changes[key] = tuple(sorted(set(value)))
            changes["period"] = Field("、".join(map(str, changes[key])), 0, 0, origin=SIDECAR) if value else None
            continue
        value = value.isoformat() if isinstance(value, date) else value
        if not isinstance(value, str) or (key == "id" and not re.fullmatch(r"[^\n/#@]+", value)):
            raise ReportError(f"{name}: {key} = {value!r}", remedy="Write text in quotes; an id holds no / # @.")
        changes[key] = Field(value, 0, 0, origin=SIDECAR) if value else None
    changes.pop("id", None)
    return replace(report, id=values.get("id", report.id), metadata=replace(report.metadata, **changes))
