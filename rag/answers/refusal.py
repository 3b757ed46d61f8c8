"""What a question fixes and the evidence does not meet, to a refusal that says in words what is missing."""

from collections.abc import Sequence

from rag.answers.answerability import Calibrations
from rag.answers.evidence import Evidence
from rag.answers.query import Query, Record

_REASONS = {
    "zh": {
        "place": "所收报告没有给出关于{what}的这项内容。",
        "year": "{where}没有给出{what}年的这项内容。",
        "figure": "{where}没有给出所问的数字。",
        "outcome": "{where}只写了计划或目标,没有写完成的结果。",
        "plan": "{where}写的是完成情况,没有写原来的计划。",
        "name": "{where}没有把这件事与“{what}”联系在一起。",
        "contrast": "{where}写到相近的内容,但不是关于“{what}”的。",
        "person": "{where}没有写出姓名。",
        "repeated": "{where}写到此事,但没有写问的这一点。",
        "premise": "{where}写到此事,但其中的数字不是{what}。",
        "": "在{where}里没有找到这个问题的答案。",
    },
    "en": {
        "place": "The reports say nothing of this kind about {what}.",
        "year": "{where} do not give this for {what}.",
        "figure": "{where} do not give the figure asked for.",
        "outcome": "{where} state a plan or target, not what was achieved.",
        "plan": "{where} state what was achieved, not what was planned.",
        "name": "{where} do not say this of “{what}”.",
        "contrast": "{where} say something like it, but not of {what}.",
        "person": "{where} give no name.",
        "repeated": "{where} speak of this, but do not say what is asked about it.",
        "premise": "{where} speak of this, but the figure is not {what}.",
        "": "{where}: no answer to this question was found.",
    },
}
_NEAREST = {"zh": "最接近的内容见下列章节。", "en": "The nearest sections are shown below."}


def why_refused(query: Query, best: Sequence[Evidence], records: Sequence[Record]) -> str:
    """A sentence that names what is missing, by what the best sentence did not meet, and a pointer to the nearest."""
    kind, _, what = best[0].unmet[0].partition(":") if best and best[0].unmet else ("", "", "")
    words = _REASONS[query.language]
    if query.language == "en":
        where = "The reports" if not query.regions else f"The reports from {', '.join(query.regions)}"
    else:
        where = f"{'、'.join(query.regions)}的报告" if query.regions else "所收报告"
    if query.language == "en":
        what = what.replace("、", ", ")
    return (
        f"{words[kind].format(where=where, what=what)}{' ' if query.language == 'en' else ''}{_NEAREST[query.language]}"
    )


def nearest_fact(best: Sequence[Evidence], calibrations: Calibrations) -> Evidence | None:
    """The sentence that shows what a report does say of the matter, where the question has one thing of it wrong.

    Only one that would be an answer, were it not for the year, place, name or figure that the question fixes.
    """
    item = best[0] if best else None
    if item is None or not item.unmet:
        return None
    return item if calibrations.confidence(best, item) >= calibrations.thresholds["strict"] else None


def silence(language: str) -> str:
    """What stands in place of an answer to one part of a question: what was not found, not that it is not there."""
    return "nothing was found on this." if language == "en" else "没有找到这项内容。"


def blank_line(label: str, language: str) -> str:
    """What is said of a labelled line that the report leaves empty or does not have."""
    return f"The report does not give “{label}”." if language == "en" else f"报告没有标明“{label}”,或此栏是空白的。"
