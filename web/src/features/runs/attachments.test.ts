import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Problem } from "~/shared/api/client";
import { Held, type Sending } from "~/shared/api/send_form";
import type { StoredFile } from "~/shared/api/types";

import { AttachmentList, MOST_FILES, PICTURE_BYTES, attachmentsOf, refusalOf } from "./attachments";

type Carried = { file: File; sending: Sending; done: (stored: Partial<StoredFile>) => void; fail: (error: unknown) => void };

let carried: Carried[];
let asked: string[];

function newList(): AttachmentList {
  return new AttachmentList(
    (file, sending) => new Promise((done, fail) => carried.push({ file, sending, done: (stored) => done(stored as StoredFile), fail })),
  );
}

const picture = (name = "plan.png") => new File(["pixels"], name, { type: "image/png" });
const note = (name = "note.md") => new File(["# Note"], name, { type: "text/markdown" });
const stored = (id: string) => ({ id, name: `${id}.png`, media_type: "image/png", bytes: 6 });
const states = (list: AttachmentList) => list.snapshot().map(({ state }) => state);
const settled = () => new Promise((done) => setTimeout(done, 0));

beforeEach(() => {
  carried = [];
  asked = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`);
    return new Response(null, { status: 204 });
  });
  URL.createObjectURL = () => "blob:preview";
  URL.revokeObjectURL = vi.fn();
});
afterEach(() => vi.unstubAllGlobals());

describe("files of the next message", () => {
  it("go to the server a few at once, and tell how far they are", async () => {
    const list = newList();
    list.add([picture("a.png"), note("b.md"), note("c.md"), note("d.md")]);
    expect(states(list)).toEqual(["sending", "sending", "sending", "waiting"]);
    expect(list.snapshot().map(({ preview }) => preview)).toEqual(["blob:preview", null, null, null]);
    carried[0]?.sending.onProgress(3);
    expect(list.snapshot()[0]?.share).toBe(0.5);
    carried[0]?.done(stored("file-a"));
    await settled();
    expect(states(list)).toEqual(["ready", "sending", "sending", "sending"]);
  });

  it("go with one message, in their order, by the address that the server gave them", async () => {
    const list = newList();
    list.add([picture("a.png"), picture("b.png")]);
    carried[1]?.done(stored("file-b"));
    carried[0]?.done(stored("file-a"));
    await settled();
    const taken = list.take();
    expect(taken.map(({ url }) => url)).toEqual(["/api/v1/files/file-a/content", "/api/v1/files/file-b/content"]);
    expect(taken[0]).toMatchObject({ mediaType: "image/png", filename: "file-a.png", providerMetadata: { steward: { bytes: 6 } } });
    expect(list.snapshot()).toEqual([]);
    list.restore(taken);
    expect(states(list)).toEqual(["ready", "ready"]);
    expect(asked).toEqual([]);
  });

  it("say why one did not arrive, and try it again", async () => {
    const list = newList();
    list.add([note()]);
    carried[0]?.fail(new Problem("The storage is full.", 507, "storage_full"));
    await settled();
    expect(list.snapshot()[0]).toMatchObject({ state: "failed", reason: "The storage is full.", file: expect.any(File) });
    list.retry(list.snapshot()[0]?.id ?? "");
    carried[1]?.done(stored("file-a"));
    await settled();
    expect(states(list)).toEqual(["ready"]);
  });

  it("wait when the server asks for patience", async () => {
    const list = newList();
    list.add([note()]);
    carried[0]?.fail(new Held(0.01));
    await settled();
    expect(states(list)).toEqual(["waiting"]);
    await vi.waitFor(() => expect(states(list)).toEqual(["sending"]));
  });

  it("leave the server when they are taken away, and stop on their way", async () => {
    const list = newList();
    list.add([picture("a.png"), note("b.md")]);
    carried[0]?.done(stored("file-a"));
    await settled();
    for (const { id } of list.snapshot()) list.remove(id);
    expect(list.snapshot()).toEqual([]);
    expect(carried[1]?.sending.signal.aborted).toBe(true);
    await vi.waitFor(() => expect(asked).toEqual(["DELETE /api/v1/files/file-a"]));
  });

  it("are ten at most, and no larger than is read", () => {
    const list = newList();
    expect(list.add(Array.from({ length: MOST_FILES + 2 }, () => note()))).toBe(2);
    expect(list.snapshot()).toHaveLength(MOST_FILES);
    expect(refusalOf({ size: 0, type: "text/plain" })).toMatch(/empty/);
    expect(refusalOf({ size: PICTURE_BYTES + 1, type: "image/png" })).toMatch(/smaller/);
    expect(refusalOf({ size: 10, type: "image/heic" })).toMatch(/PNG/);
    expect(refusalOf({ size: 10, type: "image/svg+xml" })).toBeNull();
    expect(refusalOf({ size: PICTURE_BYTES + 1, type: "application/pdf" })).toBeNull();
  });

  it("are nobody else's", () => {
    const mine = attachmentsOf("ada", "new");
    expect(attachmentsOf("ada", "new")).toBe(mine);
    expect(attachmentsOf("eve", "new")).not.toBe(mine);
    expect(attachmentsOf("ada", "new")).not.toBe(mine);
  });
});
