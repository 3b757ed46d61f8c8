"""A question to the fields of a masthead that it asks for: number, date, issuer, or a line by its own label."""

import re
from collections.abc import Sequence

from rag.answers.asked import contains_question
from rag.answers.verification import character_pairs
from rag.reports import mastheads
from rag.reports.metadata import Metadata

_DOCUMENT = (
    "材料|文件|报告|通知|总结|要点|计划|自评|公报|规划|公告|通告|公文|方案|规定|办法|全文|页面|网页"
    "|report|document|notice|page"
)
_WHEN = r"时间|日期|哪一?天|哪一?日|哪年|哪个月|几月|几号|[什啥]么?时候|何时|when|date"
_WHO = r"谁|哪一?个?(?:单位|机构|部门|处室|局)|什么(?:单位|机构|部门)"
# Fields of `Metadata` by their usual names; "signed" is the date under a cover letter.
_METADATA = {
    "document_number": re.compile(r"文号|发文字号|文件编?号|document number", re.I),
    "index_number": re.compile(r"索引号|index number", re.I),
    "signed": re.compile(rf"落款.{{0,8}}(?:{_WHEN})|署名.{{0,4}}(?:{_WHEN})|date .*signed|signed .*date", re.I),
    "dated": re.compile(rf"(?:成文|印发|签发).{{0,6}}(?:{_WHEN})|(?:{_WHEN}).{{0,4}}(?:成文|印发|签发)", re.I),
    "published": re.compile(
        rf"(?:{_DOCUMENT}).*(?:发布|公开|公布|刊登|发表|上网|挂网|挂[到在]网|放[到在]网|登[在出]|发[出布]?(?:出?来)?的|发出|published|released)"
        rf"|(?:{_WHEN}).*(?:发布|公开|公布|published|released).*(?:{_DOCUMENT})|发布(?:日期|时间)",
        re.I,
    ),
    "issuer": re.compile(
        rf"(?:{_DOCUMENT}).{{0,6}}(?:是|由)?(?:{_WHO}).{{0,3}}(?:发布|印发|制发|发文|发的|公布)"
        rf"|(?:{_WHO}).{{0,3}}(?:发布|印发|公布)了?.{{0,20}}(?:{_DOCUMENT})"
        rf"|(?:发布机构|发文单位|发文机关|发布单位)|who (?:issued|published)",
        re.I,
    ),
}
# The same in a further clause, which need not say again that it is about the document.
_CLAUSE = re.compile(r"[,，;；?？。]")
_ASKED_TOO = {
    "document_number": _METADATA["document_number"],
    "index_number": _METADATA["index_number"],
    "published": re.compile(rf"(?:{_WHEN}).{{0,3}}(?:发布|公开|公布|挂|上网|发出|(?<![印签])发的)|发布(?:日期|时间)"),
    "issuer": re.compile(
        rf"(?:{_WHO})(?:{_WHEN}|.){{0,3}}(?:发布|印发|公布|制发|(?<!签)发[的出])|(?:发布|发文)(?:机构|单位|机关)"
    ),
}
_FIELD_LABELS = frozenset(
    mastheads.ISSUERS + mastheads.PUBLISHED + mastheads.DATED + mastheads.DOCUMENT_NUMBERS + mastheads.INDEX_NUMBERS
)
_ITSELF = re.compile(rf"(?:报告|总结|要点|自评|年报|公报)(?:材料)?[是由的]?(?:{_WHEN}|{_WHO})")
_BY_ITS_KIND = re.compile(rf"(计划|方案|办法|意见|规划|细则|规定)[是由的]?(?:{_WHEN}|{_WHO})")
_CALLED = re.compile(
    r"电话(?:号码)?(?:是|为)?(?:多少|什么|几号)|(?:打|留)[^,，]{0,12}(?:电话|号码)[^,，]{0,8}(?:多少|什么|几)|号码是(?:多少|什么)"
)
_AT_ADDRESS = re.compile(r"(?:办公|上班|办事)?地[点址](?:是|在)|(?:在|位于)(?:哪条|什么|哪个)[街路]")
_OF_AN_OFFICE = re.compile(
    r"^(?!.*(?:学校|[中小大]学|[一二三]中|幼儿园|学院)).*(?:局|委|厅|政府|单位|机关|部门|网[站页]|页面)"
)
_SUPPLIED = re.compile(r"供.{0,2}稿|谁提供|(?:出自|转自|来自)(?:哪|什么|谁)")
_POINTING = re.compile(
    r"[这那该本](?:一?[份个篇则项次])?(?:材料|文件|报告|通知|总结|要点|计划|自评|页面|网页|公文|方案)|[这那][份篇]"
)
_ABOUT_METADATA = re.compile(
    rf"{_WHEN}|{_WHO}|发布|公开|公布|刊登|发表|上网|挂网|落款|成文|印发|签发|署名|[是的在由了于?]"
)
_ASKS_WHEN = re.compile(_WHEN, re.I)


