/** An answer to Markdown with its citations as footnotes. */

import { toCitation, whole } from "./places.js";
import { numbersOf, statementsOf } from "./statements.js";
import { say } from "./words.js";

export function markdownOf(answer) {
  const citations = numbersOf(answer);
  const lines = answer.refused ? [answer.answer] : statementsOf(answer).map((row) => line(row, citations));
  const list = lines.length > 1 ? lines.map((text) => `- ${text}`) : lines;
  const notes = answer.citations.map(note);
  return [`**${escaped(answer.question)}**`, list.join("\n"), notes.join("\n")].filter(Boolean).join("\n\n") + "\n";
}

function line({ label, text, claim }, citations) {
  const marks = (claim?.citations ?? []).map((id) => `[^${citations.get(id).number}]`).join("");
  return `${label ? `**${escaped(label)}**: ` : ""}${escaped(text)}${marks}`;
}

function note(citation) {
  const place = [citation.title, ...citation.section].map((part) => escaped(part)).join(" › ");
  const page = citation.page ? `, ${say("answer.page", { page: citation.page })}` : "";
  const quote = escaped(citation.quote.replace(/\s+/g, " ").trim());
  return `[^${citation.number}]: ${place}${page}: “${quote}” <${whole(toCitation(citation.id))}>`;
}

/** Characters that Markdown would read as marks. */
function escaped(text) {
  return text.replace(/[\\`*_[\]<>#|~]/g, "\\$&");
}
