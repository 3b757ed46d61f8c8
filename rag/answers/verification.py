"""A claim and the span it cites to a verdict: supported, unsupported or misattributed, with the reason in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.answers.glossary import render
from rag.answers.places import noun_runs
from rag.answers.quantities import Quantity, half_width, quantities

Value = Literal["supported", "unsupported", "misattributed"]

# Opposite directions: a claim may not say one where its span says only the other. The comparators with 不 come first
# because they hold the word of the other side (不低于 holds 低于).
_DIRECTIONS = {
    "up": r"增加|增长|提高|上升|提升|增至|升至|扩大",
    "down": r"减少|下降|降低|缩减|下滑|降至|减至|缩小",
    "at least": r"不低于|不少于|不小于|至少|以上|高于|超过|超出|多于|大于",
    "at most": r"不高于|不多于|不超过|至多|最多|以下|以内|低于|少于|不足|小于",
}
_OPPOSITE = {"up": "down", "down": "up", "at least": "at most", "at most": "at least"}
_LIMITS = ("at least", "at most")
_ROUNDED = re.compile(r"[\d十百千万亿][余多]")  # 两千余人 are more than 2,000
_COMPARATORS = re.compile(r"不(?:低于|少于|小于|高于|多于|超过)")
# Words that hold a negating character and do not negate.
_NOT_NEGATING = re.compile(
    r"不断|不仅|不但|不同|不忘|不少|不一|不良|不法|不正|不变|不可|不低于|不少于|不小于|不高于|不多于|不超过|不足|无线|无障碍|无人机|非常|非营利|"
    r"非学历|非遗|非户籍|是否|是不是|有没有|未来|未成年"
)
_NEGATION = re.compile(r"没有|没|未|不|无|非|尚未|并非|否")
_PLAN = re.compile(
    r"力争|争取|计划|规划|拟|目标|将[^军领]|打算|预计|确保|要求|plan|target|aim|intend|will\b|to be\b|expected"
)
_OUTCOME = re.compile(r"已经?|完成了|建成了|实现了|达到了|新增了|取得了|最终|实际|were\b|was\b|has\b|have\b")
_NAME = re.compile(r"《([^》]+)》|[“\"「]([^”\"」]{2,})[”\"」]")
_DROPPABLE = frozenset(("全市", "全县", "全区", "全省", "我市", "我县", "我区", "我省", "我局", "本市", "目前"))
_SEGMENT = re.compile(r"[,,，、;;；。:：!?！？\n]")
_HAN = re.compile(r"[㐀-鿿]")

# A rate (入园率99%) is no share of something (占幼儿园的99%) unless the cited words say of what.
_SHARE, _SHARED = re.compile(r"占(?![地用领])"), re.compile(r"占|比例|比重|份额|其中|[%％]的")

# Least share of a Chinese claim's character pairs that its span, title and headings must hold: what is left is
# connecting words. Chosen by judgement and not yet measured; a draft below it gives way to the evidence's own words.
LEAST_SHARED_WORDING = 0.6
# A figure whose surroundings fit another figure of the span clearly better than its own is paired with the wrong thing.
_PAIRING_MARGIN = 0.34


@dataclass(frozen=True)
class Verdict:
    """What verification found: `value`, and for anything but "supported" the `reason` a reader can check."""

    value: Value
    reason: str = ""

    @property
    def supported(self) -> bool:
        return self.value == "supported"


def verify(claim: str, span: str, *, context: str = "", planned: bool = False, others: Sequence[str] = ()) -> Verdict:
    """Check one claim against the exact words it cites.

    `context` is the title and heading path shown with the citation: years and names may come from there, figures never.
    `planned` says that the span states a plan or target. `others` are further spans at hand: a claim that one of them
    supports, but its own does not, is misattributed.
    """
    reason = _fault(claim, span, context=context, planned=planned)
    if not reason:
        return Verdict("supported")
    if any(not _fault(claim, other, context=context, planned=planned) for other in others):
        return Verdict("misattributed", f"{reason}; another passage says it")
    return Verdict("unsupported", reason)


def _fault(claim: str, span: str, *, context: str, planned: bool) -> str:
    """The first thing the span does not bear out, in words, or "" when it bears out all."""
    stated, given = quantities(claim), quantities(span)
    years = {other.value for other in given + quantities(context) if other.kind == "year"}
    for figure in stated:
        # English writes a year without the word for it.
        if figure.kind in ("year", "number") and not figure.counter and figure.value in years:
            continue
        if not any(figure.agrees_with(other) for other in given):
            return f"{claim[figure.start : figure.end].strip()} is not in the cited words"
    reachable = squeeze(span + context)
    for match in _NAME.finditer(claim):
        name = match[1] or match[2]
        if squeeze(name) not in reachable:
            return f"the name {name} is not in the cited words"
    if _HAN.search(claim) and squeeze(claim).rstrip("。.") in squeeze(span):
        return _plan_told_as_outcome(claim, span, planned=planned)
    if _HAN.search(claim):
        missing = _direction_fault(claim, span) or _negation_fault(claim, span) or _share_fault(claim, span)
        missing = missing or _wording_fault(claim, span + context) or _pairing_fault(claim, span, stated, given)
        missing = missing or _plan_told_as_outcome(claim, span, planned=planned) or _name_fault(claim, span, context)
        if missing:
            return missing
    else:
        missing = _pairing_fault_in_english(claim, span, stated, given)
        if missing:
            return missing
    return _plan_told_as_outcome(claim, span, planned=planned)


def squeeze(text: str) -> str:
    """The text as it is compared: half-width, lower case, without white space and with one kind of quotation mark."""
    return re.sub(r"[\s‘’“”\"'「」『』]+", "", half_width(text)).lower().replace("，", ",").replace("；", ";")


def shared_wording(claim: str, source: str) -> float:
    """Share of the claim's Han character pairs outside figures that the source holds, 0 to 1; 1 without any."""
    for figure in reversed(quantities(claim)):
        claim = f"{claim[: figure.start]} {claim[figure.end :]}"
    pairs = character_pairs(claim)
    return len(pairs & character_pairs(source)) / len(pairs) if pairs else 1.0


