"""`rag eval`: gold files, public question sets, or a folder of both, to the figures they are known by."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from rag.commands import as_json_option, configured, echo_json, example
from rag.config import Config
from rag.errors import InputError

if TYPE_CHECKING:
    from rag.evaluation.grading import Row

# As in rag/cli.py, each command imports what it needs.

Command = TypeVar("Command", bound=Callable[..., Any])

_GOLD, _ALL = "GOLD", "--all"  # the two commands that have no name to type: a file stands there, or an option


class Measured(Protocol):
    def as_json(self) -> dict[str, Any]: ...
    def table(self) -> str: ...


class _Evaluations(click.Group):
    """Runs the command that is named first; where none is, `--all` anywhere measures all, and else a file is graded."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Only --help in the first place is the group's own; `rag eval --json GOLD …` is an option of the command.
        own = not args or args[0] in ctx.help_option_names
        return super().parse_args(ctx, args if own else ["--", *args])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in self.commands and args[0] not in (_GOLD, _ALL):
            return super().resolve_command(ctx, args)
        if _ALL in args:
            at = args.index(_ALL)
            return _ALL, self.commands[_ALL], [*args[:at], *args[at + 1 :]]
        return _GOLD, self.commands[_GOLD], args


class _Unnamed(click.Command):
    """A command whose argument stands in the place of its name, and so is not repeated in its usage."""

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [self.options_metavar or ""]


def _paths_option(name: str, into: str, *, required: bool, help: str) -> Callable[[Command], Command]:
    return click.option(
        name,
        into,
        multiple=True,
        required=required,
        metavar="DIR",
        type=click.Path(exists=True, path_type=Path),
        help=f"{help}: a folder or a file. May be given more than once.",
    )


_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_limit_option = click.option(
    "--limit", type=click.IntRange(1), help="Ask only the first questions of each public file."
)


@click.group(
    "eval",
    cls=_Evaluations,
    subcommand_metavar="GOLD | --all FOLDER | COMMAND …",
    options_metavar="",
    epilog=example(
        "rag eval gold.jsonl --reports reports --failures",
        "rag eval retrieval passages.jsonl questions.jsonl",
        "rag eval reader dev.jsonl test.jsonl --limit 500",
        "rag eval rgb zh_refine.jsonl zh_int.jsonl",
        "rag eval --all shared --readme README.md",
    ),
)
def evaluate() -> None:
    """Measure answers, on your own questions or public sets.

    Without the name of a command, the first argument is a file of questions with their expected answers; a file that
    bears such a name is given as ./rgb. Indexes are built in the folder of the setting `evaluation_dir`: your own
    index is left alone.
    """


@evaluate.command(
    _GOLD,
    cls=_Unnamed,
    options_metavar="--reports DIR [OPTIONS]",
    epilog=example("rag eval gold.jsonl --reports reports --failures"),
)
@click.argument("gold", type=_file)
@_paths_option("--reports", "folders", required=True, help="Reports that the gold asks about")
@_paths_option("--distractors", "distractors", required=False, help="Reports, indexed too, that it does not ask about")
@click.option("--no-generate", is_flag=True, help="Evaluate the answers in the evidence's own words.")
@click.option("--failures", is_flag=True, help="Show each failing question too.")
@click.option(
    "--curve",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Answer at the eager operating point, and draw how many answers are wrong at each confidence (SVG).",
)
@as_json_option
@configured
def gold(
    config: Config,
    /,
    gold: Path,
    folders: tuple[Path, ...],
    distractors: tuple[Path, ...],
    no_generate: bool,
    failures: bool,
    curve: Path | None,
    as_json: bool,
) -> None:
    """Ask every question of GOLD and grade the answers.

    One table: all questions first, then by kind.
    """
    from rag.evaluation.runs import evaluate_gold
    from rag.terminal import watching

    if no_generate:
        config = replace(config, generate=False)
    if curve is not None:
        config = replace(config, refusal="eager")
    with watching() as watch:
        watch.say("loading the models")
        evaluation = evaluate_gold(gold, folders, config, distractors=distractors, progress=watch.count)
    if curve is not None:
        _draw(evaluation.rows, curve, title=f"{gold.name}: risk and coverage")
    _echo(evaluation, as_json=as_json)
    if failures and not as_json:
        click.echo(f"\n{evaluation.failures()}")


