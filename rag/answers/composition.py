"""Chosen evidence to the statements of an answer: in its own words, or in a draft whose every claim was verified."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.answers.asked import told
from rag.answers.drawn_tables import header_of, told_with
from rag.answers.evidence import Evidence
from rag.answers.quantities import quantities
from rag.answers.query import Facet, Query
from rag.answers.verification import Verdict, character_pairs, says_plan, squeeze, verify

_CLAIM_END = re.compile(r"(?<=[。！？!?；;])|(?<=[a-z\d)][.])\s+(?=[A-Z])|\n+")
_LIST_MARK = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.、)](?!\d))\s*")
_CLAUSE = re.compile(r"[,，;；。:：\n]")
_MARKER = re.compile(r"\s*\[\d+\]")
_LISTED = re.compile(r"[^,，。;；:：、(（)）]+(?:、[^,，。;；:：、(（)）]+)+")

SUPPORTED = Verdict("supported")
_MIXED = Verdict("misattributed", "no one sentence says it: its parts stand in different ones")
PLAN_MARK = {"zh": "(计划)", "en": "(planned) "}


@dataclass(frozen=True)
class Statement:
    """One sentence of an answer and the evidence it rests on; `label` heads a row of a comparison."""

    text: str
    evidence: tuple[Evidence, ...]
    verdict: Verdict = SUPPORTED
    label: str = ""


def in_its_own_words(evidence: Sequence[Evidence], *, language: str, label: str = "") -> list[Statement]:
    """The evidence's own sentences as statements, plans marked as such; a row of a table with its columns' names."""
    statements = []
    for item in evidence:
        header = header_of(item)
        words = " ".join(item.text.split()) if header is None else told_with(header, item)
        if language == "en":
            words = f"The report {'plans' if item.planned else 'says'}: “{words}”"
        else:
            words = _marked(words, item, language)
        statements.append(Statement(words, (item,) if header is None else (header, item), label=label))
    return statements


def _marked(words: str, item: Evidence, language: str) -> str:
    """The words with the mark of a plan, where the evidence is one and the words do not say so themselves."""
    return f"{PLAN_MARK[language]}{words}" if item.planned and not says_plan(words) else words


def check_draft(
    draft: str, query: Query, evidence: Sequence[Evidence], *, titles: Mapping[str, str]
) -> tuple[list[Statement], list[Statement]]:
    """Split a draft into claims and verify each against the evidence: those that stand, those that fall.

    The model's own markers are dropped, never repaired: a claim cites the one sentence that bears it out, or where it
    takes two to do so all of them, or falls.
    """
    standing, fallen = [], []
    cited = [(item,) for item in evidence] + ([tuple(evidence)] if len(evidence) > 1 else [])
    for claim in claims_of(draft):
        verdicts = [_verdict(claim, query, items, titles) for items in cited]
        items = next((items for items, verdict in zip(cited, verdicts, strict=True) if verdict.supported), None)
        if items is not None and len(items) > 1 and not _borne_out_piece_by_piece(claim, items, titles):
            items = None
        if items is None:
            verdict = verdicts[-1]
            fallen.append(Statement(claim, (), verdict if not verdict.supported else _MIXED))
        else:
            standing.append(Statement(_marked(claim, items[0], query.language), items))
    return standing, fallen


def _borne_out_piece_by_piece(claim: str, items: Sequence[Evidence], titles: Mapping[str, str]) -> bool:
    """Whether each piece of a claim that rests on several sentences stands in one of them.

    Else the figure of one sentence is told of the thing that only another one names.
    """
    return all(
        any(_supported(piece, (item,), titles).supported for item in items)
        for piece in _CLAUSE.split(claim)
        if quantities(piece)
    )


def _verdict(claim: str, query: Query, items: Sequence[Evidence], titles: Mapping[str, str]) -> Verdict:
    span = "\n".join(item.text for item in items)
    verdict = _supported(claim, items, titles)
    if verdict.supported and query.language == "en" and len(re.findall(r"[A-Za-z]{2,}", claim)) < 3:
        return Verdict("unsupported", "a bare figure or name says nothing that could be checked")
    if verdict.supported and query.language == "zh" and not _of_the_matter_asked(claim, query, span):
        return Verdict("misattributed", "the cited words say it of something else")
    return verdict


def _supported(claim: str, items: Sequence[Evidence], titles: Mapping[str, str]) -> Verdict:
    span = "\n".join(item.text for item in items)
    context = " ".join(words for item in items for words in (titles.get(item.chunk.report, ""), *item.chunk.path))
    return verify(claim, span, context=context, planned=any(item.planned for item in items))


def _of_the_matter_asked(claim: str, query: Query, span: str) -> bool:
    """Whether a claim takes what it tells from the clause of its span that the question is about.

    "甲市的学校秋季招生,乙市的学校完成征地": asked who enrols, 乙市 stands in the evidence and is wrong all the same.
    A clause that alone gives a part of the claim its new words must share as many of the words this part has from the
    question as any other clause, less one. A claim without words of the question (a bare name) cannot be checked.
    """
    asked = character_pairs(query.text)
    if len(asked & character_pairs(claim)) < 2:
        return False
    clauses = [character_pairs(clause) for clause in _CLAUSE.split(span)]
    held = Counter(pair for clause in clauses for pair in clause)
    for part in map(character_pairs, _CLAUSE.split(claim)):
        new = {pair for pair in part - asked if held[pair] == 1}
        least = max(len(asked & part & clause) for clause in clauses) - 1
        if any(len(asked & part & clause) < least for clause in clauses if new & clause):
            return False
    return True


def claims_of(text: str) -> list[str]:
    """The sentences of a text, without list marks, citation markers and empty ones."""
    parts = (_LIST_MARK.sub("", _MARKER.sub("", part or "")).strip() for part in _CLAIM_END.split(text))
    return [part for part in parts if re.search(r"\w", part)]


def answers_fully(statements: Sequence[Statement], query: Query, evidence: Sequence[Evidence]) -> bool:
    """Whether verified statements answer all that was asked, so that they may stand in place of the evidence's words.

    Every figure asked for is there; of a list that is begun no item is left out; and something is said that the
    question did not say itself.
    """
    text = " ".join(statement.text for statement in statements)
    return (
        bool(statements)
        and _figures_there(text, query.facets)
        and _lists_whole(text, evidence)
        and _tells(text, query, evidence)
    )


def _figures_there(text: str, facets: Sequence[Facet]) -> bool:
    figures = told(text)
    for asked in (asked for facet in facets for asked in facet.asked):
        own = next((figure for figure in figures if asked.met_by(figure)), None)
        if own is None:
            return False
        figures.remove(own)
    return True


def _lists_whole(text: str, evidence: Sequence[Evidence]) -> bool:
    said = squeeze(text)
    for item in evidence:
        for match in _LISTED.finditer(item.text):
            # The first item carries the words before the list, the last one those after it: their inner ends count.
            first, *inner, last = (squeeze(part) for part in match[0].split("、"))
            held = [part in said for part in (first[-2:], *inner, last[:2])]
            if any(part in said for part in inner) and not all(held):
                return False
            if not inner and (last[:3] in said) != (first[-3:] in said):
                return False
    return True


def _tells(text: str, query: Query, evidence: Sequence[Evidence]) -> bool:
    """Whether at least one pair of the answer's characters comes from the evidence and not from the question."""
    if query.language == "en":
        return True
    asked, told = squeeze(query.text), squeeze(text)
    source = squeeze(" ".join(item.text for item in evidence))
    pairs = {told[at : at + 2] for at in range(len(told) - 1)}
    return any(pair in source and pair not in asked and re.fullmatch(r"\w\w", pair) for pair in pairs)
