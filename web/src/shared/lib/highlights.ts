// Search snippets mark their hits with two private characters; split them into plain and marked pieces.

const OPEN = "\uE000";
const CLOSE = "\uE001";

export type Piece = { text: string; hit: boolean; at: number };

export function pieces(snippet: string): Piece[] {
  const found: Piece[] = [];
  let hit = false;
  let start = 0;
  for (let at = 0; at <= snippet.length; at += 1) {
    const mark = snippet[at];
    if (at < snippet.length && mark !== OPEN && mark !== CLOSE) continue;
    if (at > start) found.push({ text: snippet.slice(start, at), hit, at: start });
    hit = mark === OPEN;
    start = at + 1;
  }
  return found;
}

export const withoutMarks = (snippet: string): string => snippet.replaceAll(OPEN, "").replaceAll(CLOSE, "");
