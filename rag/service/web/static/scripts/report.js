/** A report's text and section tree to a column to read and a list of contents; no character of the text is lost. */

import { element, languageOf } from "./dom.js";
import { labelled } from "./words.js";

/** The text, one paragraph a line; each knows the units it begins and ends at. */
export function textView(report, offsets) {
  const sections = [...walk(report.sections)].map(({ start, end, heading, kind }) => ({
    start: offsets.unit(start),
    end: offsets.unit(end),
    heading: heading.trim(),
    kind,
  }));
  const headings = new Set(sections.filter(({ heading }) => heading).map(({ start, heading }) => `${start} ${heading}`));
  const furniture = sections.filter(({ kind }) => kind === "furniture");
  const lines = [];
  let at = 0;
  for (const line of report.text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const end = at + line.length;
    const bare = line.trim();
    const indent = line.length - line.trimStart().length;
    const node = element("p", { "data-at": at, "data-to": end }, line);
    node.classList.toggle("empty", bare === "");
    node.classList.toggle("heading", headings.has(`${at} ${bare}`) || headings.has(`${at + indent} ${bare}`));
    node.classList.toggle("furniture", furniture.some((section) => section.start <= at && end <= section.end));
    lines.push(node);
    at = end;
  }
  return element("div", { class: "text", role: "region", tabindex: "0", lang: languageOf(report.text), ...labelled("reader.text") }, lines);
}

/** Mark the units `start` to `end`, and nothing else; the marks in order. */
export function mark(text, { start, end }) {
  for (const old of text.querySelectorAll("mark")) {
    const line = old.parentNode;
    old.replaceWith(...old.childNodes);
    line.normalize();
  }
  return linesOf(text, start, end).map((line) => {
    const [words, at] = [line.textContent, Number(line.dataset.at)];
    const [from, until] = [Math.max(start - at, 0), Math.min(end - at, words.length)];
    const marked = element("mark", { tabindex: "-1" }, words.slice(from, until));
    line.replaceChildren(words.slice(0, from), marked, words.slice(until));
    return marked;
  });
}

/** The lines that hold any of the units `start` to `end`. */
export function linesOf(text, start, end) {
  return [...text.children].filter(({ dataset }) => Number(dataset.to) > start && Number(dataset.at) < end);
}

/** The sections from the outermost to the innermost that hold code point `point`. */
export function pathAt(sections, point) {
  const found = sections.find((section) => section.start <= point && point < section.end);
  return found ? [found, ...pathAt(found.sections, point)] : [];
}

/** The contents as nested buttons; `go(section)` shows one. */
export function treeView(report, go) {
  return element("nav", { lang: languageOf(report.text), ...labelled("reader.contents") }, branch(report.sections, go));
}

function branch(sections, go) {
  const items = sections.filter(({ kind, heading }) => kind !== "furniture" && heading.trim()).map((section) =>
    element(
      "li",
      {},
      element(
        "button",
        { type: "button", "data-start": section.start, "data-end": section.end, click: () => go(section) },
        section.heading.trim(),
      ),
      branch(section.sections, go),
    ),
  );
  return items.length > 0 && element("ul", {}, items);
}

function* walk(sections) {
  for (const section of sections) {
    yield section;
    yield* walk(section.sections);
  }
}
