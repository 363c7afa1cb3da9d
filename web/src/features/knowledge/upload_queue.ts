// Files on their way into the library: a few at once, each with its progress. The queue outlives the page that fed it.
import { asProblem } from "~/shared/api/problems";
import { newId } from "~/shared/lib/ids";

import { type FileFacts, Held, type Sending, sendFile } from "./send_file";

const AT_ONCE = 3;

export type Upload = {
  readonly id: string;
  readonly file: File;
  readonly facts: FileFacts;
  readonly state: "waiting" | "sending" | "failed";
  /** Of the bytes, from 0 to 1. */
  readonly share: number;
  readonly reason: string | null;
};

type Send = (file: File, facts: FileFacts, sending: Sending) => Promise<void>;

export class UploadQueue {
  private uploads: readonly Upload[] = [];
  private readonly aborts = new Map<string, AbortController>();
  private readonly listeners = new Set<() => void>();
  private readonly send: Send;
  private arrived: () => void = () => {};
  private isHeld = false;

  constructor(send: Send = sendFile) {
    this.send = send;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Say what is to be done when a file has arrived. */
  whenArrived(listener: () => void): void {
    this.arrived = listener;
  }

  readonly snapshot = (): readonly Upload[] => this.uploads;

  add(files: readonly File[], facts: FileFacts): void {
    const added = files.map((file): Upload => ({ id: newId("upload"), file, facts, state: "waiting", share: 0, reason: null }));
    this.become([...this.uploads, ...added]);
    this.advance();
  }

  /** Send a failed file again. */
  retry(id: string): void {
    this.change(id, { state: "waiting", share: 0, reason: null });
    this.advance();
  }

  /** Take a file out, whether it waits, is on its way or has failed. */
  remove(id: string): void {
    this.aborts.get(id)?.abort();
    this.become(this.uploads.filter((upload) => upload.id !== id));
    this.advance();
  }

  removeAll(): void {
    for (const abort of this.aborts.values()) abort.abort();
    this.become([]);
  }

  private become(uploads: readonly Upload[]): void {
    this.uploads = uploads;
    for (const listener of this.listeners) listener();
  }

  private change(id: string, change: Partial<Upload>): void {
    this.become(this.uploads.map((upload) => (upload.id === id ? { ...upload, ...change } : upload)));
  }

  /** Wait before anything more is sent. */
  private hold(seconds: number): void {
    if (this.isHeld) return;
    this.isHeld = true;
    setTimeout(() => {
      this.isHeld = false;
      this.advance();
    }, seconds * 1000);
  }

  private advance(): void {
    if (this.isHeld) return;
    const sending = this.uploads.filter(({ state }) => state === "sending").length;
    const next = this.uploads.filter(({ state }) => state === "waiting").slice(0, Math.max(0, AT_ONCE - sending));
    for (const upload of next) void this.carry(upload);
  }

  private async carry({ id, file, facts }: Upload): Promise<void> {
    const abort = new AbortController();
    this.aborts.set(id, abort);
    this.change(id, { state: "sending" });
    const onProgress = (bytes: number) => this.change(id, { share: file.size === 0 ? 1 : Math.min(1, bytes / file.size) });
    try {
      await this.send(file, facts, { name: id, onProgress, signal: abort.signal });
      this.become(this.uploads.filter((upload) => upload.id !== id));
      this.arrived();
    } catch (error) {
      if (abort.signal.aborted) return;
      if (error instanceof Held) {
        this.hold(error.seconds);
        this.change(id, { state: "waiting", share: 0 });
      } else this.change(id, { state: "failed", reason: asProblem(error).message });
    } finally {
      this.aborts.delete(id);
      this.advance();
    }
  }
}

let current: { owner: string; queue: UploadQueue } | null = null;

/** The queue of a person. What another one's session left behind is dropped. */
export function uploadsOf(owner: string): UploadQueue {
  if (current?.owner !== owner) {
    current?.queue.removeAll();
    current = { owner, queue: new UploadQueue() };
  }
  return current.queue;
}
