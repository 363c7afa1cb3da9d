import { describe, expect, it } from "vitest";

import { kindOf } from "~/shared/markdown/beside";

import { fileNameOf } from "./artifact_file";
import { artifactsIn, fencedIn, titleOf, versionsOf } from "./artifacts";
import type { ChatMessage } from "./messages";

const answer = (id: string, ...texts: string[]): ChatMessage => ({
  id,
  role: "assistant",
  parts: texts.map((text) => ({ type: "text", text })),
});

const fenced = (language: string, code: string, mark = "```") => `${mark}${language}\n${code}\n${mark}`;
const page = (words: string) => `<!doctype html>\n<title>Harbour</title>\n<p>${words}</p>`;
const long = Array.from({ length: 15 }, (_, place) => `line ${place}`).join("\n");

describe("what is worth a place of its own", () => {
  it.each([
    ["html", "<!doctype html><p>Hello</p>", "html"],
    ["HTML", "<html></html>", "html"],
    ["html", "<b>bold</b>", null],
    ["html", Array(8).fill("<p>").join("\n"), "html"],
    ["svg", "<svg></svg>", "svg"],
    ["xml", '<?xml version="1.0"?>\n<svg viewBox="0 0 1 1"/>', "svg"],
    ["html", "<svg></svg>", "svg"],
    ["xml", "<note/>", null],
    ["markdown", "# Report", "document"],
    ["csv", "a,b\n1,2", "chart"],
    ["chart", "{}", "chart"],
    ["python", "print(1)", null],
    ["python", long, "code"],
    ["", long, null],
    ["html", "  \n", null],
  ])("%s: %j is %s [UI-22]", (language, code, kind) => {
    expect(kindOf({ language, code })).toBe(kind);
  });
});

describe("blocks in a text", () => {
  it("are found with their languages, closed or not", () => {
    expect(fencedIn(`Before.\n\n${fenced("html", "<p>\n\n</p>")}\n\nBetween.\n\n\`\`\`css\na {`)).toEqual([
      { language: "html", code: "<p>\n\n</p>", isClosed: true },
      { language: "css", code: "a {", isClosed: false },
    ]);
  });

  it("may hold other blocks, in a longer fence", () => {
    const inner = `# Guide\n\n${fenced("sh", "ls")}`;
    expect(fencedIn(fenced("markdown", inner, "````"))).toEqual([{ language: "markdown", code: inner, isClosed: true }]);
    expect(fencedIn("~~~html\n```\n~~~")).toEqual([{ language: "html", code: "```", isClosed: true }]);
  });

  it("lose the indent of the list that they stand in", () => {
    expect(fencedIn("1. Write:\n\n   ```python\n   if a:\n     b\n   ```")).toEqual([{ language: "python", code: "if a:\n  b", isClosed: true }]);
  });

  it("are no words in backticks", () => {
    expect(fencedIn("```not a fence``` and more")).toEqual([]);
  });

  it.each([
    ["~~~ a`b\nx\n~~~", { language: "a", code: "x", isClosed: true }],
    [`${"~".repeat(20_000)}\`\nx`, { language: "", code: "x", isClosed: false }],
    [`\`\`\`text\na${"\n".repeat(20_000)}b\n\n\n\`\`\``, { language: "text", code: `a${"\n".repeat(20_000)}b`, isClosed: true }],
  ])("are soon found, case %#", (text, block) => {
    expect(fencedIn(text)).toEqual([block]);
  });
});

describe("artifacts of a conversation", () => {
  const first = answer("msg_1", fenced("html", page("one")));
  const asked: ChatMessage = { id: "msg_2", role: "user", parts: [{ type: "text", text: fenced("html", page("mine")) }] };
  const second = answer("msg_3", "Now blue.", fenced("css", "a{}"), `\`\`\`html\n${page("two")}`);

  it("come from answers alone, and are whole when they are closed or nothing is written any more", () => {
    expect(artifactsIn([first, asked, second], true).map(({ key, isComplete }) => [key, isComplete])).toEqual([
      ["msg_1 0", true],
      ["msg_3 1", false],
    ]);
    expect(artifactsIn([first, asked, second], false).map(({ isComplete }) => isComplete)).toEqual([true, true]);
  });

  it("are versions of each other by their names [UI-22]", () => {
    const all = artifactsIn([first, asked, second, answer("msg_4", fenced("html", "<!doctype html><title>Other</title>"))], false);
    expect(versionsOf(all[0]!, all).map(({ key }) => key)).toEqual(["msg_1 0", "msg_3 1"]);
    expect(versionsOf(all[2]!, all)).toEqual([all[2]]);
    const nameless = artifactsIn([answer("a", fenced("csv", "a,b\n1,2")), answer("b", fenced("csv", "a,b\n1,2"))], false);
    expect(versionsOf(nameless[0]!, nameless)).toEqual([nameless[0]]);
  });

  it.each([
    ["html", "<head><title lang=en> A  page </title>", "A  page"],
    ["svg", "<svg><title>Boat</title>", "Boat"],
    ["html", "<title".repeat(20_000), null],
    ["document", "Text\n\n## Report of May\n", "Report of May"],
    ["chart", '{"title": "Catch", "kind": "bar"}', "Catch"],
    ["code", "# tools/tide.py\nimport os", "tools/tide.py"],
    ["code", "import os", null],
  ] as const)("%s names itself: %j", (kind, code, title) => {
    expect(titleOf(kind, code)).toBe(title);
  });

  it("are saved under names that every system takes", () => {
    const made = { key: "k", isComplete: true, code: "" };
    expect(fileNameOf({ ...made, kind: "html", language: "html", title: "a" }, "../../Harbour: <tides>")).toBe("Harbour tides.html");
    expect(fileNameOf({ ...made, kind: "code", language: "python", title: "tools/tide.py" }, "tools/tide.py")).toBe("tide.py");
    expect(fileNameOf({ ...made, kind: "code", language: "python", title: "../.py" }, "../.py")).toBe("py.py");
    expect(fileNameOf({ ...made, kind: "chart", language: "chart", title: null }, "…")).toBe("artifact.json");
  });
});
