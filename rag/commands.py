"""What the commands of the command line share: the configuration read when they run, kinds of values, and endings."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

import click

from rag.config import Config, load_config

DONE, NOTHING = 0, 1

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


class _Words(click.ParamType[str]):
    """Text that is text: arguments that are not UTF-8 reach Python as lone surrogates."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            self.fail("it is not UTF-8", param, ctx)
        return value


WORDS = _Words()


def configuration(context: click.Context) -> Config:
    """What a command is configured with. Raises `ConfigError`."""
    file: Path | None = context.find_root().params.get("config")
    return load_config(file)


def configured(command: Callable[Concatenate[Config, Parameters], Result]) -> Callable[Parameters, Result]:
    """Give the command the configuration, read only now, so that `--help` works whatever is configured."""

    @functools.wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        return command(configuration(click.get_current_context()), *args, **kwargs)

    return run


def example(*lines: str) -> str:
    """The end of a command's help: lines that can be copied (the mark keeps click from breaking them)."""
    return "\n".join(["\b", "Example:" if len(lines) == 1 else "Examples:", *(f"  {line}" for line in lines)])


def echo_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def finish(exit_code: int) -> NoReturn:
    click.get_current_context().exit(exit_code)
