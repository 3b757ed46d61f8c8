/** The reports and what is done with them: find, read, ask only one, upload, replace, delete, with progress. */

import { deleteReport, features, forgetReports, listReports, openJob, sendReport } from "./api.js";
import { announce } from "./announcer.js";
import { button, element, languageOf } from "./dom.js";
import { toReport } from "./places.js";
import { Problem } from "./problems.js";
import { facts } from "./shelf.js";
import { TEXTS } from "./texts.js";
import { labelled, language, say, said, tell } from "./words.js";

const PAUSE = 400; // milliseconds between two looks at a job

export class Library {
  /** Shown in `dialog`, asking through `confirm`; `onChange()` after a change, `askOnly(report)` to ask one alone. */
  constructor(dialog, confirm, { onChange, askOnly }) {
    Object.assign(this, { dialog, confirm, onChange, askOnly });
    this.reports = [];
    this.jobs = element("ul", { class: "jobs" });
    this.rows = element("ul", { class: "rows" });
    dialog.setAttribute("aria-labelledby", "library-title");
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  async open() {
    this.offered = await features().catch(() => ({}));
    const search = element("input", {
      type: "search",
      class: "find",
      ...labelled("library.find"),
      placeholder: say("library.find"),
      "data-say-placeholder": "library.find",
      input: () => this.list(search.value),
    });
    this.dialog.replaceChildren(
      element(
        "header",
        {},
        said("library.title", null, "h2", { id: "library-title" }),
        button("cross", "", { class: "button quiet", ...labelled("library.close"), click: () => this.dialog.close() }),
      ),
      this.offered.upload ? this.dropPlace() : "",
      this.jobs,
      search,
      this.rows,
    );
    if (!this.dialog.open) this.dialog.showModal();
    await this.refresh();
  }

  async refresh() {
    try {
      this.reports = await listReports();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.reports = []; // the notice on the page says why
    }
    this.list(this.dialog.querySelector(".find")?.value ?? "");
  }

  list(wanted) {
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = this.reports.filter((report) => {
      const text = `${report.title} ${report.id} ${facts(report)}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    this.rows.replaceChildren(
      ...(fits.length > 0 ? fits.map((report) => this.row(report)) : [said("library.none", null, "li", { class: "facts" })]),
    );
  }

  row(report) {
    const title = report.title || report.id;
    const counts = { sections: report.section_count, characters: report.characters.toLocaleString(language()) };
    const act = (key, name, click) =>
      button(name, said(key), { class: "button small", ...labelledAction(key, title), click });
    return element(
      "li",
      { class: "row tall", "data-report": report.id },
      element(
        "div",
        { class: "about" },
        element("span", { class: "name", lang: languageOf(title) }, title),
        element("span", { class: "facts" }, facts(report), " · ", said("library.facts", counts)),
      ),
      element(
        "div",
        { class: "buttons" },
        element(
          "a",
          { class: "button small", href: toReport(report.id), ...labelledAction("library.read", title), click: () => this.dialog.close() },
          said("library.read"),
        ),
        act("filters.only", "target", () => {
          this.dialog.close();
          this.askOnly(report);
        }),
        this.offered.replace && act("library.replace", "swap", () => this.pick({ one: true }, ([file]) => this.send(file, report.id))),
        this.offered.remove && act("library.remove", "bin", () => this.remove(report)),
      ),
    );
  }

  dropPlace() {
    const take = (files) => [...files].forEach((file) => this.send(file));
    const place = element(
      "div",
      { class: "drop" },
      said("library.drop", null, "p"),
      button("upload", said("library.upload"), { class: "button main", click: () => this.pick({ one: false }, take) }),
    );
    for (const type of ["dragover", "dragleave", "drop"]) {
      place.addEventListener(type, (event) => {
        event.preventDefault();
        place.classList.toggle("over", type === "dragover");
        if (type === "drop") take(event.dataTransfer.files);
      });
    }
    return place;
  }

  pick({ one }, take) {
    const input = element("input", { type: "file", class: "hidden", multiple: !one, change: () => {
      take(input.files);
      input.remove();
    } });
    this.dialog.append(input);
    input.click();
  }

  send(file, id = null) {
    return this.follow(file.name, "library.sending", () => sendReport(file, id));
  }

  async remove(report) {
    const title = report.title || report.id;
    const answer = (value) => ({ class: value ? "button danger" : "button", click: () => this.confirm.close(value) });
    this.confirm.replaceChildren(
      said("library.confirm", { title }, "p", { id: "confirm-words" }),
      element("div", { class: "buttons" }, button("", said("library.keep"), answer("")), button("bin", said("library.remove"), answer("yes"))),
    );
    this.confirm.setAttribute("aria-labelledby", "confirm-words");
    this.confirm.returnValue = "";
    this.confirm.showModal();
    await new Promise((closed) => this.confirm.addEventListener("close", closed, { once: true }));
    if (this.confirm.returnValue === "yes") await this.follow(title, "library.queued", () => deleteReport(report.id));
  }

  /** Start a job and show how it goes until it is done or has failed. */
  async follow(name, first, start) {
    const bar = element("progress", labelled("library.progress", { name }));
    const words = said(first, { name }, "span");
    const line = element("li", {}, words, bar);
    this.jobs.append(line);
    try {
      let job = await start();
      while (job.state === "queued" || job.state === "running") {
        await new Promise((go) => setTimeout(go, PAUSE));
        job = await openJob(job.id);
        tellJob(words, bar, name, job);
      }
      if (job.state === "failed") throw jobProblem(job);
      tell(words, "library.done", { name });
      line.classList.add("done");
      forgetReports();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      tell(words, "library.failed", { name, problem: error.detail || say(error.advice) });
      line.classList.add("failed");
    }
    bar.remove();
    announce(words.textContent);
    await this.refresh();
    this.onChange();
  }
}

function tellJob(words, bar, name, { state, stage, done, total }) {
  const known = `stage.${stage}` in TEXTS ? say(`stage.${stage}`) : stage;
  if (state === "running" && stage) tell(words, "library.running.stage", { name, stage: known, done, total });
  else if (state !== "done" && state !== "failed") tell(words, `library.${state}`, { name });
  if (total > 0) Object.assign(bar, { max: total, value: done });
}

function jobProblem({ problem }) {
  return typeof problem === "object" && problem ? Problem.of(problem) : new Problem("report", { detail: problem ?? "" });
}

function labelledAction(key, title) {
  const values = { action: say(key), title };
  return labelled("library.action", values);
}
