"""A report's text into lines that know their place in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"  # zero-width characters that pages leave behind; `str.strip` keeps them
_BLANK = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
_BLANK += "\u2028\u2029\u202f\u205f\u3000" + INVISIBLE  # with what `str.isspace` knows
_WITHOUT_INVISIBLE = str.maketrans("", "", INVISIBLE)
_PAIRS = {pair[0]: pair[1] for pair in ("“”", "‘’", "《》", "〈〉", "()", "（）", "「」", "『』", "【】", "〔〕", "[]")}


def trimmed(text: str) -> str:
    """`text` without white space and zero-width characters at its ends."""
    return text.strip(_BLANK)


def squeezed(text: str) -> str:
    """`text` without any white space or zero-width characters."""
    return "".join(text.split()).translate(_WITHOUT_INVISIBLE)


@dataclass(frozen=True)
class Line:
    """One line: `start` and `end` (line break included) are code points in the report's text."""

    start: int
    end: int
    text: str

    @cached_property
    def words(self) -> str:
        return trimmed(self.text)

    @cached_property
    def words_start(self) -> int:
        """Where the words begin in the report's text; the line's start when it is blank."""
        return self.start + (self.text.index(self.words) if self.words else 0)


def unquoted(text: str, marks: str) -> Iterator[int]:
    """Where `text` holds one of `marks` outside the quotation marks and brackets that are closed in it."""
    unclosed: set[str] = set()
    position = 0
    while position < len(text):
        character = text[position]
        closing = -1
        if character in _PAIRS and character not in unclosed:
            closing = text.find(_PAIRS[character], position + 1)
            if closing < 0:
                unclosed.add(character)
        if closing < 0 and character in marks:
            yield position
        position = max(position, closing) + 1


def split_lines(text: str) -> list[Line]:
    """Lines that join to `text` again; only line feeds break lines."""
    lines = []
    start = 0
    for piece in text.split("\n"):
        end = min(start + len(piece) + 1, len(text))
        if end > start:
            lines.append(Line(start, end, piece))
        start = end
    return lines
