/** Names to values kept in this browser; where it keeps nothing, the page works on without. */

const name = (key) => `report-rag.${key}`;

/** The value kept under `key`, or `otherwise`. */
export function load(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name(key))) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Keep `value`; false where the browser refuses or is full. */
export function save(key, value) {
  try {
    localStorage.setItem(name(key), JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
