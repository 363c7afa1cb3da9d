import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { withDoubts } from "./citation_markers";
import Rendered from "./rendered";
import { CitedSources, type Source, percent, whereabouts } from "./sources";

const source = (number: number, rest: Partial<Source> = {}): Source => ({
  number,
  title: `Guide ${number}`,
  href: `/library/documents/doc_${number}?start=1&end=9&revision=1`,
  excerpt: `What guide ${number} says.`,
  score: 0.874,
  page: 3,
  headings: [`Guide ${number}`, "Budgets", "Limits"],
  ...rest,
});

const show = (text: string, sources: Source[] = [source(1), source(2)], streaming = false) =>
  render(
    <CitedSources value={new Map(sources.map((one) => [one.number, one]))}>
      <Rendered text={text} streaming={streaming} />
    </CitedSources>,
  );
const chips = () => screen.queryAllByRole("link", { name: /^Source/ });

describe("markers of citations", () => {
  it("become links to the place in the document [RAG-10] [RAG-14] [UI-24]", () => {
    show("Budgets hold [1]. They are **set by an owner [2]**.");
    expect(chips().map((chip) => [chip.getAttribute("aria-label"), chip.getAttribute("href")])).toEqual([
      ["Source 1: Guide 1", "/library/documents/doc_1?start=1&end=9&revision=1"],
      ["Source 2: Guide 2", "/library/documents/doc_2?start=1&end=9&revision=1"],
    ]);
  });

  it("stand side by side, in lists, tables and headings", () => {
    show("# Title [1]\n\n- item [1][2]\n\n| a |\n| - |\n| cell [2] |\n\n> quote [1]");
    expect(chips().map((chip) => chip.textContent)).toEqual(["[1]", "[1]", "[2]", "[2]", "[1]"]);
  });

  it.each([
    ["code", "Write `list[1]` and `[1]`.", "Write list[1] and [1]."],
    ["a block of code", "```python\nrows[1] = [1]\n```", "rows[1] = [1]"],
    ["indented code", "Code:\n\n    rows[1]", "rows[1]"],
    ["a link", "[see [1]](https://example.com/a)", "see [1]"],
    ["a link that is only a number", "[1](https://example.com/a)", "1"],
    ["brackets behind a backslash", "no marker: \\[1] and \\[2\\]", "no marker: [1] and [2]"],
    ["brackets in brackets", "[[1]]", "[[1]]"],
    ["numbers that no source has", "[7] and [99] and [0] and [1000]", "[7] and [99] and [0] and [1000]"],
    ["a range", "half open [0, 1]", "half open [0, 1]"],
  ])("are not touched in %s", (_, text, shown) => {
    const { container } = show(text);
    expect(chips()).toEqual([]);
    expect(container).toHaveTextContent(shown);
  });

  it("without a source stay as they were written", () => {
    const { container } = show("One [1], two [7].", [source(1)]);
    expect(container).toHaveTextContent("One [1], two [7].");
    expect(chips()).toHaveLength(1);
  });

  it("are told apart within one text, whatever was escaped before", () => {
    show("A list is \\[1] in some languages [1], and \\[2\\] too [2].");
    expect(chips().map((chip) => chip.textContent)).toEqual(["[1]", "[2]"]);
  });

  it("go to the source even where the model wrote a list of links of its own", () => {
    show("It holds [1], and more [3].\n\n[1]: https://evil.example/\n[3]: https://example.com/three", [source(1)]);
    expect(chips()).toHaveLength(1);
    expect(chips()[0]).toHaveAttribute("href", expect.stringContaining("/library/documents/doc_1"));
    expect(screen.getByRole("link", { name: "3" })).toHaveAttribute("href", "https://example.com/three");
  });

  it("appear when their source comes, while the answer streams", () => {
    const { rerender } = show("It holds [1]. And", [], true);
    expect(chips()).toEqual([]);
    rerender(
      <CitedSources value={new Map([[1, source(1)]])}>
        <Rendered text="It holds [1]. And more" streaming />
      </CitedSources>,
    );
    expect(chips()).toHaveLength(1);
  });

  it("that the source does not confirm say so, to the eye and to the ear [RAG-14]", () => {
    const text = "True [1]. Doubtful [2].";
    show(withDoubts(text, [{ end: text.length - 1, doubt: "unconfirmed" }]));
    const [sure, doubtful] = chips();
    expect(sure).toHaveAccessibleName("Source 1: Guide 1");
    expect(sure).not.toHaveAttribute("data-doubt");
    expect(doubtful).toHaveAccessibleName("Source 2: Guide 2, not confirmed by the source");
    expect(doubtful).toHaveAttribute("data-doubt", "unconfirmed");
  });

  it("lead out of the app only to the web, and never to a script", () => {
    show("Web [1], script [2].", [source(1, { href: "https://example.com/a" }), source(2, { href: "javascript:alert(1)" })]);
    expect(screen.getByRole("link")).toHaveAttribute("rel", expect.stringContaining("noopener"));
    expect(document.querySelector("[href^=javascript]")).toBeNull();
  });
});

