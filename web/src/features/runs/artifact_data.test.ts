import { describe, expect, it } from "vitest";

import { figure, readCells, readChart, readTable, tableOf, ticksOf } from "./artifact_data";

const chart = { kind: "bar", title: "Catch", labels: ["May", 2026], series: [{ name: "Cod", values: [3, null] }] };

describe("a chart", () => {
  it("is read from its JSON [UI-22]", () => {
    expect(readChart(JSON.stringify(chart))).toEqual({ look: "bar", title: "Catch", labels: ["May", "2026"], series: chart.series });
    expect(readChart(JSON.stringify({ ...chart, title: 3, series: [{ values: [1] }] }))).toMatchObject({ title: null, series: [{ name: "1" }] });
  });

  it.each([
    "no json",
    "null",
    "[]",
    JSON.stringify({ ...chart, kind: "pie" }),
    JSON.stringify({ ...chart, labels: [] }),
    JSON.stringify({ ...chart, labels: [{}] }),
    JSON.stringify({ ...chart, series: [] }),
    JSON.stringify({ ...chart, series: [{ name: "a", values: ["3"] }] }),
    JSON.stringify({ ...chart, series: Array(7).fill(chart.series[0]) }),
    '{"kind":"bar","labels":["a"],"series":[{"name":"a","values":[1e999]}]}',
  ])("is refused otherwise: %j", (code) => {
    expect(readChart(code)).toBeNull();
  });

  it("has all its figures in a table", () => {
    expect(tableOf(readChart(JSON.stringify(chart))!, String)).toEqual({ head: ["", "Cod"], rows: [["May", "3"], ["2026", ""]] });
  });

  it.each([
    [[3, 9], [0, 2.5, 5, 7.5, 10]],
    [[-4, 8], [-5, 0, 5, 10]],
    [[0, 0], [0, 0.25, 0.5, 0.75, 1]],
    [[null], [0, 0.25, 0.5, 0.75, 1]],
    [[-1000], [-1000, -750, -500, -250, 0]],
    [[120000], [0, 50000, 100000, 150000]],
  ])("has round values beside it: %j", (values, ticks) => {
    expect(ticksOf([{ name: "", values }])).toEqual(ticks);
  });
});

describe("a table", () => {
  it("is read with quotes, other separators and short rows", () => {
    expect(readCells('a,"b ""c"", d"\r\n1,"two\nlines"\n\n3', "csv")).toEqual([["a", 'b "c", d'], ["1", "two\nlines"], ["3"]]);
    expect(readCells("a;b\n1,5;2", "csv")).toEqual([["a", "b"], ["1,5", "2"]]);
    expect(readCells("a\tb,c\n1\t2", "tsv")).toEqual([["a", "b,c"], ["1", "2"]]);
  });

  it("is drawn by its columns of numbers", () => {
    const read = readTable('month,catch,note\nMay,"1,200",good\nJune,,', "csv");
    expect(read?.table.rows).toEqual([["May", "1,200", "good"], ["June", "", ""]]);
    expect(read?.chart).toEqual({ look: "bar", title: null, labels: ["May", "June"], series: [{ name: "catch", values: [1200, null] }] });
  });

  it("is a table alone without numbers, and nothing without rows", () => {
    expect(readTable("name,city\nPier,Bern", "csv")?.chart).toBeNull();
    expect(readTable("name,city", "csv")).toBeNull();
  });

  it.each([
    ["12", 12],
    ["-1,234.5", -1234.5],
    ["1,2", null],
    ["1e3", null],
    ["", null],
    ["12 t", null],
  ])("reads %j as %j", (text, value) => {
    expect(figure(text)).toBe(value);
  });
});
