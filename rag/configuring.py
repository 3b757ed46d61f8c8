"""`rag config`: the settings in force and where each comes from, or the reference of all there are."""

import json
import os
from dataclasses import Field, asdict, fields
from pathlib import Path
from typing import Any

import click

from rag.commands import as_json_option, configuration, echo_json, example
from rag.config import ENVIRONMENT_PREFIX, Config, origins

# As in rag/cli.py, the command imports what it needs.

_HEAD = """\
# Configuration

Made from the program itself by `rag config --reference`. Every setting has a default. The file `rag.toml` in the
working directory, or the one given with `--config FILE`, goes before it, and the environment before both. An unknown
setting or a value of the wrong kind is an error. `rag config` shows what is in force and where it comes from.

| setting | environment variable | value | default | meaning |
|---|---|---|---|---|
"""
_KINDS = {bool: "true or false", int: "whole number", float: "number", str: "text"}


@click.command("config", epilog=example("rag config --json"))
@click.option("--reference", is_flag=True, help="Print all settings there are as Markdown, whatever is configured.")
@as_json_option
@click.pass_context
def config(context: click.Context, /, reference: bool, as_json: bool) -> None:
    """Show the settings in force, and where each comes from: the default, the file or the environment."""
    from rag.terminal import table

    if reference:
        click.echo(reference_text(), nl=False)
        return
    values = {name: _plain(value) for name, value in asdict(configuration(context)).items()}
    found = origins(context.find_root().params.get("config"))
    if as_json:
        echo_json([{"name": name, "value": value, "origin": found[name]} for name, value in values.items()])
        return
    rows = [(name, _toml(value), "" if found[name] == "default" else found[name]) for name, value in values.items()]
    click.echo(table([("setting", "value", "from"), *rows]))


def reference_text() -> str:
    """All settings as a Markdown document."""
    return _HEAD + "".join(f"{_row(item)}\n" for item in fields(Config))


def _row(item: Field[Any]) -> str:
    choices, least = item.metadata["choices"], item.metadata["least"]
    kind = "path" if isinstance(item.default, Path) else _KINDS[type(item.default)]
    value = ", ".join(f"`{choice}`" for choice in choices) or kind + (f", at least {least}" * (least is not None))
    default = f"`{_toml(_plain(item.default))}`"
    cells = (f"`{item.name}`", f"`{ENVIRONMENT_PREFIX}{item.name.upper()}`", value, default, item.metadata["help"])
    return f"| {' | '.join(cells)} |"


def _plain(value: Any) -> Any:
    """A value as JSON and TOML know it."""
    return os.fspath(value) if isinstance(value, Path) else value


def _toml(value: Any) -> str:
    """A plain value as it is written in `rag.toml`, which is as JSON has it."""
    return json.dumps(value, ensure_ascii=False)
