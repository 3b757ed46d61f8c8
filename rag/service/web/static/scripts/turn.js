/** A question to a turn of the conversation: the steps of its answer as they come, and at last the answer or a problem. */

import { ask, features, openReport } from "./api.js";
import { announce } from "./announcer.js";
import { answerView, passages, statementView } from "./answer.js";
import { button, element, languageOf } from "./dom.js";
import { problemView } from "./notice.js";
import { toAnswer } from "./places.js";
import { Problem } from "./problems.js";
import { TEXTS } from "./texts.js";
import { say, said, tell } from "./words.js";

export class Turn {
  /** `question`, the earlier questions in `history`, and `filters`; an `answer` where it is already known. */
  constructor({ question, history, filters, answer = null }) {
    Object.assign(this, { question, history, filters, answer });
    this.address = toAnswer(this);
    this.result = element("div", { class: "result" });
    this.heading = element("h2", { class: "question", lang: languageOf(question), tabindex: "-1" }, question);
    this.node = element("article", { class: "turn" }, this.heading, this.result);
    if (answer) this.finish(answer);
  }

  /** Ask, and show what comes; true when the answer is there. */
  async run() {
    this.stopper = new AbortController();
    this.result.replaceChildren();
    const status = said("status.retrieving", null, "p", { class: "status" });
    const statements = element("div", { class: "statements" });
    const found = element("div", { class: "found" });
    this.result.append(statements, status, found);
    const items = [];
    const numbers = new Map();
    announce(say("status.retrieving"));
    try {
      const body = { question: this.question, filters: this.filters };
      if (this.history.length > 0 && (await features()).history) body.history = this.history;
      for await (const { type, data } of ask(body, this.stopper.signal)) {
        if (type === "status" && `status.${data.text}` in TEXTS) tell(status, `status.${data.text}`);
        if (type === "evidence") {
          items.push(data);
          openReport(data.report).catch(() => {}); // so that its words open at once; a failure shows when they do
          found.replaceChildren(said("found.title", null, "h3"), passages(items));
          tell(status, "status.writing");
        }
        if (type === "claim" && data.verdict === "supported") {
          for (const id of data.citations) if (!numbers.has(id)) numbers.set(id, { number: numbers.size + 1, title: "" });
          statements.append(statementView({ text: data.text, claim: data }, numbers));
        }
        if (type === "answer") this.finish(data);
      }
      this.announceAnswer();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.fail(error);
      return false;
    } finally {
      this.stopper = null;
    }
  }

  stop() {
    this.stopper?.abort();
    this.cancelRetry?.();
  }

  finish(answer) {
    this.answer = answer;
    for (const citation of answer.citations) openReport(citation.report).catch(() => {});
    const focused = this.result.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    this.result.replaceChildren(answerView(answer, this.address));
    if (focused) this.result.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  }

  announceAnswer() {
    const { refused, answer, claims } = this.answer;
    const words = refused ? say("answer.refused.spoken") : say("answer.spoken", { count: claims.length });
    announce(`${words} ${answer}`);
  }

  fail(problem) {
    const again = () => {
      this.cancelRetry = null;
      this.again();
    };
    if (problem.slug === "stopped") {
      this.result.replaceChildren(
        element("p", { class: "status still" }, said("status.stopped"), button("", said("status.again"), { class: "button small", click: again })),
      );
      announce(say("status.stopped"));
      return;
    }
    const { node, cancel } = problemView(problem, again);
    this.cancelRetry = cancel;
    this.result.replaceChildren(node);
    announce(problem.spoken);
  }
}
