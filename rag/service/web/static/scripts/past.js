/** Conversations to a list kept in this browser, which can be opened again and deleted. */

import { button, element, languageOf } from "./dom.js";
import { load, save } from "./storage.js";
import { labelled, language, said } from "./words.js";

const MOST = 50; // conversations; an answer with its evidence takes some 10 kB of the 5 MB that browsers keep

/** Keep the answered turns of a conversation, the newest first; false where the browser keeps nothing. */
export function keep({ id, turns }) {
  const kept = turns
    .filter((turn) => turn.answer)
    .map(({ question, history, filters, answer }) => ({ question, history, filters, answer }));
  const others = load("conversations", []).filter((other) => other.id !== id);
  for (let most = MOST; most > 0; most = Math.floor(most / 2)) {
    if (save("conversations", [{ id, at: Date.now(), turns: kept }, ...others].slice(0, most))) return true;
  }
  return false;
}

/** Fill the dialog with what is kept; `open(conversation)` shows one. */
export function showPast(dialog, open) {
  const kept = load("conversations", []);
  const list = (conversations) => {
    save("conversations", conversations);
    showPast(dialog, open);
  };
  const items = kept.map((conversation) => item(conversation, {
    open: () => {
      dialog.close();
      open(conversation);
    },
    remove: () => list(kept.filter((other) => other.id !== conversation.id)),
  }));
  const clear = button("bin", said("past.clear"), { click: () => list([]) });
  dialog.replaceChildren(
    element(
      "header",
      {},
      said("past.title", null, "h2", { id: "past-title" }),
      button("cross", "", { class: "button quiet", ...labelled("library.close"), click: () => dialog.close() }),
    ),
    said(kept.length > 0 ? "past.note" : "past.none", null, "p", { class: "facts" }),
    element("ul", { class: "rows" }, items),
    kept.length > 0 ? clear : "",
  );
  dialog.setAttribute("aria-labelledby", "past-title");
}

function item({ at, turns }, { open, remove }) {
  const [{ question }] = turns;
  const when = new Date(at).toLocaleString(language() === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium", timeStyle: "short" });
  return element(
    "li",
    { class: "row" },
    element(
      "button",
      { type: "button", class: "open", click: open },
      element("span", { class: "name", lang: languageOf(question) }, question),
      element("span", { class: "facts" }, when, " · ", said("past.more", { count: turns.length })),
    ),
    button("bin", "", { class: "button quiet", ...labelled("past.delete", { question }), click: remove }),
  );
}
