/** A citation or a place in a report to the report beside the answer: contents, heading path, the words marked. */

import { forgetReports, openCitation, openReport } from "./api.js";
import { announce } from "./announcer.js";
import { copy } from "./clipboard.js";
import { button, element, icon, languageOf } from "./dom.js";
import { problemView } from "./notice.js";
import { Offsets } from "./offsets.js";
import { toCitation, toReport, whole } from "./places.js";
import { Problem } from "./problems.js";
import { linesOf, mark, pathAt, textView, treeView } from "./report.js";
import { tool } from "./tools.js";
import { labelled, say, said } from "./words.js";

const WIDE = matchMedia("(min-width: 1080px)"); // as in reader.css: there is room beside the answer

export class Reader {
  /** Shown in `dialog`; `onClose()` is called when the reader closes it. */
  constructor(dialog, onClose) {
    Object.assign(this, { dialog, onClose });
    dialog.setAttribute("aria-labelledby", "reader-title");
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault(); // Esc on a sheet
      this.leave();
    });
    document.addEventListener("keydown", (event) => {
      const free = dialog.open && !event.defaultPrevented && !event.isComposing;
      if (event.key === "Escape" && free && !document.querySelector("dialog:modal:not(#reader)")) {
        event.preventDefault();
        this.leave();
      }
    });
    dialog.addEventListener("click", (event) => event.target === dialog && this.leave());
    WIDE.addEventListener("change", () => dialog.open && this.raise());
  }

  /** Open a citation at its words, or say that they are gone. */
  citation(id) {
    return this.open(toCitation(id), async () => {
      const passage = await openCitation(id);
      if (passage.status === "withdrawn") return { report: null, passage };
      let report = await openReport(passage.report);
      if (!holds(report, passage)) {
        forgetReports(); // it was replaced after this page fetched it
        report = await openReport(passage.report);
      }
      return { report, passage };
    });
  }

  /** Open a report at code points `start` to `end`; at its beginning where both are 0. */
  place({ id, start, end }) {
    return this.open(toReport(id, start, end), async () => ({
      report: await openReport(id),
      passage: { status: "current", start, end },
    }));
  }

  close() {
    if (!this.dialog.open) return;
    this.asked = null;
    this.dialog.close();
    this.shown = null;
    document.body.classList.remove("reading");
    if (this.returnTo?.isConnected) this.returnTo.focus();
  }

  leave() {
    this.close();
    this.onClose();
  }

  async open(address, fetched) {
    this.asked = address;
    if (!this.dialog.contains(document.activeElement)) this.returnTo = document.activeElement;
    try {
      const { report, passage } = await fetched();
      if (this.asked !== address) return; // another was opened meanwhile
      if (report) this.show(report, passage, address);
      else this.say(problemless("reader.withdrawn"), passage.title || passage.report);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (this.asked === address) this.say(problemView(error, null).node, "");
    }
  }

  show(report, passage, address) {
    const offsets = (this.offsets = new Offsets(report.text));
    const units = { start: offsets.unit(passage.start), end: offsets.unit(passage.end) };
    if (this.shown !== report) {
      this.shown = report;
      this.text = textView(report, offsets);
      this.tree = treeView(report, (section) => this.goTo(section));
      this.frame(report.title, this.tree, this.text);
    }
    const path = pathAt(report.sections, passage.start);
    const headings = path.map(({ heading }) => heading.trim()).filter(Boolean);
    const page = report.pages.filter((start) => start <= passage.start).length;
    this.path.replaceChildren(
      ...headings.map((heading) => element("li", { lang: languageOf(heading) }, heading)),
      page > 0 ? said("answer.page", { page }, "li") : "",
    );
    this.note.replaceChildren(passage.status === "changed" ? problemless("reader.changed") : "");
    this.address = address;
    const marks = mark(this.text, units);
    this.current(path.at(-1));
    this.raise();
    if (marks.length === 0) {
      this.text.scrollTop = 0;
      this.title.focus({ preventScroll: true });
      return;
    }
    marks[0].scrollIntoView({ block: "center", behavior: "instant" });
    marks[0].focus({ preventScroll: true });
    announce(say("reader.found", { quote: report.text.slice(units.start, units.end) }));
  }

  /** Scroll to a section and mark nothing. */
  goTo(section) {
    this.current(section);
    const unit = this.offsets.unit(section.start);
    const [line] = linesOf(this.text, unit, unit + 1);
    if (!WIDE.matches) this.dialog.querySelector(".contents").open = false;
    line.tabIndex = -1;
    line.scrollIntoView({ block: "start", behavior: "instant" });
    line.focus({ preventScroll: true });
  }

  current(section) {
    this.tree.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const link = section && this.tree.querySelector(`[data-start="${section.start}"][data-end="${section.end}"]`);
    link?.setAttribute("aria-current", "true");
    // scrollIntoView would also scroll the page below a sheet
    if (link) this.tree.scrollTop = link.offsetTop - this.tree.clientHeight / 3;
  }

  frame(title, ...parts) {
    this.path = element("ol", { class: "path", ...labelled("reader.path") });
    this.note = element("div", { class: "note" });
    this.title = element("h2", { id: "reader-title", tabindex: "-1", lang: languageOf(title) }, title);
    const [tree, text] = parts;
    this.dialog.replaceChildren(
      element(
        "header",
        {},
        element("div", { class: "names" }, this.title, this.path),
        tool("link", "reader.link", "answer.linked", () => copy(whole(this.address))),
        button("cross", "", { class: "button quiet", ...labelled("reader.close"), click: () => this.leave() }),
      ),
      this.note,
      element(
        "div",
        { class: "sides" },
        element(
          "details",
          { class: "contents", open: WIDE.matches },
          element("summary", {}, said("reader.contents")),
          tree,
        ),
        text,
      ),
    );
  }

  /** Show a message in place of a report. */
  say(message, title) {
    this.shown = null;
    this.address = this.asked;
    this.frame(title || say("reader.label"), "", element("div", { class: "text" }, message));
    this.dialog.querySelector(".contents").remove();
    this.raise();
    this.title.focus({ preventScroll: true });
    announce(message.textContent);
  }

  /** Beside the answer where there is room, else as a sheet over it that holds the focus. */
  raise() {
    const modal = this.dialog.matches(":modal");
    if (this.dialog.open && modal === WIDE.matches) this.dialog.close();
    if (!this.dialog.open) WIDE.matches ? this.dialog.show() : this.dialog.showModal();
    document.body.classList.toggle("reading", WIDE.matches);
    const fold = this.dialog.querySelector(".contents");
    if (fold && WIDE.matches) fold.open = true;
  }
}

function holds(report, passage) {
  const offsets = new Offsets(report.text);
  return report.text.slice(offsets.unit(passage.start), offsets.unit(passage.end)) === passage.quote;
}

function problemless(key) {
  return element("p", { class: "notice calm" }, icon("alert"), said(key));
}
