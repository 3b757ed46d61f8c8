import hashlib
from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.models import manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_bytes(b"{}")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


def test_every_file_is_recorded_and_read_back(folder: Path) -> None:
    written = manifest.write(folder, name="some/model", origin="wheels a==1", weights="Q4_0", sha256="ab" * 32)
    assert manifest.read(folder) == written
    assert {file: record.size for file, record in written.files.items()} == {
        "1_Pooling/config.json": 2,
        "model.safetensors": 7,
    }
    assert written.files["model.safetensors"].sha256 == hashlib.sha256(b"weights").hexdigest()
    assert written.identity == "some/model:Q4_0:abababababababab"
    assert manifest.damaged(folder, written) == []


def test_missing_shortened_and_changed_files_are_told_apart(folder: Path) -> None:
    written = manifest.write(folder, name="m", origin="", weights="", sha256="")
    (folder / "model.safetensors").write_bytes(b"Weights")
    assert manifest.missing(folder, written) == []
    found, expected = (hashlib.sha256(data).hexdigest() for data in (b"Weights", b"weights"))
    assert manifest.damaged(folder, written) == [f"model.safetensors has SHA-256 {found} instead of {expected}"]
    (folder / "model.safetensors").write_bytes(b"weigh")
    (folder / "1_Pooling" / "config.json").unlink()
    problems = ["1_Pooling/config.json is missing", "model.safetensors has 5 bytes instead of 7"]
    assert manifest.missing(folder, written) == problems
    assert manifest.damaged(folder, written) == problems


def test_a_folder_without_a_manifest_is_identified_by_its_weights(folder: Path) -> None:
    digest = hashlib.sha256(b"weights").hexdigest()
    assert manifest.read(folder) is None
    assert manifest.identity(folder) == f"{folder.name}:original:{digest[:16]}"
    (folder / "model.safetensors").write_bytes(b"other")
    assert manifest.identity(folder) != f"{folder.name}:original:{digest[:16]}"


def test_shards_are_identified_together(tmp_path: Path) -> None:
    for name, data in (("model-2.safetensors", b"two"), ("model-1.safetensors", b"one")):
        (tmp_path / name).write_bytes(data)
    one, two = (hashlib.sha256(data).hexdigest() for data in (b"one", b"two"))
    together = hashlib.sha256(f"model-1.safetensors {one}\nmodel-2.safetensors {two}\n".encode()).hexdigest()
    assert manifest.weights_sha256(tmp_path) == together


def test_a_folder_without_weights_cannot_be_identified(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no weights"):
        manifest.identity(tmp_path)


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"files": {}}', b'{"files": {"a": 1}}', b"\xff"])
def test_a_damaged_manifest_names_itself(tmp_path: Path, content: bytes) -> None:
    (tmp_path / manifest.FILENAME).write_bytes(content)
    with pytest.raises(ModelError, match=r"manifest\.json is damaged"):
        manifest.read(tmp_path)
