// Messages as useChat shows them, made from messages as the server keeps them.
import type { UIMessage } from "ai";

import type { Feedback, Message, Part, Usage } from "~/shared/api/types";

import { type ActionData, type SuggestionData, suggestionPart, toolParts, waitingIn } from "./tool_calls";

export type Details = {
  /** The server's name for a message that this page named first. */
  server_id?: string;
  run_id?: string | null;
  model?: string | null;
  created_at?: string | number;
  status?: Message["status"];
  usage?: Usage | null;
  duration_ms?: number | null;
  /** What it cost, exactly; null when its price is not known. */
  cost_usd?: string | null;
  finish_reason?: string | null;
  siblings?: string[];
  error?: Message["error"];
  /** What this person said about it. */
  feedback?: Feedback | null;
};

/** What the house has to say about an answer: another model stepped in, a budget ended it. */
export type NoticeData = { tag: string; message: string };

/**
 * Where an answer cites which source, in code points of its joined text, and whether the source confirms it. A place is
 * not checked when nobody could tell.
 */
export type CitationsData = { places: { number: number; start: number; end: number; is_supported: boolean; is_checked?: boolean }[] };

/** What a tool tells while it works; it passes by and is in no message. */
export type ProgressData = { toolCallId: string; message: string };

type Data = {
  notice: NoticeData;
  citations: CitationsData;
  action: ActionData;
  progress: ProgressData;
  "tool-suggestion": SuggestionData;
};

export type ChatMessage = UIMessage<Details, Data>;
type ChatPart = ChatMessage["parts"][number];
export type FilePart = Extract<ChatPart, { type: "file" }>;

const text = (value: unknown): string => (typeof value === "string" ? value : "");

type SourcePart = Extract<ChatPart, { type: "source-url" }>;

/** A source as it is stored, the way it streams: what is ours stands in the provider's metadata. */
function sourcePart(part: Part, position: number): SourcePart | null {
  const { type: _type, title, url, ...told } = part;
  if (typeof url !== "string") return null;
  const steward = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null));
  const sourceId = `source-${String(part.number ?? position)}`;
  return { type: "source-url", sourceId, url, title: text(title), providerMetadata: { steward } as SourcePart["providerMetadata"] };
}

function filePart(part: Part): FilePart {
  const { bytes, is_cut } = part;
  const steward = { ...(typeof bytes === "number" ? { bytes } : {}), ...(is_cut === true ? { is_cut } : {}) };
  return { type: "file", url: text(part.url), mediaType: text(part.media_type), filename: text(part.filename), providerMetadata: { steward } };
}

type StoredPlace = Partial<CitationsData["places"][number]>;

function citationsPart(data: unknown): ChatPart {
  const { places } = (data ?? {}) as { places?: StoredPlace[] };
  const whole = (place: StoredPlace) => ({ number: 0, start: 0, end: 0, is_supported: true, ...place });
  return { type: "data-citations", data: { places: Array.isArray(places) ? places.map(whole) : [] } };
}

function dataPart(part: Part): ChatPart | null {
  if (part.name === "notice") return noticePart(part.data);
  if (part.name === "tool-suggestion") return suggestionPart(part.data);
  return part.name === "citations" ? citationsPart(part.data) : null;
}

function noticePart(data: unknown): ChatPart {
  const { tag, message } = (data ?? {}) as Record<string, unknown>;
  return { type: "data-notice", data: { tag: text(tag), message: text(message) } };
}

function toPart(part: Part, position: number): ChatPart | ChatPart[] | null {
  switch (part.type) {
    case "text":
      return { type: "text", text: text(part.text), state: "done" };
    case "reasoning":
      return { type: "reasoning", text: text(part.text), state: "done" };
    case "tool_call":
      return toolParts(part);
    case "source":
      return sourcePart(part, position);
    case "file":
      return filePart(part);
    case "data":
      return dataPart(part);
    default:
      // A part of a newer server is left out rather than shown wrong.
      return null;
  }
}

