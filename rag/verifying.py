"""`rag verify`: a text or a stored answer in a file to the verdict of each of its statements."""

import json
from dataclasses import replace
from typing import Any, TextIO

import click

from rag.commands import DONE, NOTHING, as_json_option, configured, echo_json, example, finish
from rag.config import Config

# As in rag/cli.py, the command imports what it needs.


@click.command(epilog=example("rag verify draft.txt"))
@click.argument("file", type=click.File(encoding="utf-8"))
@as_json_option
@configured
def verify(config: Config, /, file: TextIO, as_json: bool) -> None:
    """Check the statements in FILE (- for stdin) against the reports.

    FILE is a text, each statement of which is looked for in the reports, or an answer as `rag ask --json` prints it,
    each claim of which is checked against the words it cites, as they are now. Exit code 1: not all are supported.
    """
    from rag.answers.checking import statements_of, statements_of_answer
    from rag.answers.pipeline import Pipeline
    from rag.terminal import checked_text, watching

    text = file.read()
    answer = _stored_answer(text)
    statements = statements_of(text, {}) if answer is None else statements_of_answer(answer)
    with watching() as watch:
        watch.say("loading the models")
        pipeline = Pipeline.open(replace(config, generate=False))  # no generator is needed to check
        checked = pipeline.check(statements)
    if as_json:
        echo_json([item.as_json() for item in checked])
    else:
        click.echo(checked_text(checked))
    finish(DONE if checked and all(item.verdict == "supported" for item in checked) else NOTHING)


def _stored_answer(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
