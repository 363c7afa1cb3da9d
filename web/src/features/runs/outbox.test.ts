import { describe, expect, it, vi } from "vitest";

import { Outbox, type Unsent, hasUnsent } from "./outbox";

const item = (id: string): Unsent => ({ id, parts: [{ type: "text", text: id }] });
const KEY = "steward.outbox.user_ada.c1";

describe("the outbox of a conversation", () => {
  it("is kept for each person and conversation", () => {
    new Outbox("user_ada", "c1").add(item("a"));
    expect(new Outbox("user_ada", "c1").read()).toEqual([item("a")]);
    expect([hasUnsent("user_ada", "c1"), hasUnsent("user_ada", "c2"), hasUnsent("user_eve", "c1")]).toEqual([true, false, false]);
  });

  it("leaves nothing behind when all is sent", () => {
    const outbox = new Outbox("user_ada", "c1");
    outbox.add(item("a"));
    outbox.remove("a", "b");
    expect(window.localStorage).toHaveLength(0);
  });

  it("hears what another tab takes back", () => {
    const outbox = new Outbox("user_ada", "c1");
    outbox.add(item("a"));
    outbox.add(item("b"));
    const heard = vi.fn();
    const leave = outbox.listen(heard);
    window.localStorage.setItem(KEY, JSON.stringify([item("b")]));
    window.dispatchEvent(new StorageEvent("storage", { key: KEY }));
    expect(outbox.read()).toEqual([item("b")]);
    expect(heard).toHaveBeenCalledOnce();
    leave();
    outbox.add(item("c"));
    expect(heard).toHaveBeenCalledOnce();
  });

  it("leaves to another tab what was said there, and keeps it for whoever comes later", () => {
    const here = new Outbox("user_ada", "c1");
    const heard = vi.fn();
    here.listen(heard);
    new Outbox("user_ada", "c1").add(item("there"));
    window.dispatchEvent(new StorageEvent("storage", { key: KEY }));
    expect(here.read()).toEqual([]);
    expect(heard).not.toHaveBeenCalled();
    here.add(item("here"));
    here.remove("here");
    expect(new Outbox("user_ada", "c1").read()).toEqual([item("there")]);
  });

  it("begins empty where what is kept cannot be read", () => {
    for (const broken of ["{", "3", '[{"id": 1}, null]']) {
      window.localStorage.setItem(KEY, broken);
      expect(new Outbox("user_ada", "c1").read()).toEqual([]);
    }
  });
});
