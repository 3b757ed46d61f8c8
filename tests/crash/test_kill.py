"""The writer killed at random moments: a whole index afterwards, and nothing lost that was said to be in it.

A short run by default; `CRASH_RUNS=200 pytest tests/crash/test_kill.py` is the long one (about 5 minutes).
"""

import json
import multiprocessing
import os
import random
from contextlib import closing
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from rag.answers import indexing
from rag.answers.indexing import build_index
from rag.config import Config, load_config
from rag.errors import ModelError, SnapshotError
from rag.index.building import Building
from rag.index.kept import KeptFiles
from rag.index.snapshot import Snapshot
from tests.crash.writer import PLACES, config_of, write
from tests.index.samples import HashEmbedder, sample_report

RUNS = int(os.environ.get("CRASH_RUNS", "8"))
LONGEST_LIFE = 0.6  # seconds; a change takes some tenths of one


def reports_in(config: Config) -> dict[str, int]:
    """Which number each report of the index states, once the index is found to be whole."""
    try:
        snapshot = Snapshot.open(config.index_dir, config=config)
    except SnapshotError as error:
        if "there is no index" not in error.message:
            raise
        return {}
    with closing(snapshot):
        snapshot.verify()
        numbers = {}
        for record in snapshot.reports():
            report = snapshot.report(record.id)
            numbers[record.id] = int(report.text.partition("新建幼儿园")[2].partition("所")[0])
            assert report.text == sample_report(record.id, number=numbers[record.id]).text
            for chunk in snapshot.chunks(record.id):
                assert report.text[chunk.start : chunk.end] == chunk.text
        return numbers


def states_told(told: Connection, before: dict[str, int]) -> list[dict[str, int]]:
    """The states that the index may be in: the last that was done, and the one that was begun after it."""
    states = [before]
    while told.poll():
        try:
            what, state = json.loads(told.recv_bytes())
        except EOFError:
            break
        states = [state] if what == "done" else [*states[-1:], state]
    return states


def killed(target: object, *arguments: object, after: float) -> Connection:
    """Run `target` in a process of its own, kill -9 it `after` seconds from its first word on; what it told."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.warm"])
    told, telling = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(*arguments, telling))  # type: ignore[arg-type]
    process.start()
    telling.close()
    assert told.poll(120)
    process.join(after)
    assert process.exitcode is None, "the writer ended by itself"
    process.kill()
    process.join()
    process.close()
    return told


def test_every_kill_leaves_a_whole_index_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "open_embedder", lambda _: HashEmbedder())
    config = config_of(tmp_path)
    chance = random.Random(RUNS)
    state: dict[str, int] = {}
    changed = 0
    for run in range(RUNS):
        told = killed(write, tmp_path, state, run, after=chance.uniform(0, LONGEST_LIFE))
        with closing(told):
            possible = states_told(told, state)
        assert reports_in(config) in possible, f"kill {run}"
        with Building.begin(config, HashEmbedder()):
            pass  # what the next writer does first
        found = reports_in(config)
        assert found in possible, f"kill {run}"
        if found:  # built anew from the kept files it is the same, every report in it
            build_index([], config)
            assert reports_in(config) == found, f"kill {run}"
            assert {path.stem for path in KeptFiles.of(config).files()} == set(found)
        changed += found != state
        state = found
    assert changed >= RUNS / 4  # the kills hit changes, not the time before them


def _write_with_model(folder: Path, telling: Connection) -> None:
    from rag.models.embedder import open_embedder

    write(folder, {}, 1, telling, open_embedder(replace(load_config(), threads=1)))


@pytest.mark.slow
def test_with_the_real_embedder_what_was_embedded_is_not_embedded_again(tmp_path: Path) -> None:
    from rag.models.embedder import open_embedder

    try:
        embedder = open_embedder(load_config())
    except ModelError as error:
        pytest.skip(f"needs the embedder's weights: {error}")
    config = config_of(tmp_path)
    with closing(killed(_write_with_model, tmp_path, after=1.5)) as told:
        possible = states_told(told, {})
    found = {}
    if (config.index_dir / "CURRENT").exists():
        snapshot = Snapshot.open(config.index_dir, config=config, embedder_identity=embedder.identity)
        snapshot.verify()
        found = {record.id for record in snapshot.reports()}
    assert set(found) in [set(state) for state in possible]
    seen: list[int] = []
    reports = [sample_report(place) for place in PLACES]
    for _ in range(2):
        with Building.begin(config, embedder) as building:
            building.put(reports)
            building.write(lambda stage, done, total: seen.append(total) if stage == "vectors" else None)
            # Not published: the second time finds in the cache what the first one left there.
    assert len(seen) == 1
