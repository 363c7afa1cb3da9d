// What an answer cites: its sources, and which of its markers they do not confirm.
import { type Place, placeAddress } from "~/shared/lib/places";
import { unitsOf } from "~/shared/lib/code_points";
import { withDoubts } from "~/shared/markdown/citation_markers";
import type { Source } from "~/shared/markdown/sources";

import type { ChatMessage, CitationsData } from "./messages";

type ChatPart = ChatMessage["parts"][number];

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const numeral = (value: unknown): number | null => (typeof value === "number" ? value : null);

/** The place in the library that a source's details name, if it is one. */
function placeOf(told: Record<string, unknown>): Place | null {
  const start = numeral(told.start);
  const end = numeral(told.end);
  const document_id = text(told.document_id);
  if (start === null || end === null || document_id === "") return null;
  return { document_id, start, end, revision: numeral(told.revision) ?? 0 };
}

function sourceOf(part: ChatPart, position: number): Source | null {
  if (part.type !== "source-url") return null;
  const told: Record<string, unknown> = part.providerMetadata?.steward ?? {};
  const place = placeOf(told);
  return {
    number: numeral(told.number) ?? position + 1,
    title: part.title || part.url,
    href: place === null ? part.url : placeAddress(place),
    excerpt: text(told.excerpt),
    score: numeral(told.score),
    page: numeral(told.page),
    headings: Array.isArray(told.headings) ? told.headings.filter((heading) => typeof heading === "string") : [],
  };
}

/** The sources of an answer in the order of their numbers. */
export function sourcesOf(message: ChatMessage): Source[] {
  return message.parts
    .filter((part) => part.type === "source-url")
    .map(sourceOf)
    .filter((source) => source !== null)
    .toSorted((one, other) => one.number - other.number);
}

const placesOf = (message: ChatMessage): CitationsData["places"] =>
  message.parts.flatMap((part) => (part.type === "data-citations" ? part.data.places : []));

/**
 * The text parts of a message with its doubtful markers marked.
 *
 * Places count through all text parts, joined. The text changes in the paragraphs of doubtful markers alone, so only
 * those are drawn anew.
 */
export function textsWithDoubts(message: ChatMessage): Map<ChatPart, string> {
  const doubtful = placesOf(message).filter((place) => !place.is_supported);
  const texts = new Map<ChatPart, string>();
  let before = 0;
  for (const part of message.parts) {
    if (part.type !== "text") continue;
    const start = before;
    const places = doubtful.map((place) => ({
      end: unitsOf(part.text, place.end - start),
      doubt: place.is_checked === false ? ("unchecked" as const) : ("unconfirmed" as const),
    }));
    texts.set(part, withDoubts(part.text, places));
    if (doubtful.length > 0) before += [...part.text].length;
  }
  return texts;
}
