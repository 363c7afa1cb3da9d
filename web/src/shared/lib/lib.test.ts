import { expect, it, vi } from "vitest";

import { unitsOf } from "./code_points";
import { draftsOf } from "./drafts";
import { pieces, withoutMarks } from "./highlights";
import { newId } from "./ids";
import { age, seconds } from "./moments";
import { shortDollars } from "./money";
import { pauseForLine } from "./online";
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

it("keeps a draft for each person and conversation, and forgets an empty one", () => {
  const drafts = draftsOf("user_ada");
  drafts.keep("a", "half a thought");
  expect(drafts.read("a")).toBe("half a thought");
  expect(drafts.read("b")).toBe("");
  expect(draftsOf("user_eve").read("a")).toBe("");
  drafts.keep("a", "");
  expect(window.localStorage).toHaveLength(0);
});

it("waits for the line no longer than it is gone", async () => {
  const waited = pauseForLine(60_000);
  window.dispatchEvent(new Event("online"));
  await expect(waited).resolves.toBeUndefined();
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

it("says small amounts of money with two digits that count", () => {
  expect(["0.00012345", "0.05", "1.2345", "12", "0", null].map(shortDollars)).toEqual(["$0.00012", "$0.050", "$1.23", "$12.00", null, null]);
});

it("writes the address of a place", () => {
  expect(placeAddress({ document_id: "doc/1", start: 5, end: 9, revision: 2 })).toBe("/library/documents/doc%2F1?start=5&end=9&revision=2");
});

it("keeps small things for as long as the page is where storage is closed", () => {
  const closed = vi.spyOn(window, "localStorage", "get").mockImplementation(() => {
    throw new DOMException("Access is denied", "SecurityError");
  });
  const drafts = draftsOf("user_visitor");
  drafts.keep("a", "half a thought");
  expect(drafts.read("a")).toBe("half a thought");
  drafts.keep("a", "");
  expect(drafts.read("a")).toBe("");
  closed.mockRestore();
});
