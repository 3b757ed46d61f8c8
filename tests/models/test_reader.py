from pathlib import Path

import pytest
import torch

from rag.config import load_config
from rag.errors import ModelError
from rag.models import reader_weights
from rag.models.cross_encoder import CrossEncoder
from rag.models.reader import SHIPPED, TrainedReader, _reading, _Window, open_reader
from tests.tiny_encoder import write_tiny_encoder


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_encoder(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def reader(embedder: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainedReader:
    folder = tmp_path_factory.mktemp("weights")
    reader_weights.save(CrossEncoder.from_embedder(embedder).state_dict(), folder, metadata={})
    return TrainedReader(folder, embedder=embedder, dtype=torch.float32)


def window(
    start: list[float], end: list[float], *, answerability: float = 0.5, evidence: list[float] | None = None
) -> _Window:
    offsets = [(2 * at, 2 * at + 2) for at in range(len(start))]
    given = evidence or [0.0] * len(start)
    return _Window(offsets, answerability, *(torch.tensor(values).float() for values in (start, end, given)))


def test_the_best_span_is_where_start_and_end_agree() -> None:
    span, score = window([0, 9, 0, 0], [0, 0, 9, 0]).best_span()
    assert span == (2, 6)
    assert score == pytest.approx(1, abs=0.01)


def test_a_span_never_ends_before_it_starts() -> None:
    span, _ = window([0, 0, 9, 0], [9, 0, 0, 0]).best_span()
    assert span[0] < span[1]


def test_of_several_windows_the_surest_gives_the_span_and_the_fullest_the_sentence() -> None:
    first = window([9, 0, 0], [9, 0, 0], answerability=0.1, evidence=[-9, -9, 9])
    second = _Window([(4, 6), (6, 8)], 0.8, torch.tensor([0.0, 9]), torch.tensor([0.0, 9]), torch.tensor([9.0, 9]))
    reading = _reading([first, second], [(0, 4), (4, 8), (90, 99)])
    assert reading.answerability == 0.8
    assert reading.span == (6, 8)
    assert reading.sentence_scores == pytest.approx((0, 1, 0), abs=0.001)


def test_readings_come_in_the_order_of_the_passages_whatever_their_length(reader: TrainedReader) -> None:
    passages = ["成都新建幼儿园36所。" * 60, "", "成都", "小学教师5名。增加2名。"]
    spans = [[(0, 12)], [], [(0, 2)], [(0, 7), (7, 12)]]
    together = reader.read("2018年成都新建幼儿园多少所?", passages, sentences=spans)
    assert [len(reading.sentence_scores) for reading in together] == [1, 0, 1, 2]
    for passage, own, reading in zip(passages, spans, together, strict=True):
        (alone,) = reader.read("2018年成都新建幼儿园多少所?", [passage], sentences=[own])
        assert reading.answerability == pytest.approx(alone.answerability, abs=0.02)
        assert 0 <= reading.span[0] <= reading.span[1] <= len(passage)
        assert 0 <= reading.span_score <= 1


def test_no_passages_give_no_readings(reader: TrainedReader) -> None:
    assert reader.read("多少?", [], sentences=[]) == []


def test_weights_survive_as_small_integers(embedder: Path, tmp_path: Path) -> None:
    model, again = CrossEncoder.from_embedder(embedder), CrossEncoder.from_embedder(embedder)
    path = reader_weights.save(model.state_dict(), tmp_path, metadata={"steps": "1"})
    reader_weights.load(again, tmp_path)
    for name, tensor in model.state_dict().items():
        off = (again.state_dict()[name] - tensor).abs().max().item()
        assert off <= tensor.abs().max().item() / 127
    assert path.stat().st_size < sum(tensor.numel() for tensor in model.state_dict().values()) * 2


def test_missing_and_foreign_weights_are_named(embedder: Path, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    with pytest.raises(ModelError, match=r"reader\.safetensors"):
        TrainedReader(tmp_path, embedder=embedder, dtype=torch.float32)
    save_file({"other": torch.zeros(2)}, tmp_path / reader_weights.FILENAME)
    with pytest.raises(ModelError, match="another model"):
        TrainedReader(tmp_path, embedder=embedder, dtype=torch.float32)


@pytest.mark.slow
def test_the_shipped_reader_tells_an_answer_from_a_near_miss() -> None:
    config = load_config()
    if not (config.models_dir / "multilingual-e5-small").is_dir():
        pytest.skip("needs the embedder: rag models pull")
    assert (SHIPPED / reader_weights.FILENAME).stat().st_size <= 45_000_000
    reader = open_reader(config)
    heading = "《保定市2016年工作总结》 > 二、学前教育\n"
    texts = ["全市新建公办园41所,新增学位1.2万个。", "培训教师830人次。", "农村道路硬化率达到97.5%。"]
    passage = heading + "".join(texts)
    spans = [(passage.index(text), passage.index(text) + len(text)) for text in texts]
    (reading,) = reader.read("2016年保定新建了多少所公办园?", [passage], sentences=[spans])
    assert passage[slice(*reading.span)] == "41所"
    assert max(reading.sentence_scores) == reading.sentence_scores[0]
    for near_miss in (
        "2013年保定新建了多少所公办园?",
        "2016年唐山新建了多少所公办园?",
        "2016年保定拆除了多少所公办园?",
    ):
        (other,) = reader.read(near_miss, [passage], sentences=[[]])
        assert other.answerability < reading.answerability
