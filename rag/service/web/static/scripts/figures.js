/** The statements of a comparison to figures that may be drawn side by side, or to none. */

// A number that is no date, ordinal, ratio or document number, with its multiplier and the word that it counts.
const FIGURE =
  /(?<![\d.:/第〔[-]|\d,)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*([万亿]?)\s*(%|个百分点|元|平方米|公里|\p{Script=Han}|[a-z]{2,})/giu;
const NO_UNITS = new Set([..."年月日号届期第周版时分至到和与、及条款章节", "to", "and", "of", "in", "or"]);
const TIMES = { 万: 1e4, 亿: 1e8 };

/** `[{value, unit, text}]` of a text; `value` has its multiplier worked in, `text` is how the report writes it. */
export function figuresOf(text) {
  const found = [];
  for (const [whole, digits, fraction = "", multiplier, unit] of text.normalize("NFKC").matchAll(FIGURE)) {
    if (NO_UNITS.has(unit.toLowerCase())) continue;
    const value = Number(digits.replaceAll(",", "") + fraction) * (TIMES[multiplier] ?? 1);
    found.push({ value, unit: unit.toLowerCase(), text: whole.trim() });
  }
  return found;
}

/**
 * `{unit, bars: [{label, value, text, planned}]}` for the first unit that every row with a statement has exactly one figure of,
 * or null: where a row has two, which of them is compared would be a guess.
 */
export function comparableFigures(rows) {
  const sides = new Map();
  for (const row of rows) {
    if (!row.claim || !row.label) continue;
    const figures = figuresOf(row.text).map((figure) => ({ ...figure, planned: row.planned }));
    sides.set(row.label, [...(sides.get(row.label) ?? []), ...figures]);
  }
  if (sides.size < 2) return null;
  const all = [...sides];
  for (const { unit } of all[0][1]) {
    const alike = all.map(([label, figures]) => [label, figures.filter((figure) => figure.unit === unit)]);
    if (alike.every(([, figures]) => figures.length === 1)) {
      return { unit, bars: alike.map(([label, [{ value, text, planned }]]) => ({ label, value, text, planned })) };
    }
  }
  return null;
}
