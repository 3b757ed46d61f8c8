"""Bytes of a text file into its text, and the name of the encoding that it was written in."""

from rag.errors import ReportError
from rag.reports.formats import Document

_GUESSED = ["gb18030", "big5"]  # what Chinese text that is no Unicode is written in
_DAMAGED = 0.02  # of the bytes: so few wrong ones are damage in UTF-8, more are another encoding


def read(data: bytes, *, name: str) -> Document:
    """The document in `data`; `name` is what errors call it. Line breaks become line feeds, a byte order mark goes."""
    text, encoding = decode(data, name=name)
    return Document(text, format="text", encoding=encoding)


def decode(data: bytes, *, name: str, declared: str = "") -> tuple[str, str]:
    """The text of `data` and its encoding: by byte order mark, else UTF-8, else `declared`, else by its characters.

    What is valid UTF-8 is UTF-8 whatever it declares: saved pages are converted more often than their declarations.
    Raises `ReportError` for binary files, damaged ones, and encodings that are none of these.
    """
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        if encoding == "utf-8-sig" and b"\0" in data:
            raise ReportError(
                f"{name} is a binary file: it holds NUL bytes",
                remedy="Save the report as text in UTF-8; UTF-16 needs its byte order mark.",
            )
        text = data.decode(encoding)
        if encoding == "utf-8-sig" and not data.startswith(b"\xef\xbb\xbf"):
            encoding = "utf-8"
    except UnicodeDecodeError as error:
        damaged = data.decode(encoding, errors="replace").count("\ufffd")
        if encoding == "utf-16" or damaged <= len(data) * _DAMAGED:
            raise ReportError(
                f"{name} is {encoding.removesuffix('-sig')} but damaged, first at byte {error.start}",
                remedy="Repair the file, or save it again in UTF-8.",
            ) from error
        text, encoding = _guess(data, name=name, declared=declared)
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding


def _guess(data: bytes, *, name: str, declared: str) -> tuple[str, str]:
    encoding = {"gbk": "gb18030", "gb2312": "gb18030", "x-gbk": "gb18030"}.get(declared.lower(), declared.lower())
    if encoding in _GUESSED:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            pass  # then it is not what it says either
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=_GUESSED).best()
    if best is None:
        raise ReportError(
            f"{name} is neither UTF-8 nor UTF-16 nor {' nor '.join(_GUESSED)}", remedy="Save the report in UTF-8."
        )
    return str(best), best.encoding
