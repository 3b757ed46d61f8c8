"""Settings from defaults, file, environment and overrides; what is refused and with which words."""

from dataclasses import fields
from pathlib import Path

import pytest

from rag.config import Config, load_config, origins
from rag.errors import ConfigError


def test_the_environment_goes_before_the_file_and_overrides_before_both(tmp_path: Path) -> None:
    file = tmp_path / "rag.toml"
    file.write_text("top_k = 3\nport = 9001\nfusion = 'rrf'\n", encoding="utf-8")
    config = load_config(file, environment={"RAG_PORT": "9002", "RAG_TOP_K": "4"}, top_k=5)
    assert (config.top_k, config.port, config.fusion) == (5, 9002, "rrf")


def test_the_origin_of_a_setting_is_what_went_before_the_others(tmp_path: Path) -> None:
    file = tmp_path / "rag.toml"
    file.write_text("top_k = 3\nfusion = 'rrf'\n", encoding="utf-8")
    found = origins(file, environment={"RAG_TOP_K": "4", "RAG_GENERATOR_API_KEY": "secret", "HOME": "/"})
    assert list(found) == [item.name for item in fields(Config)]
    named = {name: origin for name, origin in found.items() if origin != "default"}
    assert named == {"top_k": "environment", "fusion": str(file)}


def test_every_field_can_be_set_from_the_environment() -> None:
    for item in fields(Config):
        value = item.metadata["choices"][-1] if item.metadata["choices"] else str(item.default)
        config = load_config(environment={f"RAG_{item.name.upper()}": value})
        assert str(getattr(config, item.name)).endswith(value.removeprefix("~"))


def test_the_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    assert load_config(environment={"RAG_MODELS_DIR": "~/m"}).models_dir == Path("/somewhere/m")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"RAG_TOPK": "3"}, "unknown setting: topk"),
        ({"RAG_TOP_K": "three"}, "RAG_TOP_K = 'three' is not of type int"),
        ({"RAG_TOP_K": "0"}, "RAG_TOP_K = 0 is below 1"),
        ({"RAG_FUSION": "sum"}, "RAG_FUSION = 'sum' is not one of zscore, rrf"),
        ({"RAG_GENERATE": "maybe"}, "RAG_GENERATE = 'maybe' is not of type bool"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_its_value(environment: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_config(environment=environment)


def test_the_generators_key_is_no_setting() -> None:
    assert load_config(environment={"RAG_GENERATOR_API_KEY": "secret"}) == load_config(environment={})


@pytest.mark.parametrize(("content", "words"), [(None, "no configuration file"), ("a = ", "cannot be read")])
def test_a_file_that_is_not_there_or_not_toml_is_an_error(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "other.toml"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        load_config(file, environment={})
