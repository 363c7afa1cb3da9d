import { expect, it } from "vitest";

import { unitsOf } from "./code_points";
import { drafts } from "./drafts";
import { pieces, withoutMarks } from "./highlights";
import { newId } from "./ids";
import { age, seconds } from "./moments";
import { placeAddress } from "./places";
import { fileSize } from "./sizes";
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

it("counts places in code points, as the server does", () => {
  expect([0, 3, 99, -1].map((count) => unitsOf("abcdef", count))).toEqual([0, 3, 6, 0]);
  expect([1, 2, 3, 9].map((count) => unitsOf("a🙂b", count))).toEqual([1, 3, 4, 4]);
});

it("says sizes as people do", () => {
  expect([0, 999, 1500, 12_345, 3_400_000].map(fileSize)).toEqual(["0 bytes", "999 bytes", "1.5 kB", "12 kB", "3.4 MB"]);
});

it("writes the address of a place", () => {
  expect(placeAddress({ document_id: "doc/1", start: 5, end: 9, revision: 2 })).toBe("/library/documents/doc%2F1?start=5&end=9&revision=2");
});
