"""An answer to plain text that carries its citations: what each number stands for, or the sections nearest to it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.answers.answer import Answer
    from rag.answers.citations import Citation

_PLAN = {"zh": "（计划）", "en": " (plan)"}
_PAGE = {"zh": "，第{page}页", "en": ", p. {page}"}


def with_footnotes(answer: "Answer") -> Iterator[str]:
    """The pieces of the text, one a statement, footnote or section; joined they are the whole of it."""
    lines = answer.text.split("\n")
    yield lines[0]
    for line in lines[1:]:
        yield f"\n{line}"
    for citation in answer.citations:
        yield f"\n\n{footnote(citation, language=answer.language)}"
    for hit in answer.nearest:
        yield f"\n\n- {place(answer.titles.get(hit.chunk.report, hit.chunk.report), hit.chunk.path)}"


def footnote(citation: "Citation", *, language: str) -> str:
    """One line: number, place, page if there is one, whether the words are a plan, and the words themselves."""
    where = place(citation.title, citation.section)
    page = _PAGE[language].format(page=citation.page) if citation.page is not None else ""
    plan = _PLAN[language] if citation.planned else ""
    return f"[{citation.number}] {where}{page}{plan} “{' '.join(citation.quote.split())}”"


def place(title: str, section: Sequence[str]) -> str:
    """Where something stands: the report's title and the headings above it, outermost first."""
    return " › ".join((title, *section))
