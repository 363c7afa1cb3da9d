// Files on their way to the server: a few at once, each with its progress, held back while the server takes no more.
import { asProblem } from "./problems";
import { Held, type Sending } from "./send_form";

const AT_ONCE = 3;

export type Queued = {
  readonly id: string;
  readonly file: File | null;
  readonly state: "waiting" | "sending" | "ready" | "failed";
  /** Of the bytes, from 0 to 1. */
  readonly share: number;
  /** What is wrong with it, and what to do. */
  readonly reason: string | null;
};

export abstract class FileQueue<Item extends Queued> {
  protected items: readonly Item[] = [];
  private readonly aborts = new Map<string, AbortController>();
  private readonly listeners = new Set<() => void>();
  private isHeld = false;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): readonly Item[] => this.items;

  /** Send the file of an item, and put the item where it belongs then. */
  protected abstract deliver(item: Item, file: File, sending: Sending): Promise<void>;

  /** Send a failed file again. */
  retry(id: string): void {
    this.change(id, { state: "waiting", share: 0, reason: null });
    this.advance();
  }

  /** Take a file out, whether it waits, is on its way, is there or has failed. */
  remove(id: string): void {
    this.aborts.get(id)?.abort();
    this.become(this.items.filter((item) => item.id !== id));
    this.advance();
  }

  removeAll(): void {
    for (const { id } of this.items) this.remove(id);
  }

  protected become(items: readonly Item[]): void {
    this.items = items;
    for (const listener of this.listeners) listener();
  }

  protected change(id: string, change: Partial<Queued> | Partial<Item>): void {
    this.become(this.items.map((item) => (item.id === id ? { ...item, ...change } : item)));
  }

  protected advance(): void {
    if (this.isHeld) return;
    const sending = this.items.filter(({ state }) => state === "sending").length;
    const next = this.items.filter(({ state }) => state === "waiting").slice(0, Math.max(0, AT_ONCE - sending));
    for (const item of next) if (item.file !== null) void this.carry(item, item.file);
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

  private async carry(item: Item, file: File): Promise<void> {
    const abort = new AbortController();
    this.aborts.set(item.id, abort);
    this.change(item.id, { state: "sending" });
    const onProgress = (bytes: number) => this.change(item.id, { share: file.size === 0 ? 1 : Math.min(1, bytes / file.size) });
    try {
      await this.deliver(item, file, { name: item.id, onProgress, signal: abort.signal });
    } catch (error) {
      if (abort.signal.aborted) return;
      if (error instanceof Held) {
        this.hold(error.seconds);
        this.change(item.id, { state: "waiting", share: 0 });
      } else this.change(item.id, { state: "failed", reason: asProblem(error).message });
    } finally {
      this.aborts.delete(item.id);
      this.advance();
    }
  }
}
