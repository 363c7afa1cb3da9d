// The conversation on the real useChat and the real transport; only the network is played.
import { act, renderHook, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { rememberCsrfToken, whenSessionEnds } from "~/shared/api/client";
import type { Message, ThreadDetail } from "~/shared/api/types";

import { type ConversationOptions, useConversation } from "./conversation";
import { wordsOf } from "./messages";
import { hasUnsent } from "./outbox";
import { tellStanding } from "./standing";
import { waitingIn } from "./tool_calls";

type Asked = { url: string; method: string; headers: Headers; body: Record<string, unknown> };
let asked: Asked[];
let answers: Record<string, () => Response | Promise<Response>>;

const lines = (...chunks: object[]) => chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("") + "data: [DONE]\n\n";
const stream = (...chunks: object[]) =>
  new Response(lines(...chunks), { headers: { "content-type": "text/event-stream", "x-vercel-ai-ui-message-stream": "v1" } });
const whole = (id: string, text: string) =>
  stream(
    { type: "start", messageId: id, messageMetadata: { run_id: "run_1" } },
    { type: "text-start", id: "t" },
    { type: "text-delta", id: "t", delta: text },
    { type: "text-end", id: "t" },
    { type: "finish", finishReason: "stop", messageMetadata: { status: "completed", usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } } },
  );
const problem = (status: number, tag: string, detail: string) =>
  Response.json({ type: "about:blank", title: "no", status, tag, detail }, { status, headers: { "content-type": "application/problem+json" } });

beforeEach(() => {
  asked = [];
  answers = { "GET /api/v1/chat/c1": () => problem(404, "not_found", "There is no such conversation.") };
  rememberCsrfToken("token-1");
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input instanceof Request ? input : new URL(String(input), window.location.origin), init);
    const url = new URL(request.url).pathname;
    const text = await request.clone().text();
    asked.push({ url, method: request.method, headers: request.headers, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} });
    const answer = answers[`${request.method} ${url}`];
    if (!answer) throw new TypeError("Failed to fetch");
    // As a browser does: an aborted request ends.
    const aborted = new Promise<never>((_, fail) =>
      init?.signal?.addEventListener("abort", () => fail(new DOMException("aborted", "AbortError"))),
    );
    return Promise.race([answer(), aborted]);
  });
});

function open(options: Partial<ConversationOptions> = {}) {
  const onUnsent = vi.fn();
  const all = { id: "c1", userId: "user_ada", history: null, model: undefined, onThread() {}, onChange() {}, onUnsent, ...options };
  return { onUnsent, ...renderHook((given: ConversationOptions) => useConversation(given), { initialProps: all }) };
}
const words = (result: { current: ReturnType<typeof useConversation> }) => ({
  shown: result.current.messages.map(wordsOf),
  unsent: result.current.unsent.map((item) => wordsOf({ ...item, role: "user" })),
});
const harbour = { id: "thread_1", client_id: "c1" } as ThreadDetail["thread"];
const stored = (id: string, client_id: string | null, role: "user" | "assistant", text: string) =>
  ({ id, client_id, role, parts: [{ type: "text", text }], metadata: {}, siblings: [id], created_at: "2026-11-21T10:00:00Z", status: "completed" }) as unknown as Message;
const posts = () => asked.filter(({ method, url }) => method === "POST" && url === "/api/v1/chat");

