from pathlib import Path
from typing import Any

import pytest
import torch

from rag.config import Config, load_config
from rag.errors import ModelError
from rag.models import judge_adapter
from rag.models.judge import (
    BATCH_TOKENS,
    LONGEST_ANSWER,
    NO_ANSWER,
    SHIPPED,
    AdaptedJudge,
    _batches,
    open_judge,
    prompt_ids,
)
from tests.tiny_chat import write_tiny_chat

QUESTION = "新建多少所?"
PASSAGES = ["新建36所。", "培训教师。" * 8, "", "道路硬化。"]
LAYER = "model.layers.0.mlp.up_proj"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_chat(tmp_path_factory.mktemp("models") / "tiny", end=NO_ANSWER)


def adapter(folder: Path, size: float) -> Path:
    """An adapter that adds `size` to every weight of one layer."""
    down, up = torch.ones(1, 32), torch.full((32, 1), size)
    judge_adapter.save({LAYER + judge_adapter.DOWN: down, LAYER + judge_adapter.UP: up}, folder, metadata={})
    return folder


def test_what_is_judged_is_the_probability_that_the_text_does_not_end_at_once(base: Path, tmp_path: Path) -> None:
    judge = AdaptedJudge(adapter(tmp_path, 0.0), base=base)
    for passage, said in zip(PASSAGES, judge.judge(QUESTION, PASSAGES), strict=True):
        text = f"问题：{QUESTION}\n材料：{passage}\n问题：{QUESTION}\n回答："
        ids: Any = judge._tokenizer(text, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            silent = judge._model(ids).logits[0, -1].float().softmax(-1)[256].item()
        assert said == pytest.approx(torch.logit(torch.tensor(1 - silent)).item(), abs=0.02)
    assert judge.judge(QUESTION, []) == []


def test_what_has_been_judged_is_not_read_again(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = AdaptedJudge(adapter(tmp_path, 0.0), base=base)
    first = judge.judge(QUESTION, [*PASSAGES, PASSAGES[0]])
    assert first[-1] == first[0]
    monkeypatch.setattr(judge, "_model", None)  # nothing is left to read with
    assert judge.judge(QUESTION, PASSAGES[::-1]) == first[:-1][::-1]
    with pytest.raises(AttributeError):
        judge.judge("拆除多少所?", PASSAGES)


def test_the_adapter_is_added_to_the_weights_of_its_layers_alone(base: Path, tmp_path: Path) -> None:
    plain = AdaptedJudge(adapter(tmp_path / "a", 0.0), base=base)
    adapted = AdaptedJudge(adapter(tmp_path / "b", 0.25), base=base)
    assert adapted.identity != plain.identity
    for (name, before), after in zip(plain._model.named_parameters(), adapted._model.parameters(), strict=True):
        moved = (after - before).abs()
        expected = torch.full_like(moved, 0.25 if name == f"{LAYER}.weight" else 0.0)
        assert torch.allclose(moved, expected, atol=0.01), name


def test_batches_hold_each_prompt_once_and_no_more_tokens_than_allowed() -> None:
    prompts = [[0] * length for length in (700, 30, 500, 40, 20, 900, 60)]
    found = list(_batches(prompts))
    assert sorted(at for batch in found for at in batch) == list(range(7))
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(len(prompts[at]) for at in batch) <= BATCH_TOKENS
        assert len(prompts[batch[-1]]) == max(len(prompts[at]) for at in batch)


def test_the_words_are_the_likeliest_tokens_from_the_first_that_is_no_end(base: Path, tmp_path: Path) -> None:
    judge = AdaptedJudge(adapter(tmp_path, 0.0), base=base)
    ids = prompt_ids(judge._tokenizer, QUESTION, PASSAGES[0])
    expected: list[int] = []
    while len(expected) < LONGEST_ANSWER:
        with torch.no_grad():
            logits = judge._model(torch.tensor([ids + expected])).logits[0, -1].float()
        if not expected:
            logits[256] = float("-inf")
        if logits.argmax() == 256:
            break
        expected.append(int(logits.argmax()))
    assert expected
    assert judge.words(QUESTION, PASSAGES[0]) == judge._tokenizer.decode(expected, skip_special_tokens=True)


def test_the_words_of_what_was_judged_by_itself_go_on_from_there(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = AdaptedJudge(adapter(tmp_path, 0.0), base=base)
    expected = judge.words(QUESTION, PASSAGES[0])
    alone = judge.judge(QUESTION, PASSAGES[:1])
    fresh = AdaptedJudge(adapter(tmp_path, 0.0), base=base)
    assert alone[0] == pytest.approx(fresh.judge(QUESTION, PASSAGES)[0], abs=0.02)
    monkeypatch.setattr(judge, "_read", None)  # nothing is left to read a prompt with
    assert judge.words(QUESTION, PASSAGES[0]) == expected
    with pytest.raises(TypeError):
        judge.words(QUESTION, PASSAGES[0])  # what was read has been gone on from


def test_missing_and_foreign_adapters_are_named(base: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"adapter\.safetensors"):
        AdaptedJudge(tmp_path, base=base)
    foreign = {"model.layers.7.mlp.up_proj" + judge_adapter.DOWN: torch.zeros(1, 32)}
    judge_adapter.save(foreign, tmp_path, metadata={})
    with pytest.raises(ModelError, match="made for another model"):
        AdaptedJudge(tmp_path, base=base)


def test_without_a_judge_none_is_opened() -> None:
    assert open_judge(Config(judge="none")) is None


@pytest.mark.slow
def test_the_shipped_judge_finds_the_answer_in_other_words_and_not_beside_it() -> None:
    config = load_config()
    if not (config.models_dir / "qwen2.5-coder-0.5b-instruct").is_dir():
        pytest.skip("needs the generator's weights: rag models pull")
    assert (SHIPPED / judge_adapter.FILENAME).stat().st_size <= 12_000_000
    judge = open_judge(config)
    assert judge is not None
    answers, beside, other = judge.judge(
        "保定去年多了几家公家办的幼儿园?",
        ["全市新建公办园41所,新增学位1.2万个。", "全市培训幼儿教师830人次。", "农村道路硬化率达到97.5%。"],
    )
    assert answers > max(beside, other) + 1
    section = "会议在市教育局召开。全市新建公办园41所,新增学位1.2万个。"
    assert judge.words("去年新建了多少所公办园?", section) == "41所"
