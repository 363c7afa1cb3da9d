// Which diagrams are drawn: those that could make the browser ask somewhere for something are not, and none may choose
// settings of the drawing for itself.

export const MOST_CHARACTERS = 20_000;
export const MOST_EDGES = 300;

// The signs that are escaped in data have as many digits as their letter says; those in a style have up to six.
const ESCAPE =
  /\\(?:U([\da-fA-F]{8})|u([\da-fA-F]{4})|x([\da-fA-F]{2})|[uUxX]\{?([\da-fA-F]{1,6})\}?|([\da-fA-F]{1,6})[ \t]?)/g;

/** What a style may spell with backslashes, or data with escapes, as it is read in the end. */
function unescaped(text: string): string {
  return text
    .replace(ESCAPE, (whole, ...digits: string[]) => {
      const point = Number.parseInt(digits.slice(0, 5).find(Boolean) ?? "", 16);
      return point > 31 && point < 0x110000 ? String.fromCodePoint(point) : whole;
    })
    .replace(/#(\d{1,7});/g, (whole, digits: string) => (Number(digits) < 0x110000 ? String.fromCodePoint(Number(digits)) : whole))
    .replaceAll("\\", "");
}

// Addresses in styles, pictures as shapes, and elements of HTML beyond the few that only shape text.
const LOADS = [
  /(?:url|src|image)\(["']?(?:[a-z][a-z0-9+.-]*:|[\\/]{2})/i,
  /(?:image-set|cross-fade|paint|element)\(/i,
  /@import|@font-face/i,
  /\$sprite\b|<(?:img|image|svg|iframe|object|embed|link|style|script|video|audio|source|input|form|base|meta|use|feimage)\b/i,
];

/** A picture as a shape, whatever brackets stand in the texts before it. */
function hasPicture(source: string): boolean {
  const settings = source.indexOf("@{");
  return settings >= 0 && /\bimg\b/i.test(source.slice(settings));
}

/** Whether drawing this could load something from another place. */
function loads(source: string): boolean {
  const bare = unescaped(source);
  const tight = bare.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\s+/g, "");
  return [bare, tight, source].some((text) => LOADS.some((pattern) => pattern.test(text)) || hasPicture(text));
}

/** Ticks closer than a minute make a plot of a year millions of lines. */
const SLOW = /tickInterval\s+\d+\s*(?:milli)?second/i;

const WIDE = /\bspace\s*:\s*\d{3,}/i;

const DAYS: Record<string, number> = { ms: 0, s: 1 / 86_400, m: 1 / 1_440, h: 1 / 24, d: 1, w: 7, M: 31, y: 366 };
const MOST_DAYS = 30_000;
const MOST_YEARS = 100;

/** With days left out, every task of a plan is walked through day by day. */
function isLongWalk(plan: string): boolean {
  if (/\bdateFormat\s+x\b/i.test(plan)) return true;
  const years = [...plan.matchAll(/\b\d{4,6}\b/g)].map(([year]) => Number(year));
  const isFar = years.length > 0 && Math.max(...years) - Math.min(...years) > MOST_YEARS;
  const durations = [...plan.matchAll(/\b(\d+(?:\.\d+)?)(ms|[smhdwMy])\b/g)];
  return isFar || durations.reduce((days, [, count, unit = ""]) => days + Number(count) * (DAYS[unit] ?? 0), 0) > MOST_DAYS;
}

/** Whether drawing this could take so long that the page stands still. */
function isSlow(source: string): boolean {
  if (/\bblock\b/.test(source) && WIDE.test(source)) return true;
  if (/\bgantt\b/i.test(source) && /\bexcludes\b/i.test(source) && isLongWalk(source)) return true;
  return SLOW.test(source);
}

/**
 * The part of a diagram that is drawn.
 *
 * Returns: the source without its settings; null when it must not be drawn.
 */
export function drawable(source: string): string | null {
  if (source.length > MOST_CHARACTERS) return null;
  const bare = source
    .replace(/^\s*---[ \t]*\n[\s\S]*?\n[ \t]*---[ \t]*(?:\n|$)/, "")
    .replace(/%%\s*\{[\s\S]*?\}\s*%%/g, "")
    .trim();
  if (bare === "" || bare.includes("%%{") || bare.startsWith("---") || loads(bare) || isSlow(bare)) return null;
  return bare;
}

/** What a diagram is called: its own title, which listeners hear too. */
export function titleOf(source: string): string | null {
  const title = /^[ \t]*(?:accTitle\s*:|(?:pie[ \t]+(?:showData[ \t]+)?)?title\b:?)[ \t]*(\S.*)$/m.exec(source)?.[1]?.trim();
  return title ? title.replace(/^["']|["']$/g, "").slice(0, 200) : null;
}