describe("a conversation [UI-28]", () => {
  it("shows the own message at once and sends it alone, with the session's token [UI-35]", async () => {
    let release = () => {};
    answers["POST /api/v1/chat"] = () => new Promise((done) => (release = () => done(whole("msg_2", "Hello"))));
    const { result } = open({ model: "openai/gpt-4o" });
    act(() => result.current.send("Hi"));
    await waitFor(() => expect(result.current.messages.map(wordsOf)).toEqual(["Hi"]));
    expect(result.current.busy).toBe(true);
    await waitFor(() => expect(posts()).toHaveLength(1));
    act(() => release());
    await waitFor(() => expect(result.current.messages.map(wordsOf)).toEqual(["Hi", "Hello"]));
    const [post] = posts();
    expect(post?.headers.get("x-csrf-token")).toBe("token-1");
    expect(post?.body).toEqual({
      id: "c1",
      trigger: "submit-message",
      model: "openai/gpt-4o",
      whenBusy: "refuse",
      message: { id: result.current.messages[0]?.id, role: "user", parts: [{ type: "text", text: "Hi" }] },
    });
    expect(result.current.messages[1]).toMatchObject({ id: "msg_2", metadata: { run_id: "run_1", status: "completed" } });
  });

  it("sends an edited question as a new message that names the old one", async () => {
    answers["POST /api/v1/chat"] = () => whole("msg_2", "Hello");
    const { result } = open();
    act(() => result.current.send("Hi"));
    await waitFor(() => expect(result.current.messages).toHaveLength(2));
    await waitFor(() => expect(result.current.busy).toBe(false));
    const old = result.current.messages[0];
    if (!old) throw new Error("no message");
    answers["POST /api/v1/chat"] = () => whole("msg_4", "Again");
    act(() => result.current.edit(old, "Hi there"));
    await waitFor(() => expect(result.current.messages.map(wordsOf)).toEqual(["Hi there", "Again"]));
    const body = posts()[1]?.body;
    const message = body?.message as { id: string };
    expect(body).toMatchObject({ trigger: "submit-message", messageId: old.id, message: { role: "user" } });
    expect(message.id).not.toBe(old.id);
  });

  it("asks for another answer by regenerating", async () => {
    answers["POST /api/v1/chat"] = () => whole("msg_2", "Hello");
    const { result } = open();
    act(() => result.current.send("Hi"));
    await waitFor(() => expect(result.current.messages).toHaveLength(2));
    await waitFor(() => expect(result.current.busy).toBe(false));
    const answer = result.current.messages[1];
    if (!answer) throw new Error("no message");
    answers["POST /api/v1/chat"] = () => whole("msg_3", "Other");
    act(() => result.current.again(answer));
    await waitFor(() => expect(result.current.messages.map(wordsOf)).toEqual(["Hi", "Other"]));
    expect(posts()[1]?.body).toMatchObject({ trigger: "regenerate-message", messageId: "msg_2" });
  });

  it("sends a message that never arrived once more under its own name", async () => {
    const { result } = open();
    act(() => result.current.send("Hi"));
    await waitFor(() => expect(result.current.messages).toHaveLength(1));
    answers["POST /api/v1/chat"] = () => problem(429, "too_many_requests", "Wait a minute, then try again.");
    const first = posts()[0];
    // The line comes back refusing, then well.
    await waitFor(() => expect(result.current.status).toBe("error"));
    answers["POST /api/v1/chat"] = () => whole("msg_2", "Hello");
    answers["GET /api/v1/chat/c1/stream"] = () => new Response(null, { status: 204 });
    act(() => result.current.retry());
    await waitFor(() => expect(result.current.messages.map(wordsOf)).toEqual(["Hi", "Hello"]));
    const again = posts().at(-1)?.body;
    expect(again).toMatchObject({ trigger: "submit-message", message: first?.body.message });
    expect(again).not.toHaveProperty("messageId");
  });

  it("lets a question that was refused be put in other words", async () => {
    answers["POST /api/v1/chat"] = () => problem(413, "message_too_long", "The message is too long. Shorten it.");
    const { result } = open();
    act(() => result.current.send("Far too long"));
    await waitFor(() => expect(result.current.status).toBe("error"));
    const refused = result.current.messages[0];
    if (!refused) throw new Error("no message");
    answers["POST /api/v1/chat"] = () => whole("msg_2", "Hello");
    act(() => result.current.edit(refused, "Short"));
    await waitFor(() => expect(result.current.messages.map(wordsOf)).toEqual(["Short", "Hello"]));
    expect(posts()[1]?.body).not.toHaveProperty("messageId");
  });

  it("shows a failure of the stream, and retry regenerates", async () => {
    answers["POST /api/v1/chat"] = () =>
      stream({ type: "start", messageId: "msg_2" }, { type: "error", errorText: "The provider is down. Try again. (run_1)" });
    const { result } = open();
    act(() => result.current.send("Hi"));
    await waitFor(() => expect(result.current.error?.message).toBe("The provider is down. Try again. (run_1)"));
    answers["POST /api/v1/chat"] = () => whole("msg_3", "Better");
    act(() => result.current.retry());
    await waitFor(() => expect(result.current.messages.map(wordsOf)).toEqual(["Hi", "Better"]));
    expect(posts()[1]?.body).toMatchObject({ trigger: "regenerate-message", messageId: "msg_2" });
  });

  it("gives the words back when nobody is signed in any more", async () => {
    const ended = vi.fn();
    whenSessionEnds(ended);
    answers["POST /api/v1/chat"] = () => problem(401, "unauthorized", "Unauthorized");
    const { result, onUnsent } = open();
    act(() => result.current.send("Do not lose me"));
    await waitFor(() => expect(ended).toHaveBeenCalled());
    expect(onUnsent).toHaveBeenCalledWith("Do not lose me", true);
    whenSessionEnds(null);
  });

  it("asks the server to stop", async () => {
    answers["POST /api/v1/chat"] = () => new Promise(() => {});
    answers["POST /api/v1/chat/c1/stop"] = () => Response.json({ stopped: true, run_id: "run_1" });
    const { result } = open();
    act(() => result.current.send("Hi"));
    await waitFor(() => expect(posts()).toHaveLength(1));
    await act(() => result.current.stop());
    expect(asked.some(({ url, headers }) => url === "/api/v1/chat/c1/stop" && headers.get("x-csrf-token") === "token-1")).toBe(true);
    await waitFor(() => expect(result.current.busy).toBe(false));
  });

  it("hears what a tool tells of its work, and goes on in the same message when a wait is over [APPR-02]", async () => {
    const began = [
      { type: "start", messageId: "msg_2" },
      { type: "tool-input-available", toolCallId: "t1", toolName: "createAgent", input: { name: "A" }, dynamic: true },
    ];
    const asks = [
      { type: "tool-approval-request", approvalId: "call_9", toolCallId: "t1" },
      { type: "data-action", id: "call_9", data: { toolCallId: "t1", actionId: "call_9", state: "waiting", kind: "approval" } },
    ];
    answers["POST /api/v1/chat"] = () =>
      stream(...began, ...asks, { type: "finish", finishReason: "tool-calls", messageMetadata: { status: "requires_action" } });
    const { result } = open();
    act(() => result.current.send("Make one"));
    await waitFor(() => expect(result.current.busy).toBe(false));
    await waitFor(() => expect(waitingIn(result.current.messages.at(-1))).toHaveLength(1));
    answers["GET /api/v1/chat/c1/stream"] = () =>
      stream(
        ...began,
        ...asks,
        { type: "tool-input-available", toolCallId: "t1", toolName: "createAgent", input: { name: "B" }, dynamic: true },
        { type: "data-action", id: "call_9", data: { toolCallId: "t1", actionId: "call_9", state: "approved" } },
        { type: "data-progress", data: { toolCallId: "t1", message: "Creating agent B …" }, transient: true },
        { type: "tool-output-available", toolCallId: "t1", output: { success: true }, dynamic: true },
        { type: "finish", finishReason: "stop", messageMetadata: { status: "completed" } },
      );
    await act(() => result.current.goOn());
    expect(result.current.messages).toHaveLength(2);
    const answer = result.current.messages[1];
    expect(answer?.parts.filter((part) => part.type === "dynamic-tool")).toMatchObject([{ state: "output-available", input: { name: "B" }, output: { success: true } }]);
    expect(waitingIn(answer)).toEqual([]);
    expect(result.current.progress.of("t1")).toBe("Creating agent B …");
  });

  it("comes again when it heard only of the wait while the server goes on already", async () => {
    const thread = { id: "thread_1", client_id: "c1" };
    const detail = (live: object | null) => Response.json({ thread, messages: [], next_cursor: null, live_run: live });
    answers["POST /api/v1/chat"] = () => stream({ type: "start", messageId: "msg_2" }, { type: "finish", finishReason: "tool-calls" });
    answers["GET /api/v1/chat/c1"] = () => detail({ id: "run_1", message_id: "msg_2", status: "in_progress" });
    const told = [stream({ type: "start", messageId: "msg_2" }, { type: "finish", finishReason: "tool-calls" }), whole("msg_2", "Hello")];
    answers["GET /api/v1/chat/c1/stream"] = () => {
      if (told.length === 1) answers["GET /api/v1/chat/c1"] = () => detail(null);
      return told.shift() ?? new Response(null, { status: 204 });
    };
    const { result } = open();
    act(() => result.current.send("Hi"));
    await waitFor(() => expect(result.current.messages.map(wordsOf)).toEqual(["Hi", "Hello"]), { timeout: 4000 });
    expect(told).toEqual([]);
  });

  it("comes back after the line broke, and shows the whole answer", async () => {
    answers["POST /api/v1/chat"] = () =>
      new Response(
        new ReadableStream({
          start(controller) {
            const encoder = new TextEncoder();
            controller.enqueue(encoder.encode(lines({ type: "start", messageId: "msg_2" }, { type: "text-start", id: "t" }, { type: "text-delta", id: "t", delta: "Hel" }).replace("data: [DONE]\n\n", "")));
            window.setTimeout(() => controller.error(new TypeError("network error")), 20);
          },
        }),
      );
    answers["GET /api/v1/chat/c1/stream"] = () => whole("msg_2", "Hello again");
    const { result } = open();
    act(() => result.current.send("Hi"));
    await waitFor(() => expect(result.current.reconnecting).toBe(true));
    expect(result.current.error).toBeUndefined();
    await waitFor(() => expect(result.current.messages.map(wordsOf)).toEqual(["Hi", "Hello again"]), { timeout: 4000 });
    await waitFor(() => expect(result.current.reconnecting).toBe(false));
  });
});

