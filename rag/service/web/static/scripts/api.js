/** Calls to requests of the service and its responses to objects, or to a `Problem`. */

import { eventsOf } from "./events.js";
import { Problem } from "./problems.js";

const SILENCE = 30_000; // milliseconds; the service sends a heartbeat every 10 seconds

const kept = new Map(); // reports by id: the text of a report changes only when it is replaced here or elsewhere

/** Raises a problem as long as questions cannot be answered. */
export const ready = () => json("readyz");

export const listReports = async () => (await json("v1/reports")).reports;

export const openCitation = (id) => json(`v1/citations/${encodeURIComponent(id)}`);

/** A report with its text and section tree, fetched once. */
export function openReport(id) {
  if (!kept.has(id)) {
    const fetched = json(`v1/reports/${encodeURIComponent(id)}`);
    kept.set(id, fetched);
    fetched.catch(() => kept.delete(id));
  }
  return kept.get(id);
}

/** Fetch every report anew when it is next opened. */
export const forgetReports = () => kept.clear();

/** The events of one answer as they come, `answer` last; `body` is that of `POST /v1/ask`. */
export async function* ask(body, stopped) {
  const silence = new AbortController();
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE);
  };
  try {
    wait();
    const response = await send("v1/ask", {
      ...asJson({ ...body, stream: true }),
      signal: AbortSignal.any([stopped, silence.signal]),
    });
    for await (const event of eventsOf(response.body)) {
      wait();
      if (event.type === "error") throw Problem.of(event.data);
      yield event;
      if (event.type === "answer") return;
    }
    throw Problem.lost();
  } catch (error) {
    if (stopped.aborted) throw new Problem("stopped");
    throw error instanceof Problem ? error : Problem.lost();
  } finally {
    clearTimeout(timer);
  }
}

/** The Word file of an answer, as a blob. */
export async function wordFile(answer) {
  return (await send("v1/export/docx", asJson(answer))).blob();
}

/** Send a new report, or one in place of `id`; the job that takes it in. */
export function sendReport(file, id = null) {
  const form = new FormData();
  form.append("file", file);
  const path = id === null ? "v1/reports" : `v1/reports/${encodeURIComponent(id)}`;
  return json(path, { method: id === null ? "POST" : "PUT", body: form });
}

/** Take a report out; the job that does. */
export const deleteReport = (id) => json(`v1/reports/${encodeURIComponent(id)}`, { method: "DELETE" });

export const openJob = (id) => json(`v1/jobs/${encodeURIComponent(id)}`);

let described;

/** Which of the things that not every service offers this one does. */
export async function features() {
  described ??= json("openapi.json");
  const { paths, components } = await described;
  return {
    history: "history" in components.schemas.AskRequest.properties,
    upload: "post" in (paths["/v1/reports"] ?? {}),
    replace: "put" in (paths["/v1/reports/{report_id}"] ?? {}),
    remove: "delete" in (paths["/v1/reports/{report_id}"] ?? {}),
  };
}

function asJson(body) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

async function json(path, options) {
  return (await send(path, options)).json();
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    throw error.name === "AbortError" ? error : Problem.lost();
  }
  if (response.ok) return response;
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
  throw isProblem ? Problem.of(await response.json(), retryAfter) : new Problem("other", { status: response.status });
}
