// The figures of a chart or of a table, read from what a model wrote.

export type Series = { name: string; values: (number | null)[] };
export type Chart = { look: "bar" | "line" | "area"; title: string | null; labels: string[]; series: Series[] };
export type Table = { head: string[]; rows: string[][] };

export const MOST_SERIES = 6;
const MOST_POINTS = 1000;
const MOST_BARS = 24;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string | number => typeof value === "string" || typeof value === "number";
const isFigure = (value: unknown): value is number | null => value === null || (typeof value === "number" && Number.isFinite(value));

function seriesOf(value: unknown, place: number): Series | null {
  if (!isObject(value)) return null;
  const { name, values } = value;
  if (!Array.isArray(values) || !values.every(isFigure)) return null;
  return { name: isText(name) ? String(name) : String(place + 1), values };
}

/** A chart from its JSON: `{kind, title?, labels, series: [{name, values}]}`; null when it is something else. */
export function readChart(code: string): Chart | null {
  let written: unknown;
  try {
    written = JSON.parse(code);
  } catch {
    return null;
  }
  if (!isObject(written) || !Array.isArray(written.labels) || !Array.isArray(written.series)) return null;
  const { kind, title, labels } = written;
  if (kind !== "bar" && kind !== "line" && kind !== "area") return null;
  const series = written.series.map(seriesOf).filter((one) => one !== null);
  if (!labels.every(isText) || labels.length === 0 || labels.length > MOST_POINTS) return null;
  if (series.length === 0 || series.length !== written.series.length || series.length > MOST_SERIES) return null;
  return { look: kind, title: typeof title === "string" ? title : null, labels: labels.map(String), series };
}

/** The cells of a text whose values are separated; values in quotes may hold anything. */
export function readCells(code: string, language: string): string[][] {
  const first = code.slice(0, code.indexOf("\n") + 1 || undefined);
  const separator = language === "tsv" ? "\t" : first.split(";").length > first.split(",").length ? ";" : ",";
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.some((one) => one !== "")) rows.push(row);
    row = [];
    cell = "";
  };
  for (let place = 0; place < code.length; place += 1) {
    const sign = code.charAt(place);
    if (isQuoted) {
      if (sign !== '"') cell += sign;
      else if (code.charAt(place + 1) === '"') {
        cell += '"';
        place += 1;
      } else isQuoted = false;
    } else if (sign === '"' && cell === "") isQuoted = true;
    else if (sign === separator) {
      row.push(cell.trim());
      cell = "";
    } else if (sign === "\n") endRow();
    else if (sign !== "\r") cell += sign;
  }
  endRow();
  return rows;
}

/** A number as people write it, with separators for thousands; null when it is none. */
export function figure(text: string): number | null {
  return /^-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$/.test(text) ? Number(text.replaceAll(",", "")) : null;
}

/** A table, and a chart of its columns of numbers over its first column, when it has any. */
export function readTable(code: string, language: string): { table: Table; chart: Chart | null } | null {
  const [head, ...rows] = readCells(code, language);
  if (head === undefined || rows.length === 0) return null;
  const columns = head.slice(1).map((name, place) => ({ name, cells: rows.map((row) => row[place + 1] ?? "") }));
  const series = columns
    .filter(({ cells }) => cells.some((cell) => cell !== "") && cells.every((cell) => cell === "" || figure(cell) !== null))
    .map(({ name, cells }) => ({ name, values: cells.map((cell) => (cell === "" ? null : figure(cell))) }));
  const isDrawn = series.length > 0 && series.length <= MOST_SERIES && rows.length <= MOST_POINTS;
  const look = rows.length <= MOST_BARS ? "bar" : "line";
  const labels = rows.map((row) => row[0] ?? "");
  return { table: { head, rows }, chart: isDrawn ? { look, title: null, labels, series } : null };
}

/** The figures of a chart as a table. */
export function tableOf({ labels, series }: Chart, write: (value: number) => string): Table {
  return {
    head: ["", ...series.map(({ name }) => name)],
    rows: labels.map((label, place) => [label, ...series.map(({ values }) => (typeof values[place] === "number" ? write(values[place]) : ""))]),
  };
}

/** Round values around all figures, from the lowest to the highest; zero is always among them. */
export function ticksOf(series: readonly Series[]): number[] {
  const values = series.flatMap((one) => one.values).filter((value) => value !== null);
  const lowest = Math.min(0, ...values);
  const most = Math.max(0, ...values);
  const highest = most === lowest ? 1 : most;
  const rough = (highest - lowest) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5].find((round) => round * power >= rough * 0.999) ?? 10);
  const from = Math.floor(lowest / step);
  const count = Math.max(1, Math.ceil(highest / step) - from);
  return Array.from({ length: count + 1 }, (_, place) => Number(((from + place) * step).toPrecision(12)));
}
