import { expect, it } from "vitest";

import { holdsTooLongNumber, operatorInWords, readArguments, readValue, typedValue } from "./rule_words";

it.each([
  ["eq", "done", "done"],
  ["eq", "5", 5],
  ["eq", '"5"', "5"],
  ["ne", "true", true],
  ["in", 'mon, tue, "5", 5', ["mon", "tue", "5", 5]],
  ["matches", "^\\d+$", "^\\d+$"],
  ["matches", "5", "5"],
  ["gt", "1000.5", 1000.5],
] as const)("what is typed for %s is read as a value, and written back: %s", (operator, typed, value) => {
  expect(readValue(operator, typed)).toEqual(value);
  expect(typedValue({ argument: "a", operator, value })).toBe(typed);
});

const texts = ["", " ", "a", " x", "x ", "a,b", "a, b", ",", "5", "true", "null", '"', '"5"', '"a', 'b"', "[1]", "{}", "\\", "a\nb", "\u00a0x", "é"];
const values: unknown[] = [...texts, 5, -1.5, 1e-7, true, false, null, [], [1, "a"], { a: ["x, y", 2] }];

it.each(values.map((value) => [value]))("what is shown of %j is read as the same value", (value) => {
  for (const operator of ["eq", "contains"] as const) {
    const shown = typedValue({ argument: "a", operator, value });
    expect(readValue(operator, shown)).toEqual(value);
    // What is blank cannot be saved, and a box of one line drops line breaks.
    expect(shown).toMatch(/^(?=.*\S).*$/);
  }
});

it.each([...values.map((value) => [value]), ...values.flatMap((value) => [["c", value], [value, "c"], ['"a', value]]), values])("what is shown of a list with %j is read as the same list", (...list) => {
  const shown = typedValue({ argument: "a", operator: "in", value: list });
  expect(readValue("in", shown)).toEqual(list);
  expect(shown).toMatch(/^(?=.*\S).*$/);
});

it("blanks around a value count for nothing, whichever they are", () => {
  expect(readValue("eq", "\u00a05 ")).toBe(5);
  expect(readValue("in", "5,\u00a06 , a ")).toEqual([5, 6, "a"]);
});

it("values with commas can be written in quotes beside those that need none", () => {
  expect(readValue("in", '"a,b", c,5 , "d" e')).toEqual(["a,b", "c", 5, '"d" e']);
  expect(readValue("in", '5", 6"')).toEqual(['5"', '6"']);
});

it.each([
  ["eq", "9007199254740991", false],
  ["eq", "9007199254740992", true],
  ["gt", "-123456789012345678", true],
  ["eq", "1e999", true],
  ["eq", '"123456789012345678"', false],
  ["eq", "order 123456789012345678", false],
  ["matches", "123456789012345678", false],
  ["exists", "123456789012345678", false],
  ["in", "mon, 123456789012345678", true],
  ["eq", '{"a": [123456789012345678]}', true],
  ["eq", "null", false],
] as const)("%s %s holds a number that cannot be kept: %s", (operator, typed, isSo) => {
  expect(holdsTooLongNumber(operator, typed)).toBe(isSo);
});

it("an argument is there or left out", () => {
  expect(operatorInWords({ argument: "a", operator: "exists", value: true })).toBe("is given");
  expect(operatorInWords({ argument: "a", operator: "exists", value: false })).toBe("is left out");
});

it("the arguments of a call are an object", () => {
  expect(readArguments('{"query": "x"}')).toEqual({ query: "x" });
  expect(readArguments("  ")).toEqual({});
  expect([readArguments("[1]"), readArguments("{query: 1}"), readArguments("null")]).toEqual([null, null, null]);
});
