// The colours of code, as a worker finds them; without one, or without its file, code stays plain.

export type Wanted = { code: string; language: string; complete: boolean };
export type Token = { text: string; light?: string; dark?: string; style?: string };
/** What the worker answers; null in place of lines for a language that it does not know. */
export type Found = { id: number; lines: Token[][] | null };
export type Coloured = { code: string; language: string; lines: Token[][] };

type Asked = { found: (lines: Token[][] | null) => void; failed: () => void };

let worker: Worker | null = null;
let asks = 0;
const open = new Map<number, Asked>();

function startWorker(): Worker {
  const started = new Worker(new URL("./colours_worker.ts", import.meta.url), { type: "module" });
  started.addEventListener("message", ({ data: { id, lines } }: MessageEvent<Found>) => {
    open.get(id)?.found(lines);
    open.delete(id);
  });
  started.addEventListener("error", () => {
    started.terminate();
    if (worker === started) worker = null;
    const waiting = [...open.values()];
    open.clear();
    for (const { failed } of waiting) failed();
  });
  return started;
}

function ask(wanted: Wanted, asked: Asked): void {
  worker ??= startWorker();
  asks += 1;
  open.set(asks, asked);
  // A worker has no origin to be named.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  worker.postMessage({ id: asks, ...wanted });
}

/** Colours one block of code, also while it is written: what comes while the worker is at it waits, and only the newest of it. */
export class Colouring {
  readonly #tell: (coloured: Coloured) => void;
  #isAsking = false;
  #next: Wanted | null = null;
  #isOver = typeof Worker === "undefined";

  constructor(tell: (coloured: Coloured) => void) {
    this.#tell = tell;
  }

  want(wanted: Wanted): void {
    if (this.#isOver || wanted.language === "") return;
    if (this.#isAsking) {
      this.#next = wanted;
      return;
    }
    this.#isAsking = true;
    ask(wanted, {
      found: (lines) => {
        if (this.#isOver) return;
        this.#isAsking = false;
        if (lines !== null) this.#tell({ code: wanted.code, language: wanted.language, lines });
        const next = this.#next;
        this.#next = null;
        if (next !== null) this.want(next);
      },
      // The next block tries again; this one would for every word that it gains.
      failed: () => this.close(),
    });
  }

  close(): void {
    this.#isOver = true;
    this.#next = null;
  }
}
