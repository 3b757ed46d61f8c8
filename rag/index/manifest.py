"""Turn the files of a snapshot into a manifest that says what they are, and check files against it."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from rag.config import Config
from rag.errors import SnapshotError
from rag.index.lexical import formula
from rag.index.records import RecordError, decode, encode
from rag.index.tokens import dictionary_hash

# Raise it when a file of a snapshot changes its meaning; an older snapshot is then refused with the command to run.
FORMAT = 9
MANIFEST = "manifest.json"
REPORTS = "reports.sqlite3"
VECTORS = "vectors.faiss"
LEXICAL = "lexical"
REBUILD = "Run `rag index` with the paths it was built from, none for the configured ones, to build the index anew."


@dataclass(frozen=True)
class Recipe:
    """Everything beside the reports that decides what a snapshot holds."""

    format: int
    embedder: str
    dimension: int
    # SHA-256 of the tokenizer's dictionary and rules.
    dictionary: str
    lexical: str
    chunk_tokens: int


@dataclass(frozen=True)
class StoredFile:
    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a snapshot is made of. `name` sorts by time of creation and ends in a short hash of the content."""

    name: str
    created: str
    recipe: Recipe
    # SHA-256 over the reports' ids and texts.
    corpus: str
    # SHA-256 over the recipe and the digests of the reports and chunks.
    content: str
    reports: int
    chunks: int
    characters: int
    files: tuple[StoredFile, ...]
    # SHA-256 over all the fields above, so that damage to the manifest itself shows.
    checksum: str = ""

    def sealed(self) -> Self:
        """The same manifest with its own checksum filled in."""
        return replace(self, checksum=self._own_checksum())

    def _own_checksum(self) -> str:
        return hashlib.sha256(encode(replace(self, checksum="")).encode()).hexdigest()

    def write(self, folder: Path) -> None:
        text = json.dumps(asdict(self), ensure_ascii=False, indent=2)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises `SnapshotError` when the manifest is missing, damaged or of another format."""
        path = folder / MANIFEST
        try:
            text = path.read_text(encoding="utf-8")
            _check_format(path, text)
            manifest = decode(cls, text)
        except (OSError, UnicodeDecodeError, RecordError) as error:
            raise SnapshotError(f"{path} cannot be read: {error}", remedy=REBUILD) from error
        if manifest.checksum != manifest._own_checksum():
            raise SnapshotError(f"{path} is damaged: it does not match its own checksum", remedy=REBUILD)
        return manifest

    def check_recipe(self, config: Config, *, embedder_identity: str | None) -> None:
        """Raise `SnapshotError` if the snapshot was built with other settings than are in force now.

        `embedder_identity` is `None` where no question is embedded (listing reports, looking up a citation).
        """
        differences = [
            f"{what}: the index has {stored}, now it is {now}"
            for what, stored, now in (
                ("embedder", self.recipe.embedder, embedder_identity or self.recipe.embedder),
                ("chunk_tokens", self.recipe.chunk_tokens, config.chunk_tokens),
                ("tokenizer dictionary", self.recipe.dictionary[:12], dictionary_hash()[:12]),
                ("lexical scores", self.recipe.lexical, formula()),
            )
            if stored != now
        ]
        if differences:
            raise SnapshotError(
                f"snapshot {self.name} was built with other settings ({'; '.join(differences)})",
                remedy=f"{REBUILD} Or put the settings back.",
            )

    def check_files(self, folder: Path) -> None:
        """Read every file and compare size and SHA-256. Raises `SnapshotError` naming the first that differs."""
        for stored in self.files:
            path = folder / stored.path
            try:
                found = stored_file(path, folder=folder)
            except OSError as error:
                raise SnapshotError(f"{path} cannot be read: {error}", remedy=REBUILD) from error
            if found != stored:
                raise SnapshotError(
                    f"{path} is damaged: {found.bytes} bytes with SHA-256 {found.sha256[:12]}…, "
                    f"the manifest says {stored.bytes} bytes with {stored.sha256[:12]}…",
                    remedy=REBUILD,
                )


def stored_file(path: Path, *, folder: Path) -> StoredFile:
    """Size and SHA-256 of `path` (about 0.5 s a GB), named relative to `folder`."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return StoredFile(path.relative_to(folder).as_posix(), os.fstat(file.fileno()).st_size, digest)


def digest_of(parts: Iterable[str]) -> str:
    """SHA-256 over a sequence of strings; unlike that of their concatenation it changes when a boundary moves."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part.encode()).digest())
    return digest.hexdigest()


def _check_format(path: Path, text: str) -> None:
    try:
        found = json.loads(text)["recipe"]["format"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise RecordError(f"it names no format ({error!r})") from error
    if found != FORMAT:
        raise SnapshotError(f"{path} is of format {found}, this program reads format {FORMAT}", remedy=REBUILD)
