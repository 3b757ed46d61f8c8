/** The reports there are to choices of region, year, issuer and report, and the choices made to filters of a question. */

import { button, element, languageOf } from "./dom.js";
import { said, tell } from "./words.js";

const NAMES = ["regions", "years", "issuers", "reports"];

export class FilterChoice {
  /** Shown in `box`, a `details` element, which says in its summary what is chosen. */
  constructor(box) {
    this.box = box;
    this.scope = box.querySelector("#scope");
    this.place = box.querySelector(".choices");
    this.reports = [];
    box.addEventListener("change", () => this.tellScope());
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && box.open) {
        event.preventDefault();
        box.open = false;
        box.querySelector("summary").focus();
      }
    });
  }

  /** Offer the choices that these reports leave; what is chosen stays chosen. */
  offer(reports) {
    const chosen = this.value;
    this.reports = reports;
    const found = {
      regions: distinct(reports.map((report) => report.region)),
      years: distinct(reports.flatMap((report) => report.years)).reverse(),
      issuers: distinct(reports.map((report) => report.issuer)),
      reports: reports.map((report) => report.id),
    };
    const groups = NAMES.filter((name) => found[name].length > 0).map((name) =>
      element(
        "fieldset",
        { class: name },
        said(`filters.${name}`, null, "legend"),
        element("div", { class: "pills" }, found[name].map((value) => this.pill(name, value))),
      ),
    );
    const clear = button("", said("filters.clear"), { class: "button small", click: () => this.choose({}) });
    this.place.replaceChildren(...groups, clear);
    this.box.hidden = reports.length === 0;
    this.choose(chosen);
  }

  /** The filters as `POST /v1/ask` takes them. */
  get value() {
    const chosen = { reports: [], regions: [], years: [], issuers: [] };
    for (const input of this.place.querySelectorAll("input:checked")) {
      chosen[input.name].push(input.name === "years" ? Number(input.value) : input.value);
    }
    return chosen;
  }

  /** Choose these filters and no others. */
  choose(filters) {
    for (const input of this.place.querySelectorAll("input")) {
      input.checked = (filters[input.name] ?? []).map(String).includes(input.value);
    }
    this.tellScope();
  }

  tellScope() {
    const names = Object.entries(this.value).flatMap(([name, values]) => values.map((value) => this.nameOf(name, value)));
    this.box.classList.toggle("chosen", names.length > 0);
    if (names.length > 0) tell(this.scope, "filters.some", { names: names.join(" · ") });
    else tell(this.scope, "filters.all");
  }

  pill(name, value) {
    const words = this.nameOf(name, value);
    return element(
      "label",
      { class: "pill" },
      element("input", { type: "checkbox", name, value }),
      element("span", { lang: languageOf(words) }, words),
    );
  }

  nameOf(name, value) {
    if (name !== "reports") return String(value);
    return this.reports.find((report) => report.id === value)?.title ?? value;
  }
}

function distinct(values) {
  return [...new Set(values.filter((value) => value !== null && value !== undefined))].sort();
}
