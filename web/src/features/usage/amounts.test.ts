import { describe, expect, it } from "vitest";

import { dollars, givenDollars, givenTokens, plus } from "./amounts";

describe("money", () => {
  it("is added exactly, where floats would not", () => {
    expect(plus("0.1", "0.2")).toBe("0.3");
    expect(plus("9007199254740993", "0.000000000000000001")).toBe("9007199254740993.000000000000000001");
    expect(plus("0", "0")).toBe("0");
  });

  it("is written with every digit, and at least cents", () => {
    expect(dollars("0")).toBe("$0.00");
    expect(dollars("1234567.5")).toBe("$1,234,567.50");
    expect(dollars("0.000004125")).toBe("$0.000004125");
  });

  it("is read as people type it", () => {
    expect(["20", " $7.50 ", "7,5", "1,000", "1 000.25", "1,000,000.5"].map(givenDollars)).toEqual([
      "20", "7.50", "7.5", "1000", "1000.25", "1000000.5",
    ]);
    expect(["1.000,50", "12.345.678,9 $", "0,123456789"].map(givenDollars)).toEqual(["1000.50", "12345678.9", "0.123456789"]);
    expect(["", "0", "0.00", "-3", "ten", "1e3", "0.0000000001"].map(givenDollars)).toEqual([null, null, null, null, null, null, null]);
  });

  it("and tokens are read with what people put between digits", () => {
    expect(["1000000", "1 000 000", "1,000,000", "1.000.000"].map(givenTokens)).toEqual([1_000_000, 1_000_000, 1_000_000, 1_000_000]);
    expect(["", "0", "many", "-5"].map(givenTokens)).toEqual([null, null, null, null]);
  });
});
