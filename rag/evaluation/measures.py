"""Answers, quotes, ranks and seconds to the figures of an evaluation, named as the field names them.

Texts are compared after `squeeze`, which is written here and not shared with the answering code: a measure must not
move when the product changes how it compares.
"""

import math
import re
import statistics
import unicodedata
from collections.abc import Collection, Iterable, Sequence

# A quote and an evidence overlap when they share a run of this many characters; runs are tried at every fourth
# character of the evidence, so that a chance meeting of common words does not count.
OVERLAP_CHARACTERS = 12
_OVERLAP_STEP = 4
_MARKER = re.compile(r"\[\d+\]")
_LIST_NUMBER = re.compile(r"(?m)^\s*[-*]?\s*\(?\d{1,2}[.)、]\s+")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_SAYS_BLANK = re.compile(r"空白|为空|是空|留空|未填|没有填|没填|未列|没有列|blank|leftempty|notfilled")
# One Han character is one token; anything else between white space and punctuation is one (a word, a number).
_TOKEN = re.compile(r"[㐀-鿿]|[^\W㐀-鿿]+(?:[.,][^\W㐀-鿿]+)*%?")


def squeeze(text: str) -> str:
    """The text as it is compared: NFKC, without white space, lower case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


def mean(values: Iterable[float]) -> float | None:
    """The arithmetic mean; None where there is nothing to average."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else None


def evidence_ranks(
    hits: Sequence[tuple[str, str]], evidence: Sequence[tuple[str, Collection[str]]]
) -> tuple[int | None, ...]:
    """For each evidence the rank, from 1, of the first hit that holds it whole; None where no hit does.

    `hits` are (report id, text), best first; `evidence` are (words, ids of the reports they may stand in; none: any).
    """
    squeezed = [(report, squeeze(text)) for report, text in hits]
    wanted = [(squeeze(words), reports) for words, reports in evidence]
    return tuple(
        next(
            (
                rank
                for rank, (report, text) in enumerate(squeezed, start=1)
                if words in text and (not reports or report in reports)
            ),
            None,
        )
        for words, reports in wanted
    )


def recall_at(ranks: Sequence[int | None], k: int) -> float:
    """R@k of one question: the share of its evidences that stand in the first k hits, 0 without evidence.

    The share, as `R@k` is in trec_eval and ir_measures, not whether any was found (`Success@k`): a comparison of two
    reports of which one is found can be answered by half.
    """
    return sum(rank is not None and rank <= k for rank in ranks) / len(ranks) if ranks else 0.0


def reciprocal_rank_at(ranks: Sequence[int | None], k: int) -> float:
    """RR@k of one question: 1 / rank of the first hit that holds any evidence, 0 if none of the first k does."""
    return max((1 / rank for rank in ranks if rank is not None and rank <= k), default=0.0)


def holds(text: str, wanted: str) -> bool:
    """Whether the text says the wanted string; one that begins with a digit must not follow a digit or a point."""
    wanted = squeeze(wanted)
    bound = "(?<![0-9.])" if wanted[:1].isdigit() else ""
    return re.search(bound + re.escape(wanted), squeeze(text)) is not None


def right_answer(text: str, must: Sequence[Sequence[str]], must_not: Sequence[str] = ()) -> bool:
    """Whether the text holds at least one string of every group of `must` and none of `must_not`."""
    return all(any(holds(text, wanted) for wanted in group) for group in must) and not any(
        holds(text, unwanted) for unwanted in must_not
    )


def says_blank(text: str) -> bool:
    """Whether an answer says, in Chinese or English, that the source leaves the field blank."""
    return _SAYS_BLANK.search(squeeze(text)) is not None


def overlaps(quote: str, evidence: str) -> bool:
    """Whether a quote supports an evidence: one holds the other, or they share `OVERLAP_CHARACTERS` in a row."""
    quote, evidence = squeeze(quote), squeeze(evidence)
    if not quote:
        return False
    starts = range(0, max(1, len(evidence) - OVERLAP_CHARACTERS + 1), _OVERLAP_STEP)
    return quote in evidence or any(evidence[at : at + OVERLAP_CHARACTERS] in quote for at in starts)


def citation_precision(quotes: Sequence[str], evidence: Sequence[str]) -> float:
    """Share of an answer's quotes that support any gold evidence; 0 for an answer that quotes nothing."""
    return mean(any(overlaps(quote, words) for words in evidence) for quote in quotes) or 0.0


def citation_recall(quotes: Sequence[str], evidence: Sequence[str]) -> float | None:
    """Share of the gold evidences that any quote supports; None where the gold names no evidence."""
    return mean(any(overlaps(quote, words) for quote in quotes) for words in evidence)


def figures(text: str) -> set[str]:
    """The numbers a text states, in ASCII digits without grouping commas; citation markers and list numbers aside."""
    text = _MARKER.sub("", unicodedata.normalize("NFKC", text)).replace(",", "")
    return set(_FIGURE.findall(_LIST_NUMBER.sub("", text)))


def unsupported_figures(text: str, sources: Iterable[str]) -> set[str]:
    """The figures of an answer or claim that are in none of its sources: quotes, titles and headings it cites."""
    return figures(text) - figures(" ".join(sources))


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties half (Mann-Whitney U).

    None where either side is empty.
    """
    if not positives or not negatives:
        return None
    wins = sum((high > low) + (high == low) / 2 for high in positives for low in negatives)
    return wins / (len(positives) * len(negatives))


def median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value at rank floor(share x (n - 1)) of the sorted values, not interpolated; None without values."""
    return sorted(values)[math.floor(share * (len(values) - 1))] if values else None


def tokens(text: str) -> list[str]:
    """Reading-comprehension tokens: Han characters one by one, words and numbers whole, punctuation dropped."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).lower())


def exact_match(prediction: str, answers: Sequence[str]) -> float:
    """EM of CMRC 2018: 1 if the prediction equals any answer, case, white space and punctuation aside."""
    return float(tokens(prediction) in [tokens(answer) for answer in answers])


def f1(prediction: str, answers: Sequence[str]) -> float:
    """F1 of CMRC 2018: over the longest run of tokens that prediction and answer share; the best answer counts."""
    said = tokens(prediction)
    return max((_run_f1(said, tokens(answer)) for answer in answers), default=0.0)


def _run_f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    shared = _longest_shared_run(said, wanted)
    return 2 * shared / (len(said) + len(wanted)) if shared else 0.0


def _longest_shared_run(said: Sequence[str], wanted: Sequence[str]) -> int:
    longest, above = 0, [0] * (len(wanted) + 1)
    for token in said:
        row = [0] * (len(wanted) + 1)
        for at, other in enumerate(wanted, start=1):
            if token == other:
                row[at] = above[at - 1] + 1
        longest, above = max(longest, *row), row
    return longest
