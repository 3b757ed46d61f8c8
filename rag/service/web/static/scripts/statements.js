/** An answer to its statements in order, each with its label, its claim and the numbers of the citations it rests on. */

/**
 * `[{label, text, claim}]`: `label` heads a row of a comparison, `claim` is null for a line that says what was not found.
 *
 * The text of an answer has one line a statement, `- label:text [1][2]`; claims hold the text alone.
 */
export function statementsOf(answer) {
  const found = [];
  let at = 0;
  for (const claim of answer.claims) {
    const start = answer.answer.indexOf(claim.text, at);
    if (start < 0) {
      found.push({ label: "", text: claim.text, claim });
      continue;
    }
    const lines = between(answer.answer.slice(at, start), at === 0);
    const label = lines.pop() ?? "";
    found.push(...lines.map((line) => gap(line, answer.kind)));
    found.push({ label: label.replace(/[:：]$/, ""), text: claim.text, claim });
    at = start + claim.text.length;
  }
  const rest = between(`${answer.answer.slice(at)}\n`, at === 0).filter((line) => line !== "");
  return [...found, ...rest.map((line) => gap(line, answer.kind))];
}

/** The number of each citation of an answer by its id. */
export function numbersOf(answer) {
  return new Map(answer.citations.map((citation) => [citation.id, citation]));
}

/** Lines without their marks; what is left of the line of the statement before is dropped. */
function between(text, first) {
  const lines = text.split("\n");
  return (first ? lines : lines.slice(1)).map((line) => line.replace(/^- /, ""));
}

function gap(line, kind) {
  const colon = kind === "compare" ? line.indexOf(":") : -1;
  return { label: line.slice(0, Math.max(colon, 0)), text: line.slice(colon + 1), claim: null };
}
