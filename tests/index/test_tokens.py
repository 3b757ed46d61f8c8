import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.index.tokens import dictionary_hash, tokenize


def test_search_mode_gives_the_long_word_and_the_words_in_it() -> None:
    assert tokenize("义务教育").words == ["义务", "教育", "义务教育"]


def test_domain_words_are_known() -> None:
    assert "大班额" in tokenize("消除大班额").words
    assert "控辍保学" in tokenize("控辍保学工作").words


def test_bigrams_cover_a_name_the_dictionary_does_not_hold() -> None:
    assert tokenize("钭某彧").bigrams == ["钭某", "某彧"]
    # Whatever surrounds the name, its pairs of characters are there: this is what the back-off is for.
    assert set(tokenize("钭某彧").bigrams) <= set(tokenize("由副局长钭某彧负责").bigrams)


def test_bigrams_do_not_reach_over_anything_between() -> None:
    assert tokenize("甲乙，丙a丁").bigrams == ["甲乙", "丙", "丁"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5.8%", ["5.8"]),
        ("1,234.5", ["1234.5"]),
        ("1,2345", ["1", "2345"]),
        ("２０１８", ["2018"]),
        ("2018,300", ["2018", "300"]),
        ("K12 and ＶＲ", ["k12", "and", "vr"]),
        ("a_b", ["a", "b"]),
        ("。！ \n", []),
        ("", []),
    ],
)
def test_numbers_and_letters(text: str, words: list[str]) -> None:
    assert tokenize(text).words == words


def test_full_width_and_half_width_are_the_same() -> None:
    assert tokenize("ＧＤＰ增长５.８％") == tokenize("gdp增长5.8%")


@given(st.text())
def test_tokens_depend_on_the_normalised_text_alone(text: str) -> None:
    tokens = tokenize(text)
    assert tokens == tokenize(unicodedata.normalize("NFKC", text))
    assert all(tokens.words)
    assert all(1 <= len(bigram) <= 2 for bigram in tokens.bigrams)
    assert not any("_" in token for token in tokens.words + tokens.bigrams)


@given(st.text(alphabet="教育局大班额学位随迁子女钭彧", min_size=1, max_size=30))
def test_bigrams_of_a_run_are_all_its_neighbours(text: str) -> None:
    expected = [text] if len(text) == 1 else [text[at : at + 2] for at in range(len(text) - 1)]
    assert tokenize(text).bigrams == expected


def test_dictionary_hash_is_a_sha256_and_stable() -> None:
    assert len(dictionary_hash()) == 64
    first = dictionary_hash()
    dictionary_hash.cache_clear()
    assert dictionary_hash() == first


def test_dictionary_hash_follows_the_domain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    first = dictionary_hash()
    monkeypatch.setattr("rag.index.tokens.domain_words", lambda: ["大班额"])
    dictionary_hash.cache_clear()
    try:
        assert dictionary_hash() != first
    finally:
        dictionary_hash.cache_clear()
