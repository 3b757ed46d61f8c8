"""Turn reports into a published snapshot."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from rag.config import Config
from rag.errors import ReportError, SnapshotError
from rag.index import directory
from rag.index.dense import DenseIndex
from rag.index.embeddings import DocumentEmbedder, EmbeddingCache
from rag.index.lexical import LexicalIndex, formula
from rag.index.manifest import FORMAT, Manifest, Recipe, digest_of, stored_file
from rag.index.records import encode
from rag.index.storage import write_store
from rag.index.tokens import dictionary_hash
from rag.reports.chunks import chunk_report, embedding_text, embedding_title
from rag.reports.reading import Report

REPORTS = "reports.sqlite3"
VECTORS = "vectors.faiss"
LEXICAL = "lexical"
CACHE = "embeddings.sqlite3"

# Called with what is being done, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]

Item = TypeVar("Item")


def _unseen(stage: str, done: int, total: int) -> None:
    """The progress nobody watches."""


def build_snapshot(
    reports: Sequence[Report], *, embedder: DocumentEmbedder, config: Config, progress: Progress = _unseen
) -> Path:
    """Index exactly `reports` in `config.index_dir`, make that the live snapshot and return its folder.

    Reports of earlier snapshots that are not among `reports` are gone from the new one. Only texts without a kept
    vector are embedded. If the live snapshot already holds the same, and undamaged, it stays and is returned.
    Raises `ReportError` if two reports have one id, and `SnapshotError` if another process is writing the index, the
    disk does not take it, or the embedder returns anything but unit vectors; the live snapshot then stays.
    """
    try:
        with directory.writing(config.index_dir) as folder:
            return _build(_by_id(reports), folder, embedder=embedder, config=config, progress=progress)
    except (OSError, sqlite3.Error) as error:
        raise SnapshotError(
            f"the index in {config.index_dir} cannot be written: {error}",
            remedy="Make the folder writable and free some space, or set RAG_INDEX_DIR to another one.",
        ) from error


def _build(
    reports: list[Report], folder: Path, *, embedder: DocumentEmbedder, config: Config, progress: Progress
) -> Path:
    titles = {report.id: embedding_title(report) for report in reports}
    chunks = [
        chunk
        for report in _counted(reports, "reports", progress)
        for chunk in chunk_report(report, count_tokens=embedder.count_tokens, limit=config.chunk_tokens)
    ]
    # Rows are in the order of the ids, so that every tie between rows is a tie broken by chunk id.
    chunks.sort(key=lambda chunk: chunk.id)
    recipe = Recipe(
        format=FORMAT,
        embedder=embedder.identity,
        dimension=embedder.dimension,
        dictionary=dictionary_hash(),
        lexical=formula(),
        chunk_tokens=config.chunk_tokens,
    )
    content = digest_of([encode(recipe), *map(encode, reports), *map(encode, chunks)])
    live = _live_if_same(config.index_dir, content)
    if live:
        return live
    created = datetime.now(UTC)
    name = directory.snapshot_name(created, content)
    texts = [embedding_text(chunk, titles[chunk.report]) for chunk in chunks]
    with EmbeddingCache.open(config.index_dir / CACHE) as cache:
        vectors = cache.embed(
            texts, embedder=embedder, used_by=name, progress=lambda done, total: progress("vectors", done, total)
        )
        DenseIndex.build(vectors).save(folder / VECTORS)
        LexicalIndex.build(_counted(texts, "words", progress)).save(folder / LEXICAL)
        write_store(folder / REPORTS, reports, chunks)
        Manifest(
            name=name,
            created=created.isoformat(),
            recipe=recipe,
            corpus=digest_of(part for report in reports for part in (report.id, report.text)),
            content=content,
            reports=len(reports),
            chunks=len(chunks),
            characters=sum(len(report.text) for report in reports),
            files=tuple(stored_file(path, folder=folder) for path in sorted(folder.rglob("*")) if path.is_file()),
        ).sealed().write(folder)
        snapshot = directory.publish(folder, name, index_dir=config.index_dir)
        cache.forget_unused(directory.prune(config.index_dir, keep=config.snapshots_kept))
    return snapshot


def _by_id(reports: Iterable[Report]) -> list[Report]:
    found: dict[str, Report] = {}
    for report in reports:
        other = found.setdefault(report.id, report)
        if other is not report:
            raise ReportError(
                f"two reports have the id {report.id!r}: {other.source} and {report.source}",
                remedy="Rename one of the files, or give it another id in a sidecar file.",
            )
    return [found[key] for key in sorted(found)]


def _live_if_same(index_dir: Path, content: str) -> Path | None:
    """The live snapshot if it holds `content` and every file of it is sound."""
    try:
        folder = index_dir / directory.live_name(index_dir)
        manifest = Manifest.read(folder)
        if manifest.content != content:
            return None
        manifest.check_files(folder)
    except SnapshotError:
        return None
    return folder


def _counted(items: Sequence[Item], stage: str, progress: Progress) -> Iterator[Item]:
    for done, item in enumerate(items):
        progress(stage, done, len(items))
        yield item
    progress(stage, len(items), len(items))
