/** Keys to words in the language of the interface, in elements that can be said again in the other language. */

import { element } from "./dom.js";
import { save } from "./storage.js";
import { TEXTS } from "./texts.js";

const ATTRIBUTES = { sayLabel: "aria-label", sayPlaceholder: "placeholder", sayTitle: "title" };

/** "zh" or "en". */
export const language = () => (document.documentElement.lang === "en" ? "en" : "zh");

/** The words for `key`; `{name}` is a value, `{name|one|more}` a word chosen by whether the value is 1. */
export function say(key, values = {}) {
  const text = TEXTS[key][language() === "zh" ? 0 : 1];
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_, name, one, more) =>
    one === undefined ? values[name] : values[name] === 1 ? one : more,
  );
}

/** An element that shows the words for `key`, also after a change of language. */
export function said(key, values, tag = "span", attributes = {}) {
  const node = element(tag, attributes);
  tell(node, key, values);
  return node;
}

/** Have an element show the words for `key` from now on. */
export function tell(node, key, values) {
  node.dataset.say = key;
  if (values) node.dataset.sayValues = JSON.stringify(values);
  else delete node.dataset.sayValues;
  node.textContent = say(key, values);
}

/** Say everything below `root` in the present language. */
export function translate(root = document) {
  for (const node of root.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say, valuesOf(node));
  for (const [data, attribute] of Object.entries(ATTRIBUTES)) {
    const selector = `[data-${data.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}]`;
    for (const node of root.querySelectorAll(selector)) {
      node.setAttribute(attribute, say(node.dataset[data], valuesOf(node)));
    }
  }
}

/** Attributes that label an element with the words for `key`. */
export function labelled(key, values) {
  return {
    "aria-label": say(key, values),
    "data-say-label": key,
    "data-say-values": values ? JSON.stringify(values) : null,
  };
}

/** Go over to the other language and remember it. */
export function switchLanguage() {
  const next = language() === "zh" ? "en" : "zh";
  save("language", next);
  document.documentElement.lang = next === "zh" ? "zh-Hans" : "en";
  translate();
}

function valuesOf(node) {
  return node.dataset.sayValues ? JSON.parse(node.dataset.sayValues) : {};
}
