import { describe, expect, it } from "vitest";

import type { Tool } from "~/shared/api/types";

import { commandedTool, firstSentence, fittingTools, typedName, usageOf } from "./slash_commands";

const tool = (name: string, rest: Partial<Tool> = {}) =>
  ({ name, description: "Does it. And more.", parameters: {}, changes: false, approval: "never", place: "server", origin: "steward", ...rest }) as Tool;
const tools = [tool("createTask"), tool("searchKnowledge"), tool("listTasks"), tool("openDoor", { place: "client" }), tool("search_crm")];

describe("commands behind a slash", () => {
  it.each([
    ["/", ""],
    ["/sea", "sea"],
    ["/search ", null],
    ["not /search", null],
    ["a/b", null],
    ["//", null],
  ])("a name is being typed in %j: %j", (draft, name) => expect(typedName(draft)).toBe(name));

  it("offers the tools of the house whose names fit, those that begin so first", () => {
    const names = (typed: string) => fittingTools(tools, typed).map(({ name }) => name);
    expect(names("task")).toEqual(["createTask", "listTasks"]);
    expect(names("SEARCH")).toEqual(["searchKnowledge", "search_crm"]);
    expect(names("searchc")).toEqual(["search_crm"]);
    expect(names("list")).toEqual(["listTasks"]);
    expect(names("")).not.toContain("openDoor");
  });

  it("knows a command from words that only begin with a slash", () => {
    const named = (message: string) => commandedTool(tools, message)?.name ?? null;
    expect(["/createTask buy bread", "/CREATETASK", "  /createTask\nx"].map(named)).toEqual(["createTask", "createTask", "createTask"]);
    expect(["/etc/hosts is a file", "/create", "/openDoor", "createTask", "/"].map(named)).toEqual([null, null, null, null, null]);
  });

  it("tells how a tool is called", () => {
    const parameters = {
      properties: { count: { type: "integer" }, due: { anyOf: [{ type: "string" }, { type: "null" }] }, title: { type: "string" } },
      required: ["title"],
    };
    expect(usageOf(tool("createTask", { parameters }))).toBe("/createTask <title> [count=…] [due=…]");
    expect(usageOf(tool("listTasks"))).toBe("/listTasks");
    expect(firstSentence(tool("listTasks"))).toBe("Does it.");
  });
});
