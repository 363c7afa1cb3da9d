import { describe, expect, it } from "vitest";

import { playServer, refusal } from "~/test_server";

import { findPlace, locate } from "./place_finder";

describe("finding an excerpt in a text", () => {
  it("looks past blanks, lines and marks of omission", () => {
    const text = "Before. The boiler holds\n  2.4 litres (cold) and is\ndescaled. After.";
    const found = locate(text, "…The boiler holds 2.4 litres (cold) and is…");
    expect(found && text.slice(found.start, found.end)).toBe("The boiler holds\n  2.4 litres (cold) and is");
  });

  it("finds nothing where nothing is", () => {
    expect(locate("The boiler", "another thing")).toBeNull();
    expect(locate("The boiler", "…")).toBeNull();
    expect(locate("a+b", "a.b")).toBeNull();
  });
});

describe("finding a place", () => {
  const textOf = (words: string, revision = 1) => ({
    "GET /api/v1/documents/d/text": ({ query }: { query: URLSearchParams }) => {
      const start = Number(query.get("start"));
      const end = Math.min(Number(query.get("end") ?? words.length), words.length);
      return { document_id: "d", title: "T", revision, start: Math.min(start, words.length), end, chars: words.length, text: words.slice(start, end) };
    },
  });
  const wanted = { start: 4, end: 10, revision: 1, excerpt: "boiler" };

  it("trusts the numbers of the same revision", async () => {
    playServer(textOf("The boiler holds."));
    await expect(findPlace("d", { ...wanted, excerpt: "" })).resolves.toEqual({ start: 4, end: 10, changed: false });
    await expect(findPlace("d", { ...wanted, revision: null, excerpt: "" })).resolves.toMatchObject({ start: 4 });
  });

  it("trusts them as well when another revision says the same there", async () => {
    playServer(textOf("The boiler holds.", 7));
    await expect(findPlace("d", wanted)).resolves.toEqual({ start: 4, end: 10, changed: false });
  });

  it("looks for the words when the document has changed", async () => {
    const passage = { start: 20, text: "🙂 Now the boiler is here." };
    const asked = playServer({ ...textOf("Something else altogether.", 2), "POST /api/v1/knowledge/search": { items: [{ start: 0, text: "no" }, passage] } });
    await expect(findPlace("d", wanted)).resolves.toEqual({ start: 30, end: 36, changed: true });
    expect(asked.at(-1)?.body).toMatchObject({ query: "boiler", document_ids: ["d"] });
  });

  it("gives up when the words are gone, or were never known", async () => {
    playServer({ ...textOf("Something else.", 2), "POST /api/v1/knowledge/search": { items: [{ start: 0, text: "Something else." }] } });
    await expect(findPlace("d", wanted)).resolves.toBeNull();
    await expect(findPlace("d", { ...wanted, excerpt: "" })).resolves.toBeNull();
    await expect(findPlace("d", { ...wanted, revision: 2, start: 900, end: 910, excerpt: "" })).resolves.toBeNull();
  });

  it("passes on that there is no text yet", async () => {
    playServer({ "GET /api/v1/documents/d/text": refusal(409, "document_not_ready", "Not yet.") });
    await expect(findPlace("d", wanted)).rejects.toMatchObject({ tag: "document_not_ready" });
  });
});
