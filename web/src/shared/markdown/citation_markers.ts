// Markers of citations in Markdown: `[1]` becomes a citation, except in code, in links and where brackets stand around.
// A remark plugin: it sees what the parser made of the text, so code and links are told apart already.

/** What is wrong with a citation: the source does not confirm the sentence, or nobody could tell whether it does. */
export type Doubt = "unconfirmed" | "unchecked";

/** What stands in the marker of a doubtful citation: private characters, so that no text has them. */
const SIGNS: Record<Doubt, string> = { unconfirmed: "\uE002", unchecked: "\uE003" };
const doubts = Object.keys(SIGNS) as Doubt[];

// Markers side by side; one of them; and one as it was written, perhaps behind a backslash.
const MARKERS = /(?<![[\]])(?:\[[1-9]\d{0,2}[\uE002\uE003]?\])+(?!\()/g;
const MARKER = /\[([1-9]\d{0,2})([\uE002\uE003]?)\]/g;
const WRITTEN = /(\\?)\[[1-9]\d{0,2}[\uE002\uE003]?\\?\]/g;

type Point = { offset?: number };
type Node = {
  type: string;
  value?: string;
  children?: Node[];
  position?: { start: Point; end: Point };
  identifier?: string;
  url?: string;
  data?: object;
};

function citation(number: string, properties: { doubt?: Doubt; address?: string }): Node {
  return { type: "citation", children: [], data: { hName: "citation", hProperties: { number, ...properties } } };
}

/** Which brackets of a text have a backslash before them in the source; the parser took it away. */
function escaped(node: Node, source: string): boolean[] {
  const { start, end } = node.position ?? { start: {}, end: {} };
  const written = source.slice(start.offset ?? 0, end.offset ?? 0);
  return written.includes("\\[") ? [...written.matchAll(WRITTEN)].map(([, backslash]) => backslash !== "") : [];
}

/** A text in pieces: what stands between the markers, and a citation for each of them. */
function split(text: string, isEscaped: readonly boolean[]): Node[] {
  const runs = [...text.matchAll(MARKERS)].map((run) => ({ start: run.index, end: run.index + run[0].length }));
  const nodes: Node[] = [];
  let said = 0;
  for (const [place, marker] of [...text.matchAll(MARKER)].entries()) {
    const [whole, number = "", sign] = marker;
    if (isEscaped[place] || !runs.some(({ start, end }) => start <= marker.index && marker.index < end)) continue;
    if (marker.index > said) nodes.push({ type: "text", value: text.slice(said, marker.index) });
    nodes.push(citation(number, { doubt: doubts.find((doubt) => SIGNS[doubt] === sign) }));
    said = marker.index + whole.length;
  }
  if (said < text.length) nodes.push({ type: "text", value: text.slice(said) });
  return nodes;
}

const wordsOf = (node: Node): string => node.value ?? (node.children ?? []).map(wordsOf).join("");

/**
 * Models like to end with a list such as `[1]: guide.md`, by which Markdown makes links of the markers before. The
 * source goes first; the link is there for numbers without one.
 */
function references(node: Node, addresses: ReadonlyMap<string, string>): Node[] {
  const numbers = [...new Set([wordsOf(node), node.identifier ?? ""])];
  if (!numbers.every((number) => /^[1-9]\d{0,2}$/.test(number))) return [node];
  return numbers.map((number) => citation(number, { address: addresses.get(number) }));
}

function collect(node: Node, addresses: Map<string, string>): Map<string, string> {
  if (node.type === "definition" && node.identifier && node.url) addresses.set(node.identifier, node.url);
  for (const child of node.children ?? []) collect(child, addresses);
  return addresses;
}

function walk(node: Node, source: string, addresses: ReadonlyMap<string, string>): void {
  node.children = node.children?.flatMap((child) => {
    if (child.type === "link") return [child];
    if (child.type === "linkReference") return references(child, addresses);
    if (child.type === "text" && child.value?.includes("[")) return split(child.value, escaped(child, source));
    walk(child, source, addresses);
    return [child];
  });
}

/** The remark plugin. It makes elements `citation` with `number`, and `doubt` or `address` where there is one. */
export function citationMarkers() {
  return (tree: Node, file: { value: unknown }) => {
    const source = String(file.value);
    if (source.includes("[")) walk(tree, source, collect(tree, new Map()));
  };
}

/** Write into a text which of its markers are doubtful; `end` is where one ends, in UTF-16 units. */
export function withDoubts(text: string, places: readonly { end: number; doubt: Doubt }[]): string {
  let marked = "";
  let last = 0;
  for (const { end, doubt } of places) {
    if (end <= last || text[end - 1] !== "]") continue;
    marked += `${text.slice(last, end - 1)}${SIGNS[doubt]}`;
    last = end - 1;
  }
  return marked + text.slice(last);
}
