import threading
from pathlib import Path
from typing import Any

import pytest

from rag.config import Config, load_config
from rag.errors import GeneratorError, ModelError
from rag.models.generator import TransformersGenerator, open_generator
from tests.tiny_chat import write_tiny_chat

QUESTION = [{"role": "user", "content": "教育经费是多少?"}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_chat(tmp_path_factory.mktemp("models") / "tiny-chat")


def greedy(generator: TransformersGenerator, *, tokens: int) -> str:
    """The reply by definition: the likeliest next token, one at a time."""
    import torch

    prompt: Any = generator._tokenizer.apply_chat_template(QUESTION, add_generation_prompt=True, return_tensors="pt")
    ids = prompt["input_ids"]
    start = ids.shape[1]
    with torch.no_grad():
        for _ in range(tokens):
            best = generator._model(ids).logits[0, -1].argmax()
            if best == 256:
                break
            ids = torch.cat([ids, best.reshape(1, 1)], dim=1)
    return str(generator._tokenizer.decode(ids[0, start:]))


def test_the_reply_is_greedy_the_same_every_time_and_as_long_as_allowed(folder: Path) -> None:
    generator = TransformersGenerator(folder, max_new_tokens=24)
    first = list(generator.generate(QUESTION))
    assert "".join(first) == greedy(generator, tokens=24) != ""
    assert list(generator.generate(QUESTION)) == first
    assert len(first) > 1
    assert generator.identity.startswith("tiny-chat:original:")


def test_a_folder_of_the_users_is_opened_by_its_path(folder: Path) -> None:
    generator = open_generator(Config(generator=str(folder), generator_max_new_tokens=3, threads=1))
    assert len("".join(generator.generate(QUESTION)).encode()) > 0


def scripted(generator: TransformersGenerator, text: str, *, endless: bool = False) -> list[int]:
    """Let the model say `text` byte by byte, then end (or begin again); gives the list of steps it was asked for."""
    import torch

    said = generator._tokenizer(text)["input_ids"]
    said = said if endless else [*said, 256]
    steps: list[int] = []
    forward = generator._model.forward

    def say(*args: Any, **kwargs: Any) -> Any:
        output = forward(*args, **kwargs)
        steps.append(len(steps))
        output.logits = torch.full_like(output.logits, -1.0)
        output.logits[0, :, said[(len(steps) - 1) % len(said)]] = 1.0
        return output

    generator._model.forward = say
    # One token at a time: a script cannot be looked up in the prompt.
    generator._model.generation_config.prompt_lookup_num_tokens = None
    return steps


def test_characters_of_several_tokens_come_whole_and_at_once(folder: Path) -> None:
    generator = TransformersGenerator(folder, max_new_tokens=40)
    scripted(generator, "经费46.8亿元。")
    assert list(generator.generate(QUESTION)) == ["经", "费", "4", "6", ".", "8", "亿", "元", "。"]


def test_a_character_cut_off_by_the_limit_is_not_lost_silently(folder: Path) -> None:
    generator = TransformersGenerator(folder, max_new_tokens=5)
    scripted(generator, "经费")
    assert list(generator.generate(QUESTION)) == ["经", "\ufffd"]


def test_closing_the_reply_stops_the_model(folder: Path) -> None:
    generator = TransformersGenerator(folder, max_new_tokens=60)
    steps = scripted(generator, "又", endless=True)
    reply = generator.generate(QUESTION)
    assert steps == []  # nothing runs before it is asked for
    assert next(reply) == "又"
    reply.close()
    done = len(steps)
    assert done < 60
    assert threading.Event().wait(0.05) is False
    assert len(steps) == done


def test_a_failing_model_is_a_generator_error_after_what_it_said(folder: Path) -> None:
    generator = TransformersGenerator(folder, max_new_tokens=20)
    scripted(generator, "经费")
    forward = generator._model.forward
    calls = iter(range(100))

    def fail(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == 4:
            raise RuntimeError("out of memory")
        return forward(*args, **kwargs)

    generator._model.forward = fail
    reply = generator.generate(QUESTION)
    assert next(reply) == "经"
    with pytest.raises(GeneratorError, match="the model failed: out of memory"):
        list(reply)
    generator._model.forward = forward
    assert "".join(generator.generate(QUESTION)) != ""  # the next question is answered again


def test_two_replies_at_a_time_do_not_mix(folder: Path) -> None:
    generator = TransformersGenerator(folder, max_new_tokens=24)
    alone = "".join(generator.generate(QUESTION))
    replies: list[str] = []
    threads = [threading.Thread(target=lambda: replies.append("".join(generator.generate(QUESTION)))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [alone] * 3


def test_a_prompt_longer_than_the_model_reads_is_refused_with_both_numbers(folder: Path) -> None:
    generator = TransformersGenerator(folder, max_new_tokens=24)
    message = {"role": "user", "content": "a" * 200}
    with pytest.raises(GeneratorError, match="a prompt of 218 tokens and 24 new ones exceed the model's 128"):
        list(generator.generate([message]))


def test_a_model_without_a_chat_template_is_refused(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "base")
    (tmp_path / "base" / "chat_template.jinja").unlink()
    with pytest.raises(ModelError, match="base has no chat template"):
        TransformersGenerator(tmp_path / "base", max_new_tokens=1)


@pytest.mark.slow
def test_the_default_generator_copies_the_right_figure() -> None:
    config = load_config(generator="qwen2.5-coder-0.5b-instruct")
    generator = open_generator(config)
    evidence = "2017年全市教育经费总投入46.8亿元,比上年增长5.8%,其中一般公共预算教育经费38.2亿元。"
    messages = [
        {"role": "system", "content": "根据材料回答问题。数字照抄原文,用一句完整的话回答。"},
        {"role": "user", "content": f"材料:{evidence}\n问题:2017年教育经费总投入是多少?"},
    ]
    reply = "".join(generator.generate(messages))
    assert "46.8亿元" in reply
    assert generator.identity == "qwen2.5-coder-0.5b-instruct:Q4_K_M:1d9614638d18024d"
    assert "".join(generator.generate(messages)) == reply
