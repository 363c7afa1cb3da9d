// What was used day by day or month by month: a plot, and the numbers themselves in a table behind it.
import { useState } from "react";

import type { UsageReport } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";
import { count } from "~/shared/lib/moments";
import { Segments } from "~/shared/ui/segments";

import { dollars, drawn, plus, roughDollars } from "./amounts";
import { Plot, type Point } from "./plot";
import { type Span, type Step, stepWords, stepsOf } from "./spans";

type Measure = "cost" | "sum" | "tokens" | "calls";

/** The measures by what they are called, and the plots of them. */
const measures = {
  cost: { label: "Cost", day: "Cost by day", month: "Cost by month" },
  sum: { label: "Running total", day: "Cost from the first day on", month: "Cost from the first month on" },
  tokens: { label: "Tokens", day: "Tokens by day", month: "Tokens by month" },
  calls: { label: "Calls", day: "Calls by day", month: "Calls by month" },
} as const satisfies Record<Measure, Record<"label" | Step, Word>>;

const everyMeasure = Object.keys(measures) as Measure[];
const headings = { day: "By day", month: "By month" } as const satisfies Record<Step, Word>;
const columns = ["Time", "Calls", "Tokens", "Cost"] as const satisfies readonly Word[];

export type Row = { step: string; cost: string; sum: string; tokens: number; calls: number };

/** Every day or month of the span with what was used in it, and the cost from the first on. */
export function rowsOf(report: UsageReport, span: Span): Row[] {
  const lines = new Map(report.items.map((line) => [line.day ?? line.month, line]));
  let sum = "0";
  return stepsOf(span).map((step) => {
    const line = lines.get(step);
    const cost = line?.cost_usd ?? "0";
    sum = plus(sum, cost);
    return { step, cost, sum, tokens: line?.total_tokens ?? 0, calls: line?.calls ?? 0 };
  });
}

const isMoney = (measure: Measure) => measure === "cost" || measure === "sum";

const pointOf = (row: Row, measure: Measure): Point => ({
  key: row.step,
  label: stepWords(row.step),
  value: isMoney(measure) ? drawn(String(row[measure])) : Number(row[measure]),
  words: isMoney(measure) ? dollars(String(row[measure])) : count(Number(row[measure])),
});

const cell = "py-1.5 ps-3 text-end tabular-nums first:ps-0 first:text-start";

function Table({ rows, name }: { rows: readonly Row[]; name: string }) {
  return (
    <details className="mt-3 text-sm">
      <summary className="w-fit rounded text-quiet hover:text-ink">{t("Show as a table")}</summary>
      <table className="mt-2 w-full">
        <caption className="sr-only">{name}</caption>
        <thead className="text-xs text-quiet">
          <tr>
            {columns.map((title) => (
              <th key={title} scope="col" className={`${cell} font-medium`}>
                {t(title)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ step, calls, tokens, cost }) => (
            <tr key={step} className="border-t border-line">
              <th scope="row" className={`${cell} font-normal whitespace-nowrap`}>
                {stepWords(step)}
              </th>
              <td className={cell}>{count(calls)}</td>
              <td className={cell}>{count(tokens)}</td>
              <td className={cell}>{dollars(cost)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

export function OverTime({ report, span }: { report: UsageReport; span: Span }) {
  const [measure, setMeasure] = useState<Measure>("cost");
  const rows = rowsOf(report, span);
  const name = t(measures[measure][span.step]);
  const heading = t(headings[span.step]);
  return (
    <section aria-label={heading} className="rounded-2xl border border-line bg-raised p-4 sm:p-5">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
        <h3 className="text-sm font-semibold">{heading}</h3>
        <Segments
          label={t("What to show")}
          value={measure}
          choices={everyMeasure.map((value) => ({ value, label: t(measures[value].label) }))}
          onChoose={setMeasure}
        />
      </div>
      <Plot
        name={name}
        points={rows.map((row) => pointOf(row, measure))}
        look={measure === "sum" ? "line" : "bars"}
        topWords={(value) => (isMoney(measure) ? roughDollars(value) : count(value))}
      />
      <Table rows={rows} name={name} />
    </section>
  );
}
