/** Why a statement was removed, as the service says it in English, to the words of the interface. */

import { language, say } from "./words.js";

const ELSEWHERE = "; another passage says it";

const PATTERNS = [
  [/^the name (?<what>.+) is not in the cited words$/s, "reason.name"],
  [/^(?<what>.+) is not in the cited words$/s, "reason.missing"],
  [/^only (?<what>\d+%) of its wording is in the cited words$/, "reason.wording"],
  [/^(?<what>.+) is cut short$/s, "reason.cut"],
  [/^it says '.+' where the cited words say '.+'$/, "reason.direction"],
  [/^it says '.+' where the cited words give the figure itself$/, "reason.limit"],
  [/^no one sentence says it: its parts stand in different ones$/, "reason.mixed"],
  [/^(?<what>.+) and the cited words differ in a negation$/s, "reason.negation"],
  [/^(?<what>.+) belongs to something else in the cited words$/s, "reason.pairing"],
  [/^(?<what>.+) cannot be told to belong to this in the cited words$/s, "reason.unclear"],
  [/^the cited words state a plan, the claim an outcome$/, "reason.planned"],
  [/^the cited words state no share$/, "reason.share"],
  [/^the cited words state an outcome, the claim a plan$/, "reason.outcome"],
  [/^a bare figure or name says nothing that could be checked$/, "reason.bare"],
  [/^the cited words say it of something else$/, "reason.matter"],
];

/** The reason in words; one that is not known here is shown as it came. */
export function reasonOf(reason) {
  if (language() === "en") return reason;
  const tail = reason.endsWith(ELSEWHERE);
  const head = tail ? reason.slice(0, -ELSEWHERE.length) : reason;
  for (const [pattern, key] of PATTERNS) {
    const what = pattern.exec(head);
    if (what) return say(key, { what: what.groups?.what.replace(/^'|'$/g, "") }) + (tail ? say("reason.elsewhere") : "");
  }
  return reason;
}
