"""What the commands of the command line share: the configuration read when they run, and results as JSON."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from rag.config import Config, load_config

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def configured(command: Callable[Concatenate[Config, Parameters], Result]) -> Callable[Parameters, Result]:
    """Give the command the configuration, read only now, so that `--help` works whatever is configured."""

    @functools.wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        file: Path | None = click.get_current_context().find_root().params["config"]
        return command(load_config(file), *args, **kwargs)

    return run


def example(*lines: str) -> str:
    """The end of a command's help: lines that can be copied (the mark keeps click from breaking them)."""
    return "\n".join(["\b", "Example:" if len(lines) == 1 else "Examples:", *(f"  {line}" for line in lines)])


def echo_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
