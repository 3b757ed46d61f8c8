"""The `rag index` commands: what is in the index, whether it is sound, and where it goes."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rag.commands import as_json_option, configured, echo_json, example
from rag.config import Config

if TYPE_CHECKING:
    from rag.answers.indexing import BuildSummary

PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
DEFAULT = "build"


class _IndexCommands(click.Group):
    """`rag index PATH…` is short for `rag index build PATH…`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._in_full(args, besides=ctx.help_option_names))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        return super().resolve_command(ctx, self._in_full(args))

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def _in_full(self, args: list[str], *, besides: Sequence[str] = ()) -> list[str]:
        return args if args and args[0] in (*self.commands, *besides) else [DEFAULT, *args]


@click.group(cls=_IndexCommands)
def index() -> None:
    """Build the index, change it, check it and move it.

    `rag index PATH…` is short for `rag index build PATH…`.
    """


@index.command(DEFAULT, epilog=example("rag index corpus reports/2019.txt"))
@PATHS
@as_json_option
@configured
def build(config: Config, /, paths: tuple[Path, ...], as_json: bool) -> None:
    """Index the reports at PATHS (files, folders, ZIP archives), and only them.

    Without PATHS: those of the configured corpus and those that were added, without those that were removed since. What
    has not changed since the last time is not embedded again, and what a stopped build embedded is kept.
    """
    from rag.answers.indexing import build_index
    from rag.terminal import watching

    with watching() as watch:
        watch.say("loading the embedder")
        summary = build_index(paths, config, progress=watch.count)
    _show(summary, config, as_json=as_json)


@index.command(epilog=example("rag index add reports/2019.txt"))
@PATHS
@as_json_option
@configured
def add(config: Config, /, paths: tuple[Path, ...], as_json: bool) -> None:
    """Add the reports at PATHS, or replace those with their ids; all others stay.

    Their files are copied into the folder `added_dir`, so that an index built anew has them too.
    """
    from rag.answers.indexing import add_reports
    from rag.terminal import watching

    with watching() as watch:
        watch.say("loading the embedder")
        summary = add_reports(paths, config, progress=watch.count)
    _show(summary, config, as_json=as_json)


@index.command(epilog=example("rag index remove chengdu-2018-summary"))
@click.argument("ids", nargs=-1, required=True)
@as_json_option
@configured
def remove(config: Config, /, ids: tuple[str, ...], as_json: bool) -> None:
    """Remove the reports with these IDS, now and from every index built anew without PATHS.

    Nothing of them stays but in older snapshots, see `rag index prune`. Files outside `added_dir` are left alone.
    """
    from rag.answers.indexing import remove_reports
    from rag.terminal import watching

    with watching() as watch:
        watch.say("removing")
        summary = remove_reports(ids, config)
    _show(summary, config, as_json=as_json)


@index.command(epilog=example("rag index watch reports"))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@configured
def watch(config: Config, /, folder: Path) -> None:
    """Index FOLDER and what was added, and follow every change in FOLDER until interrupted."""
    import logging

    from rag.answers.watching import watch_folder
    from rag.models.embedder import open_embedder
    from rag.terminal import watching

    logging.basicConfig(format="%(message)s")
    with watching() as line:
        line.say("loading the embedder")
        for summary in watch_folder(folder, config, embedder=open_embedder(config), progress=line.count):
            line.close()
            _show(summary, config, as_json=False)


@index.command(epilog=example("rag index verify"))
@configured
def verify(config: Config, /) -> None:
    """Check every checksum of the live snapshot, and that texts, sections, vectors and words belong together."""
    from rag.index.snapshot import Snapshot
    from rag.terminal import watching

    with watching() as line, closing(Snapshot.open(config.index_dir, config=config)) as snapshot:
        line.say("verifying")
        snapshot.verify()
    manifest = snapshot.manifest
    click.echo(f"{manifest.name}: {manifest.reports} reports, {manifest.chunks} chunks, all as it should be")


@index.command("export", epilog=example("rag index export reports.tar"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@configured
def export_(config: Config, /, file: Path) -> None:
    """Write the whole index, and the files of added reports, to the archive FILE."""
    from rag.index.transfer import export_index

    contents = export_index(file, config)
    click.echo(f"{file}: {contents.snapshot}, {len(contents.files)} files")


@index.command("import", epilog=example("rag index import reports.tar"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@configured
def import_(config: Config, /, file: Path) -> None:
    """Check the archive FILE, written by `rag index export`, and make what it holds the index."""
    from rag.index.transfer import import_index

    contents = import_index(file, config)
    click.echo(f"{config.index_dir / contents.snapshot}")


@index.command(epilog=example("rag index snapshots --json"))
@as_json_option
@configured
def snapshots(config: Config, /, as_json: bool) -> None:
    """List the snapshots that are kept, newest last."""
    from rag.errors import SnapshotError
    from rag.index.directory import live_name, snapshot_names
    from rag.index.manifest import Manifest
    from rag.terminal import bytes_text, table

    live = live_name(config.index_dir)
    found = []
    rows = [("name", "made", "reports", "chunks", "size", "")]
    for name in snapshot_names(config.index_dir):
        state = "live" if name == live else ""
        try:
            manifest = Manifest.read(config.index_dir / name)
        except SnapshotError as error:
            found.append({"name": name, "live": name == live, "fault": error.message})
            rows.append((name, "", "", "", "", f"{state} {error.message}".strip()))
            continue
        found.append({**asdict(manifest), "live": name == live})
        size = bytes_text(sum(file.bytes for file in manifest.files))
        rows.append((name, manifest.created[:19], str(manifest.reports), str(manifest.chunks), size, state))
    if as_json:
        echo_json(found)
    else:
        click.echo(table(rows))


@index.command(epilog=example("rag index prune --keep 1"))
@click.option("--keep", type=click.IntRange(1), required=True, help="Snapshots to keep, the live one included.")
@configured
def prune(config: Config, /, keep: int) -> None:
    """Remove the oldest snapshots, but none that is being read."""
    from rag.index import building, directory

    directory.live_name(config.index_dir)  # or the lock would make the folder
    with directory.locked(config.index_dir):
        click.echo("\n".join(building.prune(config, keep=keep)))


def _show(summary: "BuildSummary", config: Config, *, as_json: bool) -> None:
    if as_json:
        echo_json(asdict(summary))
    else:
        click.echo(
            f"{summary.reports} reports, {summary.sections} sections, {summary.chunks} chunks "
            f"in {summary.seconds:.1f} s: {config.index_dir / summary.snapshot}"
        )