def _wording_fault(claim: str, source: str) -> str:
    share = shared_wording(claim, source)
    return "" if share >= LEAST_SHARED_WORDING else f"only {share:.0%} of its wording is in the cited words"


def _name_fault(claim: str, span: str, context: str) -> str:
    """A noun the cited words do not hold, or a name or qualified noun of theirs that the claim cuts short.

    本科入围 may not be said of 重点入围, 学生 not of 农村学生, nor a company be named by the end of its name.
    """
    reachable, said = squeeze(span + context), squeeze(claim)
    for run in noun_runs(half_width(claim)):
        for word in run:
            if squeeze(word) not in reachable:
                return f"'{word}' is not in the cited words"
    for run in noun_runs(half_width(span)):
        left_out = [word for word in run if squeeze(word) not in said and word not in _DROPPABLE]
        if squeeze(run[-1]) in said and left_out:
            return f"'{''.join(run)}' is cut short"
    return ""


def _direction_fault(claim: str, span: str) -> str:
    said, given = _directions(claim), _directions(span)
    for direction in sorted(said - given):
        if _OPPOSITE[direction] in given:
            return f"it says '{direction}' where the cited words say '{_OPPOSITE[direction]}'"
        if direction in _LIMITS and quantities(claim) and not (direction == "at least" and _ROUNDED.search(span)):
            return f"it says '{direction}' where the cited words give the figure itself"
    return ""


def _share_fault(claim: str, span: str) -> str:
    return "the cited words state no share" if _SHARE.search(claim) and not _SHARED.search(span) else ""


