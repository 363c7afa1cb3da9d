// A report as a file for spreadsheets, made of the exact figures that the page shows.
import type { UsageReport } from "~/shared/api/types";

// What a spreadsheet would read as a formula.
const FORMULA = /^[=+\-@\t\r\n]/;

const cell = (value: unknown): string => {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = typeof value === "string" && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** The lines of a report as CSV, with the names that the interface gives its fields. */
export function asCsv({ items }: UsageReport): string {
  const names = Object.keys(items[0] ?? {}) as (keyof (typeof items)[number])[];
  return [names.join(","), ...items.map((line) => names.map((name) => cell(line[name])).join(","))].join("\n").concat("\n");
}

export function saveCsv(report: UsageReport): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([asCsv(report)], { type: "text/csv" }));
  link.download = `usage-${report.from}-to-${report.to}.csv`;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