describe("what is not sent yet", () => {
  /** The next answer is being written until it is let go. */
  function answering(answer: () => Response) {
    let release = () => {};
    answers["POST /api/v1/chat"] = () => new Promise<Response>((done) => (release = () => done(answer())));
    return () => act(() => release());
  }

  it("waits for the line in its order, and goes out once under its own name when the line is back", async () => {
    const { result } = open({ model: "openai/gpt-4o" });
    act(() => result.current.send("One"));
    act(() => result.current.send("Two"));
    await waitFor(() => expect(result.current.lost).toBe(true));
    await waitFor(() => expect(words(result)).toEqual({ shown: [], unsent: ["One", "Two"] }));
    expect(result.current.hold).toBe("line");
    expect(result.current.error).toBeUndefined();
    const names = result.current.unsent.map(({ id }) => id);
    const before = posts().length;
    answers["POST /api/v1/chat"] = () => whole(`msg_${posts().length}`, "Yes");
    act(() => void window.dispatchEvent(new Event("online")));
    await waitFor(() => expect(words(result)).toEqual({ shown: ["One", "Yes", "Two", "Yes"], unsent: [] }));
    const sent = posts().slice(before);
    expect(sent.map(({ body }) => [(body.message as { id: string }).id, body.model])).toEqual(names.map((name) => [name, "openai/gpt-4o"]));
    expect(result.current.lost).toBe(false);
    expect(hasUnsent("user_ada", "c1")).toBe(false);
  });

  it("is there again after a reload, and is not sent when the server has it", async () => {
    const first = open();
    act(() => first.result.current.send("One"));
    act(() => first.result.current.send("Two"));
    await waitFor(() => expect(words(first.result).unsent).toEqual(["One", "Two"]));
    const [one, two] = first.result.current.unsent;
    first.unmount();
    expect(hasUnsent("user_ada", "c1")).toBe(true);
    expect(hasUnsent("user_eve", "c1")).toBe(false);
    const messages = [stored("msg_2", null, "assistant", "Yes"), stored("msg_1", one?.id ?? "", "user", "One")];
    const history: ThreadDetail = { thread: harbour, messages, next_cursor: null, live_run: null };
    answers["GET /api/v1/chat/c1/stream"] = () => new Response(null, { status: 204 });
    answers["POST /api/v1/chat"] = () => whole("msg_4", "Also");
    asked = [];
    const { result } = open({ history });
    await waitFor(() => expect(words(result)).toEqual({ shown: ["One", "Yes", "Two", "Also"], unsent: [] }));
    expect(posts().map(({ body }) => (body.message as { id: string }).id)).toEqual([two?.id]);
  });

  it("can be taken back", async () => {
    const { result } = open();
    act(() => result.current.send("One"));
    act(() => result.current.send("Two"));
    await waitFor(() => expect(words(result).unsent).toEqual(["One", "Two"]));
    act(() => result.current.takeBack(result.current.unsent[0]?.id ?? ""));
    expect(words(result).unsent).toEqual(["Two"]);
    answers["POST /api/v1/chat"] = () => whole("msg_2", "Yes");
    act(() => result.current.sendNow());
    await waitFor(() => expect(words(result)).toEqual({ shown: ["Two", "Yes"], unsent: [] }));
  });

  it("waits while an answer is written, and goes out after it", async () => {
    const release = answering(() => whole("msg_2", "First"));
    const { result } = open();
    act(() => result.current.send("One"));
    await waitFor(() => expect(posts()).toHaveLength(1));
    act(() => result.current.send("Two"));
    await waitFor(() => expect(words(result)).toEqual({ shown: ["One"], unsent: ["Two"] }));
    expect(result.current.hold).toBe("answer");
    answers["POST /api/v1/chat"] = () => whole("msg_4", "Second");
    release();
    await waitFor(() => expect(words(result)).toEqual({ shown: ["One", "First", "Two", "Second"], unsent: [] }));
    expect(posts()).toHaveLength(2);
  });

  it("does not cut short an answer that was asked for elsewhere, and goes out after it", async () => {
    answers["POST /api/v1/chat"] = () => problem(409, "thread_busy", "The conversation is being answered.");
    const { result } = open();
    act(() => result.current.send("Two"));
    await waitFor(() => expect(posts()).toHaveLength(1));
    expect(posts()[0]?.body).toMatchObject({ whenBusy: "refuse" });
    await waitFor(() => expect(words(result)).toEqual({ shown: [], unsent: ["Two"] }));
    expect(result.current.hold).toBe("answer");
    expect(result.current.error).toBeUndefined();
    answers["POST /api/v1/chat"] = () => whole("msg_2", "Second");
    await waitFor(() => expect(words(result)).toEqual({ shown: ["Two", "Second"], unsent: [] }), { timeout: 5_000 });
    const [first, second] = posts().map(({ body }) => (body.message as { id: string }).id);
    expect(second).toBe(first);
  });

  it("does not go past what the answer asks a person, unless it was said after it", async () => {
    const asks = () =>
      stream(
        { type: "start", messageId: "msg_2" },
        { type: "tool-input-available", toolCallId: "t1", toolName: "createAgent", input: {}, dynamic: true },
        { type: "tool-approval-request", approvalId: "call_9", toolCallId: "t1" },
        { type: "data-action", id: "call_9", data: { toolCallId: "t1", actionId: "call_9", state: "waiting", kind: "approval" } },
        { type: "finish", finishReason: "tool-calls", messageMetadata: { status: "requires_action" } },
      );
    const release = answering(asks);
    const { result } = open();
    act(() => result.current.send("Make one"));
    await waitFor(() => expect(posts()).toHaveLength(1));
    act(() => result.current.send("And two"));
    release();
    await waitFor(() => expect(result.current.hold).toBe("decision"));
    expect(posts()).toHaveLength(1);
    expect(words(result).unsent).toEqual(["And two"]);
  });

  it("waits when the answer before it failed, until it is told to go", async () => {
    const release = answering(() => stream({ type: "start", messageId: "msg_2" }, { type: "error", errorText: "The provider is down. Try again." }));
    const { result } = open();
    act(() => result.current.send("One"));
    await waitFor(() => expect(posts()).toHaveLength(1));
    act(() => result.current.send("Two"));
    release();
    await waitFor(() => expect(result.current.hold).toBe("failure"));
    expect(posts()).toHaveLength(1);
    answers["POST /api/v1/chat"] = () => whole("msg_4", "Yes");
    act(() => result.current.sendNow());
    await waitFor(() => expect(words(result).unsent).toEqual([]));
    await waitFor(() => expect(posts()).toHaveLength(2));
  });

  it("stays when it went into a session that had ended and more waits behind it", async () => {
    const release = answering(() => problem(401, "unauthorized", "Unauthorized"));
    const { result, onUnsent, unmount } = open();
    act(() => result.current.send("One"));
    await waitFor(() => expect(posts()).toHaveLength(1));
    act(() => result.current.send("Two"));
    release();
    await waitFor(() => expect(words(result)).toEqual({ shown: [], unsent: ["One", "Two"] }));
    expect(onUnsent).not.toHaveBeenCalled();
    unmount();
    answers["POST /api/v1/chat"] = () => whole(`msg_${posts().length}`, "Yes");
    const again = open();
    await waitFor(() => expect(words(again.result)).toEqual({ shown: ["One", "Yes", "Two", "Yes"], unsent: [] }));
  });

  it("is not sent again by itself once the server refused it", async () => {
    answers["POST /api/v1/chat"] = () => problem(413, "message_too_long", "The message is too long. Shorten it.");
    const { result } = open();
    act(() => result.current.send("Far too long"));
    await waitFor(() => expect(result.current.status).toBe("error"));
    expect(words(result)).toEqual({ shown: ["Far too long"], unsent: [] });
    expect(hasUnsent("user_ada", "c1")).toBe(false);
  });

  it("is kept when somebody signed in anew in another tab, and goes out with the new token", async () => {
    answers["POST /api/v1/chat"] = () => problem(403, "csrf_token_missing", "This page is of an older session. Reload the page.");
    const { result } = open();
    act(() => result.current.send("Hi"));
    await waitFor(() => expect(result.current.status).toBe("error"));
    expect(hasUnsent("user_ada", "c1")).toBe(true);
    answers["POST /api/v1/chat"] = () => whole("msg_2", "Hello");
    answers["GET /api/v1/chat/c1/stream"] = () => new Response(null, { status: 204 });
    act(() => result.current.retry());
    await waitFor(() => expect(result.current.messages.map(wordsOf)).toEqual(["Hi", "Hello"]));
    await waitFor(() => expect(hasUnsent("user_ada", "c1")).toBe(false));
  });

  it("asks the model that a person chose for another answer", async () => {
    answers["POST /api/v1/chat"] = () => whole("msg_2", "Hello");
    const { result } = open({ model: "openai/gpt-4o" });
    act(() => result.current.send("Hi"));
    await waitFor(() => expect(result.current.messages).toHaveLength(2));
    await waitFor(() => expect(result.current.busy).toBe(false));
    const answer = result.current.messages[1];
    if (!answer) throw new Error("no message");
    answers["POST /api/v1/chat"] = () => whole("msg_3", "Other");
    act(() => result.current.again(answer, "anthropic/claude"));
    await waitFor(() => expect(result.current.messages.map(wordsOf)).toEqual(["Hi", "Other"]));
    expect(posts()[1]?.body).toMatchObject({ trigger: "regenerate-message", messageId: "msg_2", model: "anthropic/claude" });
  });
});

