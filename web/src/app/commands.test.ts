import { describe, expect, it } from "vitest";

import { fits } from "./palette_entries";
import { commandOf } from "./shortcuts";

const press = (key: string, rest: KeyboardEventInit = {}) => new KeyboardEvent("keydown", { key, ...rest });

describe("shortcuts", () => {
  it("are told apart from letters and from the browser's own", () => {
    expect(commandOf(press("k", { ctrlKey: true }))).toBe("palette");
    expect(commandOf(press("k", { metaKey: true }))).toBe("palette");
    expect(commandOf(press("K", { ctrlKey: true, shiftKey: true }))).toBeNull();
    expect(commandOf(press("O", { ctrlKey: true, shiftKey: true }))).toBe("new");
    expect(commandOf(press("?", { shiftKey: true }))).toBe("shortcuts");
    expect(commandOf(press("k"))).toBeNull();
  });

  it("leave a question mark to whoever writes one", () => {
    const box = document.createElement("textarea");
    document.body.append(box);
    let found: string | null = "not asked";
    box.addEventListener("keydown", (event) => {
      found = commandOf(event);
    });
    box.dispatchEvent(press("?", { bubbles: true }));
    box.remove();
    expect(found).toBeNull();
  });
});

it("an entry fits when every word is somewhere in its names", () => {
  const usage = { label: "Usage", words: "settings cost tokens" };
  expect(fits(usage, "USA")).toBe(true);
  expect(fits(usage, "cost sett")).toBe(true);
  expect(fits(usage, "usage budget")).toBe(false);
});
