"""A program that changes an index until it is killed, and says beforehand what each change will lead to."""

import json
import random
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from rag.answers.indexing import add_reports, remove_reports
from rag.config import Config
from rag.index.embeddings import DocumentEmbedder
from tests.index.samples import HashEmbedder, sample_report

PLACES = tuple("甲乙丙丁戊己庚辛")


def config_of(folder: Path) -> Config:
    return Config(index_dir=folder / "index", corpus_dir=folder / "corpus")


def write_report(folder: Path, place: str, number: int) -> Path:
    path = folder / f"{place}.txt"
    path.write_text(sample_report(place, number=number).text, encoding="utf-8")
    return path


def changes(state: dict[str, int], chance: random.Random) -> Iterator[tuple[dict[str, int], dict[str, int]]]:
    """Random changes for ever: which report states what number from now on (0: it goes), and all of them then."""
    while True:
        step = {chance.choice(PLACES): chance.randint(1, 99) for _ in range(chance.randint(1, 3))}
        if state and chance.random() < 0.3:
            step = {chance.choice(sorted(state)): 0}
        state = {place: number for place, number in (state | step).items() if number}
        yield step, state


def write(
    folder: Path, state: dict[str, int], seed: int, told: Connection, embedder: DocumentEmbedder | None = None
) -> None:
    """Change the index of `folder`, which is in `state`. Tells `told` each state before it is made and once it is."""
    config = config_of(folder)
    embedder = embedder or HashEmbedder()
    inbox = folder / "inbox"
    inbox.mkdir(exist_ok=True)
    for step, after in changes(state, random.Random(seed)):
        told.send_bytes(json.dumps(["begins", after]).encode())
        gone = [place for place, number in step.items() if not number]
        if gone:
            remove_reports(gone, config, embedder=embedder)
        else:
            paths = [write_report(inbox, place, number) for place, number in step.items()]
            add_reports(paths, config, embedder=embedder)
        told.send_bytes(json.dumps(["done", after]).encode())
