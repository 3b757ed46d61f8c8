"""Small reports and a model-free embedder for the tests of the index."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.reports.metadata import Field, Metadata
from rag.reports.reading import Report
from rag.reports.sections import parse_sections

TEXT = """{place}教育局{year}年工作总结
{year}年，全市教育工作稳步推进。
一、学前教育
新建幼儿园{number}所，增加学位{number}00个。
二、义务教育
(一)招生入学
随迁子女就近入学，消除大班额{number}个。
(二)教师队伍
培训乡村教师{number}0人次。
"""


def sample_report(place: str = "甲市", *, year: int = 2018, number: int = 3, id: str = "") -> Report:
    """A report with three sections that hold text of their own, and a title."""
    text = TEXT.format(place=place, year=year, number=number)
    title = text.splitlines()[0]
    return Report(
        id=id or f"{place}-{year}",
        source=f"{place}-{year}.txt",
        encoding="utf-8",
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        text=text,
        metadata=Metadata(
            title=Field(title, 0, len(title)), region=Field(place, 0, len(place)), years=(year,), labels=()
        ),
        sections=parse_sections(text),
    )


class HashEmbedder:
    """A unit vector that depends on nothing but the text; it remembers what it was asked to embed."""

    identity = "hash-16"
    dimension = 16

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded.extend(texts)
        return np.stack([hashed_vector(text, self.dimension) for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([hashed_vector(f"query: {text}", self.dimension) for text in texts])

    def count_tokens(self, text: str) -> int:
        return len(text)


def hashed_vector(text: str, dimension: int = HashEmbedder.dimension) -> NDArray[np.float32]:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).standard_normal(dimension)
    return (vector / np.linalg.norm(vector)).astype(np.float32)
