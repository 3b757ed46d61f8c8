"""An answer that a client sends back to the part of it that a file of it shows."""

from typing import Literal

from pydantic import BaseModel

WORD_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class WordPlace(BaseModel):
    """Where words stand: title and heading path."""

    title: str
    section: list[str]


class WordCitation(WordPlace):
    """What a footnote says."""

    id: str
    number: int
    quote: str
    page: int | None = None


class WordNearest(WordPlace):
    """A section named with a refusal."""

    text: str


class WordAnswer(BaseModel):
    """The part of an answer that a Word file holds; what else an answer has may be there and is passed over."""

    question: str
    answer: str
    language: Literal["zh", "en"]
    citations: list[WordCitation]
    nearest: list[WordNearest]
