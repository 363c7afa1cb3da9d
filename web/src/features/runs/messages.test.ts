import { describe, expect, it } from "vitest";

import type { Message } from "~/shared/api/types";

import { hasContent, reconciled, toChatMessage, toChatMessages, wordsOf } from "./messages";

const stored = (id: string, rest: Partial<Message> = {}): Message => ({
  id,
  client_id: null,
  parent_id: null,
  role: "assistant",
  parts: [{ type: "text", text: `words of ${id}` }],
  status: "completed",
  model: null,
  finish_reason: "stop",
  usage: null,
  run_id: null,
  error: null,
  created_at: "2026-11-21T10:00:00Z",
  metadata: {},
  siblings: [id],
  ...rest,
});

describe("messages of the server on the page", () => {
  it("come newest first and are shown oldest first", () => {
    expect(toChatMessages([stored("c"), stored("b"), stored("a")]).map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });

  it("keep text, reasoning, tools, sources and files, and leave out what is not known", () => {
    const message = toChatMessage(
      stored("a", {
        parts: [
          { type: "reasoning", text: "why" },
          { type: "tool_call", call_id: "1", name: "look", input: { q: 1 }, output: { n: 2 }, error: null, state: "done" },
          { type: "tool_call", call_id: "2", name: "look", input: {}, output: null, error: "no", state: "error" },
          { type: "text", text: "so" },
          { type: "source", url: "https://example.com", title: "Example" },
          { type: "file", url: "/api/v1/files/1", media_type: "image/png", filename: "a.png" },
          { type: "data", name: "notice", data: { tag: "fallback_model", message: "Another one answers." } },
          { type: "data", name: "citations", data: { places: [{ number: 1, start: 0, end: 3, support: 0.2, is_supported: false }] } },
          { type: "data", name: "weather", data: {} },
          { type: "hologram", depth: 3 },
        ],
      }),
    );
    expect(message?.parts.map((part) => ("state" in part ? `${part.type} ${part.state}` : part.type))).toEqual([
      "reasoning done",
      "dynamic-tool output-available",
      "dynamic-tool output-error",
      "text done",
      "source-url",
      "file",
      "data-notice",
      "data-citations",
    ]);
  });

  it("hold a source just as it streamed [RAG-10]", () => {
    const part = { type: "source", number: 2, title: "Guide", url: "/library/documents/doc_1?start=5&end=9", excerpt: "It holds.", score: 0.8, document_id: "doc_1", file_id: null, revision: 1, start: 5, end: 9, page: null, headings: [] };
    expect(toChatMessage(stored("a", { parts: [part] }))?.parts).toEqual([
      {
        type: "source-url",
        sourceId: "source-2",
        url: "/library/documents/doc_1?start=5&end=9",
        title: "Guide",
        providerMetadata: { steward: { number: 2, excerpt: "It holds.", score: 0.8, document_id: "doc_1", revision: 1, start: 5, end: 9, headings: [] } },
      },
    ]);
  });

  it("of the system are not shown", () => {
    expect(toChatMessage(stored("a", { role: "system" }))).toBeNull();
  });
});

describe("bringing the page to what the server holds", () => {
  it("keeps the page's own name and learns the server's", () => {
    const known = [{ id: "mine", role: "user" as const, parts: [{ type: "text" as const, text: "hi" }] }];
    const [message] = reconciled(known, [stored("msg_1", { client_id: "mine", role: "user", parts: [{ type: "text", text: "hi" }] })]);
    expect(message?.id).toBe("mine");
    expect(message?.metadata?.server_id).toBe("msg_1");
    expect(message?.parts).toBe(known[0]?.parts);
  });

  it("leaves a message the same object when nothing changed, so that its row is not drawn again", () => {
    const known = toChatMessages([stored("b"), stored("a")]);
    const again = reconciled(known, [stored("b"), stored("a")]);
    expect(again[0]).toBe(known[0]);
    expect(again[1]).toBe(known[1]);
  });

  it("leaves an answer the same object when its sources, which streamed in its midst, are stored behind it", () => {
    const source = { type: "source", number: 1, url: "/library/documents/doc_1", title: "Guide" };
    const [message] = toChatMessages([stored("a", { parts: [{ type: "text", text: "Sure [1]." }, { type: "tool_call", name: "look", call_id: "1", output: 1 }, source] })]);
    const [text, tool, cited] = message?.parts ?? [];
    if (!message || !text || !tool || !cited) throw new Error("no parts");
    const streamed = { ...message, parts: [{ type: "step-start" as const }, text, cited, tool] };
    const [again] = reconciled([streamed], [stored("a", { parts: [{ type: "text", text: "Sure [1]." }, { type: "tool_call", name: "look", call_id: "1", output: 1 }, source] })]);
    expect(again).toBe(streamed);
  });

  it("keeps older messages that stand before the page", () => {
    const known = toChatMessages([stored("c"), stored("b"), stored("a")]);
    expect(reconciled(known, [stored("d"), stored("c"), stored("b")]).map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
  });

  it("takes the server's words where the line broke in mid-answer", () => {
    const known = [{ id: "msg_1", role: "assistant" as const, parts: [{ type: "text" as const, text: "half of" }] }];
    const [message] = reconciled(known, [stored("msg_1", { parts: [{ type: "text", text: "half of the whole" }] })]);
    expect(message && wordsOf(message)).toBe("half of the whole");
  });

  it("drops what the server does not hold any more", () => {
    const known = toChatMessages([stored("c"), stored("b"), stored("a")]);
    expect(reconciled(known, [stored("x"), stored("a")]).map(({ id }) => id)).toEqual(["a", "x"]);
  });

  it("keeps what is on the page when the server holds nothing yet", () => {
    const known = [{ id: "mine", role: "user" as const, parts: [] }];
    expect(reconciled(known, [])).toBe(known);
  });
});

it("an answer without words yet has nothing to show", () => {
  expect(hasContent({ id: "a", role: "assistant", parts: [{ type: "step-start" }, { type: "text", text: " " }] })).toBe(false);
  expect(hasContent({ id: "a", role: "assistant", parts: [{ type: "reasoning", text: "hm" }] })).toBe(true);
});
