"""`rag ask`, `chat`, `search` and `cite`: words typed in a terminal to answers, sections and cited passages."""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from rag.commands import DONE, NOTHING, WORDS, as_json_option, configuration, configured, echo_json, example, finish
from rag.config import Config
from rag.errors import InputError, RagError

if TYPE_CHECKING:
    from rag.answers.answer import Answer
    from rag.answers.pipeline import Pipeline
    from rag.index.snapshot import ReportRecord

# As in rag/cli.py, each command imports what it needs.

Command = TypeVar("Command", bound=Callable[..., Any])
Completion = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _completing(values: Callable[["ReportRecord"], list[tuple[str, str]]]) -> Completion:
    """Complete an option with what `values` gives of each indexed report: a value and its explanation."""

    def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from rag.index.snapshot import Snapshot

        try:
            config = configuration(ctx)
            with closing(Snapshot.open(config.index_dir, config=config)) as snapshot:
                found = dict(value for record in snapshot.reports() for value in values(record))
        except RagError:
            return []  # whoever types is told when the command runs
        return [CompletionItem(value, help=help) for value, help in found.items() if value.startswith(incomplete)]

    return complete


_reports = _completing(lambda record: [(record.id, record.title)])
_regions = _completing(lambda record: [(record.metadata.region.value, "")] if record.metadata.region else [])
_years = _completing(lambda record: [(str(year), "") for year in record.metadata.years])
_issuers = _completing(lambda record: [(record.metadata.issuer.value, "")] if record.metadata.issuer else [])


def filter_options(command: Command) -> Command:
    """The options that restrict a command to some of the reports; they arrive as the tuple each of its name."""
    year = click.IntRange(1900, 2100)
    for name, into, kind, help, complete in (
        ("--issuer", "issuers", WORDS, "Only reports this body issued.", _issuers),
        ("--year", "years", year, "Only of this year.", _years),
        ("--region", "regions", WORDS, "Only reports of this region.", _regions),
        ("--report", "reports", WORDS, "Only this report, by its id.", _reports),
    ):
        command = click.option(name, into, multiple=True, type=kind, help=help, shell_complete=complete)(command)
    return command


def generate_option(command: Command) -> Command:
    return click.option(
        "--no-generate", is_flag=True, help="Answer in the evidence's own words, without the generator."
    )(command)


@click.command(epilog=example('rag ask "How many pupils were enrolled in 2018?" --region 成都 --no-generate'))
@click.argument("question", type=WORDS)
@generate_option
@click.option("--top-k", type=click.IntRange(1), help="Sections read for the answer.")
@filter_options
@as_json_option
@configured
def ask(
    config: Config, /, question: str, no_generate: bool, top_k: int | None, as_json: bool, **filters: tuple[Any, ...]
) -> None:
    """Answer QUESTION from the indexed reports, with citations. Exit code 1: the reports do not say."""
    from rag.terminal import answer_text, links_to

    pipeline = _opened(replace(config, generate=False) if no_generate else config)
    answer = _answer(pipeline, question, filters, top_k=top_k)
    if as_json:
        echo_json(answer.as_json())
    else:
        click.echo(answer_text(answer, links=links_to(config)))
    finish(NOTHING if answer.refused else DONE)


@click.command(epilog=example("rag chat --region 成都"))
@generate_option
@filter_options
@configured
def chat(config: Config, /, no_generate: bool, **filters: tuple[Any, ...]) -> None:
    """Ask one question after another; each may lean on those before it (那乐山呢?).

    /new forgets them, /quit or the end of the input ends it.
    """
    from rag.terminal import answer_text, links_to

    pipeline = _opened(replace(config, generate=False) if no_generate else config)
    links = links_to(config)
    history: list[str] = []
    for question in _typed():
        if question == "/quit":
            break
        if question == "/new":
            history.clear()
            continue
        try:
            answer = _answer(pipeline, question, filters, history=history)
        except InputError as error:  # the next question may be a better one
            click.echo(f"error: {error}", err=True)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
        else:
            history.append(question)
            click.echo(f"{answer_text(answer, links=links)}\n")


@click.command(epilog=example('rag search "随迁子女 义务教育" --year 2018 --top-k 3'))
@click.argument("query", type=WORDS)
@click.option("--top-k", type=click.IntRange(1), default=10, show_default=True, help="Sections shown at most.")
@filter_options
@as_json_option
@configured
def search(config: Config, /, query: str, top_k: int, as_json: bool, **filters: tuple[Any, ...]) -> None:
    """Find the sections that fit QUERY, best first."""
    from rag.answers.query import Filters
    from rag.terminal import hits_text

    pipeline = _opened(replace(config, generate=False))  # no generator is needed to search
    hits = pipeline.search(query, top_k=top_k, filters=Filters(**filters))
    titles = [pipeline.title(hit.chunk.report) for hit in hits]
    if as_json:
        from rag.service.schemas import HitBody, SearchBody

        bodies = [HitBody.of(hit, title) for hit, title in zip(hits, titles, strict=True)]
        echo_json(SearchBody(query=query, hits=bodies).model_dump())
    elif hits:
        click.echo(hits_text(hits, titles))
    finish(DONE if hits else NOTHING)


@click.command(epilog=example("rag cite Y2hlbmdkdS0yMDE4LXN1bW1hcnkK5LqMLyjkuIApCjUzNgo1NzkKOWVhYWY2N2Y1OTEx"))
@click.argument("citation_id", metavar="ID", type=WORDS)
@as_json_option
@configured
def cite(config: Config, /, citation_id: str, as_json: bool) -> None:
    """Open a citation at its words. Exit code 1: they changed or were withdrawn since."""
    from rag.answers.citations import look_up
    from rag.index.snapshot import Snapshot
    from rag.terminal import links_to, passage_text

    with closing(Snapshot.open(config.index_dir, config=config)) as snapshot:
        passage = look_up(citation_id, snapshot)
    if as_json:
        echo_json(asdict(passage))
    else:
        click.echo(passage_text(passage, links=links_to(config)))
    finish(DONE if passage.status == "current" else NOTHING)


def _opened(config: Config) -> "Pipeline":
    from rag.answers.pipeline import Pipeline
    from rag.terminal import watching

    with watching() as watch:
        watch.say("loading the models")
        return Pipeline.open(config)


def _answer(
    pipeline: "Pipeline",
    question: str,
    filters: dict[str, tuple[Any, ...]],
    *,
    top_k: int | None = None,
    history: list[str] | None = None,
) -> "Answer":
    """The answer, while stderr shows what is being done."""
    from rag.answers.answer import Answer
    from rag.answers.query import Filters
    from rag.terminal import watching

    steps = pipeline.stream(question, history=history or (), filters=Filters(**filters), top_k=top_k)
    with watching() as watch, closing(steps):
        for event in steps:
            if event.type == "status":
                watch.say(str(event.data))
    assert isinstance(event.data, Answer)  # a stream ends with its answer
    return event.data


def _typed() -> Iterator[str]:
    """The lines of stdin that hold anything; with a prompt, and keys to edit and repeat, only where somebody types."""
    prompt = ""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    if sys.stdin.isatty():
        import_module("readline")  # `input` uses it once it is there
        prompt = "> "
    while True:
        try:
            line = input(prompt).strip()
        except EOFError:
            return
        if line:
            yield line
