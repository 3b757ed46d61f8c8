/** An answer to what can be taken away of it: Markdown, a Word file, a link, and how it was made. */

import { wordFile } from "./api.js";
import { copy } from "./clipboard.js";
import { button, element } from "./dom.js";
import { markdownOf } from "./markdown.js";
import { whole } from "./places.js";
import { said, say, tell } from "./words.js";

const SHOWN = 2_000; // milliseconds that a button says what it did

export function answerTools(answer, address) {
  return element(
    "div",
    { class: "take" },
    tool("copy", "answer.copy", "answer.copied", () => copy(markdownOf(answer))),
    tool("download", "answer.word", "answer.word", () => download(answer)),
    tool("link", "answer.link", "answer.linked", () => copy(whole(address))),
    made(answer),
  );
}

/** A button that does something once and says for a moment whether it did. */
export function tool(name, words, done, work) {
  const label = said(words, null, "span", { "aria-live": "polite" });
  const node = button(name, label, { class: "button small", click: act });
  async function act() {
    node.disabled = true;
    try {
      await work();
      tell(label, done);
    } catch {
      tell(label, "answer.failed"); // whatever the reason, there is nothing to do but to try again
    }
    node.disabled = false;
    setTimeout(() => tell(label, words), SHOWN);
  }
  return node;
}

async function download(answer) {
  const address = URL.createObjectURL(await wordFile(answer));
  const name = answer.question.replace(/[\\/:*?"<>|\s]+/g, " ").trim().slice(0, 60);
  element("a", { href: address, download: `${name || "answer"}.docx` }).click();
  URL.revokeObjectURL(address);
}

function made(answer) {
  const seconds = (answer.timings.total ?? 0).toFixed(1);
  const facts = [
    [said("answer.confidence"), `${Math.round(answer.confidence * 100)}%`],
    ...Object.entries(answer.timings).map(([stage, time]) => [stage, `${time.toFixed(2)} s`]),
    ...Object.entries(answer.identity).filter(([, name]) => name),
  ];
  return element(
    "details",
    { class: "made" },
    element("summary", { title: say("answer.made.title"), "data-say-title": "answer.made.title" }, said("answer.made", { seconds })),
    element("dl", { lang: "en" }, facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])),
  );
}
