"""Turns held-out articles into the reader's and the judge's figures, as the command `python -m rag.training.assess`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import click

from rag.answers.constraints import unmet_by
from rag.answers.evidence import content_sentences
from rag.answers.query import Filters, understand
from rag.config import load_config
from rag.evaluation.measures import auroc, exact_match, f1, mean
from rag.models.judge import Judge, open_judge
from rag.models.reader import Reader, open_reader
from rag.reports.chunks import Chunk
from rag.training.examples import Example, Row, answered, load_rows, sentence_spans, split
from rag.training.judge import LENGTHS as WINDOWS
from rag.training.mixture import LENGTHS, Mixture, elsewhere, hard_neighbours
from rag.training.near_misses import Names, near_miss
from rag.training.reports import invented_group
from rag.training.written import load_sections, split_sections, written_group


@dataclass(frozen=True)
class Tally:
    """What was measured, pair by pair: figures by name, and answerability by kind of pair."""

    measured: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    surely: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(_joined(self.measured, other.measured), _joined(self.surely, other.surely))

    def answer(self, said: str, answers: Sequence[str], *, answerability: float) -> None:
        self.measured["EM"].append(exact_match(said, answers))
        self.measured["F1"].append(f1(said, answers))
        self.surely["answered"].append(answerability)

    def figures(self) -> dict[str, float | None]:
        """Means, and the AUROC of answerability: answered pairs against near misses, and against each kind alone."""
        kinds = {kind: values for kind, values in sorted(self.surely.items()) if kind != "answered"}
        near = [value for kind, values in kinds.items() if kind != "hard" for value in values]
        areas = {f"AUROC near misses ({len(near)})": auroc(self.surely["answered"], near)}
        areas |= {f"AUROC {kind} ({len(v)})": auroc(self.surely["answered"], v) for kind, v in kinds.items()}
        return {name: mean(values) for name, values in self.measured.items()} | areas


def _joined(one: dict[str, list[float]], two: dict[str, list[float]]) -> dict[str, list[float]]:
    return {name: one.get(name, []) + two.get(name, []) for name in [*one, *(name for name in two if name not in one)]}


def assess(reader: Reader, rows: Sequence[Row], *, seed: int) -> Tally:
    """EM, F1, the share of best sentences that hold an answer, that of answers kept out, and answerability.

    Each row is read once with its own passage, once as a near miss and once with its nearest other passage.
    """
    random, names, tally = Random(seed), Names.of(row.question for row in rows), Tally()
    neighbours = hard_neighbours(rows)
    for row in rows:
        sentences = sentence_spans(row.passage)
        reading = reader.read(row.question, [row.passage], sentences=[sentences])[0]
        start, end = reading.span
        tally.measured["right sentence kept out"].append(float(kept_out(row)))
        tally.answer(row.passage[start:end], row.answers, answerability=reading.answerability)
        best = max(range(len(sentences)), key=lambda at: reading.sentence_scores[at])
        begin, stop = sentences[best]
        held = any(begin < at + len(answer) and stop > at for at, answer in zip(row.starts, row.answers, strict=True))
        tally.measured["best sentence"].append(float(held))
        for other in [near_miss(row, names, random), *_hard(answered(row), neighbours[row.id])]:
            if other is not None:
                tally.surely[other.kind].append(_answerability(reader, other))
    return tally


def kept_out(row: Row) -> bool:
    """Whether no sentence that holds an answer meets what the question fixes, as `unmet_by` has it: a fault of that."""
    query = understand(row.question, (), filters=Filters(), longest=len(row.question) + 1)
    chunk = Chunk("", "", "", (), "front", 0, len(row.passage), row.passage, ())
    right = (
        row.passage[start:end] for start, end in content_sentences(chunk) if any(start <= at < end for at in row.starts)
    )
    met = [not unmet_by(facet, query, text, "", chunk, planned=False) for text in right for facet in query.facets]
    return bool(met) and not any(met)


def assess_groups(reader: Reader, groups: Iterable[list[Example]]) -> Tally:
    """The same for examples that are there already."""
    tally = Tally()
    for example in (example for group in groups for example in group):
        if example.span is None:
            tally.surely[example.kind].append(_answerability(reader, example))
            continue
        (reading,) = reader.read(example.question, [example.passage], sentences=[[]])
        wanted, said = (example.passage[start:end] for start, end in (example.span, reading.span))
        tally.answer(said, [wanted], answerability=reading.answerability)
    return tally


def assess_judge(judge: Judge, groups: Iterable[Sequence[Example]]) -> Tally:
    """How well the judge tells examples that hold an answer from those that do not."""
    tally = Tally()
    for example in (example for group in groups for example in group):
        kind = "answered" if example.span else example.kind
        tally.surely[kind] += judge.judge(example.question, [example.passage])
    return tally


def windows(rows: Sequence[Row], random: Random) -> Iterator[list[Example]]:
    """For each row a group as the judge is trained on: a few sentences with the answer, and some without it."""
    mixture = Mixture.of(rows, lengths=WINDOWS)
    for row in rows:
        beside = elsewhere(row, WINDOWS, random)
        yield mixture.group(row, random) + ([] if beside is None else [beside])


def _hard(example: Example, passages: Sequence[str]) -> Iterator[Example]:
    for passage in passages[:1]:
        yield replace(example, passage=passage, span=None, kind="hard")


def _answerability(reader: Reader, example: Example) -> float:
    return reader.read(example.question, [example.passage], sentences=[[]])[0].answerability


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
@click.option("--judge", default=None, help="assess this adapter instead: default, or a folder")
def main(data: Path, rows: int, groups: int, reader: str | None, judge: str | None) -> None:
    """Print the reader's figures on the articles it was not trained on, by set, and on made-up sections.

    With --judge those of a judge, on what it is given to read: a few sentences.
    """
    if judge == "none":
        raise click.BadParameter("there is none to assess; default, or a folder", param_hint="--judge")
    _, held_out = split(load_rows(sorted(data.glob("*.jsonl"))))
    if rows:
        held_out = Random(0).sample(held_out, min(rows, len(held_out)))
    _, sections = split_sections(load_sections())
    random = Random(2)  # which no training has seen
    second = open_judge(load_config(judge=judge)) if judge else None
    if second is not None:
        _show("all sets", assess_judge(second, windows(held_out, random)))
        written = (written_group(section, WINDOWS, random) for section in sections)
        _show(f"{len(sections)} written sections", assess_judge(second, written))
        return
    opened = open_reader(load_config(reader=reader))
    whole = Tally()
    for source in sorted({row.source for row in held_out}):
        tally = assess(opened, [row for row in held_out if row.source == source], seed=2)
        whole += tally
        _show(source, tally)
    _show("all sets", whole)
    invented = (invented_group(random) for _ in range(groups))
    _show(f"{groups} invented report sections", assess_groups(opened, invented))
    written = (written_group(section, LENGTHS, random) for section in sections)
    _show(f"{len(sections)} written sections", assess_groups(opened, written))


def _show(name: str, tally: Tally) -> None:
    click.echo(f"{name} ({len(tally.surely['answered'])} answered)")
    for figure, value in tally.figures().items():
        click.echo(f"  {figure:32} {'-' if value is None else format(value, '.3f')}")


if __name__ == "__main__":
    main()
