"""Turns sections written for training, with questions that they answer and questions that they do not, into examples.

The public sets ask in much the words of their passages, and the invented sections in those of a grammar. People ask in
their own words, and most of what they ask in vain is of the right topic. Sections, questions and figures are made up.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rag.errors import InputError
from rag.training.examples import Example, Row, sentence_spans, split

SECTIONS = Path(__file__).parent / "written.jsonl"
ASKED, NEAR, BESIDE = 3, 3, 2  # examples of a group: answered, near misses, sentences beside an answer
_TOLD_BY_TITLE = ("year", "place")


@dataclass(frozen=True)
class Section:
    """One section, the questions it answers with the words that do, and near misses with what each differs in."""

    title: str
    heading: str
    text: str
    asked: tuple[tuple[str, str], ...]
    near: tuple[tuple[str, str], ...]


def load_sections(path: Path = SECTIONS) -> list[Section]:
    """One JSON object a line. Raises `InputError` for a line that is none, or an answer that is not in its text."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            item = json.loads(line)
            section = Section(
                title=item["title"],
                heading=item["heading"],
                text=item["text"],
                asked=tuple((one["q"], one["a"]) for one in item["asked"]),
                near=tuple((one["q"], one["why"]) for one in item["near"]),
            )
            missing = [answer for _, answer in section.asked if answer not in section.text]
        except (ValueError, KeyError) as error:
            raise InputError(
                f"{path}:{number} is not a written section: {error!r}",
                remedy="It has title, heading, text, asked (each q and a) and near (each q and why).",
            ) from error
        if missing:
            raise InputError(
                f"{path}:{number}: {missing[0]!r} is not in the text", remedy="An answer is words of the text."
            )
        found.append(section)
    return found


def split_sections(sections: Sequence[Section]) -> tuple[list[Section], list[Section]]:
    """Sections to train on and those held out, one in ten, as articles are; what has no title stands for itself."""
    names = dict.fromkeys(section.title or section.text for section in sections)
    held_out = {row.title for row in split([Row(name, "", "", name, "", "", (), ()) for name in names])[1]}
    return (
        [section for section in sections if (section.title or section.text) not in held_out],
        [section for section in sections if (section.title or section.text) in held_out],
    )


def written_group(section: Section, lengths: tuple[int, int], random: Random) -> list[Example]:
    """Some of the section's questions, each with as many of its sentences as a random length in `lengths` holds.

    An answered one with those around the answer, and the same with a run that leaves it out; a near miss with those
    that share most with it, which are what would be found for it.
    """
    spans = sentence_spans(section.text)
    group = []
    for question, answer in random.sample(section.asked, min(ASKED, len(section.asked))):
        start = section.text.index(answer)
        begin, stop = _run(spans, _sentence_at(spans, start), random.randint(*lengths), random)
        end = min(start + len(answer), stop)
        group.append(_headed(section, question, (begin, stop), (start, end), "written", random))
    for question, answer in random.sample(section.asked, min(BESIDE, len(section.asked))):
        free = [at for at, (begin, stop) in enumerate(spans) if answer not in section.text[begin:stop]]
        own = _sentence_at(spans, section.text.index(answer))
        if beside := [at for at in free if at != own]:
            bounds = [at for at in range(len(spans)) if at not in free or at == own]
            run = _run(spans, random.choice(beside), random.randint(*lengths), random, without=bounds)
            group.append(_headed(section, question, run, None, "written beside", random))
    for question, why in random.sample(section.near, min(NEAR, len(section.near))):
        nearest = max(range(len(spans)), key=lambda at: _shared(question, section.text[slice(*spans[at])]))
        run = _run(spans, nearest, random.randint(*lengths), random)
        group.append(_headed(section, question, run, None, f"written {why}", random))
    return group


def _headed(
    section: Section,
    question: str,
    run: tuple[int, int],
    answer: tuple[int, int] | None,
    kind: str,
    random: Random,
) -> Example:
    """The example under title and headings, under the title alone, or bare where these decide nothing."""
    begin, stop = run
    span = None if answer is None else (answer[0] - begin, answer[1] - begin)
    bare = Example(question, section.text[begin:stop], span, kind)
    if not section.title:
        return bare
    forms = [f"《{section.title}》 > {section.heading}\n" if section.heading else f"《{section.title}》\n"]
    forms.append(f"《{section.title}》")
    if not kind.endswith(_TOLD_BY_TITLE):
        forms.append("")
    return bare.behind(random.choice(forms))


def _sentence_at(spans: Sequence[tuple[int, int]], position: int) -> int:
    return next(at for at, (_, end) in enumerate(spans) if end > position)


def _run(
    spans: Sequence[tuple[int, int]], at: int, length: int, random: Random, *, without: Sequence[int] = ()
) -> tuple[int, int]:
    """Sentence `at` with those around it while they fit into `length` characters, up to those left out."""
    first = last = at
    while True:
        sides = []
        if first > 0 and first - 1 not in without and spans[last][1] - spans[first - 1][0] <= length:
            sides.append(-1)
        if last + 1 < len(spans) and last + 1 not in without and spans[last + 1][1] - spans[first][0] <= length:
            sides.append(1)
        if not sides:
            return spans[first][0], spans[last][1]
        if random.choice(sides) < 0:
            first -= 1
        else:
            last += 1


def _shared(question: str, text: str) -> int:
    return sum(question[at : at + 2] in text for at in range(len(question) - 1))