describe("the card of a citation", () => {
  it("shows title, place, words and relevance to a pointer that stays, and goes by Escape [RAG-10]", async () => {
    const user = userEvent.setup();
    show("It holds [1].");
    await user.hover(chips()[0] as HTMLElement);
    const card = (await screen.findByText("What guide 1 says.")).parentElement;
    if (card === null) throw new Error("no card");
    expect(within(card).getByText("Guide 1")).toBeInTheDocument();
    expect(card).toHaveTextContent("Page 3 · Budgets › Limits");
    expect(card).toHaveTextContent("Relevance 87 %");
    expect(chips()[0]).toHaveAccessibleDescription(expect.stringContaining("What guide 1 says."));
    await user.keyboard("{Escape}");
    await expect.poll(() => screen.queryByText("What guide 1 says.")).toBeNull();
  });

  it("warns of what is not confirmed", async () => {
    show(withDoubts("It holds [1].", [{ end: 12, doubt: "unconfirmed" }]));
    await userEvent.hover(chips()[0] as HTMLElement);
    expect(await screen.findByText(/Not confirmed by the source/)).toBeInTheDocument();
  });
});

it("tells a citation that nobody could check from one that is wrong", async () => {
  show(withDoubts("Es fasst [1].", [{ end: 12, doubt: "unchecked" }]));
  expect(chips()[0]).toHaveAccessibleName("Source 1: Guide 1, not checked against the source");
  await userEvent.hover(chips()[0] as HTMLElement);
  expect(await screen.findByRole("tooltip")).toHaveTextContent("Not checked against the source, which is in another language.");
});

it("takes the words of a place along to the document", async () => {
  show("It holds [1].");
  await userEvent.click(chips()[0] as HTMLElement);
  expect(window.location.pathname).toBe("/library/documents/doc_1");
  expect(window.history.state).toEqual({ excerpt: "What guide 1 says." });
});

it("marks doubtful markers, and nothing else", () => {
  expect(withDoubts("a [1] b [2]", [])).toBe("a [1] b [2]");
  const at = (end: number) => ({ end, doubt: "unconfirmed" as const });
  expect(withDoubts("a [1] b [2]", [at(5), at(11)])).toBe("a [1\uE002] b [2\uE002]");
  expect(withDoubts("a [1] b", [at(3), at(99)])).toBe("a [1] b");
});

it("says where a passage stands as far as it is known", () => {
  expect(whereabouts({ title: "A", page: null, headings: [] })).toBe("");
  expect(whereabouts({ title: "A", page: 2, headings: ["B", "C"] })).toBe("Page 2 · B › C");
  expect([percent(0.876), percent(1.2), percent(-1)]).toEqual(["88 %", "100 %", "0 %"]);
});
