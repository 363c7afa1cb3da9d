// Messages as useChat shows them, made from messages as the server keeps them.
import type { UIMessage } from "ai";

import type { Message, Part, Usage } from "~/shared/api/types";

export type Details = {
  /** The server's name for a message that this page named first. */
  server_id?: string;
  run_id?: string | null;
  model?: string | null;
  created_at?: string | number;
  status?: Message["status"];
  usage?: Usage | null;
  duration_ms?: number | null;
  finish_reason?: string | null;
  siblings?: string[];
  error?: { tag: string; message: string } | null;
};

/** What the house has to say about an answer: another model stepped in, a budget ended it. */
export type NoticeData = { tag: string; message: string };

export type ChatMessage = UIMessage<Details, { notice: NoticeData }>;
type ChatPart = ChatMessage["parts"][number];

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function toolPart(part: Part): ChatPart {
  const call = { type: "dynamic-tool" as const, toolName: text(part.name), toolCallId: text(part.call_id), input: part.input };
  if (part.error) return { ...call, state: "output-error", errorText: text(part.error) };
  if (part.output !== undefined && part.output !== null) return { ...call, state: "output-available", output: part.output };
  return { ...call, state: "input-available" };
}

function sourcePart(part: Part, place: number): ChatPart {
  const sourceId = text(part.source_id) || text(part.id) || `source-${place}`;
  const title = text(part.title);
  const url = text(part.url);
  if (url !== "") return { type: "source-url", sourceId, url, title };
  return { type: "source-document", sourceId, mediaType: text(part.media_type) || "text/plain", title: title || "Document" };
}

function noticePart(data: unknown): ChatPart {
  const { tag, message } = (data ?? {}) as Record<string, unknown>;
  return { type: "data-notice", data: { tag: text(tag), message: text(message) } };
}

function toPart(part: Part, place: number): ChatPart | null {
  switch (part.type) {
    case "text":
      return { type: "text", text: text(part.text), state: "done" };
    case "reasoning":
      return { type: "reasoning", text: text(part.text), state: "done" };
    case "tool_call":
      return toolPart(part);
    case "source":
      return sourcePart(part, place);
    case "file":
      return { type: "file", url: text(part.url), mediaType: text(part.media_type), filename: text(part.filename) };
    case "data":
      return part.name === "notice" ? noticePart(part.data) : null;
    default:
      // A part of a newer server is left out rather than shown wrong.
      return null;
  }
}

export function toChatMessage(message: Message): ChatMessage | null {
  if (message.role !== "user" && message.role !== "assistant") return null;
  const { id, run_id, model, created_at, status, usage, finish_reason, siblings, error } = message;
  const duration_ms = message.metadata.duration_ms;
  return {
    id,
    role: message.role,
    parts: message.parts.map(toPart).filter((part) => part !== null),
    metadata: {
      server_id: id,
      run_id,
      model,
      created_at,
      status,
      usage,
      finish_reason,
      siblings,
      error,
      ...(typeof duration_ms === "number" ? { duration_ms } : {}),
    },
  };
}

/** A page of the server's messages, newest first, as the list shows it: oldest first. */
export const toChatMessages = (page: Message[]): ChatMessage[] =>
  page.toReversed().map(toChatMessage).filter((message) => message !== null);

export const serverId = (message: ChatMessage): string => message.metadata?.server_id ?? message.id;

/** The words of a message, without reasoning and tools. */
export const wordsOf = (message: ChatMessage): string =>
  message.parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("\n\n");

/** Whether there is anything to look at yet. */
export const hasContent = (message: ChatMessage): boolean =>
  message.parts.some(
    (part) => part.type !== "step-start" && !((part.type === "text" || part.type === "reasoning") && part.text.trim() === ""),
  );

/** What of a message is seen, to tell whether two tellings of it differ. */
const shownOf = (message: ChatMessage): string =>
  JSON.stringify(
    message.parts
      .filter((part) => part.type !== "step-start" && !(part.type === "reasoning" && part.text === ""))
      .map((part) => (part.type === "data-notice" ? part.data.message : "text" in part ? [part.type, part.text] : "state" in part ? part.state : part.type)),
  );

/**
 * Bring the page's messages to what the server holds. A message keeps the name it has on the page, and stays the
 * same object when nothing about it changed, so that its row is not drawn again.
 */
export function reconciled(known: ChatMessage[], page: Message[]): ChatMessage[] {
  const fresh = page.toReversed();
  const first = fresh[0];
  if (first === undefined) return known;
  const places = new Map(known.flatMap((message, place) => [[message.id, place], [serverId(message), place]] as [string, number][]));
  const placeOf = (message: Message) => places.get(message.id) ?? places.get(message.client_id ?? "") ?? -1;

  // Pages are read from the end; whatever the list holds before this page stays as it is.
  const start = placeOf(first);
  const before = start > 0 ? known.slice(0, start) : [];
  const after = fresh.map((message) => {
    const next = toChatMessage(message);
    const old = known[placeOf(message)];
    if (next === null || old === undefined) return next;
    const metadata = { ...old.metadata, ...next.metadata };
    const same = shownOf(old) === shownOf(next);
    if (same && JSON.stringify(old.metadata) === JSON.stringify(metadata)) return old;
    return { ...next, id: old.id, parts: same ? old.parts : next.parts, metadata };
  });
  return [...before, ...after.filter((message) => message !== null)];
}
