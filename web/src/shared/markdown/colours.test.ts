import { beforeEach, describe, expect, it, vi } from "vitest";

import type { Found, Wanted } from "./colours";

type Asked = Wanted & { id: number };

/** The worker as the page meets it: what it was asked, and what a test lets it answer. */
class PlayedWorker {
  static all: PlayedWorker[] = [];
  readonly asked: Asked[] = [];
  isOver = false;
  private readonly heard = new Map<string, (event: unknown) => void>();

  constructor() {
    PlayedWorker.all.push(this);
  }
  addEventListener(type: string, listener: (event: unknown) => void) {
    this.heard.set(type, listener);
  }
  postMessage(asked: Asked) {
    this.asked.push(asked);
  }
  terminate() {
    this.isOver = true;
  }
  answer(lines: Found["lines"]) {
    this.heard.get("message")?.({ data: { id: this.asked.at(-1)?.id ?? 0, lines } satisfies Found });
  }
  fail() {
    this.heard.get("error")?.({});
  }
}

const python = (code: string): Wanted => ({ code, language: "python", complete: false });
const line = (text: string) => [[{ text }]];

/** The module as a page loads it, with no worker begun. */
async function loaded() {
  vi.resetModules();
  return import("./colours");
}

describe("the colours of code", () => {
  beforeEach(() => {
    PlayedWorker.all = [];
    vi.stubGlobal("Worker", PlayedWorker);
    return () => vi.unstubAllGlobals();
  });

  it("are asked for once at a time, and then for the newest text [PERF-07]", async () => {
    const { Colouring } = await loaded();
    const told = vi.fn();
    const block = new Colouring(told);
    for (const code of ["a", "ab", "abc"]) block.want(python(code));
    const [worker] = PlayedWorker.all;
    expect(worker?.asked.map(({ code }) => code)).toEqual(["a"]);
    worker?.answer(line("a"));
    expect(told).toHaveBeenLastCalledWith({ code: "a", language: "python", lines: line("a") });
    expect(worker?.asked.map(({ code }) => code)).toEqual(["a", "abc"]);
    worker?.answer(line("abc"));
    expect(told).toHaveBeenCalledTimes(2);
    expect(PlayedWorker.all).toHaveLength(1);
  });

  it("stay away from a language that nobody knows, and from code without one", async () => {
    const { Colouring } = await loaded();
    const told = vi.fn();
    const block = new Colouring(told);
    block.want({ code: "x", language: "", complete: true });
    expect(PlayedWorker.all).toHaveLength(0);
    block.want({ code: "x", language: "brainfuck", complete: true });
    PlayedWorker.all[0]?.answer(null);
    expect(told).not.toHaveBeenCalled();
  });

  it("are told to nobody who is gone", async () => {
    const { Colouring } = await loaded();
    const told = vi.fn();
    const block = new Colouring(told);
    block.want(python("a"));
    block.want(python("ab"));
    block.close();
    PlayedWorker.all[0]?.answer(line("a"));
    expect(told).not.toHaveBeenCalled();
    expect(PlayedWorker.all[0]?.asked).toHaveLength(1);
  });

  it("are tried again by the next block, when the worker could not be loaded", async () => {
    const { Colouring } = await loaded();
    const told = vi.fn();
    const block = new Colouring(told);
    block.want(python("a"));
    const [lost] = PlayedWorker.all;
    lost?.fail();
    block.want(python("ab"));
    expect(lost?.isOver).toBe(true);
    expect(PlayedWorker.all).toHaveLength(1);
    new Colouring(told).want(python("b"));
    PlayedWorker.all[1]?.answer(line("b"));
    expect(told.mock.calls).toEqual([[{ code: "b", language: "python", lines: line("b") }]]);
  });

  it("are no matter where there are no workers", async () => {
    vi.stubGlobal("Worker", undefined);
    const { Colouring } = await loaded();
    const told = vi.fn();
    new Colouring(told).want(python("a"));
    expect(told).not.toHaveBeenCalled();
  });
});
