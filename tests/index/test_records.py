import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.index.records import RecordError, decode, encode
from rag.reports.chunks import Chunk
from rag.reports.metadata import Field, Metadata
from rag.reports.reading import Report
from rag.reports.sections import Section

# Whatever a decoded file can hold: every code point but the surrogates, which no encoding yields.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers(min_value=0, max_value=10**6)
a_field = st.builds(Field, words, numbers, numbers, words)
a_metadata = st.builds(
    Metadata,
    title=st.none() | a_field,
    issuer=st.none() | a_field,
    region=st.none() | a_field,
    kind=st.none() | a_field,
    years=st.lists(numbers, max_size=3).map(tuple),
    published=st.none() | a_field,
    dated=st.none() | a_field,
    document_number=st.none() | a_field,
    index_number=st.none() | a_field,
    labels=st.lists(a_field, max_size=3).map(tuple),
)


def _sections(children: st.SearchStrategy[tuple[Section, ...]]) -> st.SearchStrategy[tuple[Section, ...]]:
    section = st.builds(
        Section, number=words, heading=words, kind=words, start=numbers, end=numbers, sections=children, name=words
    )
    return st.lists(section, max_size=2).map(tuple)


trees = st.recursive(st.just(()), _sections, max_leaves=6)
a_report = st.builds(
    Report, id=words, source=words, encoding=words, sha256=words, text=words, metadata=a_metadata, sections=trees
)
a_chunk = st.builds(
    Chunk,
    id=words,
    report=words,
    address=words,
    path=st.lists(words, max_size=3).map(tuple),
    kind=words,
    start=numbers,
    end=numbers,
    text=words,
    years=st.lists(numbers, max_size=3).map(tuple),
)


@given(a_report | a_chunk)
def test_a_record_comes_back_as_it_was(record: Report | Chunk) -> None:
    text = encode(record)
    assert "\n" not in text
    assert decode(type(record), text) == record


@dataclass(frozen=True)
class _Sample:
    name: str
    share: float
    pair: tuple[int, str]
    sure: bool | None
    counts: Mapping[str, int]


def test_every_kind_of_field_comes_back() -> None:
    sample = _Sample("甲", 0.1, (1, "乙"), None, {"丙": 2})
    assert encode(sample) == '{"name":"甲","share":0.1,"pair":[1,"乙"],"sure":null,"counts":{"丙":2}}'
    assert decode(_Sample, encode(sample)) == sample


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"name": 1}, "1 is not of type str"),
        ({"share": "much"}, '"much" is not of type float'),
        ({"pair": [1]}, r"\[1\] is not of type tuple"),
        ({"pair": [1, 2]}, "2 is not of type str"),
        ({"sure": 1}, "1 is not of type bool | None"),
        ({"counts": []}, "is not of type Mapping"),
        ({"other": 1}, "has the fields name, share, pair, sure, counts"),
    ],
)
def test_another_type_or_field_is_refused(change: dict[str, object], shown: str) -> None:
    value = json.loads(encode(_Sample("甲", 0.1, (1, "乙"), True, {})))
    with pytest.raises(RecordError, match=shown):
        decode(_Sample, json.dumps(value | change))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"name": "甲"}'])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match="_Sample"):
        decode(_Sample, text)
