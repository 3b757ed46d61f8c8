"""Reports of every shape as the bodies that show them."""

from collections.abc import Iterator, Sequence

from rag.index.storage import summary_of
from rag.reports.reading import parse_report
from rag.service.report_schemas import ReportBody, SectionBody
from tests.reports import texts

UNNUMBERED = "某市关于开展活动的通知\n" + "本市决定开展一系列活动，欢迎广大市民积极参加，共同营造良好氛围。\n" * 9


def kinds(sections: Sequence[SectionBody]) -> Iterator[str]:
    for section in sections:
        yield section.kind
        yield from kinds(section.sections)


def test_sections_of_every_kind_are_shown() -> None:
    shown = set()
    for number, text in enumerate((texts.PLAN, texts.RULE, texts.GUIDE, texts.SPEECH, UNNUMBERED)):
        report = parse_report(text.encode(), source=f"{number}.txt")
        body = ReportBody.of(report, summary_of(report, chunks=1))
        assert "".join(text[section.start : section.end] for section in body.sections) == text
        shown.update(kinds(body.sections))
    assert shown == {"furniture", "front", "part", "numbered", "titled", "paragraph", "closing"}
