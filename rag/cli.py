"""The command line: arguments to the program's rooms, results to stdout, progress and errors to stderr."""

import os
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from rag.asking import ask, chat, cite, search
from rag.commands import DONE, NOTHING, WORDS, as_json_option, configured, echo_json, example, finish
from rag.config import Config
from rag.configuring import config as show_config
from rag.errors import RagError
from rag.evaluating import evaluate
from rag.indexing import index
from rag.verifying import verify as verify_text

# Only click, the settings, the errors and commands are imported here: `rag --help` answers in under 0.3 s. Each command
# imports what it needs.

INTERRUPTED = 130

_EPILOG = """\b
Exit codes:
  0    done
  1    refused, nothing found, or a check failed
  2    the command was not used as its --help says
  65   a question or report cannot be used      66   unknown report or citation
  69   index, models or generator not usable    70   a fault of the program
  75   too many requests, try later             78   the configuration cannot be used
  130  interrupted

\b
Every setting of rag.toml is also an environment variable: RAG_INDEX_DIR, RAG_MODELS_DIR, …; see `rag config`.

\b
Example:
  rag ask "成都2018年解决了多少随迁子女的义务教育入学?"
"""


class _Commands(click.Group):
    """Lists the commands in the order in which they are first used, and tells errors in words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RagError as error:
            click.echo(f"error: {error.message}", err=True)
            if error.remedy:
                click.echo(error.remedy, err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=_Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings in TOML (default: ./rag.toml if it is there)."
)
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """Ask long official reports a question; every statement of the answer is cited and checked."""
    if os.environ.get("NO_COLOR"):  # https://no-color.org; where output goes to no terminal, click leaves colours out
        context.color = False


@main.group()
def models() -> None:
    """Provide the models, see which are there, and check them."""


@models.command(epilog=example("rag models pull multilingual-e5-small"))
@click.argument("names", nargs=-1, type=WORDS)
@configured
def pull(config: Config, /, names: tuple[str, ...]) -> None:
    """Provide NAMES, or the models that the configuration uses. What is there already is kept."""
    from rag.models import provision
    from rag.terminal import watching

    with watching() as watch:
        for name in names or _used(config):
            folder = provision.pull(name, config, progress=watch.count)
            watch.close()
            click.echo(f"{name}: {folder}")


@models.command("list", epilog=example("rag models list --json"))
@as_json_option
@configured
def list_models(config: Config, /, as_json: bool) -> None:
    """Show the models known by name and those the configuration uses."""
    from rag.models import provision
    from rag.terminal import bytes_text, table

    found = provision.listing(config)
    if as_json:
        echo_json([asdict(status) for status in found])
        return
    rows = [("name", "role", "licence", "in use", "on this disk")]
    for status in found:
        state = f"{bytes_text(status.size)} in {status.path}" if status.provided else f"no: {status.reason}"
        rows.append((status.name, status.role, status.licence, "yes" if status.used else "", state))
    click.echo(table(rows))


@models.command(epilog=example("rag models verify"))
@click.argument("names", nargs=-1, type=WORDS)
@configured
def verify(config: Config, /, names: tuple[str, ...]) -> None:
    """Hash the files of NAMES, or of the models that the configuration uses, and compare with their manifests."""
    from rag.models import provision
    from rag.terminal import watching

    damaged = 0
    with watching() as watch:
        for name in names or _used(config):
            watch.say(f"hashing {name}")
            try:
                manifest = provision.verify(name, config)
                watch.close()
                click.echo(f"{name}: {len(manifest.files)} files as they should be")
            except RagError as error:
                watch.close()
                click.echo(f"{name}: {error}", err=True)
                damaged += 1
    finish(DONE if not damaged else NOTHING)


main.add_command(index)


for command in (search, ask, chat, cite, verify_text):
    main.add_command(command)


@main.command(epilog=example("rag reports --json"))
@as_json_option
@configured
def reports(config: Config, /, as_json: bool) -> None:
    """List the indexed reports."""
    from rag.index.snapshot import Snapshot
    from rag.terminal import table

    with closing(Snapshot.open(config.index_dir, config=config)) as snapshot:
        records = snapshot.reports()
    if as_json:
        from rag.service.report_schemas import ReportsBody, ReportSummary

        echo_json(ReportsBody(reports=[ReportSummary.of(record) for record in records]).model_dump())
        return
    rows = [("id", "title", "region", "years", "kind", "day", "in force", "characters", "sections")]
    for record in records:
        metadata = record.metadata
        region, kind, day, validity = (
            field.value if field else ""
            for field in (metadata.region, metadata.kind, metadata.dated or metadata.published, metadata.validity)
        )
        years = ", ".join(map(str, metadata.years))
        force = f"no: {record.superseded_by}" if record.superseded_by else validity
        counts = (str(record.characters), str(record.sections))
        rows.append((record.id, record.title, region, years, kind, day, force, *counts))
    click.echo(table(rows))


@main.command(epilog=example("rag serve --host 0.0.0.0 --port 8080"))
@click.option("--host", help="Address to listen on (default: the setting `host`).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one (default: the setting `port`).")
@click.option("--reference", is_flag=True, help="Print the description of the HTTP API as Markdown, and serve nothing.")
@configured
def serve(config: Config, /, host: str | None, port: int | None, reference: bool) -> None:
    """Serve the web page and the HTTP API, which is described at /docs.

    The models load while it already answers /healthz.
    """
    import logging

    from rag.service.api import create_app
    from rag.service.server import run

    if reference:
        from rag.service.reference import markdown

        click.echo(markdown(create_app(config).openapi()), nl=False)
        return
    logging.basicConfig(format="%(levelname)s:     %(name)s: %(message)s")
    logging.getLogger("rag").setLevel(logging.INFO)
    config = replace(config, host=config.host if host is None else host, port=config.port if port is None else port)
    run(create_app(config), config, announce=click.echo)


@main.command(epilog=example("rag mcp"))
@configured
def mcp(config: Config, /) -> None:
    """Serve agents over stdin and stdout (Model Context Protocol). The service has the same at /mcp."""
    import anyio

    from rag.service.mcp import serve_stdio

    anyio.run(serve_stdio, config)


main.add_command(evaluate)
main.add_command(show_config)


@main.command(epilog=example("rag doctor"))
@as_json_option
@configured
def doctor(config: Config, /, as_json: bool) -> None:
    """Check python, models, index and disk, and say what to do. Exit code 1: something is to be done."""
    from rag.doctor import examine
    from rag.terminal import watching

    checks = []
    with watching() as watch:
        watch.say("looking")
        for check in examine(config):
            checks.append(check)
            watch.say(f"looked at {check.name}")
    if as_json:
        echo_json([asdict(check) for check in checks])
    else:
        for check in checks:
            state = click.style("ok  ", fg="green") if check.ok else click.style("FAIL", fg="red")
            click.echo(f"{state}  {check.name}: {check.detail}" + ("" if check.ok else f"\n      {check.remedy}"))
    finish(DONE if all(check.ok for check in checks) else NOTHING)


def _used(config: Config) -> list[str]:
    from rag.models import provision

    return [status.name for status in provision.listing(config) if status.used]
