/** The reports there are to cards that open them, or ask for their summary. */

import { button, element, languageOf } from "./dom.js";
import { toReport } from "./places.js";
import { say, said } from "./words.js";

const MOST = 6; // cards on the first page; the rest stand in the panel of all reports

/** `ask(question, filters)` asks, `showAll()` opens the panel of all reports. */
export function shelf(reports, { ask, showAll }) {
  if (reports.length === 0) return [];
  const cards = reports.slice(0, MOST).map((report) =>
    element(
      "li",
      { class: "card" },
      element("h3", { lang: languageOf(report.title) }, report.title || report.id),
      element("p", { class: "facts" }, facts(report)),
      element(
        "div",
        { class: "buttons" },
        button("", said("shelf.ask"), {
          class: "button small",
          "aria-label": say("shelf.summary", { title: report.title }),
          "data-say-label": "shelf.summary",
          "data-say-values": JSON.stringify({ title: report.title }),
          click: () => ask(say("shelf.summary", { title: report.title }), { reports: [report.id] }),
        }),
        element("a", { class: "button small", href: toReport(report.id) }, said("shelf.read")),
      ),
    ),
  );
  const all = button("", said("shelf.all", { count: reports.length }), { class: "button", click: showAll });
  return [
    said("shelf.title", { count: reports.length }, "h2"),
    element("ul", { class: "cards" }, cards),
    reports.length > MOST ? all : "",
  ];
}

/** Region, years and issuer of a report, as far as they are known. */
export function facts(report) {
  return [report.region, report.years.join("、"), report.issuer].filter(Boolean).join(" · ");
}
