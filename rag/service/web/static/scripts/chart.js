/** Figures of a comparison to bars, with the same figures in a table for those who do not see them. */

import { drawn, element, languageOf } from "./dom.js";
import { said, say } from "./words.js";

const ROW = 46; // pixels from one bar to the next
const BAR = 14;

/** A figure with a drawing and its table; `unit` and `bars` as `comparableFigures` gives them. */
export function chart({ unit, bars }) {
  const most = Math.max(...bars.map((bar) => bar.value)) || 1;
  const rows = bars.flatMap(({ label, value, text, planned }, row) => [
    drawn("text", { x: 0, y: row * ROW + 15 }, nameOf(label, planned)),
    drawn("text", { x: "100%", y: row * ROW + 15, "text-anchor": "end", class: "value" }, text),
    drawn("rect", { x: 0, y: row * ROW + 23, width: "100%", height: BAR, rx: 3, class: "rail" }),
    drawn("rect", { x: 0, y: row * ROW + 23, width: `${(100 * value) / most}%`, height: BAR, rx: 3, class: planned ? "planned" : "bar" }),
  ]);
  const table = element(
    "table",
    {},
    element("tr", {}, said("compare.side", null, "th", { scope: "col" }), said("chart.value", null, "th", { scope: "col" })),
    bars.map(({ label, text, planned }) =>
      element("tr", {}, element("th", { scope: "row" }, nameOf(label, planned)), element("td", {}, text)),
    ),
  );
  return element(
    "figure",
    { class: "chart" },
    said("chart.title", { unit }, "figcaption"),
    drawn("svg", { width: "100%", height: bars.length * ROW, "aria-hidden": "true", lang: languageOf(bars[0].label) }, rows),
    element("details", {}, said("chart.table", null, "summary"), table),
  );
}

/** A side of the comparison; what is only planned is said to be. */
function nameOf(label, planned) {
  return planned ? say("chart.planned", { label }) : label;
}