export function toChatMessage(message: Message): ChatMessage | null {
  if (message.role !== "user" && message.role !== "assistant") return null;
  const { id, run_id, model, created_at, status, usage, finish_reason, siblings, error, feedback } = message;
  const { duration_ms, cost_usd } = message.metadata;
  return {
    id,
    role: message.role,
    parts: message.parts.flatMap((part, position) => toPart(part, position) ?? []),
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
      feedback: feedback ?? null,
      ...(typeof duration_ms === "number" ? { duration_ms } : {}),
      ...(typeof cost_usd === "string" ? { cost_usd } : {}),
    },
  };
}

/** A page of the server's messages, newest first, as the list shows it: oldest first. */
export const toChatMessages = (page: readonly Message[]): ChatMessage[] =>
  page.toReversed().map(toChatMessage).filter((message) => message !== null);

export const serverId = (message: ChatMessage): string => message.metadata?.server_id ?? message.id;

/** The words of a message, without reasoning and tools. */
export const wordsOf = (message: ChatMessage): string =>
  message.parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("\n\n");

/** The files of a message. */
export const filesIn = ({ parts }: Pick<ChatMessage, "parts">): FilePart[] => parts.filter((part) => part.type === "file");

/** Whether a part stands beside what is said: it comes in its midst while it streams, and behind it when stored. */
const isBeside = (part: ChatPart): boolean =>
  part.type === "source-url" || part.type === "data-citations" || part.type === "data-action" || part.type === "data-tool-suggestion";

/** What is said in a message, in its order. */
export const saidIn = (message: ChatMessage): ChatPart[] =>
  message.parts.filter((part) => part.type !== "step-start" && !isBeside(part));

/** Whether there is anything to look at yet. */
export const hasContent = (message: ChatMessage): boolean =>
  saidIn(message).some((part) => !((part.type === "text" || part.type === "reasoning") && part.text.trim() === ""));

function seenOf(part: ChatPart): unknown {
  if (part.type === "data-notice") return part.data.message;
  if (part.type === "data-citations") return part.data.places.map((place) => [place.start, place.is_supported]);
  if (part.type === "data-tool-suggestion") return part.data.tool;
  if (part.type === "source-url") return [part.sourceId, part.url];
  if (part.type === "dynamic-tool") return [part.state, part.errorText, part.state === "output-denied" ? part.approval?.reason : null];
  if ("text" in part) return [part.type, part.text];
  return "state" in part ? part.state : part.type;
}

/** What of a message is seen, to tell whether two tellings of it differ. */
function shownOf(message: ChatMessage): string {
  const said = saidIn(message).filter((part) => !(part.type === "reasoning" && part.text === ""));
  const beside = message.parts.filter((part) => isBeside(part) && part.type !== "data-action");
  const waiting = waitingIn(message).map(({ action }) => action.actionId);
  // What is beside comes in another order when it is stored.
  return JSON.stringify([said.map(seenOf), beside.map((part) => JSON.stringify(seenOf(part))).toSorted(), waiting]);
}

/** Whether this page sent it, and not another one or a program: it keeps the name that it got here. */
export const isSentHere = (message: ChatMessage): boolean => message.metadata?.server_id !== message.id;

/** Whether a page of the server's messages, newest first, goes on from what is known, with nothing missing in between. */
export function joins(known: readonly ChatMessage[], page: readonly Message[]): boolean {
  const first = page.at(-1);
  return first === undefined || known.some((message) => serverId(message) === first.id || message.id === first.client_id);
}

/**
 * Bring the page's messages to what the server holds. A message keeps the name it has on the page, and stays the
 * same object when nothing about it changed, so that its row is not drawn again.
 *
 * @param isAnew - nothing that is known before the page's first message stays.
 */
export function reconciled(known: ChatMessage[], page: Message[], isAnew = false): ChatMessage[] {
  const fresh = page.toReversed();
  const first = fresh[0];
  if (first === undefined) return known;
  const places = new Map(known.flatMap((message, place) => [[message.id, place], [serverId(message), place]] as [string, number][]));
  const placeOf = (message: Message) => places.get(message.id) ?? places.get(message.client_id ?? "") ?? -1;

  // Pages are read from the end; whatever the list holds before this page stays as it is.
  const start = placeOf(first);
  const before = isAnew || start < 0 ? [] : known.slice(0, start);
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
