// Formulae as models write them, `$x$`, `\(x\)`, `\[x\]` and `$$x$$`, brought to the one spelling that the parser reads:
// `$$`. Code is left alone, and so is money.

/** Stands at the end of a formula that is still being written: a private character, so that no text has it. */
export const OPEN = "\uE004";

const MOST_CHARACTERS = 5_000;
const INLINE_CHARACTERS = 500;
const UNDER_WAY_CHARACTERS = 2_000;
const ADDRESS_CHARACTERS = 500;
// As much of a line's beginning as is looked at, so that long lines are not read again and again.
const HEAD_CHARACTERS = 200;

// What may stand before a fence: indents, and the signs of quotes and lists.
const FENCE = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`\n]*(?:\n|$))|~{3,})/;

const INDENTED = /^(?: {4}| {0,3}\t)/;
// An item of a list, or a footnote: what is indented below it belongs to it.
const ITEM = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])(?:\s|$)|\[\^[^\]\s]+\]:)/;

const WORDS = /\\(?:text\w*|mathrm|operatorname\*?|mbox)\s*\{[^{}]*\}/g;

/** Two words of prose side by side, outside of `\text{…}`, are no formula. */
export function isFormula(tex: string): boolean {
  if (tex.length > MOST_CHARACTERS || tex.trim() === "") return false;
  const bare = tex.replace(WORDS, "").replace(/\\[a-zA-Z]+/g, " \\ ");
  return !/(?<![\p{L}_^{])\p{L}{3,}[,;:]?[ \t]+\p{L}{2,}(?![\p{L}}])/u.test(bare);
}

/** `$5 and $6` are prices, `$HOME/$USER` are names: dollars make a formula when they stand close around one. */
function isDollarFormula(tex: string, before: string, after: string): boolean {
  if (/[\w$\\]/.test(before) || /[\w$]/.test(after)) return false;
  if (/^\s|\s$|\n|\$/.test(tex) || tex.length > INLINE_CHARACTERS) return false;
  // A number alone is a price far more often than a formula.
  if (/^\d/.test(tex) && !/[\\^_=<>+*{]/.test(tex)) return false;
  return isFormula(tex);
}

/** `$$ moderate` and, an item later, `$$$ expensive` are prices: there are other dollars in it, or it ends in another item. */
function isPrices(tex: string): boolean {
  return /(?<!\\)\$/.test(tex.replace(WORDS, "")) || /\n[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+$/.test(tex);
}

/** The signs of a formula are parts of an address, in a link or by itself, as in `https://a.example/Function_\(mathematics\)`. */
function isInAddress(text: string, at: number, lineStart: number): boolean {
  let wordStart = at;
  while (wordStart > lineStart && at - wordStart < ADDRESS_CHARACTERS && /[!-~]/.test(text.charAt(wordStart - 1))) wordStart -= 1;
  const word = text.slice(wordStart, at);
  const begin = [...word.matchAll(/\]\((?:<?https?:\/\/)?|https?:\/\//g)].at(-1);
  if (begin === undefined) return false;
  let depth = 0;
  for (const sign of word.slice(begin.index + begin[0].length)) {
    depth += sign === "(" ? 1 : sign === ")" ? -1 : 0;
    if (depth < 0) return false;
  }
  return true;
}

type Lines = { isAfterBlank: boolean; isInList: boolean };

/** Whether the line that begins `head` is code by its indent. Takes note of the line in `lines`. */
function isIndentedCode(head: string, lines: Lines): boolean {
  if (/^[ \t]*(?:\n|$)/.test(head)) {
    lines.isAfterBlank = true;
    return false;
  }
  if (lines.isAfterBlank && !lines.isInList && INDENTED.test(head)) return true;
  lines.isInList = ITEM.test(head) || (lines.isInList && (!lines.isAfterBlank || /^[ \t]/.test(head)));
  lines.isAfterBlank = false;
  return false;
}

/** The end of the code that begins at `at`, or null when none begins there. */
function endOfCode(text: string, at: number, missing: Set<string>): number | null {
  if (text[at] !== "`") return null;
  const ticks = /^`+/.exec(text.slice(at, at + 100))?.[0] ?? "";
  if (missing.has(ticks)) return at + ticks.length;
  const closing = new RegExp(`(?<!\`)${ticks}(?!\`)`, "g");
  closing.lastIndex = at + ticks.length;
  const found = closing.exec(text);
  const isWithin = found !== null && !/\n[ \t]*\n/.test(text.slice(at, found.index));
  if (found === null) missing.add(ticks);
  return isWithin ? found.index + ticks.length : at + ticks.length;
}

/** The end of a fenced block whose first line begins at `at`, or null when none begins there. */
function endOfFence(text: string, at: number): number | null {
  const fence = FENCE.exec(text.slice(at, at + HEAD_CHARACTERS))?.[1];
  if (fence === undefined) return null;
  const sign = fence[0] === "`" ? "`" : "~";
  const closing = new RegExp(`\\n[ \\t>]*${sign}{${fence.length},}[ \\t]*(?=\\n|$)`, "g");
  closing.lastIndex = at;
  const found = closing.exec(text);
  return found === null ? text.length : found.index + found[0].length;
}

type Pair = { open: string; close: RegExp };
const pairs: readonly Pair[] = [
  { open: "$$", close: /(?<!\$)\$\$(?!\$)/g },
  { open: "\\[", close: /\\\]/g },
  { open: "\\(", close: /\\\)/g },
];

