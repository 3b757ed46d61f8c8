"""The pictures of the architecture: as the command draws them, with rooms that are there and words that fit."""

import re
from unicodedata import east_asian_width
from xml.etree import ElementTree

import pytest

from tests.drawing import FOLDER, TEXTS, path_of, picture

WIDEST = 23  # columns of text that a box has room for, a Han character being two


@pytest.mark.parametrize("language", TEXTS)
def test_the_picture_is_what_the_command_draws(language: str) -> None:
    assert path_of(language).read_text(encoding="utf-8") == picture(language)


@pytest.mark.parametrize("language", TEXTS)
def test_its_rooms_are_there_and_its_words_fit(language: str) -> None:
    drawing = ElementTree.fromstring(picture(language))
    texts = [str(item.text) for item in drawing.iter("{http://www.w3.org/2000/svg}text")]
    rooms = {words for words in texts if words.startswith("rag/")}
    assert {"rag/reports", "rag/index", "rag/models", "rag/answers"} <= rooms
    assert [room for room in rooms if not (FOLDER.parent / room).is_dir()] == []
    wide = {words: sum(2 if east_asian_width(character) in "WFA" else 1 for character in words) for words in texts}
    assert {words: columns for words, columns in wide.items() if columns > WIDEST} == {}


def test_it_can_be_read_on_both_grounds_and_has_the_same_shape_in_both_languages() -> None:
    english, chinese = picture("en"), picture("zh-CN")
    assert "prefers-color-scheme: dark" in english
    assert 'class="ground"' in english
    assert re.findall(r"<(?:rect|path) [^>]+>", english) == re.findall(r"<(?:rect|path) [^>]+>", chinese)
