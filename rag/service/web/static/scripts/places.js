/** What the page shows to its address and back: every citation, section and answer has one that can be passed on. */

const FILTERS = { reports: "report", regions: "region", years: "year", issuers: "issuer" };

export const NO_FILTERS = Object.freeze({ reports: [], regions: [], years: [], issuers: [] });

/** `{page}`: "home", "answer" (question, history, filters), "cite" (id) or "report" (id, start, end); null for others. */
export function placeOf(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?");
  const [, page = "", id = ""] = path.split("/");
  const values = new URLSearchParams(query);
  if (page === "answer" && values.get("q")) {
    const filters = {};
    for (const [name, key] of Object.entries(FILTERS)) filters[name] = values.getAll(key);
    filters.years = filters.years.map(Number).filter(Number.isInteger);
    return { page, question: values.get("q"), history: values.getAll("after"), filters };
  }
  if (page === "cite" && id) return { page, id: decodeURIComponent(id) };
  if (page === "report" && id) {
    const [start, end] = ["start", "end"].map((name) => Number(values.get(name)) || 0);
    return { page, id: decodeURIComponent(id), start, end };
  }
  return path === "" || path === "/" ? { page: "home" } : null;
}

export function toAnswer({ question, history = [], filters = NO_FILTERS }) {
  const values = new URLSearchParams({ q: question });
  for (const earlier of history) values.append("after", earlier);
  for (const [name, key] of Object.entries(FILTERS)) {
    for (const value of filters[name] ?? []) values.append(key, value);
  }
  return `#/answer?${values}`;
}

export const toCitation = (id) => `#/cite/${encodeURIComponent(id)}`;

export const toReport = (id, start = 0, end = 0) => `#/report/${encodeURIComponent(id)}?start=${start}&end=${end}`;

/** The address as it can be passed on. */
export const whole = (hash) => new URL(hash, location.href).href;
