import { expect, it } from "vitest";

import { spanOf, stepsOf } from "./spans";

const newYear = new Date(2027, 0, 3, 23, 30);

it("spans run over the ends of months and years", () => {
  expect(spanOf("month", newYear)).toEqual({ from: "2027-01-01", to: "2027-02-01", step: "day" });
  expect(spanOf("last-month", newYear)).toEqual({ from: "2026-12-01", to: "2027-01-01", step: "day" });
  expect(spanOf("week", newYear)).toEqual({ from: "2026-12-28", to: "2027-01-04", step: "day" });
  expect(spanOf("thirty", newYear)).toEqual({ from: "2026-12-05", to: "2027-01-04", step: "day" });
  expect(spanOf("year", newYear)).toEqual({ from: "2026-02-01", to: "2027-02-01", step: "month" });
});

it("every day and month of a span is there", () => {
  expect(stepsOf(spanOf("week", newYear))).toEqual([
    "2026-12-28", "2026-12-29", "2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03",
  ]);
  const months = stepsOf(spanOf("year", newYear));
  expect([months.length, months[0], months.at(-1)]).toEqual([12, "2026-02", "2027-01"]);
  expect(stepsOf({ from: "2028-02-01", to: "2028-03-01", step: "day" })).toHaveLength(29);
});
