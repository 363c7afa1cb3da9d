import { describe, expect, it, vi } from "vitest";

import { Problem } from "~/shared/api/problems";

import { Held, type Sending } from "./send_file";
import { UploadQueue, uploadsOf } from "./upload_queue";

type Started = Sending & { file: File; done: () => void; fail: (error: unknown) => void };

/** A queue whose files arrive when the test says so. */
function bench() {
  const started: Started[] = [];
  const queue = new UploadQueue(
    (file, _facts, sending) =>
      new Promise((done, fail) => {
        started.push({ ...sending, file, done, fail });
        sending.signal.addEventListener("abort", () => fail(new DOMException("stopped", "AbortError")));
      }),
  );
  const arrived = vi.fn();
  queue.whenArrived(arrived);
  return { queue, started, arrived, states: () => queue.snapshot().map(({ file, state }) => `${file.name} ${state}`) };
}

const file = (name: string, bytes = 100) => new File(["x".repeat(bytes)], name);
const facts = { collection_id: null, tags: [] };
const settled = () => new Promise((done) => setTimeout(done, 0));

describe("the upload queue", () => {
  it("sends three at once, and the next when one has arrived", async () => {
    const { queue, started, arrived, states } = bench();
    queue.add(["a", "b", "c", "d"].map((name) => file(name)), facts);
    expect(states()).toEqual(["a sending", "b sending", "c sending", "d waiting"]);
    started[1]?.done();
    await settled();
    expect(states()).toEqual(["a sending", "c sending", "d sending"]);
    expect(arrived).toHaveBeenCalledOnce();
  });

  it("tells how much of each file was sent", () => {
    const { queue, started } = bench();
    queue.add([file("a", 200)], facts);
    started[0]?.onProgress(50);
    expect(queue.snapshot()[0]?.share).toBe(0.25);
    // The form around the file counts as well.
    started[0]?.onProgress(400);
    expect(queue.snapshot()[0]?.share).toBe(1);
  });

  it("keeps what failed with its reason, and sends it again under the same name", async () => {
    const { queue, started } = bench();
    queue.add([file("a")], facts);
    started[0]?.fail(new Problem("The file is too large. Split it.", 413, "file_too_large"));
    await settled();
    const [failed] = queue.snapshot();
    expect(failed).toMatchObject({ state: "failed", reason: "The file is too large. Split it." });
    queue.retry(failed?.id ?? "");
    expect(queue.snapshot()[0]).toMatchObject({ state: "sending", reason: null, share: 0 });
    expect(started[1]?.name).toBe(started[0]?.name);
  });

  it("stops a file that is taken out, and goes on with the next", async () => {
    const { queue, started, states, arrived } = bench();
    queue.add(["a", "b", "c", "d"].map((name) => file(name)), facts);
    queue.remove(queue.snapshot()[0]?.id ?? "");
    await settled();
    expect(started[0]?.signal.aborted).toBe(true);
    expect(states()).toEqual(["b sending", "c sending", "d sending"]);
    expect(arrived).not.toHaveBeenCalled();
  });

  it("waits as long as the server asks for when there are too many", async () => {
    vi.useFakeTimers();
    const { queue, started, states } = bench();
    queue.add(["a", "b", "c", "d"].map((name) => file(name)), facts);
    started[0]?.fail(new Held(7));
    await vi.advanceTimersByTimeAsync(1000);
    expect(states()).toEqual(["a waiting", "b sending", "c sending", "d waiting"]);
    started[1]?.done();
    await vi.advanceTimersByTimeAsync(5000);
    expect(started).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(2000);
    expect(states()).toEqual(["a sending", "c sending", "d sending"]);
    vi.useRealTimers();
  });

  it("belongs to one person: the next one on this page sees nothing of it", () => {
    const queue = uploadsOf("user_ada");
    expect(uploadsOf("user_ada")).toBe(queue);
    expect(uploadsOf("user_eve")).not.toBe(queue);
    expect(queue.snapshot()).toEqual([]);
  });
});
