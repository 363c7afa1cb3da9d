import { describe, expect, it } from "vitest";

import { toolWords, workingWords } from "./tool_words";

describe("the name of a tool", () => {
  it.each([
    ["createAgent", "Create agent"],
    ["retrieve_coaching_memory", "Retrieve coaching memory"],
    ["searchKB", "Search KB"],
    ["crm__find_person", "Find person (crm)"],
    ["__odd", "Odd"],
    ["", "Tool"],
  ])("%j is said as %j", (name, words) => {
    expect(toolWords(name)).toBe(words);
  });

  it.each([
    ["createAgent", "Creating agent…"],
    ["crm__update-person", "Updating person…"],
    ["shippingCosts", "Working…"],
  ])("while %j works, it says %j [TOOL-24]", (name, words) => {
    expect(workingWords(name)).toBe(words);
  });
});
