"""A text to its words, and the places and names among them, by jieba's dictionary and part-of-speech tags."""

import re
import warnings
from functools import cache
from typing import Any

from rag.index.tokens import domain_words
from rag.reports.places import place_of

_SUFFIXES = ("自治区", "自治州", "自治县", "市", "县", "区", "州", "省", "镇", "乡", "旗")
_SUFFIX = re.compile(rf"(?<=..)(?:{'|'.join(_SUFFIXES)})$")

_MISTAGGED = ("nz", "nr", "v")
_PROVINCE = re.compile(
    "河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾"
    "|内蒙古|广西|西藏|宁夏|新疆"
)

# The whole country, and what lies around it, are no places among others.
_WIDE = re.compile(
    "中国|(?:亚|欧|非|北?美|南美|拉丁美|大洋|南极)洲|北美|拉美|东亚|东南亚|南亚|中亚|西亚|中东|东欧|西欧|北欧|南欧"
)

# Words that are in a place's name too (新建县, 长寿区) and in reports most often mean what they say.
_ORDINARY = re.compile(
    "新建|长寿|平原|高原|太阳|新城|古城|旧城|路桥|天桥|海岛|海港|深山|山口|太平|安宁|兴国|中和|新桥|南北|大城|大河|大湖"
)


@cache
def places_named(text: str) -> tuple[str, ...]:
    """Places of two characters and more, in order, each once.

    The dictionary tags some common nouns as places (山区, 普及); a place is taken for one only when it is written with
    its administrative suffix, or when the dictionary knows it with one (佛山, for 佛山市 is there). Some cities it tags
    as another name or even a verb (广元, 自贡); those are looked up in the list of administrative divisions.
    """
    tagger = _tagger()
    found = [
        token.word
        for token in tagger.cut(text, HMM=False)
        if len(token.word) >= 2
        and not _WIDE.fullmatch(token.word)
        and not _ORDINARY.fullmatch(token.word)
        and (token.flag == "ns" or (token.flag in _MISTAGGED and place_of(token.word) is not None))
        and _is_place(token.word, tagger.tokenizer.FREQ)
    ]
    return tuple(dict.fromkeys(found))


def noun_runs(text: str) -> list[tuple[str, ...]]:
    """Runs of nouns and attributes that stand together, of words of two characters and more: names, qualified nouns."""
    runs: list[list[str]] = [[]]
    for token in _tagger().cut(text, HMM=False):
        if token.flag[0] in "nbj" or token.flag == "vn":
            if len(token.word) >= 2:
                runs[-1].append(token.word)
        elif runs[-1]:
            runs.append([])
    return [tuple(run) for run in runs if run]


def tagged_words(text: str) -> list[tuple[str, str]]:
    """All words of a text with their part of speech, as jieba tags it."""
    return [(token.word, token.flag) for token in _tagger().cut(text)]


def names_tagged(text: str, tags: tuple[str, ...]) -> list[str]:
    """Words of two characters and more whose part of speech begins with one of `tags` (nr person, ns place, nt body).

    Unlike `places_named` this guesses at words that no dictionary has: enough to say that a sentence may name somebody.
    """
    return [word for word, flag in tagged_words(text) if len(word) >= 2 and flag.startswith(tags)]


def short_form(place: str) -> str:
    """A place without its administrative suffix: 江油市 and 江油 are the same place."""
    return _SUFFIX.sub("", place)


def is_province(place: str) -> bool:
    """Whether a place is a province or autonomous region; the municipalities of that rank have reports of their own."""
    return bool(_PROVINCE.fullmatch(short_form(place)))


def _is_place(word: str, known: dict[str, int]) -> bool:
    if word in _SUFFIXES or (len(word) == 2 and word.endswith(_SUFFIXES)):
        return False  # 自治州, 山区, 城区: a kind of place
    return short_form(word) != word or any(known.get(word + suffix) for suffix in _SUFFIXES)


@cache
def _tagger() -> Any:
    with warnings.catch_warnings():
        # jieba 0.42.1 compiles with invalid escapes and asks older setuptools for the retired pkg_resources.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)
        import jieba
        import jieba.posseg
    segmenter = jieba.Tokenizer()
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    for word in domain_words():
        segmenter.add_word(word, tag="nz")
    return jieba.posseg.POSTokenizer(segmenter)
