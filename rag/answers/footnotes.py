"""An answer to plain text that carries its citations: what each number stands for, or the sections nearest to it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.answers.answer import Answer
    from rag.answers.citations import Citation, CitedPassage

_PLAN = {"zh": "（计划）", "en": " (plan)"}
_PAGE = {"zh": "，第{}页", "en": ", p. {}"}
_PARAGRAPH = {"zh": "，第{}段", "en": ", para. {}"}


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
    """One line: number, place, page or paragraph, whether the words are a plan, and the words themselves."""
    where = place(citation.title, citation.section)
    plan = _PLAN[language] if citation.planned else ""
    return f"[{citation.number}] {where}{leaf(citation, language=language)}{plan} “{' '.join(citation.quote.split())}”"


def leaf(cited: "Citation | CitedPassage", *, language: str) -> str:
    """The page and paragraph of cited words, as they follow the place; nothing where the file has none."""
    numbers = ((_PAGE, cited.page), (_PARAGRAPH, cited.paragraph))
    return "".join(words[language].format(number) for words, number in numbers if number is not None)


def place(title: str, section: Sequence[str]) -> str:
    """Where something stands: the report's title and the headings above it, outermost first."""
    return " › ".join((title, *section))
