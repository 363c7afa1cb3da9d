import { render, screen, waitFor } from "@testing-library/react";
import { beforeAll, describe, expect, it } from "vitest";

import { attacks } from "./attacks_for_tests";
import { safeImage, safeLink } from "./links";
import Rendered from "./rendered";

const shown = "script,iframe,svg,style,form,object,embed,details,math,b,base,meta,link,video,source";

/** What in it acts by itself, or leads where no answer may lead. */
function harmIn(container: HTMLElement): string[] {
  const here = window.location.origin;
  const isHarm = (name: string, value: string) =>
    /^on|^style$/.test(name) ||
    (name === "href" && !/^(https?:|mailto:)/.test(value)) ||
    (name === "src" && new URL(value, here).origin !== here);
  // The copy button's picture, over the code, is ours; what KaTeX draws has lines, MathML and sizes in its styles.
  const isDrawn = (element: Element) => element.closest(".katex") !== null;
  const isOurs = (element: Element) => element.closest("figcaption") !== null || (isDrawn(element) && /^(svg|math)$/i.test(element.tagName));
  const isSize = (element: Element, name: string, value: string) => name === "style" && isDrawn(element) && !/url|image|position\s*:\s*fixed|\\/i.test(value);
  const elements = [...container.querySelectorAll(shown)].filter((element) => !isOurs(element));
  const attributes = [...container.querySelectorAll("*")].flatMap((element) =>
    [...element.attributes].filter(({ name, value }) => isHarm(name, value) && !isSize(element, name, value)),
  );
  return [...elements.map((element) => element.outerHTML), ...attributes.map(({ name, value }) => `${name}=${value}`)];
}

describe("markdown of a model", () => {
  // What draws formulae is there from the start, so that attacks meet it.
  beforeAll(async () => {
    render(<Rendered text="$$x$$" streaming={false} />);
    await waitFor(
      () => {
        if (document.querySelector(".katex") === null) throw new Error("nothing is drawn yet");
      },
      { timeout: 15_000 },
    );
  }, 20_000);

  it.each(attacks)("does nothing but show text: %s [UI-16]", (attack) => {
    const { container } = render(<Rendered text={attack} streaming={false} />);
    expect(harmIn(container)).toEqual([]);
  });

  it("does nothing but show text while an attack has half arrived [UI-16]", () => {
    const { container, rerender } = render(<Rendered text="" streaming />);
    for (const attack of attacks)
      for (let end = 4; end < Math.min(attack.length, 400); end += 5) {
        rerender(<Rendered text={attack.slice(0, end)} streaming />);
        expect({ written: attack.slice(0, end), harm: harmIn(container) }).toEqual({ written: attack.slice(0, end), harm: [] });
      }
  });

  it("shows headings, lists, tables and code [UI-16]", () => {
    render(
      <Rendered
        streaming={false}
        text={"# Title\n\n- one\n- two\n\n| a | b |\n| - | -: |\n| 1 | 2 |\n\n1. first\n\nSome `code`, **weight** and ~~no~~.\n\n- [x] done"}
      />,
    );
    expect(screen.getByRole("heading", { level: 2, name: "Title" })).toBeInTheDocument();
    expect(screen.getAllByRole("listitem").length).toBeGreaterThanOrEqual(4);
    expect(screen.getByRole("table")).toHaveTextContent("a");
    expect(screen.getAllByRole("columnheader")).toHaveLength(2);
    expect(screen.getByText("code").tagName).toBe("CODE");
    expect(screen.getByRole("checkbox", { name: "Done" })).toBeChecked();
  });

  it("lets lists and quotes begin on the side of their script", () => {
    const { container } = render(<Rendered streaming={false} text={"> שלום\n\n- אחד\n\n1. שתיים\n\nEnglish"} />);
    const sided = [...container.querySelectorAll("[dir]")].map((element) => [element.tagName, element.getAttribute("dir")]);
    expect(sided).toEqual([
      ["BLOCKQUOTE", "auto"],
      ["UL", "auto"],
      ["OL", "auto"],
    ]);
  });

  it("opens links elsewhere, without a way back for them", () => {
    render(<Rendered streaming={false} text="[there](https://example.com/a) and me@example.com" />);
    const link = screen.getByRole("link", { name: "there" });
    expect(link).toHaveAttribute("href", "https://example.com/a");
    expect(link).toHaveAttribute("target", "_blank");
    expect(link.getAttribute("rel")).toContain("noopener");
    expect(screen.getByRole("link", { name: "me@example.com" })).toHaveAttribute("href", "mailto:me@example.com");
  });

  it("names the real host beside a link whose text looks like another address", () => {
    const { container } = render(
      <Rendered streaming={false} text={"[**bank**.example](https://evil.example/a), [bank](https://bank.example) and https://bank.example/b"} />,
    );
    expect(container).toHaveTextContent("bank.example (evil.example), bank and https://bank.example/b");
  });

  it("keeps the words of a picture in a link, and of a footnote, and leads nowhere else by them", () => {
    render(<Rendered streaming={false} text={"[![map](https://evil.example/p.png)](https://a.example/)\n\nA word.[^1]\n\n[^1]: The note."} />);
    expect(screen.getAllByRole("link").map((link) => [link.textContent, link.getAttribute("href")])).toEqual([["Open map", "https://a.example/"]]);
    expect(screen.getByText(/The note\./)).toBeInTheDocument();
  });

  it("offers a foreign picture instead of loading it", () => {
    const { container } = render(<Rendered streaming={false} text="![map](https://evil.example/p.png)" />);
    expect(container.querySelector("img")).toBeNull();
    expect(screen.getByRole("link", { name: "Open map" })).toBeInTheDocument();
  });

  it("keeps what is drawn when the answer ends", () => {
    const text = "# Title\n\nFirst.\n\n```python\nprint(1)\n```\n\nLast.";
    const { container, rerender } = render(<Rendered streaming text={text} />);
    const drawn = [...container.querySelectorAll("h2,p,figure")];
    rerender(<Rendered streaming={false} text={text} />);
    const after = [...container.querySelectorAll("h2,p,figure")];
    expect(after.length).toBe(4);
    expect(after.every((element, place) => element === drawn[place])).toBe(true);
  });

  it("reads the whole text together where a line says what a name links to", () => {
    render(<Rendered streaming={false} text={"See [the guide].\n\n[the guide]: https://guide.example/a"} />);
    expect(screen.getByRole("link", { name: "the guide" })).toHaveAttribute("href", "https://guide.example/a");
  });

  it("shows half a code block while it still streams [UI-20]", () => {
    render(<Rendered streaming text={"```python\nprint("} />);
    expect(screen.getByRole("figure", { name: "Python code" })).toHaveTextContent("print(");
  });
});

it("tells good addresses from bad ones", () => {
  expect(safeLink("https://a.example")).toBe("https://a.example/");
  expect(safeLink("javascript:alert(1)")).toBeNull();
  expect(safeLink(undefined)).toBeNull();
  expect(safeImage("/assets/a.png")).toBe(`${window.location.origin}/assets/a.png`);
  expect(safeImage("https://a.example/a.png")).toBeNull();
  expect(safeImage("data:image/png;base64,AA")).toBeNull();
});
