import { describe, expect, it } from "vitest";

import type { ChatMessage } from "./messages";
import { sourcesOf, textsWithDoubts } from "./sources";

type Part = ChatMessage["parts"][number];

const told = { number: 2, excerpt: "It holds.", score: 0.8, document_id: "doc_1", revision: 3, start: 5, end: 90, page: 4, headings: ["Limits"] };
const source = (steward: object | undefined, rest: object = {}): Part =>
  ({ type: "source-url", sourceId: "source-2", url: "https://steward.example/library/documents/doc_1?start=5&end=90", title: "Guide", ...(steward && { providerMetadata: { steward } }), ...rest }) as Part;
const answer = (...parts: Part[]): ChatMessage => ({ id: "a", role: "assistant", parts });
const text = (words: string): Part => ({ type: "text", text: words });
const citations = (...places: [number, number, boolean][]): Part => ({
  type: "data-citations",
  data: { places: places.map(([start, end, is_supported]) => ({ number: 1, start, end, is_supported })) },
});

describe("the sources of an answer", () => {
  it("lead to the place within this app, whatever address the server is known by [RAG-14]", () => {
    expect(sourcesOf(answer(text("x"), source(told)))).toEqual([
      {
        number: 2,
        title: "Guide",
        href: "/library/documents/doc_1?start=5&end=90&revision=3",
        excerpt: "It holds.",
        score: 0.8,
        page: 4,
        headings: ["Limits"],
      },
    ]);
  });

  it("come in the order of their numbers", () => {
    const numbers = sourcesOf(answer(source({ ...told, number: 3 }), source({ ...told, number: 1 }))).map(({ number }) => number);
    expect(numbers).toEqual([1, 3]);
  });

  it("of the web are shown as well, and what is not known is left out", () => {
    const [only] = sourcesOf(answer(source(undefined, { url: "https://example.com/a", title: "" })));
    expect(only).toEqual({ number: 1, title: "https://example.com/a", href: "https://example.com/a", excerpt: "", score: null, page: null, headings: [] });
  });
});

describe("doubtful citations", () => {
  const marked = (message: ChatMessage) => [...textsWithDoubts(message).values()];

  it("are marked in the text that they stand in, over all its parts", () => {
    const message = answer(text("Sure [1]."), { type: "reasoning", text: "hm [1]" }, text(" Not so [2]."), citations([5, 8, true], [17, 20, false]));
    expect(marked(message)).toEqual(["Sure [1].", " Not so [2\uE002]."]);
  });

  it("are found behind characters that count twice here and once there", () => {
    const message = answer(text("🙂🙂 no [1] yes [2]"), citations([6, 9, false], [14, 17, true]));
    expect(marked(message)).toEqual(["🙂🙂 no [1\uE002] yes [2]"]);
  });

  it("that nobody could check are told apart", () => {
    const unchecked: Part = { type: "data-citations", data: { places: [{ number: 1, start: 3, end: 6, is_supported: false, is_checked: false }] } };
    expect(marked(answer(text("Es [1]."), unchecked))).toEqual(["Es [1\uE003]."]);
  });

  it("that point nowhere change nothing", () => {
    expect(marked(answer(text("Short."), citations([2, 5, false], [500, 503, false])))).toEqual(["Short."]);
    expect(marked(answer(text("None [1].")))).toEqual(["None [1]."]);
  });
});