/** Where each pair closes next, as far as it is known; -1 when it does not close any more. */
type Closes = Map<Pair, number>;

function closeFrom(text: string, begin: number, pair: Pair, closes: Closes): number {
  const known = closes.get(pair);
  if (known !== undefined && (known < 0 || known >= begin)) return known;
  pair.close.lastIndex = begin;
  const close = pair.close.exec(text)?.index ?? -1;
  closes.set(pair, close);
  return close;
}

/** The end of the dollars that begin at `at`. */
function endOfDollars(text: string, at: number): number {
  let end = at;
  while (text[end] === "$") end += 1;
  return end;
}

/** A formula on lines of its own keeps the indents and quote signs of the line that it begins on. */
function block(body: string, linePrefix: string, rest: string): string {
  const prefix = linePrefix.replace(/[^\s>]/g, " ");
  const lines = body.replace(/^[ \t]*\n|\n[ \t>]*$/g, "");
  const own = prefix !== "" && lines.startsWith(prefix) ? lines : prefix + lines.trimStart();
  return `$$\n${own}\n${prefix}$$${/^[ \t]*(?:\n|$)/.test(rest) ? "" : `\n${prefix}`}`;
}

type Found = { written: string; end: number };

/** Whether what stands behind a sign at the text's end is the beginning of a formula. */
function isUnderWay(body: string, isDollars: boolean, isFirst: boolean): boolean {
  if (body.length > UNDER_WAY_CHARACTERS || (!isFirst && /\n[ \t>]*\n/.test(body))) return false;
  if (body.trim() === "") return isFirst;
  return isFormula(body) && !(isDollars && (isPrices(body) || /^[ \t]+\p{L}{2,}/u.test(body)));
}

