/** The page: its parts put together, and its address to what it shows. */

import { features } from "./api.js";
import { Conversation } from "./conversation.js";
import { icon } from "./dom.js";
import { FilterChoice } from "./filters.js";
import { Library } from "./library.js";
import { Watch } from "./notice.js";
import { showPast } from "./past.js";
import { NO_FILTERS, placeOf } from "./places.js";
import { Reader } from "./reader.js";
import { shelf } from "./shelf.js";
import { save } from "./storage.js";
import { say, switchLanguage, translate } from "./words.js";

const part = (id) => document.getElementById(id);
const [form, question, send, stop, past] = ["ask", "question", "send", "stop", "past"].map(part);

const filters = new FilterChoice(part("filters"));
const reader = new Reader(part("reader"), () => goQuietly(conversation.address));
const library = new Library(part("library"), part("confirm"), {
  onChange: () => watch.look(),
  askOnly: (report) => {
    filters.choose({ reports: [report.id] });
    question.focus();
  },
});
const conversation = new Conversation(part("conversation"), showState);
const watch = new Watch(part("notice"), {
  onReady: (reports) => {
    filters.offer(reports);
    part("shelf").replaceChildren(...shelf(reports, { ask, showAll: () => library.open() }));
    if (waiting) waiting();
    features().catch(() => {}); // asked now, so that a follow-up need not wait; a failure shows when it is needed
  },
  upload: async () => ((await features().catch(() => ({}))).upload ? () => library.open() : null),
});
let waiting = null; // what is asked by the address, until the service is ready for it

/** Ask within the filters chosen, or within others. */
function ask(words, chosen = filters.value, history = null) {
  return conversation.ask(words, { ...NO_FILTERS, ...chosen }, history);
}

/** Change the address and leave what is shown. */
function goQuietly(address) {
  if (location.hash !== address) globalThis.history.pushState(null, "", address);
}

/** Show what the address says. */
function follow() {
  const place = placeOf(location.hash);
  if (place === null) return;
  if (place.page === "cite") return reader.citation(place.id);
  if (place.page === "report") return reader.place(place);
  reader.close();
  if (place.page === "home") {
    conversation.clear();
    // Where there is a keyboard: on a telephone, the one on the screen would cover the page.
    if (matchMedia("(pointer: fine)").matches) question.focus();
  } else if (!conversation.show(place)) {
    conversation.clear();
    waiting = () => {
      waiting = null;
      filters.choose(place.filters);
      ask(place.question, place.filters, place.history);
    };
    if (watch.isReady) waiting();
  }
}

/** Show whether an answer is in the making; the address is that of the answer then, so that it can be passed on. */
function showState({ turns, running }) {
  if (running) goQuietly(running.address);
  document.body.classList.toggle("talking", turns.length > 0);
  send.hidden = running !== null;
  stop.hidden = running === null;
  question.dataset.sayPlaceholder = turns.length > 0 ? "ask.more" : "ask.placeholder";
  question.placeholder = say(question.dataset.sayPlaceholder);
}

for (const node of document.querySelectorAll("[data-icon]")) node.prepend(icon(node.dataset.icon));
translate();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = question.value.trim();
  if (words === "" || conversation.running) return;
  question.value = "";
  part("filters").open = false;
  ask(words);
});
question.addEventListener("keydown", (event) => {
  // While an input method is composing, Enter takes its suggestion.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
stop.addEventListener("click", () => {
  conversation.running?.stop();
  question.focus();
});
part("open-library").addEventListener("click", () => library.open());
part("open-past").addEventListener("click", () => {
  showPast(past, (kept) => {
    conversation.open(kept);
    goQuietly(conversation.address);
  });
  past.showModal();
});
past.addEventListener("click", (event) => event.target === past && past.close());
part("switch-language").addEventListener("click", () => {
  switchLanguage();
  conversation.repeat();
});
part("switch-theme").addEventListener("click", () => {
  const { dataset } = document.documentElement;
  dataset.theme = dataset.theme === "dark" ? "light" : "dark";
  save("theme", dataset.theme);
});
addEventListener("hashchange", follow);

follow();
watch.look();
