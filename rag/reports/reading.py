"""Report files into `Report`s: decoded text, section tree and metadata, a sidecar's corrections applied."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from rag.errors import ReportError
from rag.reports.lines import trimmed
from rag.reports.metadata import Field, Metadata, read_metadata
from rag.reports.sections import Section, parse_sections

SUFFIXES = (".txt",)
SIDECAR_SUFFIX = ".toml"
_ENCODINGS = ["gb18030", "big5"]  # what Chinese text that is no Unicode is written in
_DAMAGED = 0.02  # of the bytes: so few wrong ones are damage in UTF-8, more are another encoding
_TEXTUAL = {field.name for field in fields(Metadata)} - {"years", "labels"}


@dataclass(frozen=True)
class Report:
    """One report. `source` is the file's name, `sha256` that of its bytes; all offsets count code points of `text`."""

    id: str
    source: str
    encoding: str
    sha256: str
    text: str
    metadata: Metadata
    sections: tuple[Section, ...]


def find_reports(paths: Sequence[Path]) -> list[Path]:
    """The report files that `paths` name or, for folders, hold at any depth; sorted, each once.

    Hidden files and files of other kinds are passed over in folders; named outright they are an error.
    """
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(
                file
                for file in path.rglob("*")
                if file.is_file()
                and file.suffix.lower() in SUFFIXES
                and not any(part.startswith(".") for part in file.relative_to(path).parts)
            )
        elif path.exists():
            _check_suffix(path)
            found.add(path)
        else:
            raise ReportError(f"there is no file or folder {path}", remedy="Give the path of a report or of a folder.")
    if not found:
        raise ReportError(
            f"no reports in {', '.join(map(str, paths)) or 'no path at all'}",
            remedy=f"Give a folder that holds files ending in {', '.join(SUFFIXES)}.",
        )
    return sorted(found)


def read_reports(paths: Sequence[Path], *, progress: Callable[[int], None] | None = None) -> list[Report]:
    """Read each of `paths`, sorted by id. `progress` is called with the number of reports read so far."""
    sources: dict[str, Path] = {}
    reports = []
    for count, path in enumerate(paths, start=1):
        report = read_report(path)
        if report.id in sources:
            raise ReportError(
                f"two files have the id {report.id!r}: {sources[report.id]} and {path}",
                remedy=f"Rename one of them, or write another id into {sidecar_of(path).name} beside it.",
            )
        sources[report.id] = path
        reports.append(report)
        if progress is not None:
            progress(count)
    return sorted(reports, key=lambda report: report.id)


def read_report(path: Path) -> Report:
    """The report in `path`. Line breaks become line feeds and a byte order mark goes; every other character stays.

    The id is the file's name without suffix, unless the sidecar (`<name>.toml` beside it) gives another.
    """
    _check_suffix(path)
    if path.is_dir():
        raise ReportError(f"{path} is a folder", remedy="Give the files in it, or use `find_reports`.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReportError(
            f"{path} cannot be read: {error.strerror or error}", remedy="Check the path and its permissions."
        ) from error
    text, encoding = _decode(data, path)
    if not trimmed(text):
        raise ReportError(f"{path} holds no text", remedy="Remove the file or fill it.")
    sections = parse_sections(text)
    report = Report(
        id=path.stem,
        source=path.name,
        encoding=encoding,
        sha256=hashlib.sha256(data).hexdigest(),
        text=text,
        metadata=read_metadata(text, sections, name=path.stem),
        sections=sections,
    )
    sidecar = sidecar_of(path)
    return _corrected(report, sidecar) if sidecar.is_file() else report


def sidecar_of(path: Path) -> Path:
    """Where the corrections to a report's id and metadata are: `report.txt.toml` or `report.toml` for `report.txt`."""
    beside = [path.with_name(name + SIDECAR_SUFFIX) for name in (path.name, path.stem)]
    found = [sidecar for sidecar in beside if sidecar.is_file()]
    if len(found) > 1:
        raise ReportError(f"{path} has two sidecars: {found[0]} and {found[1]}", remedy="Keep one of them.")
    return found[0] if found else beside[0]


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() not in SUFFIXES and not path.is_dir():
        raise ReportError(
            f"{path} is not a kind of file that is read ({path.suffix or 'no suffix'})",
            remedy=f"Convert it to one of {', '.join(SUFFIXES)}.",
        )


def _decode(data: bytes, path: Path) -> tuple[str, str]:
    """The text of `data` and its encoding: by byte order mark, else UTF-8, else what its characters suggest."""
    if not data:
        raise ReportError(f"{path} is empty", remedy="Remove the file or fill it.")
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        if encoding == "utf-8-sig" and b"\0" in data:
            raise ReportError(
                f"{path} is a binary file: it holds NUL bytes",
                remedy="Save the report as text in UTF-8; UTF-16 needs its byte order mark.",
            )
        text = data.decode(encoding)
        if encoding == "utf-8-sig" and not data.startswith(b"\xef\xbb\xbf"):
            encoding = "utf-8"
    except UnicodeDecodeError as error:
        damaged = data.decode(encoding, errors="replace").count("\ufffd")
        if encoding == "utf-16" or damaged <= len(data) * _DAMAGED:
            raise ReportError(
                f"{path} is {encoding.removesuffix('-sig')} but damaged, first at byte {error.start}",
                remedy="Repair the file, or save it again in UTF-8.",
            ) from error
        text, encoding = _guess(data, path)
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding


def _guess(data: bytes, path: Path) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=_ENCODINGS).best()
    if best is None:
        raise ReportError(
            f"{path} is neither UTF-8 nor UTF-16 nor {' nor '.join(_ENCODINGS)}", remedy="Save the report in UTF-8."
        )
    return str(best), best.encoding


def _corrected(report: Report, sidecar: Path) -> Report:
    try:
        values: dict[str, Any] = tomllib.loads(sidecar.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ReportError(f"{sidecar} cannot be read: {error}", remedy="Write it as TOML in UTF-8.") from error
    known = {"id", "years", *_TEXTUAL}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ReportError(
            f"{sidecar} holds unknown keys: {', '.join(unknown)}", remedy=f"Known keys: {', '.join(sorted(known))}."
        )
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if key == "years":
            if not isinstance(value, list) or not all(type(year) is int for year in value):
                raise ReportError(f"{sidecar}: years = {value!r}", remedy="Write years = [2018, 2019].")
            changes[key] = tuple(sorted(set(value)))
            continue
        value = value.isoformat() if isinstance(value, date) else value
        if not isinstance(value, str) or (key == "id" and not re.fullmatch(r"[^\n/#@]+", value)):
            raise ReportError(f"{sidecar}: {key} = {value!r}", remedy="Write text in quotes; an id holds no / # @.")
        changes[key] = Field(value, 0, 0) if value else None
    changes.pop("id", None)
    return replace(report, id=values.get("id", report.id), metadata=replace(report.metadata, **changes))
