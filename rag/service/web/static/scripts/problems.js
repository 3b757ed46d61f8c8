/** Failures of requests to errors the page can tell apart, and to words about them. */

import { say } from "./words.js";
import { TEXTS } from "./texts.js";

/** A failure: `slug` names its kind, `detail` is what the service says of it, `retryAfter` is in seconds. */
export class Problem extends Error {
  constructor(slug, { detail = "", remedy = "", status = 0, retryAfter = 0 } = {}) {
    super(detail || slug);
    Object.assign(this, { slug, detail, remedy, status, retryAfter });
  }

  /** From a problem+json body, as `rag.service.problems` writes it. */
  static of(body, retryAfter = 0) {
    return new Problem(body.type.split(":").at(-1), { ...body, retryAfter });
  }

  /** Nothing came back, or no longer: the service or the way to it is gone. */
  static lost() {
    return new Problem("lost");
  }

  /** Whether it is a state that passes or is to be expected, and nobody's fault. */
  get calm() {
    return ["starting", "overloaded", "lost", "index", "empty", "model"].includes(this.slug);
  }

  get title() {
    return `problem.${this.key}`;
  }

  get advice() {
    return `problem.${this.key}.advice`;
  }

  get key() {
    return `problem.${this.slug}` in TEXTS ? this.slug : "other";
  }

  /** One line for a screen reader. */
  get spoken() {
    return say(this.title);
  }
}
