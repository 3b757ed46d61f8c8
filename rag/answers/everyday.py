"""Says a question in the words of the passage it is asked of: people and reports name the same things differently."""

import re
from functools import cache
from importlib.resources import files


def named(question: str) -> list[tuple[re.Match[str], tuple[str, ...]]]:
    """What the question names in everyday words, in its order, each with the names that reports have for it."""
    pattern, official = _table()
    return [(found, official[str(found.lastgroup)]) for found in pattern.finditer(question)]


def worded_as(passage: str, question: str) -> str:
    """The question with each everyday name that the passage does not use put as the passage puts it, if it does."""
    worded, behind = "", 0
    for found, official in named(question):
        said = found.group()
        if said.lower() not in passage.lower():
            said = next((name for name in official if name in passage), said)
        worded += question[behind : found.start()] + said
        behind = found.end()
    return worded + question[behind:]


def official_names(question: str) -> list[str]:
    """Every name that reports may have for what the question names in everyday words."""
    return list(
        dict.fromkeys(name for found, official in named(question) for name in official if name != found.group())
    )


@cache
def _table() -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    """The everyday names of `everyday.tsv` as one pattern, what comes first looked for first; official ones by group.

    One pass over a question finds them all, so that what one name is put as is not taken for another name.
    """
    lines = files("rag.answers").joinpath("everyday.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    alternatives = [f"(?P<row{number}>{everyday})" for number, (everyday, _) in enumerate(rows)]
    return re.compile("|".join(alternatives), re.I), {
        f"row{number}": tuple(official.split()) for number, (_, official) in enumerate(rows)
    }
