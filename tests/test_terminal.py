"""Text for a terminal: columns, sizes, and the line that shows work under way."""

import io
import socket
import sys
from dataclasses import replace

import pytest
from click import style, unstyle

from rag.answers.answer import Answer, Claim
from rag.answers.citations import Citation, CitedPassage
from rag.answers.verification import Verdict
from rag.config import Config
from rag.terminal import answer_text, bytes_text, links_to, passage_text, table, watching

CITATION = Citation(
    id="ID",
    number=1,
    report="r",
    title="甲市2018年工作总结",
    section=("一、学前教育",),
    address="一",
    quote="新建幼儿园\n3所。",
    start=0,
    end=9,
    planned=True,
    page=7,
)
ANSWER = Answer(
    question="几所?",
    text="依据[2018]3号文,新建幼儿园3所。 [1]",
    refused=False,
    language="zh",
    kind="plain",
    confidence=0.9,
    removed=(Claim("新建5所。", Verdict("misattributed", "5所 is elsewhere"), ()),),
    citations=(CITATION,),
    understood="甲市新建了几所?",
)
LINKS = "http://127.0.0.1:8000/#/cite/"
LINKED = "\033]8;;http://127.0.0.1:8000/#/cite/ID\033\\[1]\033]8;;\033\\"


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


class TestAnswer:
    def test_the_numbers_of_citations_are_links_and_what_only_looks_like_one_is_not(self) -> None:
        number = style(LINKED, fg="green", bold=True)
        shown = answer_text(ANSWER, links=LINKS)
        assert f"依据[2018]3号文,新建幼儿园3所。 {number}\n" in shown
        assert (
            f"{number} 甲市2018年工作总结 › 一、学前教育, p. 7{style(' (plan)', fg='yellow')}\n    “新建幼儿园 3所。”\n"
            in shown
        )

    def test_verdicts_are_coloured(self) -> None:
        shown = answer_text(ANSWER)
        assert f"  {style('misattributed', fg='red')}: 新建5所。 (5所 is elsewhere)" in shown
        assert style("[1]", fg="green", bold=True) in shown
        assert answer_text(replace(ANSWER, refused=True, text="没有写到。")).startswith(
            style("understood as: 甲市新建了几所?", dim=True) + "\n\n" + style("没有写到。", fg="yellow")
        )

    def test_without_colours_nothing_is_lost(self) -> None:
        assert unstyle(answer_text(replace(ANSWER, understood=""))) == (
            "依据[2018]3号文,新建幼儿园3所。 [1]\n\n"
            "removed from the draft:\n  misattributed: 新建5所。 (5所 is elsewhere)\n\n"
            "[1] 甲市2018年工作总结 › 一、学前教育, p. 7 (plan)\n    “新建幼儿园 3所。”\n    rag cite ID"
        )


def test_cited_words_are_marked_in_their_surroundings() -> None:
    passage = CitedPassage("ID", "current", "r", "甲市", ("一、学前教育",), "一", "新建3所", 2, 6, "今年", "。")
    assert passage_text(passage) == (
        f"{style('current', fg='green')}: 甲市 › 一、学前教育 (characters 2 to 6)\n\n"
        f"…今年{style('【新建3所】', fg='black', bg='yellow')}。…"
    )
    assert f"{LINKS}ID\033\\甲市 › 一、学前教育\033]8;;\033\\ (char" in passage_text(passage, links=LINKS)


class TestLinks:
    def shown(
        self, patch: pytest.MonkeyPatch, *, stdout: io.StringIO, host: str = "127.0.0.1", **environment: str
    ) -> str:
        """What links lead to while something listens at the configured port, which stands for PORT."""
        patch.delenv("NO_COLOR", raising=False)
        for name, value in {"TERM": "xterm-256color", **environment}.items():
            patch.setenv(name, value)
        with socket.create_server(("127.0.0.1", 0)) as service, patch.context() as context:
            # Not before the test runs: pytest sets its own again when it does.
            context.setattr(sys, "stdout", stdout)
            port = service.getsockname()[1]
            return links_to(Config(host=host, port=port)).replace(str(port), "PORT")

    @pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
    def test_they_lead_to_the_running_service(self, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
        assert self.shown(monkeypatch, stdout=Terminal(), host=host) == "http://127.0.0.1:PORT/#/cite/"

    def test_there_are_none_where_nobody_listens(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as service:
            port = service.getsockname()[1]
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr(sys, "stdout", Terminal())
        assert links_to(Config(port=port)) == ""

    @pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "linux"}, {"NO_COLOR": "1"}])
    def test_there_are_none_where_the_terminal_shows_none(
        self, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
    ) -> None:
        assert self.shown(monkeypatch, stdout=Terminal(), **environment) == ""

    def test_there_are_none_in_a_pipe(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.shown(monkeypatch, stdout=io.StringIO()) == ""
