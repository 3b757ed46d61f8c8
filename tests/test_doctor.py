"""What `rag doctor` finds, one fault at a time."""

import shutil
import sys
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from rag.config import Config
from rag.doctor import Check, examine


def checks(config: Config) -> dict[str, Check]:
    return {check.name: check for check in examine(config)}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(index_dir=tmp_path / "index", models_dir=tmp_path / "models")


def test_an_empty_machine_is_told_every_command(config: Config) -> None:
    found = checks(config)
    assert found["python"].ok
    assert found["model multilingual-e5-small"].remedy == "Run `rag models pull multilingual-e5-small`."
    assert not found["reader"].ok
    assert not found["judge"].ok
    assert found["judge"].remedy == "Run `rag models pull qwen2.5-coder-0.5b-instruct`."
    assert found["prompts"].ok
    assert not found["index"].ok
    assert "rag index" in found["index"].remedy
    assert "generator server" not in found


def test_no_judge_is_wanted(config: Config) -> None:
    assert "judge" not in checks(replace(config, judge="none"))


def test_another_python(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 2))
    assert checks(config)["python"] == Check("python", False, "3.10.2", "Use Python 3.11.")


def test_a_full_disk(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12 - 10**8, 10**8))
    found = checks(config)
    assert not found["disk for models"].ok
    assert "0.1 GB free" in found["disk for index"].detail
    assert "0.5 GB needed" in found["disk for index"].detail


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    config = Config(
        index_dir=tmp_path, models_dir=tmp_path, generator_base_url="http://127.0.0.1:9/v1", generator_retries=0
    )
    found = checks(config)["generator server"]
    assert not found.ok
    assert "127.0.0.1:9" in found.detail


def test_prompts_that_are_not_there(tmp_path: Path) -> None:
    found = checks(Config(index_dir=tmp_path, models_dir=tmp_path, prompts_dir=str(tmp_path)))["prompts"]
    assert not found.ok
    assert found.remedy == "Check `prompts_dir`."
