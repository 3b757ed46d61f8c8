/** An answer to what is shown of it: checked statements with their citations, or what is missing, and its sources. */

import { chart } from "./chart.js";
import { element, icon, languageOf } from "./dom.js";
import { comparableFigures } from "./figures.js";
import { toCitation, toReport } from "./places.js";
import { reasonOf } from "./reasons.js";
import { numbersOf, statementsOf } from "./statements.js";
import { answerTools } from "./tools.js";
import { labelled, said, say } from "./words.js";

/** The whole answer; `address` is the permanent link to it. */
export function answerView(answer, address) {
  return element(
    "div",
    { class: "answer", role: "group", ...labelled("answer.label") },
    answer.understood && answer.understood !== answer.question && said("answer.understood", { understood: answer.understood }, "p", { class: "facts" }),
    answer.refused ? refusal(answer) : body(answer),
    removed(answer.removed),
    answer.citations.length > 0 && sources(answer.citations),
    unused(answer),
    answerTools(answer, address),
  );
}

/** One checked statement; `citations` gives what is known of a citation by its id. */
export function statementView({ text, claim }, citations) {
  return element(
    "p",
    { class: "statement" },
    element("span", { class: "words", lang: languageOf(text) }, text),
    " ",
    (claim?.citations ?? []).map((id) => chip(id, citations.get(id))),
    verdict(claim),
  );
}

/** Passages found, as cards that open the report at their words. */
export function passages(items) {
  return element("ul", { class: "passages" }, items.map((item) => element("li", {}, passage(item))));
}

/** One passage as a link: whose words, where they stand, and the words. */
export function passage(item, { href = toReport(item.report, item.start, item.end), number = 0 } = {}) {
  const page = item.page ? said("answer.page", { page: item.page }, "span", { class: "page" }) : null;
  return element(
    "a",
    { class: "passage", href, "data-start": item.start, "data-end": item.end },
    element(
      "span",
      { class: "where" },
      number > 0 && element("span", { class: "number" }, String(number)),
      element("span", { lang: languageOf(item.title) }, [item.title, ...item.section].join(" › ")),
      page,
      item.planned && planned(),
    ),
    element("q", { class: "quote", lang: languageOf(item.text ?? item.quote) }, (item.text ?? item.quote).trim()),
  );
}

function body(answer) {
  const rows = statementsOf(answer);
  const citations = numbersOf(answer);
  if (answer.kind === "compare" && rows.some((row) => row.label)) return comparison(rows, citations, answer.question);
  return element("div", { class: "statements" }, rows.map((row) => statementView(row, citations)));
}

function comparison(rows, citations, question) {
  const figures = comparableFigures(
    rows.map((row) => ({ ...row, planned: row.claim?.citations.some((id) => citations.get(id)?.planned) ?? false })),
    question,
  );
  const head = ["compare.side", "compare.words"].map((key) => said(key, null, "th", { scope: "col" }));
  const lines = rows.map((row, at) => {
    const again = at > 0 && rows[at - 1].label === row.label; // several statements of one side stand in one cell
    if (again) return null;
    const own = rows.slice(at).filter((other) => other.label === row.label);
    return element(
      "tr",
      {},
      element("th", { scope: "row", lang: languageOf(row.label) }, row.label),
      element("td", {}, own.map((one) => statementView(one, citations))),
    );
  });
  const table = element("table", { ...labelled("compare.label") }, element("thead", {}, element("tr", {}, head)), element("tbody", {}, lines));
  return element("div", { class: "comparison" }, table, figures && chart(figures));
}

function chip(id, citation) {
  const words = citation
    ? labelled("answer.source", { number: citation.number, title: [citation.title, ...(citation.section ?? [])].join(" › ") })
    : {};
  return element(
    "a",
    { class: "chip", href: toCitation(id), "data-citation": id, ...words },
    String(citation?.number ?? ""),
  );
}

function verdict(claim) {
  const value = claim?.verdict ?? "none";
  const mark = { supported: "check", none: "search" }[value] ?? "cross";
  return element("span", { class: `verdict ${value}` }, icon(mark), said(`verdict.${value}`));
}

function planned() {
  const title = "answer.planned.title";
  return said("answer.planned", null, "span", { class: "tag", title: say(title), "data-say-title": title });
}

function refusal(answer) {
  return element(
    "div",
    { class: "refusal" },
    element("h3", {}, icon("search"), said("refusal.title")),
    element("p", { lang: languageOf(answer.answer) }, answer.answer),
    answer.nearest.length > 0 && said("refusal.nearest", null, "h4"),
    answer.nearest.length > 0 && passages(answer.nearest),
  );
}

function removed(claims) {
  if (claims.length === 0) return null;
  const items = claims.map((claim) =>
    element(
      "li",
      {},
      element("del", { lang: languageOf(claim.text) }, claim.text),
      said("answer.removed.because", { reason: reasonOf(claim.reason) }, "p", { class: "reason" }),
    ),
  );
  return element(
    "details",
    { class: "removed" },
    element("summary", {}, said("answer.removed", { count: claims.length })),
    element("ul", {}, items),
  );
}

function sources(citations) {
  const items = citations.map((citation) =>
    element("li", {}, passage(citation, { href: toCitation(citation.id), number: citation.number })),
  );
  return element("div", { class: "sources" }, said("answer.sources", null, "h3"), element("ol", { class: "passages" }, items));
}

function unused(answer) {
  const cited = new Set(answer.citations.map((citation) => `${citation.report} ${citation.start} ${citation.end}`));
  const left = answer.evidence.filter((item) => !cited.has(`${item.report} ${item.start} ${item.end}`));
  if (left.length === 0) return null;
  return element("details", {}, said("answer.evidence", { count: left.length }, "summary"), passages(left));
}
