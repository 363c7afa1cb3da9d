import { describe, expect, it } from "vitest";

import { OPEN, withMathMarks } from "./math_marks";

describe("formulae in an answer", () => {
  it.each([
    ["the area is $a^2$.", "the area is $$a^2$$."],
    ["$x$ and $y$", "$$x$$ and $$y$$"],
    ["so \\(a_1 + b\\), then", "so $$a_1 + b$$, then"],
    ["\\[ x = 1 \\]", "$$ x = 1 $$"],
    ["\\[\nx = 1\n\\]", "$$\nx = 1\n$$"],
    ["$$ x =\n y $$\nNext", "$$\nx =\n y \n$$\nNext"],
    ["1. so\n   \\[\n   x = 1\n   \\]\n2. next", "1. so\n   $$\n   x = 1\n   $$\n2. next"],
    ["> \\[\n> x\n> \\]", "> $$\n> x\n> $$"],
    ["$$\na\n\n- b\n$$", "$$\na\n\n- b\n$$"],
    ["$$a\\\\[2pt]b$$", "$$a\\\\[2pt]b$$"],
    ["$2\\pi r$ long", "$$2\\pi r$$ long"],
    ["\\(\\text{speed of light} = c\\)", "$$\\text{speed of light} = c$$"],
    ["- a\n\n    \\(x\\)", "- a\n\n    $$x$$"],
    ["text\n    and $x$", "text\n    and $$x$$"],
    ["| $a$ | $b$ |", "| $$a$$ | $$b$$ |"],
    ["| $a \\| b$ |", "| $$a \\| b$$ |"],
    ["见[链接](https://a.example/b_(c))，其中$x$。", "见[链接](https://a.example/b_(c))，其中$$x$$。"],
    ["[^1]: note\n\n    with $x$", "[^1]: note\n\n    with $$x$$"],
    ["[f](https://a.example) and $x$", "[f](https://a.example) and $$x$$"],
    ["```x``` text\n\n$x$", "```x``` text\n\n$$x$$"],
    ["~~~ a`b\n$x$\n~~~\n$y$", "~~~ a`b\n$x$\n~~~\n$$y$$"],
    ["$$ for two, $$x$$ too", "\\$\\$ for two, $$x$$ too"],
  ])("reads %j", (text, marked) => {
    expect(withMathMarks(text, false)).toBe(marked);
  });

  it.each([
    "It costs $5 and $6.",
    "between $5/$6 and $7",
    "5$ and 6$ more",
    "US$5 (or CA$7)",
    "$HOME/$USER and $PATH",
    "from $5M to $10M",
    "$20$ and up",
    "pay \\$5 and \\$6",
    "`$x$` and ``\\(y\\)``",
    "```tex\n$x$\n\\[\ny\n\\]\n```",
    "~~~\n$x$\n~~~",
    "- item\n  ```\n  $x$\n  ```",
    "it is [escaped] \\[1\\] and \\[the guide\\]",
    "a call \\(see above for it\\)",
    "\\[1\\]",
    "a\\\\(b\\\\)",
    "half a formula $x + ",
    "$a\nb$",
    "[f](https://en.wikipedia.org/wiki/Function_\\(mathematics\\))",
    "[f](/wiki/Function_\\(mathematics\\))",
    "https://a.example/$a$ and https://a.example/?q=$a$&r=$$b$$",
    "<https://a.example/$a$>",
    "So:\n\n    $x$ and $$\n\n    \\(y\\)",
    "    $x$\n    $y$",
    "- a\n\nText\n\n    $x$",
    "| $a | b$ |",
    "| \\(a | b\\) |\n| \\(a |\n| b\\) |",
    "```x``` text",
    "a\\\n```\n$x$\n```",
    `\\(${" ".repeat(20_000)}x y\\`,
  ])("leaves %j as it is", (text) => {
    expect(withMathMarks(text, false)).toBe(text);
  });

  it.each([
    ["- $ cheap\n- $$ moderate\n- $$$ expensive", "- $ cheap\n- \\$\\$ moderate\n- \\$\\$\\$ expensive"],
    ["$$ moderate\n$$$ expensive\n$$$$ very", "\\$\\$ moderate\n\\$\\$\\$ expensive\n\\$\\$\\$\\$ very"],
    ["- $$ moderate\n- $$ likewise", "- \\$\\$ moderate\n- \\$\\$ likewise"],
    ["$$ is for\nmoderate places and\n$$ is it", "\\$\\$ is for\nmoderate places and\n\\$\\$ is it"],
    ["from $$ to $$$ or even $$", "from \\$\\$ to \\$\\$\\$ or even \\$\\$"],
    ["| $$ | $$$ |\n| $$ | $$ |", "| \\$\\$ | \\$\\$\\$ |\n| \\$\\$ | \\$\\$ |"],
  ])("tells prices from formulae: %j", (text, marked) => {
    expect(withMathMarks(text, false)).toBe(marked);
    expect(withMathMarks(text, true)).toBe(marked);
  });

  // While it streams, the last dollars may still become a formula.
  it.each([
    ["US$$5 and $$6 each", "US\\$\\$5 and \\$\\$6 each"],
    ["$$5 and $$6 each", "\\$\\$5 and \\$\\$6 each"],
  ])("takes dollars close to a word or a figure for a price: %j", (text, marked) => {
    expect(withMathMarks(text, false)).toBe(marked);
  });

  it.each([
    [`\\(${" ".repeat(20_000)}x\\)`, `\\(${" ".repeat(20_000)}x\\)`],
    [`${"\\(".repeat(20_000)}x\\)`, `${"\\(".repeat(19_999)}$$x$$`],
    [`${"$$$ ".repeat(10_000)}$x$`, `${"\\$\\$\\$ ".repeat(10_000)}$$x$$`],
    [`${"](".repeat(5_000)} ${"\\(x\\) ".repeat(5_000)}`, `${"](".repeat(5_000)} ${"$$x$$ ".repeat(5_000)}`],
  ])("is soon done, case %#", (text, marked) => {
    expect(withMathMarks(text, false) === marked).toBe(true);
  });

  it("marks a formula that is still being written", () => {
    expect(withMathMarks("So\n\n\\[\nx = \\fr", true)).toBe(`So\n\n$$\nx = \\fr${OPEN}`);
    expect(withMathMarks("So $$x = \\fr", true)).toBe(`So $$x = \\fr${OPEN}`);
    expect(withMathMarks("So $$x = \\fr", false)).toBe("So \\$\\$x = \\fr");
    expect(withMathMarks("$$\n", true)).toBe(`$$\n${OPEN}`);
    expect(withMathMarks("$$ moder", true)).toBe("\\$\\$ moder");
    expect(withMathMarks("$$ are the dollars of", true)).toBe("\\$\\$ are the dollars of");
    expect(withMathMarks(`$$x${"+y".repeat(2_000)}`, true)).toBe(`\\$\\$x${"+y".repeat(2_000)}`);
    expect(withMathMarks("It costs $5", true)).toBe("It costs $5");
  });

  it("leaves code that is still being written", () => {
    expect(withMathMarks("```tex\n\\[\nx", true)).toBe("```tex\n\\[\nx");
  });

  it("reads on behind a lone backtick, and behind code", () => {
    expect(withMathMarks("a ` lone, $x$\n\n```\n$y$\n```\n\n$z$", false)).toBe("a ` lone, $$x$$\n\n```\n$y$\n```\n\n$$z$$");
  });

  it("is soon done with signs that lead nowhere", () => {
    const started = performance.now();
    for (const sign of ["$", "\\(", "\\[", "$x ", "`", "`` ` ", "$$\n", "\\[\n"]) withMathMarks(`${sign.repeat(20_000)}$`, true);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
