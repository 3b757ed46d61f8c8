import json
from itertools import islice, repeat
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from rag.models import judge_adapter
from rag.models.judge import NO_ANSWER, AdaptedJudge
from rag.training import judge
from rag.training.examples import Example, Row
from rag.training.judge import BATCH_TOKENS, adapted, batches, go_on_from, item_of, loss_of, matrices, own, train
from rag.training.mixture import Mixture
from rag.training.near_misses import Names
from rag.training.reader import Progress
from tests.tiny_chat import write_tiny_chat

PASSAGE = "成都新建幼儿园36所。小学有5所。"
ANSWERED = Example("新建幼儿园多少所?", PASSAGE, (7, 10), "plain")
MISSED = Example("新建中学多少所?", PASSAGE, None, "noun")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_chat(tmp_path_factory.mktemp("models") / "tiny", layers=2, end=NO_ANSWER)


@pytest.fixture(scope="module")
def tokenizer(base: Path) -> Any:
    return AutoTokenizer.from_pretrained(base)


def model_of(base: Path) -> Any:
    torch.manual_seed(0)
    return adapted(AutoModelForCausalLM.from_pretrained(base))


def test_an_answer_is_its_words_and_no_answer_the_end_alone(tokenizer: Any) -> None:
    item = item_of(ANSWERED, tokenizer)
    assert tokenizer.decode(item.answer) == f"36所{NO_ANSWER}"
    assert item_of(MISSED, tokenizer).answer == [256]
    assert len(item) == len(item.prompt) + len(item.answer)


def test_the_loss_is_that_of_the_answer_and_of_the_verdict(base: Path, tokenizer: Any) -> None:
    model, item = model_of(base), item_of(ANSWERED, tokenizer)
    with torch.no_grad():
        logs = model(torch.tensor([item.prompt + item.answer])).logits[0].log_softmax(-1)
    words = -sum(logs[len(item.prompt) - 1 + at, token] for at, token in enumerate(item.answer)) / len(item.answer)
    verdict = -torch.log(1 - logs[len(item.prompt) - 1, 256].exp())
    loss, parts = loss_of(model, [item])
    assert parts == pytest.approx({"words": words.item(), "verdict": verdict.item()}, abs=1e-3)
    assert loss.item() == pytest.approx(words.item() + verdict.item(), abs=1e-3)
    assert loss_of(model, [item_of(MISSED, tokenizer)])[1]["words"] == 0


def test_only_the_upper_layers_learn_and_what_they_learn_is_what_is_stored(
    base: Path, tokenizer: Any, tmp_path: Path
) -> None:
    from rag.models import judge_adapter

    model, items = model_of(base), [item_of(example, tokenizer) for example in (ANSWERED, MISSED)]
    before = loss_of(model, items)[0].item()
    progress = Progress.of(tmp_path / "checkpoint.pt", trained=own)
    train(model, repeat(items), progress=progress, minutes=0.05)
    after = loss_of(model.eval(), items)[0].item()
    assert after < before
    found = matrices(model)
    assert {name.split(".")[2] for name in found} == {"1"}
    assert len(found) == 2 * len(judge.LAYERS)

    judge_adapter.save(found, tmp_path, metadata={})
    merged = AdaptedJudge(tmp_path, base=base)
    assert loss_of(merged._model, items)[0].item() == pytest.approx(after, abs=0.02)
    further = model_of(base)
    go_on_from(further, tmp_path)
    assert loss_of(further.eval(), items)[0].item() == pytest.approx(after, abs=0.02)
    again = model_of(base)
    resumed = Progress.of(tmp_path / "checkpoint.pt", trained=own)
    train(again, repeat(items), progress=resumed, minutes=0.05)  # the time is spent: only the checkpoint is read
    assert loss_of(again.eval(), items)[0].item() == pytest.approx(after, rel=1e-3)


def test_batches_are_of_short_passages_and_bounded(tokenizer: Any) -> None:
    rows = [
        Row(f"q{n}", "s", "新建幼儿园多少所?", "", f"p{n}", PASSAGE + f"这里是第{n}页。" * n, ("36所",), (7,))
        for n in range(30)
    ]
    mixture = Mixture(rows, Names.of(()), {}, judge.LENGTHS)
    found = list(islice(batches(mixture, tokenizer, Random(0)), 20))
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(map(len, batch)) <= BATCH_TOKENS + 16 * len(batch)
    answers = [len(item.answer) > 1 for batch in found for item in batch]
    assert 0.2 < sum(answers) / len(answers) < 0.8


def test_rows_of_a_file_become_an_adapter(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    rows = [
        {"id": f"q{n}", "question": "新建幼儿园多少所?", "answers": ["36所"], "answer_start": [7],
         "passage_id": f"p{n}", "context": PASSAGE}
        for n in range(30)
    ]  # fmt: skip
    (tmp_path / "set.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    monkeypatch.setattr(judge.provision, "locate", lambda name, config: base)
    arguments = ["--data", str(tmp_path), "--out", str(tmp_path / "out"), "--minutes", "0.02"]
    outcome = CliRunner().invoke(judge.main, arguments, catch_exceptions=False)
    assert outcome.exit_code == 0
    arguments = [*arguments, "--out", str(tmp_path / "further"), "--start", str(tmp_path / "out")]
    assert CliRunner().invoke(judge.main, arguments, catch_exceptions=False).exit_code == 0
    kept = [*arguments, "--out", str(tmp_path / "kept"), "--keep", "1"]
    assert CliRunner().invoke(judge.main, kept, catch_exceptions=False).exit_code == 0
    start, trained, same = (judge_adapter.load(tmp_path / name) for name in ("out", "further", "kept"))
    assert all(torch.equal(start[name], same[name]) for name in start)
    assert not all(torch.equal(start[name], trained[name]) for name in start)
    assert len(AdaptedJudge(tmp_path / "out", base=base).judge("新建多少所?", [PASSAGE, "没有。"])) == 2
