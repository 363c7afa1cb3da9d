import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { safeImage, safeLink } from "./links";
import Rendered from "./rendered";

const attacks = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg/onload=alert(1)>",
  "<iframe src=javascript:alert(1)></iframe>",
  "<a href=javascript:alert(1)>x</a>",
  "<style>*{display:none}</style>",
  "<form action=https://evil.example><input name=a></form>",
  "<b onmouseover=alert(1)>b</b>",
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x](java\nscript:alert(1))",
  "[x](data:text/html,<script>alert(1)</script>)",
  "[x](vbscript:msgbox(1))",
  "[x](file:///etc/passwd)",
  "![x](javascript:alert(1))",
  "![x](https://evil.example/p.png?secret=1)",
  "![x](//evil.example/p.png)",
  "![x](data:image/svg+xml,<svg onload=alert(1)>)",
  "<javascript:alert(1)>",
  '[x]: javascript:alert(1)\n\n[x]',
  "<details open ontoggle=alert(1)>",
  "<math><mi xlink:href=javascript:alert(1)>x</mi></math>",
];

describe("markdown of a model", () => {
  it.each(attacks)("does nothing but show text: %s [UI-16]", (attack) => {
    const { container } = render(<Rendered text={attack} streaming={false} />);
    expect(container.querySelector("script,iframe,svg,style,form,input,object,embed,details,math,b")).toBeNull();
    for (const element of container.querySelectorAll("*"))
      for (const { name, value } of element.attributes) {
        expect(name).not.toMatch(/^on/);
        if (name === "href") expect(value).toMatch(/^(https?:|mailto:)/);
        if (name === "src") expect(new URL(value, window.location.origin).origin).toBe(window.location.origin);
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

  it("offers a foreign picture instead of loading it", () => {
    const { container } = render(<Rendered streaming={false} text="![map](https://evil.example/p.png)" />);
    expect(container.querySelector("img")).toBeNull();
    expect(screen.getByRole("link", { name: "Open map" })).toBeInTheDocument();
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
