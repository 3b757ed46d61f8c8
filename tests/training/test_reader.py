import json
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from random import Random

import pytest
import torch

from rag.models.cross_encoder import CrossEncoder, PairEncoder, embedder_tokenizer
from rag.training.examples import Example
from rag.training.reader import BATCH_TOKENS, Item, Progress, batches, item_of, loss_of, mean_of, own, rate, train
from tests.tiny_encoder import write_tiny_encoder

PASSAGE = "成都新建幼儿园36所。小学有5所。"
ANSWERED = Example("新建幼儿园多少所?", PASSAGE, (7, 10), "plain")
MISSED = Example("新建小学多少所?", PASSAGE, None, "noun")


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_encoder(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def encoder(embedder: Path) -> PairEncoder:
    return PairEncoder(embedder_tokenizer(embedder), window=256, overlap=0)


def test_labels_are_the_tokens_of_the_answer_and_of_its_sentence(encoder: PairEncoder) -> None:
    item = item_of(ANSWERED, encoder)
    assert item is not None
    assert item.span is not None
    assert item.sentence is not None

    def text(span: tuple[int, int]) -> str:
        offsets = item.pair.offsets[span[0] - item.pair.first : span[1] - item.pair.first + 1]
        return PASSAGE[offsets[0][0] : offsets[-1][1]]

    assert text(item.span) == "36所"
    assert text(item.sentence) == "成都新建幼儿园36所。"


def test_what_does_not_fit_one_window_is_left_out(encoder: PairEncoder) -> None:
    assert item_of(Example("多少?", "小学有5所。" * 100, (3, 5), "plain"), encoder) is None
    missed = item_of(MISSED, encoder)
    assert missed == Item(encoder.windows(MISSED.question, PASSAGE)[0], None, None)


def test_batches_hold_every_example_and_little_padding(encoder: PairEncoder) -> None:
    examples = [[Example("多少?", "小学有5所。" * (1 + n % 20), None, "hard")] for n in range(48)]
    found = list(batches(iter(examples), encoder, Random(0)))
    assert sum(len(batch) for batch in found) == 48
    for batch in found:
        longest = max(len(item.pair.ids) for item in batch)
        assert len(batch) * longest <= BATCH_TOKENS + 16 * len(batch)


def test_the_rate_warms_up_and_ends_at_nothing() -> None:
    assert [rate(share) for share in (0, 0.025, 0.05, 0.525, 1, 1.2)] == pytest.approx([0, 0.5, 1, 0.5, 0, 0])


def test_kept_weights_are_a_part_of_the_mean() -> None:
    trained, start = {"a": torch.tensor([4.0]), "ids": torch.tensor([1])}, {"a": torch.tensor([0.0])}
    mean = mean_of(trained, start, keep=0.25)
    assert mean["a"].item() == 3.0
    assert mean["ids"].item() == 1
    assert mean_of(trained, start, keep=0.0)["a"].item() == 4.0


def test_a_batch_without_answers_has_no_span_loss(embedder: Path, encoder: PairEncoder) -> None:
    item = item_of(MISSED, encoder)
    assert item is not None
    _, parts = loss_of(CrossEncoder.from_embedder(embedder), [item])
    assert parts["span"] == 0
    assert parts["answerable"] == pytest.approx(0.69, abs=1)


def test_training_learns_and_is_taken_up_where_it_stopped(embedder: Path, encoder: PairEncoder, tmp_path: Path) -> None:
    items = [item for example in (ANSWERED, MISSED) if (item := item_of(example, encoder))]
    stream: Iterator[list[Item]] = repeat(items)
    torch.manual_seed(0)
    model = CrossEncoder.from_embedder(embedder)
    before = loss_of(model, items)[0].item()
    progress = Progress.of(tmp_path / "checkpoint.pt", trained=own)
    train(model, stream, progress=progress, minutes=0.05)
    after = loss_of(model, items)[0].item()
    assert after < before

    resumed = Progress.of(tmp_path / "checkpoint.pt", trained=own)
    assert resumed.step == progress.step
    assert resumed.seconds >= 3
    again = CrossEncoder.from_embedder(embedder)
    train(again, stream, progress=resumed, minutes=0.05)  # the time is spent: only the checkpoint is read
    assert loss_of(again, items)[0].item() == pytest.approx(after, rel=1e-3)
    words = CrossEncoder.from_embedder(embedder).encoder.embeddings.word_embeddings.weight
    assert torch.equal(model.encoder.embeddings.word_embeddings.weight, words)


def test_rows_of_a_file_become_weights(embedder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from rag.models import reader_weights
    from rag.training import reader

    rows = [
        {"id": f"q{n}", "question": "新建幼儿园多少所?", "answers": ["36所"], "answer_start": [7],
         "passage_id": f"p{n}", "context": PASSAGE}
        for n in range(30)
    ]  # fmt: skip
    (tmp_path / "set.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    monkeypatch.setattr(reader.provision, "locate", lambda name, config: embedder)
    arguments = ["--data", str(tmp_path), "--out", str(tmp_path / "out"), "--minutes", "0.02"]
    outcome = CliRunner().invoke(reader.main, arguments, catch_exceptions=False)
    assert outcome.exit_code == 0
    reader_weights.load(CrossEncoder.from_embedder(embedder), tmp_path / "out")