@evaluate.command(_ALL, epilog=example("rag eval --all shared --readme README.md"))
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_limit_option
@click.option("--readme", type=_file, help="Compare with the scorecard in this file, then write the new one there.")
@as_json_option
@configured
def everything(config: Config, /, folder: Path, limit: int | None, readme: Path | None, as_json: bool) -> None:
    """Measure all that FOLDER holds, as one scorecard.

    \b
    FOLDER holds, as far as there is any:
      gold/*.jsonl               asked on reports/, alone and among data/documents/
      data/rgb/*.jsonl           as by `rag eval rgb`
      data/reader/*.jsonl        as by `rag eval reader`; their lines also have `id`,
                                 `passage_id` and `answer_start`
      data/retrieval/            X.passages.jsonl and X.questions.jsonl, as by
                                 `rag eval retrieval`

    Questions that the reader was trained on are not asked. With --readme, what is worse than before is marked.
    """
    from rag.evaluation.scorecard import measure_all, read_scorecard
    from rag.terminal import watching

    earlier = read_scorecard(readme) if readme else None
    with watching() as watch:
        watch.say("loading the models")
        scorecard = measure_all(folder, config, limit=limit, progress=watch.count)
    # Printed first: figures that took hours are not lost where the README has no place for them.
    if as_json:
        echo_json(scorecard.as_json())
    else:
        click.echo(scorecard.table(earlier=earlier))
    if readme:
        scorecard.write_into(readme)


@evaluate.command(epilog=example("rag eval retrieval passages.jsonl questions.jsonl --limit 200"))
@click.argument("passages", type=_file)
@click.argument("questions", type=_file)
@_limit_option
@as_json_option
@configured
def retrieval(config: Config, /, passages: Path, questions: Path, limit: int | None, as_json: bool) -> None:
    """Rank PASSAGES for QUESTIONS: recall and MRR.

    The figures called reader_… are those after the reader has put the first passages in its own order.

    Lines of PASSAGES have `id`, `title` and `text`; lines of QUESTIONS `question` and `gold`, the ids of passages.
    """
    from rag.evaluation.benchmarks import measure_retrieval
    from rag.terminal import watching

    with watching() as watch:
        watch.say("loading the models")
        benchmark = measure_retrieval(passages, questions, config=config, limit=limit, progress=watch.count)
    _echo(benchmark, as_json=as_json)


@evaluate.command(epilog=example("rag eval reader dev.jsonl test.jsonl --limit 500"))
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_file)
@_limit_option
@as_json_option
@configured
def reader(config: Config, /, files: tuple[Path, ...], limit: int | None, as_json: bool) -> None:
    """Read one passage a question: exact match, F1, AUROC.

    Lines have `question`, `context`, `answers` and, where the context does not answer, `is_impossible`. All lines are
    read: of a file that the reader was trained on, only `rag eval --all` leaves out the questions it has seen.
    """
    from rag.evaluation.benchmarks import measure_reader
    from rag.terminal import watching

    with watching() as watch:
        watch.say("loading the models")
        benchmark = measure_reader(files, config=config, limit=limit, progress=watch.count)
    _echo(benchmark, as_json=as_json)


@evaluate.command(epilog=example("rag eval rgb zh_refine.jsonl zh_int.jsonl"))
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_file)
@_limit_option
@as_json_option
@configured
def rgb(config: Config, /, files: tuple[Path, ...], limit: int | None, as_json: bool) -> None:
    """Answer among noise, refuse on noise alone (RGB).

    Lines have `question`, `answers`, `positive` and `negative` passages; the form of `positive` tells which of the
    benchmark's tests it is (arXiv 2309.01431).
    """
    from rag.evaluation.rgb import measure_rgb
    from rag.terminal import watching

    with watching() as watch:
        watch.say("loading the models")
        benchmark = measure_rgb(files, config=config, limit=limit, progress=watch.count)
    _echo(benchmark, as_json=as_json)


def _draw(rows: "Sequence[Row]", curve: Path, *, title: str) -> None:
    from rag.answers.answerability import OPERATING_POINTS, shipped
    from rag.evaluation.curve import picture, risk_coverage

    thresholds = {name: shipped("reports").thresholds[name] for name in OPERATING_POINTS}
    try:
        curve.write_text(picture(risk_coverage(rows), thresholds, title=title), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{curve} cannot be written: {error.strerror}", remedy="Give a file in a folder.") from error


def _echo(measured: Measured, *, as_json: bool) -> None:
    if as_json:
        echo_json(measured.as_json())
    else:
        click.echo(measured.table())
