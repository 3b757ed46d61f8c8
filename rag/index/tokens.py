"""Turn text into the words and character bigrams that lexical search matches."""

import functools
import hashlib
import re
import unicodedata
import warnings
from importlib import resources
from typing import Any, NamedTuple

# Counts as part of the dictionary: raise it when the rules below give other tokens for the same text.
_RULES = 1

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(
    rf"(?P<han>[{_HAN}]+)"
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)*)"
    rf"|(?P<letters>[^\W\d_{_HAN}][^\W_{_HAN}]*)"
)


class Tokens(NamedTuple):
    """Both views of one text, each in text order, repetitions included."""

    words: list[str]
    bigrams: list[str]


def tokenize(text: str) -> Tokens:
    """Cut `text`, compatibility-normalised (NFKC) and lower-cased, into words and Han character bigrams.

    Words are jieba's in search mode (a long word also gives the shorter words inside it), numbers without thousands
    separators, and runs of other letters. Bigrams cover every run of Han characters, so a name jieba does not know
    is still matched by its pairs of characters, however it was cut; a run of one character is its own bigram.
    """
    words: list[str] = []
    bigrams: list[str] = []
    for run in _RUN.finditer(unicodedata.normalize("NFKC", text).lower()):
        token = run.group()
        if run.lastgroup == "han":
            # Without jieba's hidden Markov model: its guesses at unknown words depend on the neighbours, so question
            # and report would be cut differently (words alone on DuReader-robust: MRR@10 0.781 without it, 0.762 with).
            words.extend(_segmenter().cut_for_search(token, HMM=False))
            bigrams.extend(token[at : at + 2] for at in range(max(1, len(token) - 1)))
        else:
            words.append(token.replace(",", ""))
    return Tokens(words, bigrams)


@functools.cache
def dictionary_hash() -> str:
    """SHA-256 over everything that decides how text is cut: jieba's dictionary, the domain's words and the rules."""
    digest = hashlib.sha256(f"rules {_RULES}\n".encode())
    with _jieba().Tokenizer().get_dict_file() as file:
        digest.update(file.read())
    digest.update("\n".join(domain_words()).encode())
    return digest.hexdigest()


def domain_words() -> list[str]:
    """The words of the domain that jieba's own dictionary lacks or takes for something else."""
    lines = resources.files("rag.index").joinpath("dictionary.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@functools.cache
def _segmenter() -> Any:
    """A jieba tokenizer of our own with the domain's words; reading the dictionary takes about half a second."""
    segmenter = _jieba().Tokenizer()
    # Read here because jieba's own loading goes through a marshal file in the shared temporary folder, which any
    # other user of the machine could have written.
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    for word in domain_words():
        segmenter.add_word(word)
    return segmenter


def _jieba() -> Any:
    with warnings.catch_warnings():
        # jieba 0.42.1 compiles with invalid escapes and asks older setuptools for the retired pkg_resources.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)
        import jieba
    return jieba