function formulaAt(text: string, at: number, lineStart: number, streaming: boolean, closes: Closes): Found | null {
  const pair = pairs.find(({ open }) => text.startsWith(open, at));
  if (pair === undefined || text[at - 1] === "\\") return null;
  const isDollars = pair.open === "$$";
  const begin = at + 2;
  if (isDollars && (endOfDollars(text, at) !== begin || /\w/.test(text[at - 1] ?? ""))) return null;
  const before = text.slice(lineStart, Math.min(at, lineStart + HEAD_CHARACTERS));
  const isFirst = lineStart + before.length === at && /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*$/.test(before);
  const isInCell = /^[ \t>]*\|/.test(before);
  const close = closeFrom(text, begin, pair, closes);
  if (close < 0) {
    const body = text.slice(begin, begin + UNDER_WAY_CHARACTERS + 1);
    if (!streaming || !isUnderWay(body, isDollars, isFirst) || (isInCell && /(?<!\\)\||\n/.test(body))) return null;
    return { written: isFirst ? `$$\n${before.replace(/[^\s>]/g, " ")}${body.trimStart()}${OPEN}` : `$$${body}${OPEN}`, end: text.length };
  }
  const end = close + 2;
  const again = isDollars ? -1 : text.indexOf(pair.open, begin);
  if (close - begin > MOST_CHARACTERS || (again >= 0 && again < close)) return null;
  const body = text.slice(begin, close);
  if (isDollars ? isPrices(body) || /\w/.test(text[end] ?? "") : /^\d*$/.test(body.trim()) || text[end] === "(") return null;
  if (isInCell && /(?<!\\)\||\n/.test(body)) return null;
  // A bracket within a line is a word in brackets that somebody escaped, more often than a formula.
  if (pair.open === "\\[" && !isFirst && !/\\[a-zA-Z]|[\^_=]/.test(body)) return null;
  if (isFirst && body.includes("\n")) return isFormula(body) ? { written: block(body, before, text.slice(end, end + HEAD_CHARACTERS)), end } : null;
  const line = body.replace(/\n[ \t>]*/g, " ");
  return /\n[ \t>]*\n/.test(body) || !isFormula(line) ? null : { written: `$$${line}$$`, end };
}

function dollarAt(text: string, at: number, lineStart: number): Found | null {
  if (text[at] !== "$" || text[at + 1] === "$") return null;
  const line = text.slice(at + 1, at + 2 + INLINE_CHARACTERS);
  const length = line.search(/(?<!\\)\$|\n/);
  if (length < 1 || line[length] !== "$") return null;
  const tex = line.slice(0, length);
  const end = at + length + 2;
  const isInCell = /^[ \t>]*\|/.test(text.slice(lineStart, Math.min(at, lineStart + HEAD_CHARACTERS)));
  if (isInCell && /(?<!\\)\|/.test(tex)) return null;
  return isDollarFormula(tex, text[at - 1] ?? "", text[end] ?? "") ? { written: `$$${tex}$$`, end } : null;
}

/**
 * Write every formula of a Markdown text between `$$`.
 *
 * Args:
 *     streaming: more is to come, so that a formula without an end is one that is being written; it ends in `OPEN`.
 */
export function withMathMarks(text: string, streaming: boolean): string {
  if (!text.includes("$") && !/\\[[(]/.test(text)) return text;
  const missing = new Set<string>();
  const closes: Closes = new Map();
  const lines: Lines = { isAfterBlank: true, isInList: false };
  let written = "";
  let kept = 0;
  let lineStart = 0;
  for (let at = 0; at < text.length; ) {
    if (at === lineStart) {
      const isCode = isIndentedCode(text.slice(at, at + HEAD_CHARACTERS), lines);
      const end = isCode ? text.indexOf("\n", at) : endOfFence(text, at);
      if (end !== null) {
        at = end < 0 ? text.length : end;
        continue;
      }
    }
    const sign = text[at] ?? "";
    if (sign === "\n") lineStart = at + 1;
    if (!"`\\$".includes(sign)) {
      at += 1;
      continue;
    }
    const codeEnd = endOfCode(text, at, missing);
    if (codeEnd !== null) {
      at = codeEnd;
      continue;
    }
    const dollarsEnd = endOfDollars(text, at);
    const found = formulaAt(text, at, lineStart, streaming, closes) ?? dollarAt(text, at, lineStart);
    if ((found !== null || dollarsEnd > at + 1) && !isInAddress(text, at, lineStart)) {
      // The parser would read dollars that are no formula's as one.
      const { written: replacement, end } = found ?? { written: "\\$".repeat(dollarsEnd - at), end: dollarsEnd };
      written += text.slice(kept, at) + replacement;
      const lastBreak = text.slice(at, end).lastIndexOf("\n");
      if (lastBreak >= 0) lineStart = at + lastBreak + 1;
      at = end;
      kept = at;
      continue;
    }
    // What a backslash escapes is no sign of anything.
    at = sign === "\\" ? at + (text[at + 1] === "\n" ? 1 : 2) : dollarsEnd;
  }
  return written + text.slice(kept);
}
