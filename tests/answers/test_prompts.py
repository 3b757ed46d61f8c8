"""Templates that ship, and how values go into them."""

from pathlib import Path

import pytest

from rag.answers.prompts import load_prompt
from rag.errors import ConfigError


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_shipped_templates_have_both_turns_and_take_both_values(language: str) -> None:
    system, *example, user = load_prompt(f"answer.{language}").messages(evidence="1. 新建{12}所。", question="几所？")
    assert (system["role"], user["role"]) == ("system", "user")
    assert [turn["role"] for turn in example] == ["user", "assistant"]
    assert "1. 新建{12}所。" in user["content"]
    assert user["content"].endswith("几所？")


def test_identity_changes_with_the_text(tmp_path: Path) -> None:
    head = "---\nname: a\nversion: 3\n---\n[user]\n"
    (tmp_path / "a.txt").write_text(head + "{question}", encoding="utf-8")
    (tmp_path / "b.txt").write_text(head + "{question}?", encoding="utf-8")
    first, second = load_prompt("a", str(tmp_path)).identity, load_prompt("b", str(tmp_path)).identity
    assert first.startswith("a@3-")
    assert first.removeprefix("a") != second.removeprefix("b")


def test_a_missing_or_bare_template_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no prompt template"):
        load_prompt("a", str(tmp_path))
    (tmp_path / "a.txt").write_text("only words", encoding="utf-8")
    with pytest.raises(ConfigError, match="is no prompt template"):
        load_prompt("a", str(tmp_path))
