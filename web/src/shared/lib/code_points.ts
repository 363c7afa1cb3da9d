// The server counts characters as code points, the browser as UTF-16 units: an emoji is one there and two here.

/** The place in `text` that comes after `count` code points. */
export function unitsOf(text: string, count: number): number {
  // Most texts have no character that counts twice.
  if (!/[\uD800-\uDBFF]/.test(text)) return Math.min(Math.max(0, count), text.length);
  let units = 0;
  for (let left = count; left > 0 && units < text.length; left -= 1) units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  return units;
}
