"""The first bytes of a file into what kind of file it is, whatever its name says."""

import io
import zipfile
from collections.abc import Collection

from rag.errors import ReportError

# The suffix of what each beginning belongs to; of a ZIP the members decide.
_BEGINNINGS = (
    (b"%PDF-", ".pdf", "a PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".doc", "a file of an old office program"),
    (b"{\\rtf", ".rtf", "rich text (RTF)"),
    (b"\x1f\x8b", ".gz", "a gzip archive"),
    (b"7z\xbc\xaf", ".7z", "a 7-Zip archive"),
    (b"Rar!", ".rar", "a RAR archive"),
    (b"\x89PNG", ".png", "an image"),
    (b"\xff\xd8\xff", ".jpg", "an image"),
    (b"<!doctype html", ".html", "an HTML page"),
    (b"<html", ".html", "an HTML page"),
    (b"mime-version:", ".mhtml", "a web archive (MHTML)"),
    (b"from: <saved by", ".mhtml", "a web archive (MHTML)"),
)
_MEMBERS = (
    ("word/document.xml", ".docx", "a Word document"),
    ("xl/workbook.xml", ".xlsx", "a spreadsheet"),
    ("ppt/presentation.xml", ".pptx", "a presentation"),
    ("content.xml", ".odt", "an OpenDocument file"),
)
_ALIKE = {".htm": ".html", ".xhtml": ".html"}
_NEED_THEIR_BEGINNING = {".pdf": "a PDF", ".docx": "a Word document", ".zip": "a ZIP archive"}


def check_content(data: bytes, *, name: str, suffix: str, known: Collection[str]) -> None:
    """Raise `ReportError` when `data` is of another kind than `suffix` says.

    `name` is what the error calls it, and `known` are the suffixes of the files that are read.
    """
    found, kind = _kind_of(data)
    suffix = _ALIKE.get(suffix, suffix)
    if found == suffix:
        return
    if found:
        raise ReportError(
            f"{name} is {kind} by its content, and not what {suffix} files are",
            remedy=f"Let its name end in {found}." if found in known else f"Convert it to one of {', '.join(known)}.",
        )
    if suffix in _NEED_THEIR_BEGINNING:
        raise ReportError(
            f"{name} is not {_NEED_THEIR_BEGINNING[suffix]}: it does not begin as one",
            remedy="Download or save it again; if it is another kind of file, give it the right suffix.",
        )


def _kind_of(data: bytes) -> tuple[str, str]:
    """The suffix that files with the content of `data` have and their name; empty when nothing tells."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_archive(data)
    opening = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    for beginning, suffix, kind in _BEGINNINGS:
        if opening.startswith(beginning) or (beginning.islower() and opening.lower().startswith(beginning)):
            return suffix, kind
    return "", ""


def _kind_of_archive(data: bytes) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        names = set()  # its reader says what is wrong with it
    return next(((suffix, kind) for member, suffix, kind in _MEMBERS if member in names), (".zip", "a ZIP archive"))
