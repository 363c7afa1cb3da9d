import { describe, expect, it } from "vitest";

import type { Message, Part } from "~/shared/api/types";

import { hasContent, reconciled, toChatMessage } from "./messages";
import { suggestedIn, waitingIn } from "./tool_calls";

const stored = (...parts: Part[]): Message => ({
  id: "msg_1",
  client_id: null,
  parent_id: null,
  role: "assistant",
  parts: parts as Message["parts"],
  status: "in_progress",
  model: null,
  finish_reason: null,
  usage: null,
  run_id: "run_1",
  error: null,
  created_at: "2026-11-21T10:00:00Z",
  metadata: {},
  siblings: ["msg_1"],
});
const shown = (...parts: Part[]) => {
  const message = toChatMessage(stored(...parts));
  if (message === null) throw new Error("no message");
  return message;
};
const call = (state: string, rest: Part = {}): Part => ({ type: "tool_call", call_id: "c1", name: "createAgent", input: { name: "Ada" }, state, ...rest });
const waiting = (kind: string): Part =>
  call("waiting", { action_id: "call_9", waits_for: kind, reason: "Look first.", approvers: 2, expires_at: "2026-11-22T10:00:00Z" });

describe("a stored call", () => {
  it.each([
    [call("input_streaming", { input: undefined }), { state: "input-streaming" }],
    [call("input_ready"), { state: "input-available", input: { name: "Ada" } }],
    [waiting("approval"), { state: "approval-requested", approval: { id: "call_9" } }],
    [waiting("person"), { state: "input-available" }],
    [call("approved", { action_id: "call_9" }), { state: "input-available" }],
    [call("output_ready", { output: null }), { state: "output-available", output: null }],
    [call("failed", { error: "It broke." }), { state: "output-error", errorText: "It broke." }],
    [call("denied", { error: "A person said no.", action_id: "call_9" }), { state: "output-denied", approval: { approved: false, reason: "A person said no." } }],
    [call("of a newer server"), { state: "input-available" }],
  ])("is shown as it streams: %j [TOOL-24]", (part, expected) => {
    expect(shown(part).parts[0]).toMatchObject({ type: "dynamic-tool", toolName: "createAgent", toolCallId: "c1", ...expected });
  });

  it("that waits tells what it waits for [APPR-02]", () => {
    const [found] = waitingIn(shown(waiting("approval")));
    expect(found?.call.toolCallId).toBe("c1");
    expect(found?.action).toEqual({
      toolCallId: "c1",
      actionId: "call_9",
      state: "waiting",
      kind: "approval",
      reason: "Look first.",
      approvers: 2,
      expiresAt: "2026-11-22T10:00:00Z",
    });
  });

  it("that waits for something unknown is shown without a way to decide", () => {
    expect(waitingIn(shown(waiting("the moon")))).toEqual([]);
  });
});

describe("a call that streamed", () => {
  const action = { type: "data-action" as const, id: "call_9", data: { toolCallId: "c1", actionId: "call_9", state: "waiting", kind: "person" as const } };
  const asked = { type: "dynamic-tool" as const, toolName: "callHuman", toolCallId: "c1", state: "input-available" as const, input: {} };

  it("waits until something came of it, whatever was told before", () => {
    expect(waitingIn({ parts: [asked, action] })).toHaveLength(1);
    expect(waitingIn({ parts: [{ ...asked, state: "output-available", output: 1 }, action] })).toEqual([]);
    expect(waitingIn({ parts: [asked, { ...action, data: { ...action.data, state: "approved" } }] })).toEqual([]);
  });

  it("is the same message when it is read back, and another one when the reason of a denial comes with it", () => {
    const streamed = { ...shown(), parts: [{ type: "step-start" as const }, asked, action] };
    const same = stored(call("waiting", { name: "callHuman", input: {}, action_id: "call_9", waits_for: "person" }));
    expect(reconciled([streamed], [same])[0]?.parts).toBe(streamed.parts);
    const denied = { ...streamed, parts: [{ ...asked, state: "output-denied" as const, approval: { id: "", approved: false as const } }, action] };
    const why = stored(call("denied", { name: "callHuman", input: {}, action_id: "call_9", error: "Not now." }));
    expect(reconciled([denied], [why])[0]?.parts[0]).toMatchObject({ approval: { reason: "Not now." } });
  });
});

describe("a suggestion [TOOL-30]", () => {
  const suggestion: Part = { type: "data", name: "tool-suggestion", data: { tool: "createAgent", score: 0.9, reason: "The message speaks of agents." } };

  it("is told beside the answer, and is not content by itself", () => {
    expect(suggestedIn(shown(suggestion))).toMatchObject({ tool: "createAgent" });
    expect(hasContent(shown(suggestion))).toBe(false);
  });

  it("is not repeated when the tool was used", () => {
    expect(suggestedIn(shown(call("output_ready", { output: 1 }), suggestion))).toBeNull();
  });
});
