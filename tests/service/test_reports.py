"""Reports put in, replaced and taken out over HTTP, value by value."""

import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from rag.answers import indexing
from rag.config import Config
from rag.index.snapshot import Snapshot
from rag.service import opening
from rag.service.api import create_app
from tests.index.samples import HashEmbedder, sample_report
from tests.service.made import WrittenPipeline, small_snapshot, wait_until_ready
from tests.service.test_api import problem

LIMIT = 1_000_000  # bytes of a file, in these tests


class SlowEmbedder(HashEmbedder):
    """Embeds when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.goes = threading.Event()
        self.goes.set()
        self.asked = threading.Event()

    def encode_documents(self, texts: Any) -> Any:
        self.asked.set()
        assert self.goes.wait(20)
        return super().encode_documents(texts)


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> SlowEmbedder:
    embedder = SlowEmbedder()
    monkeypatch.setattr(indexing, "open_embedder", lambda _: embedder)
    return embedder


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(index_dir=tmp_path / "index", max_file_megabytes=1, max_archive_megabytes=2)


@pytest.fixture
def service(config: Config, embedder: SlowEmbedder) -> Iterator[TestClient]:
    small_snapshot(config.index_dir).close()
    with running(config, embedder) as client:
        yield client


@contextmanager
def running(config: Config, embedder: SlowEmbedder) -> Iterator[TestClient]:
    """The service over the index of `config`, as it is now."""

    def open_pipeline(config: Config) -> WrittenPipeline:
        pipeline = WrittenPipeline(Snapshot.open(config.index_dir, config=config), config)
        pipeline.embedder = embedder
        return pipeline

    with TestClient(create_app(config, open_pipeline=open_pipeline), raise_server_exceptions=False) as client:
        if (config.index_dir / "CURRENT").exists():
            wait_until_ready(client)
        yield client
        embedder.goes.set()


def text_of(place: str, *, number: int = 3) -> bytes:
    return sample_report(place, number=number).text.encode()


def add(service: TestClient, name: str, content: bytes, **form: str) -> Response:
    return service.post("/v1/reports", files={"file": (name, content)}, data=form)


def put(service: TestClient, report_id: str, content: bytes, *, name: str = "any.txt") -> Response:
    return service.put(f"/v1/reports/{quote(report_id)}", files={"file": (name, content)})


def finished(service: TestClient, response: Response) -> dict[str, Any]:
    """The job of an accepted request once it is done or has failed."""
    assert response.status_code == 202, response.text
    location = response.headers["location"]
    assert location == f"/v1/jobs/{response.json()['id']}"
    deadline = time.monotonic() + 20
    while (job := service.get(location).json())["state"] in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return job


def listed(service: TestClient) -> list[str]:
    return [report["id"] for report in service.get("/v1/reports").json()["reports"]]


def number_in(service: TestClient, report_id: str) -> str:
    text = service.get(f"/v1/reports/{quote(report_id)}").json()["text"]
    return text.partition("新建幼儿园")[2].partition("所")[0]


class TestChanges:
    def test_a_report_is_added(self, service: TestClient, config: Config) -> None:
        response = add(service, "丙市.txt", text_of("丙市", number=5))
        body = response.json()
        assert {key: body[key] for key in ("action", "report", "state", "stage", "done", "total", "problem")} == {
            "action": "add",
            "report": "丙市",
            "state": "queued",
            "stage": "",
            "done": 0,
            "total": 0,
            "problem": None,
        }
        job = finished(service, response)
        assert (job["state"], job["stage"], job["problem"]) == ("done", "vectors", None)
        assert job["done"] == job["total"] > 0
        assert job["seconds"] > 0
        # Done means that the very next request sees it.
        assert listed(service) == ["丙市", "乙市-2019", "甲市-2018"]
        assert number_in(service, "丙市") == "5"
        assert (config.index_dir / "added" / "丙市.txt").read_bytes() == text_of("丙市", number=5)
        assert list((config.index_dir / "added" / ".pending").iterdir()) == []

    def test_the_id_may_be_given(self, service: TestClient) -> None:
        finished(service, add(service, "C:\\reports\\upload.TXT", text_of("丙市"), id="丙市/2018".replace("/", "-")))
        assert "丙市-2018" in listed(service)

    def test_a_report_is_replaced(self, service: TestClient) -> None:
        job = finished(service, put(service, "甲市-2018", text_of("甲市", number=8)))
        assert (job["action"], job["state"]) == ("replace", "done")
        assert listed(service) == ["乙市-2019", "甲市-2018"]
        assert number_in(service, "甲市-2018") == "8"

    def test_a_report_is_deleted(self, service: TestClient) -> None:
        job = finished(service, service.delete(f"/v1/reports/{quote('甲市-2018')}"))
        assert (job["action"], job["report"], job["state"]) == ("delete", "甲市-2018", "done")
        assert listed(service) == ["乙市-2019"]
        problem(service.get(f"/v1/reports/{quote('甲市-2018')}"), 404)

    def test_an_archive_brings_all_its_reports(self, service: TestClient) -> None:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("丙市.txt", text_of("丙市"))
            archive.writestr("丁市.txt", text_of("丁市"))
        assert finished(service, add(service, "two.zip", content.getvalue()))["state"] == "done"
        assert listed(service) == ["丁市", "丙市", "乙市-2019", "甲市-2018"]
        problem(add(service, "two.zip", content.getvalue(), id="one"), 422)
        problem(put(service, "丙市", content.getvalue(), name="two.zip"), 415)

    def test_the_first_report_starts_an_index(
        self, config: Config, embedder: SlowEmbedder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with running(config, embedder) as service:
            deadline = time.monotonic() + 10
            while "starting" in service.get("/readyz").json()["type"]:
                assert time.monotonic() < deadline
            problem(service.get("/v1/reports"), 503)
            problem(service.delete("/v1/reports/any"), 404)
            assert finished(service, add(service, "丙市.txt", text_of("丙市")))["state"] == "done"
            assert listed(service) == ["丙市"]

    def test_jobs_are_listed_newest_first_and_done_in_their_order(
        self, service: TestClient, embedder: SlowEmbedder
    ) -> None:
        embedder.goes.clear()
        first = add(service, "丙市.txt", text_of("丙市"))
        assert embedder.asked.wait(10)
        last = put(service, "丙市", text_of("丙市", number=6))  # it will be there by then
        jobs = service.get("/v1/jobs").json()["jobs"]
        assert [(job["id"], job["state"]) for job in jobs] == [
            (last.json()["id"], "queued"),
            (first.json()["id"], "running"),
        ]
        assert jobs[1]["stage"] == "reports"
        problem(add(service, "丙市.txt", text_of("丙市")), 409)
        assert service.get("/v1/search?q=a").status_code == 200  # the service goes on meanwhile
        embedder.goes.set()
        assert finished(service, last)["state"] == "done"
        assert number_in(service, "丙市") == "6"


class TestRefusals:
    @pytest.mark.parametrize("name", ["a.exe", "a", "a.txt.sh"])
    def test_another_kind_of_file(self, service: TestClient, name: str) -> None:
        body = problem(add(service, name, b"content"), 415)
        assert ".txt" in body["detail"]

    def test_a_file_that_is_too_large(self, service: TestClient) -> None:
        body = problem(add(service, "a.txt", b"a" * (LIMIT + 1)), 413)
        assert f"more than {LIMIT}" in body["detail"]
        problem(add(service, "a.txt", b"a" * 3 * LIMIT), 413)
        assert listed(service) == ["乙市-2019", "甲市-2018"]

    @pytest.mark.parametrize("report_id", ["../up", ".hidden", "a/b", "a\\b", "x" * 300, "a\nb"])
    def test_an_id_that_leads_elsewhere(self, service: TestClient, config: Config, report_id: str) -> None:
        body = problem(add(service, "a.txt", text_of("丙市"), id=report_id), 422)
        assert "cannot be the id" in body["detail"]
        assert not (config.index_dir / "added").exists()

    @pytest.mark.parametrize("name", ["../../up.txt", "..\\..\\up.txt", "/etc/up.txt"])
    def test_only_the_last_part_of_a_name_counts(self, service: TestClient, config: Config, name: str) -> None:
        finished(service, add(service, name, text_of("丙市")))
        assert "up" in listed(service)
        assert (config.index_dir / "added" / "up.txt").exists()

    def test_an_id_that_is_taken_and_one_that_is_unknown(self, service: TestClient) -> None:
        body = problem(add(service, "甲市-2018.txt", text_of("甲市")), 409)
        assert "PUT replaces it" in body["detail"]
        problem(put(service, "丙市", text_of("丙市")), 404)
        problem(service.delete("/v1/reports/none"), 404)
        problem(service.get("/v1/jobs/none"), 404)

    def test_forms_that_are_none(self, service: TestClient) -> None:
        problem(service.post("/v1/reports"), 422)
        problem(service.post("/v1/reports", data={"file": "text"}), 422)
        problem(add(service, "a.txt", b""), 422)
        broken = service.post(
            "/v1/reports", content=b"no form", headers={"content-type": "multipart/form-data; boundary=x"}
        )
        assert broken.status_code in (400, 422)
        problem(broken, broken.status_code)

    def test_a_report_that_cannot_be_read_fails_its_job_and_leaves_nothing(
        self, service: TestClient, config: Config
    ) -> None:
        job = finished(service, add(service, "丙市.txt", b"\0\0\0\0 binary"))
        assert job["state"] == "failed"
        assert job["problem"]["type"] == "urn:problem-type:report-rag:report"
        assert job["problem"]["status"] == 422
        assert job["problem"]["instance"] == f"/v1/jobs/{job['id']}"
        assert job["problem"]["detail"].startswith("丙市.txt is a binary file")
        assert str(config.index_dir) not in json.dumps(job)
        assert list((config.index_dir / "added").rglob("*.txt")) == []
        assert finished(service, add(service, "丙市.txt", text_of("丙市")))["state"] == "done"

    def test_a_fault_fails_its_job_and_the_next_one_is_done(
        self, service: TestClient, embedder: SlowEmbedder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(embedder, "count_tokens", lambda _: 1 // 0)
            job = finished(service, add(service, "丙市.txt", text_of("丙市")))
        assert (job["state"], job["problem"]["status"]) == ("failed", 500)
        assert "division" not in json.dumps(job)
        assert finished(service, add(service, "丙市.txt", text_of("丙市")))["state"] == "done"


class TestWhoMayWrite:
    @pytest.mark.parametrize(
        ("api_writes", "host", "status"),
        [
            ("local", "127.0.0.1", 202),
            ("local", "localhost", 202),
            ("local", "::1", 202),
            ("local", "0.0.0.0", 403),
            ("local", "192.0.2.7", 403),
            ("local", "reports.example", 403),
            ("always", "0.0.0.0", 202),
            ("never", "127.0.0.1", 403),
        ],
    )
    def test_by_the_address_and_the_setting(
        self, config: Config, embedder: SlowEmbedder, api_writes: str, host: str, status: int
    ) -> None:
        small_snapshot(config.index_dir).close()
        with running(replace(config, api_writes=api_writes, host=host), embedder) as service:
            response = service.delete(f"/v1/reports/{quote('甲市-2018')}")
            assert response.status_code == status
            if status == 202:
                finished(service, response)
            else:
                assert f"api_writes is {api_writes}" in problem(response, 403)["detail"]
                problem(add(service, "a.txt", b"a"), 403)
                problem(put(service, "甲市-2018", b"a"), 403)
                assert service.get("/v1/jobs").json() == {"jobs": []}

    def test_pages_of_another_site_may_not(self, service: TestClient) -> None:
        target = f"/v1/reports/{quote('甲市-2018')}"
        for origin in ("http://evil.example", "null", "http://testserver:81"):
            problem(service.delete(target, headers={"origin": origin}), 403)
        finished(service, service.delete(target, headers={"origin": "http://testserver"}))


class TestRestarts:
    def test_an_accepted_upload_is_done_by_the_next_process(self, config: Config, embedder: SlowEmbedder) -> None:
        small_snapshot(config.index_dir).close()
        embedder.goes.clear()
        with running(config, embedder) as service:
            job = add(service, "丙市.txt", text_of("丙市", number=5)).json()
            gone = service.delete(f"/v1/reports/{quote('甲市-2018')}").json()
            assert embedder.asked.wait(10)
            pending = config.index_dir / "added" / ".pending"
            files = {path: path.read_bytes() for path in pending.rglob("*") if path.is_file()}
        for path in (pending / job["id"], pending / gone["id"]):
            path.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            path.write_bytes(content)
        (pending / ".half").mkdir()  # was being written down
        with running(config, embedder) as service:
            deadline = time.monotonic() + 20
            while any(each["state"] != "done" for each in service.get("/v1/jobs").json()["jobs"]):
                assert time.monotonic() < deadline
            assert [each["id"] for each in service.get("/v1/jobs").json()["jobs"]] == [gone["id"], job["id"]]
            assert listed(service) == ["丙市", "乙市-2019"]
        assert list(pending.iterdir()) == []

    def test_a_job_that_ends_the_process_again_and_again_is_given_up(
        self, config: Config, embedder: SlowEmbedder
    ) -> None:
        small_snapshot(config.index_dir).close()
        folder = config.index_dir / "added" / ".pending" / "20260101T000000000000Z-abcdef01"
        folder.mkdir(parents=True)
        (folder / ".job.json").write_text('{"action": "add", "report": "丙市"}', encoding="utf-8")
        (folder / "丙市.txt").write_bytes(text_of("丙市"))
        for mark in ("1", "2"):
            (folder / f".try-{mark}").touch()
        with running(config, embedder) as service:
            (job,) = service.get("/v1/jobs").json()["jobs"]
            assert (job["state"], job["problem"]["status"]) == ("failed", 422)
            assert "ended 2 times" in job["problem"]["detail"]
            assert listed(service) == ["乙市-2019", "甲市-2018"]
        assert not folder.exists()


class TestSwaps:
    def test_the_service_follows_what_other_programs_publish(
        self, service: TestClient, config: Config, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(opening, "LOOK_SECONDS", 0.0)
        small_snapshot(config.index_dir, reports=[sample_report("丁市")]).close()
        deadline = time.monotonic() + 10
        while listed(service) != ["丁市-2018"]:
            assert time.monotonic() < deadline

    def test_a_damaged_new_snapshot_leaves_the_old_one_in_use(
        self, service: TestClient, config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(opening, "LOOK_SECONDS", 0.0)
        newer = small_snapshot(config.index_dir, reports=[sample_report("丁市")])
        (newer.folder / "vectors.faiss").write_bytes(b"")
        deadline = time.monotonic() + 10
        while "older snapshot stays" not in caplog.text:
            assert listed(service) == ["乙市-2019", "甲市-2018"]
            assert time.monotonic() < deadline
        for _ in range(10):
            assert listed(service) == ["乙市-2019", "甲市-2018"]
        assert caplog.text.count("older snapshot stays") == 1
        newer.close()
        small_snapshot(config.index_dir, reports=[sample_report("戊市")]).close()
        while listed(service) != ["戊市-2018"]:
            assert time.monotonic() < deadline
