"""Text for a terminal: columns, sizes, and the line that shows work under way."""

import io
import sys

import pytest

from rag.terminal import bytes_text, table, watching


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_han_character_is_two_columns_wide() -> None:
    assert table([("id", "region"), ("a", "成都"), ("成都-1", "x")]) == "id      region\na       成都\n成都-1  x"


@pytest.mark.parametrize(("size", "text"), [(0, "0 MB"), (487_000_000, "487 MB"), (1_300_000_000, "1.3 GB")])
def test_sizes(size: int, text: str) -> None:
    assert bytes_text(size) == text


def test_work_is_shown_on_a_terminal_and_gone_when_done(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("rag.terminal.BAR_AFTER_SECONDS", 0)
    with watching() as watch:
        watch.say("loading the models")
        assert "loading the models…" in terminal.getvalue()
        watch.count("vectors", 0, 4)
        watch.count("vectors", 3, 4)
        watch.count("vectors", 4, 4)
    shown = terminal.getvalue()
    assert "vectors:" in shown
    assert shown.rsplit("\r", 1)[-1].strip() == ""


def test_a_pipe_stays_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with watching() as watch:
        watch.say("loading the models")
        watch.count("vectors", 1, 1)
    assert pipe.getvalue() == ""
