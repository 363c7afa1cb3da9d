// What goes out and what comes of it; only XMLHttpRequest itself is played.
import { beforeEach, describe, expect, it, vi } from "vitest";

import { rememberCsrfToken, whenSessionEnds } from "~/shared/api/client";

import { type FileFacts, Held, sendFile } from "./send_file";

class PlayedRequest extends EventTarget {
  static last: PlayedRequest;
  upload = new EventTarget();
  headers: Record<string, string> = {};
  status = 0;
  responseText = "";
  answerHeaders: Record<string, string> = {};
  method = "";
  url = "";
  form = new FormData();

  constructor() {
    super();
    PlayedRequest.last = this;
  }
  open(method: string, url: string) {
    Object.assign(this, { method, url });
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  getResponseHeader(name: string) {
    return this.answerHeaders[name] ?? null;
  }
  send(form: FormData) {
    this.form = form;
  }
  abort() {
    this.dispatchEvent(new Event("abort"));
  }
  answer(status: number, body: object, headers: Record<string, string> = {}) {
    Object.assign(this, { status, responseText: JSON.stringify(body), answerHeaders: headers });
    this.dispatchEvent(new Event("load"));
  }
}

beforeEach(() => {
  vi.stubGlobal("XMLHttpRequest", PlayedRequest);
  rememberCsrfToken("token-1");
});

const guide = new File(["# Guide"], "guide.md", { type: "text/markdown" });

function send(facts: FileFacts = { collection_id: null, tags: [] }) {
  const abort = new AbortController();
  const onProgress = vi.fn();
  const sent = sendFile(guide, facts, { name: "upload_1", onProgress, signal: abort.signal });
  return { sent, onProgress, abort, request: PlayedRequest.last };
}

describe("sending a file", () => {
  it("posts a form whose fields stand before the file, with the session's token and a name for repeats", async () => {
    const { sent, request } = send({ collection_id: "vs_1", tags: ["guide", "2026"] });
    request.answer(202, { id: "doc_1" });
    await sent;
    expect([request.method, request.url]).toEqual(["POST", "/api/v1/documents"]);
    expect(request.headers).toEqual({ "X-CSRF-Token": "token-1", "Idempotency-Key": "upload_1" });
    expect([...request.form.keys()]).toEqual(["collection_id", "tags", "file"]);
    expect(request.form.get("tags")).toBe("guide,2026");
  });

  it("tells how many bytes went out", () => {
    const { onProgress, request } = send();
    request.upload.dispatchEvent(Object.assign(new Event("progress"), { loaded: 4 }));
    expect(onProgress).toHaveBeenCalledExactlyOnceWith(4);
  });

  it("says what the server refused, in its words", async () => {
    const { sent, request } = send();
    request.answer(413, { tag: "file_too_large", detail: "The file is too large. Split it." });
    await expect(sent).rejects.toMatchObject({ message: "The file is too large. Split it.", tag: "file_too_large" });
  });

  it("is held back when the server asks for patience", async () => {
    const { sent, request } = send();
    request.answer(429, { tag: "rate_limited", detail: "Wait." }, { "retry-after": "12" });
    await expect(sent).rejects.toSatisfy((error) => error instanceof Held && error.seconds === 12);
  });

  it("ends the session that the server does not know any more", async () => {
    const ended = vi.fn();
    whenSessionEnds(ended);
    const { sent, request } = send();
    request.answer(401, { tag: "unauthorized", detail: "Unauthorized" });
    await expect(sent).rejects.toMatchObject({ status: 401 });
    expect(ended).toHaveBeenCalledOnce();
    whenSessionEnds(null);
  });

  it("tells a lost line from a cancelled upload", async () => {
    const lost = send();
    lost.request.dispatchEvent(new Event("error"));
    await expect(lost.sent).rejects.toMatchObject({ tag: "unreachable" });
    const cancelled = send();
    cancelled.abort.abort();
    await expect(cancelled.sent).rejects.toMatchObject({ name: "AbortError" });
  });
});
