"""Turns held-out articles into the reader's figures, as the command `python -m rag.training.assess`."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import click

from rag.config import load_config
from rag.evaluation.measures import auroc, exact_match, f1, mean
from rag.models.reader import Reader, open_reader
from rag.training.examples import Example, Row, answered, load_rows, sentence_spans, split
from rag.training.mixture import hard_neighbours
from rag.training.near_misses import Names, near_miss
from rag.training.reports import invented_group


def assess(reader: Reader, rows: Sequence[Row], *, seed: int) -> dict[str, float | None]:
    """EM, F1, the share of best sentences that hold an answer, and AUROC of answerability by kind of negative.

    Each row is read once with its own passage, once with a near miss of it and once with its nearest other passage.
    """
    random, names = Random(seed), Names.of(row.question for row in rows)
    neighbours = hard_neighbours(rows)
    measured: dict[str, list[float]] = defaultdict(list)
    surely: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        example = answered(row)
        sentences = sentence_spans(row.passage)
        reading = reader.read(row.question, [row.passage], sentences=[sentences])[0]
        start, end = reading.span
        measured["EM"].append(exact_match(row.passage[start:end], row.answers))
        measured["F1"].append(f1(row.passage[start:end], row.answers))
        best = max(range(len(sentences)), key=lambda at: reading.sentence_scores[at])
        begin, stop = sentences[best]
        measured["sentence"].append(float(any(answer in row.passage[begin:stop] for answer in row.answers)))
        surely["answered"].append(reading.answerability)
        for other in [near_miss(row, names, random), *_hard(example, neighbours[row.id])]:
            if other is not None:
                surely[other.kind].append(_answerability(reader, other))
    return {name: mean(values) for name, values in measured.items()} | _areas(surely)


def assess_reports(reader: Reader, *, groups: int, seed: int) -> dict[str, float | None]:
    """The same for invented report sections that no training with another seed has seen."""
    random = Random(seed)
    measured: dict[str, list[float]] = defaultdict(list)
    surely: dict[str, list[float]] = defaultdict(list)
    for example in (example for _ in range(groups) for example in invented_group(random)):
        reading = reader.read(example.question, [example.passage], sentences=[[]])[0]
        surely["answered" if example.span else example.kind].append(reading.answerability)
        if example.span:
            wanted, said = (example.passage[start:end] for start, end in (example.span, reading.span))
            measured["EM"].append(exact_match(said, [wanted]))
            measured["F1"].append(f1(said, [wanted]))
    return {name: mean(values) for name, values in measured.items()} | _areas(surely)


def _hard(example: Example, passages: Sequence[str]) -> Iterator[Example]:
    for passage in passages[:1]:
        yield replace(example, passage=passage, span=None, kind="hard")


def _answerability(reader: Reader, example: Example) -> float:
    return reader.read(example.question, [example.passage], sentences=[[]])[0].answerability


def _areas(surely: dict[str, list[float]]) -> dict[str, float | None]:
    answered_ones = surely.pop("answered")
    near = [value for kind, values in surely.items() if kind != "hard" for value in values]
    areas = {"AUROC near misses": auroc(answered_ones, near)}
    return areas | {
        f"AUROC {kind} ({len(values)})": auroc(answered_ones, values) for kind, values in sorted(surely.items())
    }


@click.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="folder of question sets, *.jsonl",
)
@click.option("--rows", type=int, default=0, help="held-out rows to read; 0: all")
@click.option("--groups", type=int, default=300, show_default=True, help="invented report sections to read")
@click.option("--reader", default=None, help="folder of weights; default: as configured")
def main(data: Path, rows: int, groups: int, reader: str | None) -> None:
    """Print the reader's figures on the articles it was not trained on, by set, and on invented reports."""
    opened = open_reader(load_config(reader=reader))
    _, held_out = split(load_rows(sorted(data.glob("*.jsonl"))))
    if rows:
        held_out = Random(0).sample(held_out, min(rows, len(held_out)))
    for source in [*sorted({row.source for row in held_out}), ""]:
        own = [row for row in held_out if row.source == source or not source]
        _show(source or "all", len(own), assess(opened, own, seed=2))
    _show("invented reports", groups, assess_reports(opened, groups=groups, seed=2))


def _show(name: str, count: int, figures: dict[str, float | None]) -> None:
    click.echo(f"{name} ({count})")
    for figure, value in figures.items():
        click.echo(f"  {figure:32} {'-' if value is None else format(value, '.3f')}")


if __name__ == "__main__":
    main()
