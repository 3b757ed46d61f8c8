"""Turns `report_words.toml` into the vocabulary of the invented reports."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Words:
    """Words by their part in a report; `counted` holds an action with the things, and their units, it is done to."""

    places: tuple[str, ...]
    districts: tuple[str, ...]
    plans: tuple[str, ...]
    reviews: tuple[str, ...]
    parts: tuple[str, ...]
    topics: tuple[str, ...]
    part_markers: tuple[str, ...]
    topic_markers: tuple[str, ...]
    scopes: tuple[str, ...]
    levels: tuple[str, ...]
    rates: tuple[str, ...]
    roles: tuple[str, ...]
    personal_roles: tuple[str, ...]
    offices: tuple[str, ...]
    persons: tuple[str, ...]
    partners: tuple[str, ...]
    honours: tuple[str, ...]
    planned: tuple[str, ...]
    done: tuple[str, ...]
    fillers: tuple[str, ...]
    counted: dict[str, tuple[tuple[str, str], ...]]
    partnered: dict[str, str]
    said: dict[str, tuple[str, ...]]
    everyday: dict[str, tuple[str, ...]]
    english: dict[str, str]


@cache
def words() -> Words:
    """The vocabulary, read once."""
    table = tomllib.loads((Path(__file__).parent / "report_words.toml").read_text(encoding="utf-8"))
    counted = {action: tuple(map(_thing, things.split())) for action, things in table.pop("counted").items()}
    said, everyday = (
        {word: tuple(others.split()) for word, others in table.pop(name).items()} for name in ("said", "everyday")
    )
    partnered, english = table.pop("partnered"), table.pop("english")
    lists = {name: tuple(value.split() if isinstance(value, str) else value) for name, value in table.items()}
    return Words(counted=counted, said=said, everyday=everyday, partnered=partnered, english=english, **lists)


def _thing(entry: str) -> tuple[str, str]:
    thing, unit = entry.split("/")
    return thing, unit
