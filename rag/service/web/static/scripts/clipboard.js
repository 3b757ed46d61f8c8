/** Text to the clipboard, also where the page is not served over https. */

import { element } from "./dom.js";

export async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Browsers offer the clipboard to secure pages only; in an office network the service often is plain http.
  const before = document.activeElement;
  const holder = element("textarea", { class: "hidden" });
  holder.value = text;
  (before?.closest("dialog") ?? document.body).append(holder);
  holder.select();
  const copied = document.execCommand("copy");
  holder.remove();
  before?.focus();
  if (!copied) throw new Error("the browser does not let the page copy");
}