describe("what is said elsewhere", () => {
  const first = [stored("msg_2", null, "assistant", "Yes"), stored("msg_1", null, "user", "One")];
  const before: ThreadDetail = { thread: harbour, messages: first, next_cursor: null, live_run: null };
  const run = { id: "run_2", message_id: "msg_4", status: "in_progress" };
  const open4 = { ...stored("msg_4", null, "assistant", ""), status: "in_progress", parts: [] } as Message;
  const answering: ThreadDetail = { ...before, messages: [open4, stored("msg_3", null, "user", "Two"), ...first], live_run: run };
  const over: ThreadDetail = { ...before, messages: [stored("msg_4", null, "assistant", "Second"), ...answering.messages.slice(1)] };
  const reads = () => asked.filter(({ url }) => url === "/api/v1/chat/c1").length;
  const tell = (detail: ThreadDetail) => act(async () => tellStanding({ ...detail, messages: detail.messages.slice(0, 1) }));
  /** What the server holds from now on. */
  const hold = (detail: ThreadDetail) => {
    answers["GET /api/v1/chat/c1"] = () => Response.json(detail);
  };
  async function openBeside() {
    answers["GET /api/v1/chat/c1/stream"] = () => new Response(null, { status: 204 });
    const opened = open({ history: before });
    await waitFor(() => expect(asked).toHaveLength(1));
    await waitFor(() => expect(opened.result.current.hold).toBe("nothing"));
    return opened;
  }

  it("is shown with its answer as it is written, each once", async () => {
    const { result } = await openBeside();
    hold(answering);
    answers["GET /api/v1/chat/c1/stream"] = () => {
      hold(over);
      return whole("msg_4", "Second");
    };
    await tell(answering);
    await waitFor(() => expect(words(result).shown).toEqual(["One", "Yes", "Two", "Second"]));
    await waitFor(() => expect(result.current.busy).toBe(false));
    expect(posts()).toEqual([]);
    // What the page has read already asks for nothing.
    await waitFor(() => expect(result.current.messages.at(-1)?.metadata?.status).toBe("completed"));
    const count = asked.length;
    await tell(over);
    await tell({ ...over, thread: { ...harbour, title: "Other" } });
    expect(asked).toHaveLength(count);
  });

  it("says from its first sight that the answer is being written", async () => {
    const { result } = await openBeside();
    hold(answering);
    let begin = () => {};
    answers["GET /api/v1/chat/c1/stream"] = () => new Promise((done) => (begin = () => (hold(over), done(whole("msg_4", "Second")))));
    await tell(answering);
    await waitFor(() => expect(result.current.messages).toHaveLength(4));
    expect(result.current.busy).toBe(true);
    act(() => begin());
    await waitFor(() => expect(result.current.busy).toBe(false));
  });

  it("is another branch, too", async () => {
    const { result } = await openBeside();
    const other = { ...before, messages: [stored("msg_6", null, "assistant", "No"), stored("msg_5", null, "user", "Other")] };
    hold(other);
    await tell(other);
    await waitFor(() => expect(words(result).shown).toEqual(["Other", "No"]));
    expect(reads()).toBe(1);
  });

  it("keeps what is known before it, and reads what is missing in between by pages", async () => {
    const { result } = await openBeside();
    const later = { ...before, messages: [stored("msg_9", null, "assistant", "Late"), stored("msg_8", null, "user", "Far")], next_cursor: "to_msg_7" };
    hold(later);
    await tell(later);
    await waitFor(() => expect(words(result).shown).toEqual(["Far", "Late"]));
    expect(result.current.older.cursor).toBe("to_msg_7");
  });

  it("does not disturb an answer that is being written here", async () => {
    const { result } = await openBeside();
    let finish = () => {};
    answers["POST /api/v1/chat"] = () => new Promise((done) => (finish = () => done(whole("msg_4", "Second"))));
    act(() => result.current.send("Two"));
    await waitFor(() => expect(posts()).toHaveLength(1));
    await tell(answering);
    expect(reads()).toBe(0);
    hold(over);
    act(() => finish());
    await waitFor(() => expect(words(result).shown).toEqual(["One", "Yes", "Two", "Second"]));
    expect(posts()).toHaveLength(1);
  });

  it("does not take away a question that was refused", async () => {
    const { result } = await openBeside();
    answers["POST /api/v1/chat"] = () => problem(413, "message_too_long", "The message is too long. Shorten it.");
    act(() => result.current.send("Far too long"));
    await waitFor(() => expect(result.current.status).toBe("error"));
    await tell(over);
    expect(reads()).toBe(0);
    expect(words(result).shown).toEqual(["One", "Yes", "Far too long"]);
  });

  it("waits until the page is seen", async () => {
    const { result } = await openBeside();
    const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    hold(over);
    await tell(over);
    expect(reads()).toBe(0);
    visibility.mockReturnValue("visible");
    act(() => void document.dispatchEvent(new Event("visibilitychange")));
    await waitFor(() => expect(words(result).shown).toEqual(["One", "Yes", "Two", "Second"]));
    visibility.mockRestore();
  });

  it("is of no other conversation", async () => {
    await openBeside();
    await tell({ ...over, thread: { ...harbour, id: "thread_2", client_id: "c2" } });
    expect(reads()).toBe(0);
  });
});

