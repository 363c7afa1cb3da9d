import { expect, it } from "vitest";

import { drafts } from "./drafts";
import { pieces, withoutMarks } from "./highlights";
import { newId } from "./ids";
import { age, seconds } from "./moments";
import { chooseTheme, themeChoice } from "./theme";

it("splits a snippet into plain and marked pieces", () => {
  expect(pieces("the \uE000quick\uE001 fox \uE000jumps\uE001").map(({ text, hit }) => [text, hit])).toEqual([
    ["the ", false],
    ["quick", true],
    [" fox ", false],
    ["jumps", true],
  ]);
  expect(pieces("")).toEqual([]);
  expect(withoutMarks("a \uE000b\uE001")).toBe("a b");
});

it("keeps a draft for each conversation, and forgets an empty one", () => {
  drafts.keep("a", "half a thought");
  expect(drafts.read("a")).toBe("half a thought");
  expect(drafts.read("b")).toBe("");
  drafts.keep("a", "");
  expect(window.sessionStorage).toHaveLength(0);
});

it("puts moments under headings", () => {
  const now = new Date(2026, 10, 21, 12);
  const at = (day: number, month = 10) => new Date(2026, month, day, 23).toISOString();
  expect([at(21), at(20), at(15), at(1), at(1, 5)].map((iso) => age(iso, now))).toEqual([
    "Today",
    "Yesterday",
    "Last 7 days",
    "Last 30 days",
    "Earlier",
  ]);
});

it("says durations shortly", () => {
  expect([seconds(940), seconds(12_400)]).toEqual(["0.9 s", "12 s"]);
});

it("makes names that are safe in a URL and do not repeat", () => {
  const names = new Set(Array.from({ length: 500 }, () => newId("chat")));
  expect(names.size).toBe(500);
  for (const name of names) expect(name).toMatch(/^chat_[0-9a-z]{20}$/);
});

it("keeps the chosen theme and paints it", () => {
  chooseTheme("dark");
  expect(document.documentElement.dataset.theme).toBe("dark");
  expect(themeChoice()).toBe("dark");
  chooseTheme("system");
  expect(document.documentElement.dataset.theme).toBe("light");
  expect(window.localStorage).toHaveLength(0);
});
