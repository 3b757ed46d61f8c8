"""A ZIP archive into its files, each read whole within limits and none of them written anywhere."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from rag.errors import ReportError

_UTF_8_NAME = 0x800  # bits of a member's flags, see APPNOTE.TXT 4.4.4
_ENCRYPTED = 0x1
_MEGABYTE = 10**6


@dataclass(frozen=True)
class Limits:
    """How much is read: bytes of one file, bytes of all files of an archive once unpacked, and how many files."""

    file_bytes: int
    archive_bytes: int
    archive_files: int


def members(data: bytes, *, name: str, limits: Limits) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Path and bytes of every file in the archive `data`, in its order; `name` is what errors call the archive.

    Hidden files, and those that an operating system adds (__MACOSX), are passed over. Sizes are checked as the archive
    states them before anything is unpacked, and unpacking stops at what it states. Raises `ReportError` for a damaged
    or encrypted archive, for a member that points out of it, for an archive within it, and beyond `limits`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [
                (path, info)
                for info in archive.infolist()
                if not info.is_dir() and not _is_hidden(path := _path(info, name))
            ]
            _check_sizes([info for _, info in found], name, limits)
            for path, info in found:
                yield path, _unpacked(archive, info, f"{name}/{path}")
    except zipfile.BadZipFile as error:
        raise ReportError(f"{name} is damaged: {error}", remedy="Pack or download it again.") from error


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    if info.flag_bits & _ENCRYPTED:
        raise ReportError(f"{name} is encrypted", remedy="Pack the files again without a password.")
    if info.filename.lower().endswith(".zip"):
        raise ReportError(f"{name} is an archive within an archive", remedy="Unpack it, and give its files.")
    try:
        return archive.read(info)
    except NotImplementedError as error:  # a way of packing that Python does not know
        raise ReportError(
            f"{name} cannot be unpacked: {error}", remedy="Pack the files again as a plain ZIP."
        ) from error
    except (zlib.error, EOFError) as error:
        raise ReportError(f"{name} is damaged: {error}", remedy="Pack or download it again.") from error


def _check_sizes(found: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    total = sum(info.file_size for info in found)
    largest = max(found, key=lambda info: info.file_size, default=None)
    if len(found) > limits.archive_files:
        raise ReportError(
            f"{name} holds {len(found)} files, more than {limits.archive_files}",
            remedy="Divide it, or raise max_archive_files.",
        )
    if total > limits.archive_bytes:
        raise ReportError(
            f"{name} unpacks to {total / _MEGABYTE:.1f} MB, more than {limits.archive_bytes / _MEGABYTE:.0f} MB",
            remedy="Divide it, or raise max_archive_megabytes.",
        )
    if largest is not None and largest.file_size > limits.file_bytes:
        raise too_large(f"{name}/{_path(largest, name)}", largest.file_size, limits)


def too_large(name: str, size: int, limits: Limits) -> ReportError:
    return ReportError(
        f"{name} has {size / _MEGABYTE:.1f} MB, more than {limits.file_bytes / _MEGABYTE:.0f} MB",
        remedy="Divide it, or raise max_file_megabytes.",
    )


def _path(info: zipfile.ZipInfo, name: str) -> PurePosixPath:
    path = PurePosixPath(_decoded_name(info, name).replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or path.parts[0].endswith(":"):
        raise ReportError(
            f"{name}: the member {str(path)!r} points out of the archive",
            remedy="Pack the files again by relative paths.",
        )
    return path


def _decoded_name(info: zipfile.ZipInfo, name: str) -> str:
    """The member's name. Without the flag for UTF-8 it is in whatever the packing machine used, mostly GBK in China."""
    if info.flag_bits & _UTF_8_NAME:
        return info.filename
    raw = info.filename.encode("cp437")  # what zipfile decoded it with
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ReportError(
        f"{name}: the name of the member {info.filename!r} is in no known encoding",
        remedy="Pack the files with UTF-8 names.",
    )


def _is_hidden(path: PurePosixPath) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)
