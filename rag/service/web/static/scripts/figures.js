/** The statements of a comparison to figures that may be drawn side by side, or to none. */

// A number that is no date, ordinal, ratio or document number, with its bounds, its multiplier and what it counts.
const FIGURE =
  /(?:超过|不低于|不少于|不超过|至少|近|约|逾)?(?<![\d.:/第〔[-]|\d,)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*([万亿]?)\s*(%|个百分点|元|平方米|公里|\p{Script=Han}|[a-z]{2,})(?:以上|以下|以内|左右)?/giu;
const CLAUSE_END = /[。；：、!?;]|,(?!\d{3})/u;
const NO_UNITS = new Set([..."年月日号届期第周版时分至到和与、及条款章节", "to", "and", "of", "in", "or"]);
const TIMES = { 万: 1e4, 亿: 1e8 };

/** `[{value, unit, text, words}]` of a text: the value with its multiplier worked in, as written, and the words beside it. */
export function figuresOf(text) {
  const found = [];
  for (const clause of text.normalize("NFKC").split(CLAUSE_END)) {
    for (const [whole, digits, fraction = "", multiplier, unit] of clause.matchAll(FIGURE)) {
      if (NO_UNITS.has(unit.toLowerCase())) continue;
      const value = Number(digits.replaceAll(",", "") + fraction) * (TIMES[multiplier] ?? 1);
      found.push({ value, unit: unit.toLowerCase(), text: whole.trim(), words: wordsOf(clause) });
    }
  }
  return found;
}

/**
 * `{unit, bars: [{label, value, text, planned}]}`: for every side the figure that stands with the same words of the
 * question, for the first unit that has such; null where there is none. Where a side has another figure that might as
 * well be meant, or counts something else, the picture would say more than the sentences do.
 */
export function comparableFigures(rows, question) {
  const sides = new Map();
  for (const { label, text, claim, planned } of rows) {
    if (!claim || !label) continue;
    const figures = figuresOf(text).map((figure) => ({ ...figure, label, planned }));
    sides.set(label, [...(sides.get(label) ?? []), ...figures]);
  }
  if (sides.size < 2) return null;
  const asked = wordsOf([...sides.keys()].reduce((rest, label) => rest.replaceAll(label, " "), question));
  const all = [...sides.values()];
  for (const unit of new Set(all[0].map((figure) => figure.unit))) {
    const bars = all.map((side) => meant(side.filter((figure) => figure.unit === unit), asked));
    if (bars.every((bar) => bar !== null && bar.about === bars[0]?.about)) return { unit, bars };
  }
  return null;
}

/** The one of a side's figures that stands with most of the words asked for, and those words; null where two may be. */
function meant(figures, asked) {
  const rated = figures.map((figure) => ({ ...figure, about: [...asked].filter((word) => figure.words.has(word)) }));
  const [best, next] = rated.sort((one, other) => other.about.length - one.about.length);
  if (!best || best.about.length === 0) return null;
  if (next && (best.about.length === next.about.length || best.about.length < 2)) return null;
  return { ...best, about: best.about.join(" ") };
}

/** Pairs of Han characters and Latin words of a text. */
function wordsOf(text) {
  const pairs = [...text.matchAll(/(?=(\p{Script=Han}{2}))/gu)].map(([, pair]) => pair);
  return new Set([...pairs, ...(text.toLowerCase().match(/[a-z]{3,}/g) ?? [])]);
}
