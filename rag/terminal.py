"""Answers, hits and reports to text for a terminal, and work under way to a line that shows it."""

import os
import re
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import click

from rag.answers.footnotes import leaf, place

if TYPE_CHECKING:
    from rag.answers.answer import Answer
    from rag.answers.checking import Checked
    from rag.answers.citations import CitedPassage
    from rag.answers.retrieval import Hit
    from rag.config import Config

_SHOWN_CHARACTERS = 120  # of a section's text in a list of hits
_MARKER = re.compile(r"\[\d+\]")
_MARKERS_AT_THE_END = re.compile(r"(?:\[\d+\])+$", re.M)
_WITHOUT_LINKS = {"dumb", "linux"}  # the others show links or, as the sequence is made for, its text alone
BAR_AFTER_SECONDS = 0.5
KNOCKING_SECONDS = 0.2


class Watch:
    """One line on stderr that shows what is being done and how far it is; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        from tqdm import tqdm

        self._new_bar = tqdm
        self._bar: Any = None
        self._what = ""

    def count(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` steps of `what` are done; `total` 0 means that nobody knows how many."""
        if what != self._what:
            # Nearly the mean since the start: the time left is that of work which goes on as it went.
            self._show(what, total=total or None, delay=BAR_AFTER_SECONDS, unit_scale=True, smoothing=0.05)
        self._bar.update(done - self._bar.n)

    def say(self, what: str) -> None:
        """Show that `what` is being done, however long it takes."""
        if what != self._what:
            self._show(what, bar_format="{desc}…")

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._what = ""

    def _show(self, what: str, **look: Any) -> None:
        self.close()
        # disable=None: only where the file is a terminal.
        self._bar = self._new_bar(desc=what, leave=False, disable=None, file=sys.stderr, **look)
        self._what = what


@contextmanager
def watching() -> Iterator[Watch]:
    watch = Watch()
    try:
        yield watch
    finally:
        watch.close()


def links_to(config: "Config") -> str:
    """The address of the page that opens citations, where the terminal shows links and the service is running."""
    terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in _WITHOUT_LINKS
    if not terminal or os.environ.get("NO_COLOR"):
        return ""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)
    try:
        socket.create_connection((host, config.port), timeout=KNOCKING_SECONDS).close()
    except OSError:
        return ""
    return f"http://{f'[{host}]' if ':' in host else host}:{config.port}/#/cite/"


def answer_text(answer: "Answer", *, links: str = "") -> str:
    """The answer, what was removed from it, and its citations; of a refusal, the sections that come nearest.

    With `links` (what precedes a citation's id in the address of its page) the numbers of citations can be clicked.
    """
    numbers = {
        f"[{citation.number}]": _link(f"[{citation.number}]", links, citation.id) for citation in answer.citations
    }

    def markers(found: re.Match[str]) -> str:
        shown = _MARKER.sub(lambda marker: numbers.get(marker[0], marker[0]), found[0])
        return click.style(shown, fg="green", bold=True)

    text = click.style(answer.text, fg="yellow") if answer.refused else _MARKERS_AT_THE_END.sub(markers, answer.text)
    blocks = [text]
    if answer.understood and answer.understood != answer.question:
        blocks.insert(0, click.style(f"understood as: {answer.understood}", dim=True))
    if answer.removed:
        lines = [
            f"  {click.style(claim.verdict.value, fg='red')}: {claim.text} ({claim.verdict.reason})"
            for claim in answer.removed
        ]
        blocks.append("\n".join(["removed from the draft:", *lines]))
    for citation in answer.citations:
        number = click.style(numbers[f"[{citation.number}]"], fg="green", bold=True)
        plan = click.style(" (plan)", fg="yellow") if citation.planned else ""
        where = place(citation.title, citation.section) + leaf(citation, language="en")
        command = click.style(f"rag cite {citation.id}", dim=True)
        blocks.append(f"{number} {where}{plan}\n    “{_one_line(citation.quote)}”\n    {command}")
    if answer.nearest:
        titles = answer.titles
        lines = [_place(hit, titles.get(hit.chunk.report, hit.chunk.report)) for hit in answer.nearest]
        blocks.append("\n".join(["nearest sections:", *(f"  {line}" for line in lines)]))
    return "\n\n".join(blocks)


def hits_text(hits: Sequence["Hit"], titles: Sequence[str]) -> str:
    """One block a hit, best first: its rank, where it stands, its score and how its text begins."""
    blocks = []
    for rank, (hit, title) in enumerate(zip(hits, titles, strict=True), start=1):
        text = _one_line(hit.chunk.text)
        text = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
        blocks.append(f"{rank}. {_place(hit, title)}  ({hit.score:.2f})\n   {text}")
    return "\n\n".join(blocks)


def passage_text(passage: "CitedPassage", *, links: str = "") -> str:
    """The status of a citation, where it stands, and its words, marked, between those around them."""
    status = click.style(passage.status, fg="green" if passage.status == "current" else "red")
    where = _link(place(passage.title or passage.report, passage.section), links, passage.id)
    head = f"{status}: {where}{leaf(passage, language='en')} (characters {passage.start} to {passage.end})"
    if passage.status == "withdrawn":
        return head
    words = click.style(f"【{passage.quote}】", fg="black", bg="yellow")
    return f"{head}\n\n…{passage.before}{words}{passage.after}…"


def checked_text(checked: Sequence["Checked"]) -> str:
    """Each statement behind its verdict, with the reason and the words it was checked against."""
    blocks = []
    for item in checked:
        colour = "green" if item.verdict == "supported" else "red"
        lines = [f"{click.style(item.verdict, fg=colour)}  {item.text}"]
        lines += [f"    {item.reason}"] if item.reason else []
        for citation in item.citations:
            where = place(citation.title, citation.section)
            lines += [f"    {where}", f"    “{_one_line(citation.quote)}”", f"    rag cite {citation.id}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Aligned columns; a Han character is two columns wide."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)) for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def bytes_text(size: int) -> str:
    """A size in megabytes, or in gigabytes from one of them on."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _place(hit: "Hit", title: str) -> str:
    return place(title, hit.chunk.path)


def _link(text: str, links: str, citation_id: str) -> str:
    """The text as a link of the terminal (OSC 8), where links are shown."""
    return f"\033]8;;{links}{citation_id}\033\\{text}\033]8;;\033\\" if links else text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
