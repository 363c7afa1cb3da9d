import { act, render, screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { drawable, titleOf } from "./diagram_rules";
import { OPEN } from "./math_marks";
import Rendered from "./rendered";

const drawn = (container: HTMLElement) => container.querySelectorAll(".katex");

describe("formulae", () => {
  it("show their source until they are drawn, and have MathML for listeners [UI-16]", async () => {
    const { container } = render(<Rendered streaming={false} text={"So $x^2$ is.\n\n$$y = \\frac{a}{b}$$\n\nIt costs $5 and $6."} />);
    await waitFor(() => expect(drawn(container)).toHaveLength(2), { timeout: 15_000 });
    expect(container.querySelectorAll(".katex-mathml math")).toHaveLength(2);
    expect(container.querySelectorAll(".formula[data-display=true] .katex-display")).toHaveLength(1);
    expect(container).toHaveTextContent("It costs $5 and $6.");
  }, 20_000);

  it("with blank lines and list signs in them are one", () => {
    const { container } = render(<Rendered streaming={false} text={"\\[\nx = a\n\n- b\n\\]\n\n1. so\n   $$\n   c\n   $$\n\n> \\[ d \\]"} />);
    expect([...container.querySelectorAll("annotation")].map((source) => source.textContent)).toEqual(["x = a\n\n- b", "c", "d"]);
    expect(container.querySelector("ul")).toBeNull();
  });

  it("that are not valid show their source and say so", () => {
    const { container } = render(<Rendered streaming={false} text={"$$\n\\frac{a}{\n$$\n\nand \\(\\nothing_known\\)"} />);
    expect(drawn(container)).toHaveLength(0);
    expect(container.querySelector("pre")).toHaveTextContent("\\frac{a}{");
    expect(container).toHaveTextContent("This formula cannot be drawn.");
    expect(container).toHaveTextContent("and \\nothing_known (cannot be drawn)");
  });

  it("are no prices", () => {
    const legend = "- $ cheap\n- $$ moderate\n- $$$ expensive\n\nfrom $$ to $$$ or $$";
    const { container, rerender } = render(<Rendered streaming text={legend} />);
    const shown = ["$ cheap", "$$ moderate", "$$$ expensive"];
    expect([...container.querySelectorAll("li")].map((item) => item.textContent.trim())).toEqual(shown);
    rerender(<Rendered streaming={false} text={legend} />);
    expect([...container.querySelectorAll("li")].map((item) => item.textContent.trim())).toEqual(shown);
    expect(container).toHaveTextContent("from $$ to $$$ or $$");
  });

  it("do not end code early", () => {
    const code = `a${"\n".repeat(20_000)}b`;
    const { container } = render(<Rendered streaming={false} text={`\`\`\`text\n${code}\n\n\n\`\`\``} />);
    expect(container.querySelector("pre code")?.textContent === code).toBe(true);
  });

  it("that are still being written show their source, and no fault", () => {
    const { container, rerender } = render(<Rendered streaming text={"So\n\n$$\n\\frac{a"} />);
    expect(container.textContent).not.toMatch(new RegExp(`cannot|${OPEN}|\\$`));
    expect(container.querySelector("pre")).toHaveTextContent("\\frac{a");
    rerender(<Rendered streaming text={"So\n\n$$\n\\frac{a}{b}\n$$\n\nAnd"} />);
    expect(drawn(container)).toHaveLength(1);
  });

  it("cannot grow beyond what one can look at, nor define words of their own", async () => {
    const { drawFormula } = await import("./drawn_formula");
    expect(drawFormula("\\def\\a{xx}\\a", false)).toBeNull();
    expect(drawFormula("\\newcommand{\\a}{xx}\\a", false)).toBeNull();
    expect(drawFormula("x+".repeat(5_000), false)).toBeNull();
    expect(drawFormula(`x${"^{x".repeat(200)}${"}".repeat(200)}`, false)).toBeNull();
    expect(drawFormula(`x${"^{x".repeat(12)}${"}".repeat(12)}`, false)).not.toBeNull();
    expect(drawFormula("\\rule{90000em}{1em}", false)?.innerHTML).toContain("border-right-width: 20em");
  });
});

describe("diagrams", () => {
  it("show their source as code until they are drawn", () => {
    render(<Rendered streaming text={"```mermaid\nflowchart TD\n A --> "} />);
    expect(screen.getByRole("figure", { name: "Mermaid code" })).toHaveTextContent("A -->");
  });

  it("that are not valid show their source and say so", async () => {
    render(<Rendered streaming={false} text={"```mermaid\nflowchart NOWHERE %%\n A --\n```"} />);
    expect(screen.queryByText(/cannot be drawn/)).toBeNull();
    await act(async () => undefined);
    expect(await screen.findByText(/This diagram cannot be drawn/, {}, { timeout: 15_000 })).toBeInTheDocument();
    expect(screen.getByRole("figure", { name: "Mermaid code" })).toHaveTextContent("flowchart NOWHERE");
    // What it was measured on is gone.
    expect(document.querySelectorAll("body > *")).toHaveLength(1);
  }, 20_000);

  it("lose their settings before they are drawn", () => {
    expect(drawable('%%{init: {"securityLevel": "loose"}}%%\ngraph TD\nA-->B')).toBe("graph TD\nA-->B");
    expect(drawable("---\nconfig:\n  securityLevel: loose\n---\ngraph TD\nA-->B")).toBe("graph TD\nA-->B");
    expect(drawable('%%{init: {"a": "\ngraph TD\nA-->B')).toBeNull();
  });

  it.each([
    'graph TD\nA@{ img: "https://evil.example/p.png" }',
    'graph TD\nA@{ "\\u0069mg": "x" }',
    "graph TD\nstyle A fill:url(https://evil.example/p)",
    "graph TD\nstyle A fill:u\\72 l( //evil.example/p)",
    "graph TD\nstyle A fill:u\\rl(https://evil.example/p)",
    'graph TD\nclassDef a cursor:image-set("https://evil.example/p" 1x)',
    "graph TD\nA[<img src=x>]",
    "graph TD\nA[#60;img src=x]",
    "gantt\ntickInterval 1millisecond",
    "block-beta\nspace:100000000",
    "block\ncolumns 3\na space : 1000 b",
    "gantt\nexcludes weekends\none :0001-01-01, 9000y",
    "gantt\nexcludes weekends\none :2026-01-01, 100y",
    "gantt\nexcludes weekends\none :2026-01-01, 5000M",
    "gantt\nexcludes weekends\none :2026-01-01, 99999999h",
    "gantt\nEXCLUDES weekends\none :0001-01-01, 9000-01-01",
    "gantt\ndateFormat X\nexcludes weekends\none :0, 253402300799",
    `gantt\nexcludes weekends\n${"one :2026-01-01, 60y\n".repeat(100)}`,
    'graph TD\nA@{ label: "}", img: "https://evil.example/p" }',
    'graph TD\nA@{ "\\U00000069mg": "https://evil.example/p" }',
    'graph TD\nA@{ "im\\u0067": "https://evil.example/p" }',
    "graph TD\nstyle A fill:im\\u0061ge(https://evil.example/p)",
    "graph TD\nstyle A fill:i\\00006dage(https://evil.example/p)",
    `graph TD\n${"A-->B\n".repeat(5_000)}`,
    "",
  ])("are not drawn when they could load or never end: %j", (source) => {
    expect(drawable(source)).toBeNull();
  });

  it.each([
    "graph TD\nA[https://example.com] --> B[a\\nb<br/>c]\nstyle A fill:#f9f,stroke:rgb(1, 2, 3)",
    "classDiagram\nclass A {\n +url() string\n +image(x) B\n}",
    "sequenceDiagram\nA->>B: GET https://example.com/a?b=c",
    "erDiagram\nA ||--o{ B : has",
    "block-beta\ncolumns 3\na space:2 b",
    "graph TD\nA[Disk space: 500 GB]",
    "gantt\nexcludes weekends\ndateFormat YYYY-MM-DD\none :a, 2026-01-01, 30d\ntwo :after a, 12w\nthree :2031-05-01, 2y",
    "gantt\none :1900-01-01, 200y",
    `graph TD\n${"A@{ shape: rect }\n".repeat(1_000)}`.trim(),
  ])("are drawn otherwise: %j", (source) => {
    expect(drawable(source)).toBe(source);
  });

  it("are called by their own title", () => {
    expect(titleOf("graph TD\naccTitle: The way\nA-->B")).toBe("The way");
    expect(titleOf("gantt\n  title A plan")).toBe("A plan");
    expect(titleOf('pie title "Pets"')).toBe("Pets");
    expect(titleOf("graph TD\nA-->B")).toBeNull();
    expect(titleOf(`graph TD${"\n".repeat(100_000)}\taccTitle: The way`)).toBe("The way");
  });
});
