// What models were asked for and what it cost: all of it for admins and owners, else one's own.
import { ChartColumn, Download } from "lucide-react";
import { useSearchParams } from "wouter";

import type { Me, UsageReport } from "~/shared/api/types";
import { counted, t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";
import { count } from "~/shared/lib/moments";
import { Button } from "~/shared/ui/button";
import { Loaded } from "~/shared/ui/loaded";
import { Select } from "~/shared/ui/select";

import { dollars } from "./amounts";
import { Breakdown } from "./breakdown";
import { OverTime } from "./over_time";
import { useReport } from "./queries";
import { isSpanName, spanChoices, spanOf } from "./spans";
import { saveCsv } from "./table_file";

type Sums = UsageReport["total"];

type TotalProps = { name: string; children: string; note?: string; /** Exact money is long. */ wide?: boolean };

function Total({ name, children, note, wide = false }: TotalProps) {
  return (
    <div className={classes("min-w-0 rounded-2xl border border-line bg-raised px-3 py-3 sm:px-4", wide && "max-xl:col-span-3")}>
      <dt className="text-xs text-quiet">{name}</dt>
      <dd className="mt-0.5 text-lg font-semibold tracking-tight wrap-anywhere tabular-nums">{children}</dd>
      {note ? <dd className="text-xs text-quiet">{note}</dd> : null}
    </div>
  );
}

/** What the sums do not say by themselves, in sentences. */
export function doubts({ estimated_calls, unpriced_calls, open_calls }: Sums): string[] {
  return [
    unpriced_calls > 0 &&
      counted(
        unpriced_calls,
        "{count} call of models without a known price: the true cost is higher.",
        "{count} calls of models without a known price: the true cost is higher.",
      ),
    estimated_calls > 0 && counted(estimated_calls, "{count} call whose tokens are estimated.", "{count} calls whose tokens are estimated."),
    open_calls > 0 &&
      counted(open_calls, "{count} call still under way: the cost is not in yet.", "{count} calls still under way: the cost is not in yet."),
  ].filter((sentence) => sentence !== false);
}

function Totals({ total }: { total: Sums }) {
  const notes = doubts(total);
  return (
    <>
      <dl className="grid grid-cols-3 gap-3 xl:grid-cols-4">
        <Total name={t("Cost")} wide>{dollars(total.cost_usd)}</Total>
        <Total name={t("Calls")}>{count(total.calls)}</Total>
        <Total
          name={t("Tokens read")}
          {...(total.cached_tokens > 0 ? { note: t("{number} cached", { number: count(total.cached_tokens) }) } : {})}
        >
          {count(total.input_tokens)}
        </Total>
        <Total name={t("Tokens written")}>{count(total.output_tokens)}</Total>
      </dl>
      {notes.length === 0 ? null : (
        <ul className="space-y-0.5 text-xs text-quiet">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function Nothing() {
  return (
    <div className="flex flex-col items-center rounded-2xl border border-dashed border-line-strong px-6 py-14 text-center">
      <ChartColumn aria-hidden className="size-8 text-accent" />
      <h3 className="mt-4 text-lg font-semibold">{t("Nothing was used in this time")}</h3>
      <p className="mt-1.5 max-w-md text-quiet">{t("As soon as a model answers, its tokens and its cost show here.")}</p>
    </div>
  );
}

export default function UsageSection({ me }: { me: Me }) {
  const [parameters, setParameters] = useSearchParams();
  const wanted = parameters.get("time");
  const name = isSpanName(wanted) ? wanted : "month";
  const span = spanOf(name);
  const report = useReport(span, span.step);
  const seesAll = me.role === "owner" || me.role === "admin";
  const used = report.data !== undefined && report.data.total.calls > 0;
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <p className="flex-1 basis-60 text-sm text-quiet">
          {seesAll ? t("Everybody’s use of models in this workspace.") : t("Your own use of models. Admins and owners see everybody’s.")}
        </p>
        <div className="flex items-end gap-2">
          <Select
            label={t("Time")}
            choices={spanChoices.map(({ value, label }) => ({ value, label: t(label) }))}
            value={name}
            onChange={(event) => setParameters(event.target.value === "month" ? {} : { time: event.target.value }, { replace: true })}
          />
          {used ? (
            <Button className="h-10" onClick={() => saveCsv(report.data)}>
              <Download aria-hidden className="size-4" /> CSV
            </Button>
          ) : null}
        </div>
      </div>
      <Loaded query={report} waiting={t("Summing up…")}>
        {(found) =>
          found.total.calls === 0 ? (
            <Nothing />
          ) : (
            <>
              <Totals total={found.total} />
              {/* The answer's own days: while the next one is on its way, the last one stays. */}
              <OverTime report={found} span={{ from: found.from, to: found.to, step: span.step }} />
              <Breakdown span={span} me={me} seesAll={seesAll} />
            </>
          )
        }
      </Loaded>
    </div>
  );
}