def fields_named(text: str, reports: Sequence[Metadata]) -> tuple[str, ...]:
    """The metadata fields asked for, in the order of the question's clauses; empty where it asks for something else."""
    first = _field_named(text, reports)
    if not first:
        return ()
    fields: list[str] = []
    labels = {label.label for report in reports for label in report.labels} - _FIELD_LABELS
    for clause in _CLAUSE.split(text):
        fields += [field for field, words in _ASKED_TOO.items() if words.search(clause)]
        fields += sorted(label for label in labels if _names(clause, label))
    return tuple(dict.fromkeys(fields if first in fields else [first, *fields]))


def _names(clause: str, label: str) -> bool:
    """Whether a clause asks for a masthead's line by its label, or as who did what it is named after (签发人, 来源), or
    how to reach the office that has one.
    """
    did = label[:-1] if label.endswith("人") and len(label) >= 3 else ""
    return (
        (len(label) >= 3 and label in clause and label not in mastheads.CONTACTS)
        or ("来源" in label and bool(_SUPPLIED.search(clause)))
        or ("电话" in label and bool(_CALLED.search(clause) and _OF_AN_OFFICE.search(clause)))
        or ("地址" in label and bool(_AT_ADDRESS.search(clause) and _OF_AN_OFFICE.search(clause)))
        or bool(did and re.search(rf"(?:{_WHO}|who){did}", clause))
    )


def _field_named(text: str, reports: Sequence[Metadata]) -> str:
    """The metadata field asked for, by its usual names or by a label as one of the mastheads writes it."""
    if not contains_question(text) and "是" not in text:
        return ""
    for field, pattern in _METADATA.items():
        if pattern.search(text) and (field != "published" or _ASKS_WHEN.search(text)):
            return field if _about_the_report(text, reports, named=field in ("document_number", "index_number")) else ""
    labels = {label.label for report in reports for label in report.labels}
    return next(
        (label for label in sorted(labels, key=lambda word: (-len(word), word)) if _names(text, label)),
        "",
    )


def _about_the_report(text: str, reports: Sequence[Metadata], *, named: bool) -> bool:
    """Whether a question for metadata is about a report itself, not about a document that a report mentions.

    A title in 《》 must be a report's. Where the field is not `named` by a word that only mastheads use, the question
    must point to the report (这份总结), or half of its words must be of the report's title; fewer are enough where it
    asks that of a document of the kind that the one report is (…行动计划是哪天印发的).
    """
    titles = [report.title.value for report in reports if report.title]
    quoted = re.findall(r"《([^》]+)》", text)
    if quoted:
        return any(name in title or title in name for name in quoted for title in titles)
    if named or _POINTING.search(text) or _ITSELF.search(text) or not re.search(r"[一-鿿]{2}", text):
        return True
    words = character_pairs(_ABOUT_METADATA.sub(" ", text))
    kind = _BY_ITS_KIND.search(text)
    enough = 0.3 if kind and len(titles) == 1 and kind[1] in titles[0] else 0.5
    return any(len(words & character_pairs(title)) >= enough * len(words) for title in titles)
