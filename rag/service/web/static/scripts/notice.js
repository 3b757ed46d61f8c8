/** Problems and states of the service to notices that say what happens and what can be done. */

import { ready, listReports } from "./api.js";
import { announce } from "./announcer.js";
import { button, element, icon, languageOf } from "./dom.js";
import { Problem } from "./problems.js";
import { say, said, tell } from "./words.js";

const COMMANDS = { index: "rag index FOLDER", empty: "rag index FOLDER", model: "rag models pull" };
const SOON = 3; // seconds until the service is looked at again where it does not say when

/**
 * A notice about a problem; `again` is called when the reader asks for it, and by itself when the service said when.
 * `cancel` keeps it from that.
 */
export function problemView(problem, again, ...more) {
  const buttons = [again && button("", said("notice.retry"), { class: "button", click: () => (cancel(), again()) }), ...more];
  const wait = element("p", { class: "wait" });
  const detail = problem.detail && !["starting", "overloaded"].includes(problem.slug);
  const node = element(
    "div",
    { class: problem.calm ? "notice calm" : "notice" },
    element("h3", {}, icon(problem.slug in COMMANDS ? "book" : problem.calm ? "clock" : "alert"), said(problem.title)),
    said(problem.advice, null, "p"),
    problem.slug in COMMANDS && element("p", {}, element("code", { lang: "en" }, COMMANDS[problem.slug])),
    detail && element("p", { class: "detail", lang: languageOf(problem.detail) }, problem.detail.replaceAll("`", "")),
    wait,
    element("div", { class: "buttons" }, buttons),
  );
  let timer;
  const cancel = () => clearInterval(timer);
  if (again && ["overloaded", "starting"].includes(problem.slug)) {
    let left = problem.retryAfter || SOON;
    tell(wait, "notice.again", { seconds: left });
    timer = setInterval(() => {
      left -= 1;
      if (!node.isConnected) return cancel();
      if (left > 0) return tell(wait, "notice.again", { seconds: left });
      cancel();
      return again();
    }, 1000);
  }
  return { node, cancel };
}

/**
 * Look at the service until questions can be answered, and show meanwhile why not; `onReady(reports)` is called then.
 * `upload` opens the place where reports are added, or is null where there is none.
 */
export class Watch {
  constructor(place, { onReady, upload }) {
    Object.assign(this, { place, onReady, upload, isReady: false });
    addEventListener("offline", () => this.show(Problem.lost()));
    addEventListener("online", () => this.look());
  }

  async look() {
    clearTimeout(this.timer);
    try {
      await ready();
      const reports = await listReports();
      const waited = this.slug !== undefined;
      this.isReady = true;
      this.slug = undefined;
      this.place.replaceChildren();
      if (reports.length === 0) await this.show(new Problem("empty"));
      else if (waited) announce(say("notice.back"));
      this.onReady(reports);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await this.show(error);
    }
  }

  async show(problem) {
    clearTimeout(this.timer);
    this.isReady = problem.slug === "empty";
    this.timer = setTimeout(() => this.look(), (problem.retryAfter || SOON) * 1000);
    if (this.slug === problem.slug) return;
    this.slug = problem.slug;
    const lacksReports = ["index", "empty"].includes(problem.slug);
    const add = lacksReports && (await this.upload());
    const more = add ? [button("upload", said("notice.upload"), { class: "button main", click: add })] : [];
    const { node } = problemView(problem, problem.slug === "lost" ? () => this.look() : null, ...more);
    this.place.replaceChildren(node);
    announce(problem.spoken);
  }
}
