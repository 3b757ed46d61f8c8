/** Offsets in code points, as the service counts them, to offsets in UTF-16 units, as strings here count them. */

export class Offsets {
  /** Notes the characters of `text` that take two units. */
  constructor(text) {
    this.wide = [];
    for (let unit = 0; unit < text.length; unit++) {
      if (text.codePointAt(unit) > 0xffff) {
        this.wide.push(unit - this.wide.length);
        unit++;
      }
    }
  }

  /** The unit at which the code point number `point` begins. */
  unit(point) {
    let low = 0;
    let high = this.wide.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.wide[middle] < point) low = middle + 1;
      else high = middle;
    }
    return point + low;
  }
}