def _directions(text: str) -> set[str]:
    found = set()
    for direction in ("at least", "at most"):
        for match in _COMPARATORS.finditer(text):
            if re.fullmatch(_DIRECTIONS[direction], match[0]):
                found.add(direction)
    rest = _COMPARATORS.sub("", text)
    return found | {direction for direction, words in _DIRECTIONS.items() if re.search(words, rest)}


def _negation_fault(claim: str, span: str) -> str:
    for segment in _segments(claim):
        pairs = character_pairs(segment)
        best = max(_segments(span), key=lambda other: len(pairs & character_pairs(other)), default="")
        if (
            len(pairs) >= 2
            and len(pairs & character_pairs(best)) >= len(pairs) / 2
            and _negated(segment) != _negated(best)
        ):
            return f"'{segment.strip()}' and the cited words differ in a negation"
    return ""


def _negated(text: str) -> bool:
    return len(_NEGATION.findall(_NOT_NEGATING.sub("", text))) % 2 == 1


def _pairing_fault(claim: str, span: str, stated: list[Quantity], given: list[Quantity]) -> str:
    """A figure that stands in the span, but beside other words than the claim puts it."""
    for figure in stated:
        own = [other for other in given if figure.agrees_with(other)]
        rivals = [other for other in given if other.kind == figure.kind and other.value != figure.value]
        if figure.kind == "year" or not own or not rivals:
            continue
        words = character_pairs(surroundings(claim, figure))
        if not words:
            continue

        def fit(other: Quantity, words: set[str] = words) -> float:
            return len(words & character_pairs(surroundings(span, other))) / len(words)

        if max(map(fit, rivals)) - max(map(fit, own)) >= _PAIRING_MARGIN:
            return f"{claim[figure.start : figure.end].strip()} belongs to something else in the cited words"
    return ""


def _pairing_fault_in_english(claim: str, span: str, stated: list[Quantity], given: list[Quantity]) -> str:
    """The same for an English claim on a Chinese span: its words beside a figure are compared in Chinese."""
    for figure in stated:
        own = [other for other in given if figure.agrees_with(other)]
        rivals = [other for other in given if other.kind == figure.kind and other.value != figure.value]
        if not own or not rivals:
            continue
        before = re.split(r"[,;]|\band\b", claim[: figure.start])[-1]
        words = character_pairs(render(before + re.split(r"[,;.]|\band\b", claim[figure.end :])[0]))

        def fit(other: Quantity, words: set[str] = words) -> int:
            return len(words & character_pairs(surroundings(span, other)))

        if not words or max(map(fit, rivals)) > max(map(fit, own)):
            return f"{claim[figure.start : figure.end].strip()} cannot be told to belong to this in the cited words"
    return ""


def surroundings(text: str, figure: Quantity) -> str:
    """The words of the segment around a figure; where that is the bare figure, of the segment before it."""
    starts = [0] + [match.end() for match in _SEGMENT.finditer(text) if match.end() <= figure.start]
    end = _SEGMENT.search(text, figure.end)
    segment = text[starts[-1] : figure.start] + text[figure.end : end.start() if end else len(text)]
    if not character_pairs(segment) and len(starts) > 1:
        segment = text[starts[-2] : figure.start]
    return segment


def says_plan(text: str) -> bool:
    """Whether a text tells a plan or target as one."""
    return bool(_PLAN.search(text))


def _plan_told_as_outcome(claim: str, span: str, *, planned: bool) -> str:
    if planned and not says_plan(claim) and _OUTCOME.search(claim) and not _OUTCOME.search(span):
        return "the cited words state a plan, the claim an outcome"
    if not planned and says_plan(claim) and not says_plan(span):
        return "the cited words state an outcome, the claim a plan"
    return ""


def _segments(text: str) -> list[str]:
    return [part for part in _SEGMENT.split(text) if part.strip()]


def character_pairs(text: str) -> set[str]:
    """All pairs of neighbouring Han characters of a text."""
    runs = re.findall(r"[㐀-鿿]+", text)
    return {run[at : at + 2] for run in runs for at in range(len(run) - 1)}
