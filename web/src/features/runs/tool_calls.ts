// Calls of tools as the page holds them: made from what is stored, and which of them wait for somebody.
import { type DynamicToolUIPart, type UIMessage, getToolName, isToolUIPart } from "ai";

import type { Part } from "~/shared/api/types";

export type ActionKind = "approval" | "client" | "person";

/** That a call waits for somebody. Only its beginning tells why; a later telling holds the state alone. */
export type ActionData = {
  toolCallId: string;
  actionId: string;
  state: string;
  kind?: ActionKind;
  reason?: string;
  approvers?: number;
  expiresAt?: string;
};

export type SuggestionData = { tool: string; score: number; reason: string };

type ActionPart = { type: "data-action"; id: string; data: ActionData };
type SuggestionPart = { type: "data-tool-suggestion"; data: SuggestionData };
type Parts = UIMessage["parts"];
export type ToolPart = Extract<Parts[number], { type: `tool-${string}` | "dynamic-tool" }>;

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const words = (value: unknown): string | undefined => text(value) || undefined;

function stateOf(part: Part): string {
  if (typeof part.state === "string" && part.state !== "done" && part.state !== "error") return part.state;
  if (part.error) return "failed";
  return part.output !== undefined && part.output !== null ? "output_ready" : "input_ready";
}

function callPart(part: Part): DynamicToolUIPart {
  const call = { type: "dynamic-tool" as const, toolName: text(part.name), toolCallId: text(part.call_id), input: part.input ?? undefined };
  const actionId = text(part.action_id);
  switch (stateOf(part)) {
    case "input_streaming":
      return { ...call, state: "input-streaming" };
    case "waiting":
      // Only approvals are asked for on the stream; the others are calls whose output is still to come.
      if (part.waits_for === "approval") return { ...call, state: "approval-requested", approval: { id: actionId } };
      return { ...call, state: "input-available" };
    case "output_ready":
      return { ...call, state: "output-available", output: part.output ?? null };
    case "failed":
      return { ...call, state: "output-error", errorText: text(part.error) };
    case "denied":
      return { ...call, state: "output-denied", approval: { id: actionId, approved: false, reason: words(part.error) } };
    default:
      return { ...call, state: "input-available" };
  }
}

const kinds: readonly unknown[] = ["approval", "client", "person"] satisfies ActionKind[];

function actionPart(part: Part): ActionPart | null {
  const actionId = text(part.action_id);
  if (actionId === "" || stateOf(part) !== "waiting" || !kinds.includes(part.waits_for)) return null;
  const data: ActionData = {
    toolCallId: text(part.call_id),
    actionId,
    state: "waiting",
    kind: part.waits_for as ActionKind,
    reason: words(part.reason),
    approvers: typeof part.approvers === "number" ? part.approvers : 1,
    expiresAt: words(part.expires_at),
  };
  return { type: "data-action", id: actionId, data };
}

/** A stored call, the way it streams: the call, and behind it what it waits for. */
export function toolParts(part: Part): (DynamicToolUIPart | ActionPart)[] {
  const action = actionPart(part);
  return action === null ? [callPart(part)] : [callPart(part), action];
}

export function suggestionPart(data: unknown): SuggestionPart {
  const { tool, score, reason } = (data ?? {}) as Record<string, unknown>;
  return { type: "data-tool-suggestion", data: { tool: text(tool), score: typeof score === "number" ? score : 0, reason: text(reason) } };
}

export type Waiting = { call: ToolPart; action: ActionData };

const isOpen = (part: ToolPart): boolean => part.state === "input-available" || part.state === "approval-requested";

/** The calls of a message that wait for somebody. A call that was answered waits no more, whatever was told before. */
export function waitingIn(message: { parts: Parts } | undefined): Waiting[] {
  const waiting: Waiting[] = [];
  for (const part of message?.parts ?? []) {
    if (part.type !== "data-action") continue;
    const action = (part as ActionPart).data;
    const call = message?.parts.find((other): other is ToolPart => isToolUIPart(other) && other.toolCallId === action.toolCallId);
    if (action.state === "waiting" && call !== undefined && isOpen(call)) waiting.push({ call, action });
  }
  return waiting;
}

/** The tool that fits the question best, unless the answer came to use it by itself. */
export function suggestedIn(message: { parts: Parts }): SuggestionData | null {
  const part = message.parts.findLast((one) => one.type === "data-tool-suggestion") as SuggestionPart | undefined;
  if (part === undefined || part.data.tool === "") return null;
  const used = message.parts.some((one) => isToolUIPart(one) && getToolName(one) === part.data.tool);
  return used ? null : part.data;
}
