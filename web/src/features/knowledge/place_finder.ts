// Where a cited passage is today: documents are replaced, and the numbers of a place count in an older text then.
import { answered, api } from "~/shared/api/client";
import type { DocumentText, PassagePage } from "~/shared/api/types";

/** What the address asks for. Without `revision` the numbers are taken to be of today's text. */
export type Wanted = { start: number; end: number; revision: number | null; excerpt: string };

/** A place in today's text, in code points, and whether the document has changed since it was cited. */
export type Found = { start: number; end: number; changed: boolean };

const LEAST_PASSAGES = 3;

const escaped = (word: string): string => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Where an excerpt stands in a text, in UTF-16 units. Blanks may differ, and it may be cut at "…". */
export function locate(text: string, excerpt: string): { start: number; end: number } | null {
  const longest = excerpt.split("…").reduce((best, piece) => (piece.trim().length > best.length ? piece.trim() : best), "");
  if (longest === "") return null;
  const found = new RegExp(longest.split(/\s+/).map(escaped).join("\\s+"), "u").exec(text);
  return found && { start: found.index, end: found.index + found[0].length };
}

const codePoints = (text: string): number => [...text].length;

export function readText(id: string, start: number, end: number | undefined, signal?: AbortSignal): Promise<DocumentText> {
  const params = { path: { document_id: id }, query: { start, ...(end === undefined ? {} : { end }) } };
  return answered<DocumentText>(api.GET("/api/v1/documents/{document_id}/text", { params, signal }));
}

async function search(id: string, excerpt: string, signal?: AbortSignal): Promise<PassagePage> {
  const body = { query: excerpt.slice(0, 1000), document_ids: [id], limit: LEAST_PASSAGES, least_score: 0 };
  return answered<PassagePage>(api.POST("/api/v1/knowledge/search", { body, signal }));
}

/** Look for the words of a place that is not where it was. Returns: null when nothing of it is left. */
async function findAgain(id: string, excerpt: string, signal?: AbortSignal): Promise<Found | null> {
  if (excerpt.trim() === "") return null;
  const { items } = await search(id, excerpt, signal);
  for (const passage of items) {
    const there = locate(passage.text, excerpt);
    if (there === null) continue;
    const start = passage.start + codePoints(passage.text.slice(0, there.start));
    return { start, end: start + codePoints(passage.text.slice(there.start, there.end)), changed: true };
  }
  return null;
}

/**
 * Find a place in today's text.
 *
 * Returns: null when the text has changed and the words are gone.
 * Throws: a `Problem`, with the tag `document_not_ready` while there is no text at all.
 */
export async function findPlace(id: string, { start, end, revision, excerpt }: Wanted, signal?: AbortSignal): Promise<Found | null> {
  const at = await readText(id, start, end, signal);
  const isSame = revision === null || revision === at.revision;
  // A document that was only embedded anew has another revision, and says the same at the same place.
  const saysSame = excerpt !== "" && locate(at.text, excerpt) !== null;
  if (at.text !== "" && (isSame || saysSame)) return { start: at.start, end: at.end, changed: false };
  return findAgain(id, excerpt, signal);
}
