"""An English question to the Chinese words that a report in Chinese would use for it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal

FEWEST_WORDS = 2

# In the table, Chinese that begins with this asks, and stands at the end of the question.
_ASKS = "？"
_YES_NO = "是否"
_AUXILIARIES = frozenset(
    {
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "can",
        "could",
        "will",
        "would",
        "shall",
        "should",
        "isn't",
        "aren't",
        "didn't",
    }
)
# What is measured is asked for with 多少 where English asks "what" (什么).
_MEASURED = re.compile(r"(?:率|比例|百分点|人均|平均|数量|总数|人数|金额|总额|面积|规模|指数|占)$")

# After a term these begin a relative clause.
_RELATIVE = frozenset({"who", "whose", "whom", "which", "where", "when"})

# Entries are written without these and questions read without them: "number of schools" is "number school".
_SILENT = frozenset({"a", "an", "the", "of", "and", "or", "with"})

_IRREGULAR = {
    "began": "begin",
    "begun": "begin",
    "bought": "buy",
    "brought": "bring",
    "built": "build",
    "children": "child",
    "chosen": "select",
    "drawn": "draw",
    "drew": "draw",
    "fallen": "fall",
    "fell": "fall",
    "gave": "give",
    "given": "give",
    "gone": "go",
    "got": "get",
    "gotten": "get",
    "grew": "grow",
    "grown": "grow",
    "held": "hold",
    "kept": "keep",
    "led": "lead",
    "made": "make",
    "met": "meet",
    "paid": "pay",
    "rebuilt": "rebuild",
    "risen": "rise",
    "rose": "rise",
    "sent": "send",
    "shown": "show",
    "spent": "spend",
    "taken": "take",
    "taught": "teach",
    "took": "take",
    "went": "go",
    "won": "win",
    "written": "write",
    "wrote": "write",
}
# American spellings; -ize is read as -ise.
_BRITISH = {
    "adviser": "advisor",
    "behavior": "behaviour",
    "center": "centre",
    "centers": "centre",
    "counselor": "counsellor",
    "counselors": "counsellor",
    "defense": "defence",
    "enroll": "enrol",
    "enrollment": "enrolment",
    "fulfill": "fulfil",
    "honor": "honour",
    "honors": "honour",
    "labor": "labour",
    "meters": "metre",
    "meter": "metre",
    "program": "programme",
    "programs": "programme",
}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}

_NTH = r"(?:st|nd|rd|th)"
_PIECE = re.compile(
    rf"""
      (?P<quote>["“”])
    # 5 March 2019, March 5th, in May (but not: May I ask)
    | (?P<date>\b(?:(?P<day>\d{{1,2}}){_NTH}?\s+(?:of\s+)?|(?!^))(?P<month>{"|".join(_MONTHS)})\b
        (?:\s+(?P<day_after>\d{{1,2}}){_NTH}?\b)?(?:,?\s+(?:of\s+)?(?P<year_after>(?:19|20)\d\d)\b)?)
    | (?P<year>(?<![\d.,+])\b(?:19|20)\d\d\b(?![%+]|[.,]\d))
    # 9+3, 1+X
    | (?P<code>\d+(?:\.\d+)?\+(?:\d+|[A-Za-z]\b))
    | (?P<word>\d+{_NTH}\b|[A-Za-z]+(?:'[A-Za-z]+|-\d+)?)
    | (?P<figure>\d+(?:,\d{{3}})*(?:\.\d+)?)(?:\s*(?P<percent>%|per\s?cent\b)|\s*(?P<scale>{"|".join(_SCALES)})\b)?
    | (?P<han>[一-鿿][一-鿿\d·+]*)
    | (?P<stop>[,;:.?!()])
    """,
    re.VERBOSE,
)

Place = Literal["year", "name", "term", "asked"]


@dataclass(frozen=True)
class _Word:
    """One English word of the question; or, with a `place`, a figure, a year or Chinese to be taken as it is."""

    text: str
    place: Place | None = None
    quoted: bool = False
    after_stop: bool = False  # a clause ends before it


def render(question: str, *, names: Mapping[str, str] = {}) -> str:
    """The question's key words in Chinese, separated by spaces.

    "" when entries and names cover fewer than `FEWEST_WORDS` words of the English: that is too little to search with.

    Years stand first, then names, then terms and figures in the order of the English, and at the end what is asked
    (多少, 谁, 是否 …). The longest entry wins. A term gives its first Chinese word, and the second when the two share
    no character: so a report that uses the other word is found too. Words without an entry are dropped, except
    figures, Chinese, abbreviations in capitals and what stands in double quotation marks.

    `names` adds entries, English in any case to Chinese, that go before the glossary's.
    """
    placed: dict[Place, dict[str, None]] = {"year": {}, "name": {}, "term": {}, "asked": {}}
    known: dict[str, int] = {}
    for place, chinese, words_known in _rendered(list(_words(question)), names):
        placed[place].update(dict.fromkeys(chinese))
        known[chinese[0]] = words_known
    if sum(known.values()) < FEWEST_WORDS:
        return ""
    placed["asked"] = dict.fromkeys(_asked(placed["asked"], placed["term"]))
    # Through a dictionary again: a word of the question may stand in two places.
    return " ".join({word: None for words in placed.values() for word in words})


def _asked(asked: Mapping[str, None], terms: Mapping[str, None]) -> list[str]:
    """The asking words as Chinese would have them: 多少 for what is measured, 是否 and 什么 only by themselves."""
    measured = any(map(_MEASURED.search, terms))
    words = ["多少" if measured and word == "什么" else word for word in asked]
    telling = [word for word in words if word not in (_YES_NO, "什么")]
    return telling or words[:1]


def _rendered(words: Sequence[_Word], names: Mapping[str, str]) -> Iterator[tuple[Place, list[str], int]]:
    """Every piece of the question that is kept: its place, its Chinese words, and how many words of it are known."""
    named = {_key(english, _as_written): chinese for english, chinese in names.items()}
    at, after_term = 0, False
    while at < len(words):
        word, length, after_term_before = words[at], 1, after_term and not words[at].after_stop
        after_term = False
        if word.place:
            yield word.place, [word.text], 0 if word.text[0].isdigit() else 1
        elif (at == 0 or word.after_stop) and word.text.lower() in _AUXILIARIES:
            yield "asked", [_YES_NO], 0
        else:
            length, place, chinese = _longest_match(words, at, named)
            if place == "asked":
                # "teachers who …", "the schools which …": right after a term these do not ask.
                if chinese and not (after_term_before and word.text.lower() in _RELATIVE):
                    yield place, [chinese], 0
            elif chinese:
                yield place, _alternatives(chinese), length
                after_term = place == "term"
            elif word.text[0].isdigit():
                yield "term", [f"第{word.text[:-2]}"], 0
            elif word.quoted or (len(word.text) > 1 and word.text.isupper()):
                yield "term", [word.text], 0
        at += length


def _alternatives(chinese: str) -> list[str]:
    """The Chinese words a term gives: the best, and the next best when they have no character in common."""
    best, *others = chinese.split("|")
    return [best, *(other for other in others[:1] if not set(best) & set(other))]


def _longest_match(words: Sequence[_Word], at: int, names: Mapping[str, str]) -> tuple[int, Place, str]:
    """How many words from `at` the longest entry takes, the place of its Chinese and its Chinese; "" without entry.

    No entry runs over the end of a clause, a figure or Chinese. Of equally long ones a name is taken first, then an
    entry for the words as written, in the singular, and by their stems.
    """
    longest = max(map(_length, (*names, _longest_entry())))
    run = [words[at].text]
    for word in words[at + 1 : at + longest]:
        if word.after_stop or word.place:
            break
        run.append(word.text)
    for length in range(len(run), 0, -1):
        english = " ".join(run[:length])
        if name := names.get(_key(english, _as_written)):
            return length, "name", name
        for form, entries in _tables().items():
            if chinese := entries.get(_key(english, form)):
                return length, "asked" if chinese.startswith(_ASKS) else "term", chinese.removeprefix(_ASKS)
    return 1, "term", ""


def _words(question: str) -> Iterator[_Word]:
    """The question's words, silent ones left out, figures and dates as Chinese writes them."""
    # A question all in capitals has no abbreviations to tell by them.
    text = question.lower() if question.isupper() else question
    quoted = after_stop = False
    for piece in _PIECE.finditer(text.replace("’", "'")):
        if piece["quote"]:
            quoted = not quoted
        elif piece["stop"]:
            after_stop = True
        elif piece["word"]:
            word = piece["word"].removesuffix("'s")
            if word.lower() not in _SILENT:
                yield _Word(word, quoted=quoted, after_stop=after_stop)
                after_stop = False
        else:
            yield from _figures(piece)
            after_stop = False


def _figures(piece: re.Match[str]) -> Iterator[_Word]:
    """The ready words of a piece that is not English."""
    if piece["date"]:
        if piece["year_after"]:
            yield _Word(f"{piece['year_after']}年", place="year")
        day = piece["day"] or piece["day_after"]
        yield _Word(f"{_MONTHS.index(piece['month']) + 1}月" + (f"{day}日" if day else ""), place="term")
    elif piece["year"]:
        yield _Word(f"{piece['year']}年", place="year")
    elif piece["figure"]:
        yield _Word(_chinese_figure(piece), place="term")
    else:
        yield _Word(piece.group(), place="term")


def _chinese_figure(piece: re.Match[str]) -> str:
    """1.2 million as 120万, 50 per cent as 50%, 3,000 as 3000."""
    value = Decimal(piece["figure"].replace(",", ""))
    if piece["percent"]:
        return f"{value}%"
    if not piece["scale"]:
        return str(value)
    value *= _SCALES[piece["scale"]]
    for size, sign in ((100_000_000, "亿"), (10_000, "万")):
        if value >= size:
            return f"{(value / size).normalize():f}{sign}"
    return f"{value.normalize():f}"


Form = Callable[[str], str]


def _key(english: str, form: Form) -> str:
    """The words an entry is found by: lower case, no hyphens, no silent words, each in the form given."""
    return " ".join(form(word) for word in re.split(r"[\s/-]+", english.lower()) if word not in _SILENT)


def _length(english: str) -> int:
    return len(english.split())


def _as_written(word: str) -> str:
    """A word in British spelling."""
    return re.sub(r"iz(?=e|ing|ation)", "is", _BRITISH.get(word, word))


def _singular(word: str) -> str:
    word = _as_written(word)
    word = _IRREGULAR.get(word, word)
    if re.search(r"[^aeiou]ies$", word):
        return word[:-3] + "y"
    if re.search(r"(?:ss|x|z|ch|sh)es$", word):
        return word[:-2]
    return word[:-1] if re.search(r"[^sui]s$", word) else word


def _stem(word: str) -> str:
    """A word without -ed or -ing; not a word of English, only the same for all forms of a verb."""
    word = re.sub(r"(?<=[aeiouy])(.*)(?:ed|ing)$", r"\1", re.sub(r"ied$", "y", _singular(word)))
    return re.sub(r"(?<=\w\w)e+$", "", re.sub(r"([^aeiou])\1$", r"\1", word))


@cache
def _tables() -> dict[Form, dict[str, str]]:
    """The glossary by each form of its English, the exact form first; of entries alike in a form the first stays."""
    lines = resources.files("rag.answers").joinpath("glossary.tsv").read_text(encoding="utf-8").splitlines()
    entries = [line.split("\t") for line in lines if line and not line.startswith("#")]
    tables: dict[Form, dict[str, str]] = {_as_written: {}, _singular: {}, _stem: {}}
    for form, table in tables.items():
        for english, chinese in entries:
            table.setdefault(_key(english, form), chinese)
    return tables


@cache
def _longest_entry() -> str:
    return max(_tables()[_as_written], key=_length)