describe("a place far from the end", () => {
  const thread = { ...harbour, head_id: "msg_9" };
  const around: ThreadDetail = {
    thread,
    messages: [stored("msg_4", null, "assistant", "Found"), stored("msg_3", null, "user", "Where")],
    next_cursor: "to_msg_2",
    leaf_id: "msg_9",
    live_run: null,
  };
  const end: ThreadDetail = { ...around, messages: [stored("msg_9", null, "assistant", "Last"), stored("msg_8", null, "user", "Late")], next_cursor: "to_msg_7" };

  it("asks for no answer that is being written at the end, and follows none", async () => {
    const { result } = open({ history: around });
    expect(words(result).shown).toEqual(["Where", "Found"]);
    expect(result.current.newer.cursor).toBe("msg_4");
    await act(async () => tellStanding(end));
    expect(asked).toEqual([]);
  });

  it("is read on to the end, and is in step from there", async () => {
    const { result } = open({ history: around });
    answers["GET /api/v1/chat/c1"] = () => Response.json(end);
    await act(() => result.current.loadNewer());
    expect(words(result).shown).toEqual(["Where", "Found", "Late", "Last"]);
    expect([result.current.newer.cursor, result.current.older.cursor]).toEqual([null, "to_msg_2"]);
  });

  it("is left for the end before a message goes out", async () => {
    const { result } = open({ history: around });
    answers["GET /api/v1/chat/c1"] = () => Response.json(end);
    answers["POST /api/v1/chat"] = () => whole("msg_11", "Yes");
    act(() => result.current.send("And now"));
    await waitFor(() => expect(words(result).shown).toEqual(["Late", "Last", "And now", "Yes"]));
    expect(posts()).toHaveLength(1);
  });

  it("may be on another branch, which what is said there makes the conversation's own", async () => {
    const other = { ...around, leaf_id: "msg_4" };
    const { result } = open({ history: other });
    expect(result.current.newer.cursor).toBeNull();
    const own = { ...other, thread: { ...thread, head_id: "msg_4" } };
    answers["PATCH /api/v1/chat/c1"] = () => Response.json(own.thread);
    answers["GET /api/v1/chat/c1"] = () => Response.json(own);
    answers["POST /api/v1/chat"] = () => whole("msg_11", "Yes");
    act(() => result.current.send("And now"));
    await waitFor(() => expect(words(result).shown).toEqual(["Where", "Found", "And now", "Yes"]));
    expect(asked.filter(({ method }) => method === "PATCH").map(({ body }) => body)).toEqual([{ head_id: "msg_4" }]);
  });
});
