"""This machine and its configuration to a list of checks, each with what to do where it fails."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rag.config import Config
from rag.errors import RagError

PYTHON = (3, 11)
# The default models take 3 GB once converted, and as much again while they are.
MODELS_NEED_BYTES = 6_000_000_000
INDEX_NEEDS_BYTES = 500_000_000


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: `detail` says what was found, `remedy` what to do when it is not `ok`."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def examine(config: Config) -> Iterator[Check]:
    """Check python, models, generator server, reader, judge, prompts, index and disk, as one needs the other."""
    yield _python()
    yield from _models(config)
    if config.generate and config.generator_base_url:
        yield _checked("generator server", lambda: _ask_server(config))
    yield _checked("reader", lambda: _reader(config))
    if config.judge != "none":
        yield _checked("judge", lambda: _judge(config))
    yield _checked("prompts", lambda: _prompts(config))
    yield _checked("index", lambda: _index(config))
    yield from _disk(config)


def _python() -> Check:
    found, wanted = ".".join(map(str, sys.version_info[:3])), ".".join(map(str, PYTHON))
    return Check("python", sys.version_info[:2] == PYTHON, found, f"Use Python {wanted}.")


def _models(config: Config) -> Iterator[Check]:
    from rag.models import provision

    for status in provision.listing(config):
        if status.used:
            detail = status.reason or f"{status.identity} in {status.path}"
            yield Check(f"model {status.name}", status.provided, detail, f"Run `rag models pull {status.name}`.")


def _ask_server(config: Config) -> str:
    from rag.models.generator import open_generator

    generator = open_generator(config)
    reply = "".join(generator.generate([{"role": "user", "content": "1 + 1 ="}]))
    return f"{generator.identity} answers {len(reply)} characters"


def _reader(config: Config) -> str:
    from rag.models.reader import open_reader

    return open_reader(config).identity


def _judge(config: Config) -> str:
    from rag.models.judge import open_judge

    judge = open_judge(config)
    return judge.identity if judge else "none"


def _prompts(config: Config) -> str:
    from rag.answers.prompts import load_prompt

    return ", ".join(load_prompt(f"answer.{language}", config.prompts_dir).identity for language in ("zh", "en"))


def _index(config: Config) -> str:
    """Open the index as it is opened to be searched: with the embedder that must fit it."""
    from rag.index.snapshot import Snapshot
    from rag.models.embedder import open_embedder

    Snapshot.open(config.index_dir, config=config).close()  # a missing index needs no model to be found missing
    identity = open_embedder(config).identity
    with closing(Snapshot.open(config.index_dir, config=config, embedder_identity=identity)) as snapshot:
        snapshot.verify()
        manifest = snapshot.manifest
        return f"{manifest.reports} reports, {manifest.chunks} chunks, snapshot {manifest.name}"


def _disk(config: Config) -> Iterator[Check]:
    for name, folder, needed in (
        ("disk for models", config.models_dir, 0 if _has_content(config.models_dir) else MODELS_NEED_BYTES),
        ("disk for index", config.index_dir, INDEX_NEEDS_BYTES),
    ):
        there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
        free = shutil.disk_usage(there).free
        detail = f"{free / 1e9:.1f} GB free at {there}, {needed / 1e9:.1f} GB needed"
        yield Check(name, free >= needed, detail, "Free some space, or put the folder on another disk by its setting.")


def _has_content(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _checked(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except RagError as error:
        return Check(name, False, error.message, error.remedy)
