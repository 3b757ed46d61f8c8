"""The error tree: every failure a user can cause or mend, with what to do about it.

RagError
├── ConfigError          a setting is unknown, of the wrong type or out of range
├── InputError           a question, file, report or citation that cannot be used
│   ├── NotFoundError    a report or citation that is not in the index
│   └── ReportError      a report file that cannot be read
├── SnapshotError        the index is missing, damaged or built with other settings
├── ModelError           weights are missing, damaged or out of reach
├── GeneratorError       the generator (local or a model server) failed to answer
└── OverloadedError      more requests than this machine answers at once
"""

from typing import ClassVar


class RagError(Exception):
    """An error with a message, the remedy, a CLI exit code and an HTTP status.

    `message` says what is wrong with the values that are wrong; `remedy` says what to do.
    Exit codes follow BSD sysexits.h; statuses follow RFC 9110.
    """

    slug: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"
    exit_code: ClassVar[int] = 70
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message


class ConfigError(RagError):
    slug, title, exit_code, status = "config", "The configuration cannot be used", 78, 500


class InputError(RagError):
    slug, title, exit_code, status = "input", "The input cannot be used", 65, 422


class NotFoundError(InputError):
    slug, title, exit_code, status = "not-found", "Nothing is stored under that name", 66, 404


class ReportError(InputError):
    slug, title, exit_code, status = "report", "The report cannot be read", 65, 422


class SnapshotError(RagError):
    slug, title, exit_code, status = "index", "The index cannot be used", 69, 503


class ModelError(RagError):
    slug, title, exit_code, status = "model", "The model weights cannot be used", 69, 503


class GeneratorError(RagError):
    slug, title, exit_code, status = "generator", "The generator did not answer", 69, 502


class OverloadedError(RagError):
    slug, title, exit_code, status = "overloaded", "Too many requests at once", 75, 503

    def __init__(self, message: str, *, retry_after_seconds: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_seconds = retry_after_seconds
