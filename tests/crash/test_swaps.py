"""Snapshots swapped under a service that answers all the while: no request dropped, none between two states.

A short run by default; `CRASH_SWAPS=100 pytest tests/crash/test_swaps.py --log-cli-level=WARNING` is the long one
and says how many requests there were.
"""

import logging
import os
import re
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from rag.answers.answer import Answer
from rag.answers.evidence import Evidence
from rag.config import Config
from rag.index import directory
from rag.index.building import Building, build_snapshot
from rag.index.snapshot import Snapshot
from rag.reports.reading import Report
from rag.service import opening
from rag.service.api import create_app
from tests.index.samples import HashEmbedder, sample_report
from tests.service.made import WrittenPipeline, serving

SWAPS = int(os.environ.get("CRASH_SWAPS", "6"))
PLACES = ("甲市", "乙市", "丙市")
STATED = re.compile(r"新建幼儿园(\d+)所")


logger = logging.getLogger(__name__)


def reports_stating(number: int) -> list[Report]:
    return [sample_report(place, number=number) for place in PLACES]


def swap(config: Config, number: int) -> None:
    """Let every report state `number`, in one change, as another program would."""
    with Building.begin(config, HashEmbedder(), patience=10) as building:
        building.keep_all()
        building.put(reports_stating(number))
        building.write()
        building.publish()


class SlowPipeline(WrittenPipeline):
    """Quotes what its snapshot states, and looks it up once more a little later, as a real answer does."""

    def evidence(self) -> Evidence:
        report = self.snapshot.report("甲市-2018")
        found = STATED.search(report.text)
        assert found is not None
        chunk = next(chunk for chunk in self.snapshot.chunks(report.id) if found.group() in chunk.text)
        return Evidence(chunk, *found.span(), found.group(), score=0.9, scores={}, planned=False)

    def answer(self, question: str) -> Answer:
        time.sleep(0.05)
        return replace(super().answer(question), text=f"{self.evidence().text}。 [1]")


class Load:
    """Clients that ask one thing after another without a pause, and hold each answer against itself."""

    def __init__(self, base: str) -> None:
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []
        self.seen: set[str] = set()
        self._over = threading.Event()
        report = f"/v1/reports/{quote('乙市-2018')}"
        requests: list[dict[str, Any]] = [
            {"method": "POST", "url": "/v1/ask", "json": {"question": "甲市2018年新建了几所幼儿园?"}},
            {"method": "POST", "url": "/v1/ask", "json": {"question": "甲市2018年新建了几所幼儿园?", "stream": True}},
            {"method": "GET", "url": "/v1/search?q=幼儿园&top_k=50"},
            {"method": "GET", "url": report},
        ]
        self._threads = [threading.Thread(target=self._ask, args=(base, request)) for request in requests]
        for thread in self._threads:
            thread.start()

    def _ask(self, base: str, request: dict[str, Any]) -> None:
        with httpx.Client(base_url=base, timeout=30) as client:
            while not self._over.is_set():
                try:
                    response = client.request(**request)
                except httpx.HTTPError as error:
                    self.faults.append(f"{request['url']}: {error!r}")
                    continue
                self.statuses[response.status_code] += 1
                stated = set(STATED.findall(response.text)) - {"3", "5"}  # which the written claims say in any case
                if len(stated) != 1:
                    self.faults.append(f"{request['url']} states {stated}: {response.text[:300]}")
                self.seen |= stated

    def wait_for(self, number: int) -> None:
        deadline = time.monotonic() + 30
        while str(number) not in self.seen:
            assert time.monotonic() < deadline, f"nobody was told {number}"
            time.sleep(0.01)

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(30)


def test_no_request_is_dropped_and_none_sees_half_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LOOK_SECONDS", 0.05)
    config = Config(index_dir=tmp_path / "index", concurrent_answers=2, waiting_answers=100)
    build_snapshot(reports_stating(10), embedder=HashEmbedder(), config=config)

    def open_pipeline(config: Config) -> WrittenPipeline:
        return SlowPipeline(Snapshot.open(config.index_dir, config=config), config)

    with serving(create_app(config, open_pipeline=open_pipeline)) as base:
        load, started = Load(base), time.monotonic()
        try:
            for number in range(11, 11 + SWAPS):
                swap(config, number)
                load.wait_for(number)
        finally:
            load.stop()
        seconds = time.monotonic() - started
        logger.warning("%d swaps under %d requests in %.0f s", SWAPS, load.statuses.total(), seconds)
        assert load.faults == []
        assert set(load.statuses) == {200}
        # The service has let go of every snapshot but the one in use, so that the others can be pruned.
        # A worker thread of anyio drops what it was given only after it has reported the result: a moment may pass.
        deadline, live = time.monotonic() + 5, [directory.live_name(config.index_dir)]
        while (kept := directory.prune(config.index_dir, keep=1)) != live and time.monotonic() < deadline:
            time.sleep(0.05)
        assert kept == live
