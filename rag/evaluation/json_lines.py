"""A file of one JSON object a line to its lines, whose fields are read by type or refused by line number."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import InputError


@dataclass(frozen=True)
class Line:
    """One object with its place. A field that is missing or null reads as empty; of another type, as `InputError`."""

    path: Path
    number: int
    record: Mapping[str, Any]

    def text(self, key: str) -> str:
        """A string; a number stands for its digits."""
        value = self.record.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)
        if value is None:
            return ""
        raise self.malformed(f"`{key}` is {value!r}, not a string")

    def required(self, key: str) -> str:
        text = self.text(key)
        if not text.strip():
            raise self.malformed(f"has no `{key}`")
        return text

    def flag(self, key: str) -> bool:
        value = self.record.get(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise self.malformed(f"`{key}` is {value!r}, not true or false")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self.record.get(key) or []
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise self.malformed(f"`{key}` is {value!r}, not a list of strings")

    def groups(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list of lists of strings; a bare string in it stands for the list of itself."""
        value = self.record.get(key) or []
        if isinstance(value, list):
            groups = [[item] if isinstance(item, str) else item for item in value]
            if all(isinstance(group, list) and all(isinstance(item, str) for item in group) for group in groups):
                return tuple(tuple(group) for group in groups)
        raise self.malformed(f"`{key}` is {value!r}, not a list of lists of strings")

    def malformed(self, what: str) -> InputError:
        return _malformed(self.path, self.number, what)


def read_lines(path: Path) -> list[Line]:
    """The lines of `path` that are not blank. Raises `InputError` for a file without any, and by line for one that is
    not a JSON object.
    """
    lines = list(_objects(path))
    if not lines:
        raise InputError(f"{path} holds no questions", remedy="Write one JSON object a line.")
    return lines


def _objects(path: Path) -> Iterator[Line]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", remedy="Give an existing file in UTF-8.") from error
    # Not splitlines: it would also split at U+2028, which may stand inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise _malformed(path, number, f"is not JSON ({error.msg} at character {error.colno})") from error
        if not isinstance(record, dict):
            raise _malformed(path, number, "is not a JSON object")
        yield Line(path, number, record)


def _malformed(path: Path, line: int, what: str) -> InputError:
    return InputError(f"{path}, line {line}: {what}", remedy="Mend that line: one JSON object a line.")
