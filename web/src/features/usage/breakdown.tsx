// Who and what used how much: one line each, the dearest first, with a bar beside its share.
import { useState } from "react";

import type { Me, UsageLine } from "~/shared/api/types";
import { count } from "~/shared/lib/moments";
import { Loaded } from "~/shared/ui/loaded";
import { Segments } from "~/shared/ui/segments";

import { dollars, drawn } from "./amounts";
import { useNameOf } from "./names";
import { type Group, useReport } from "./queries";
import type { Span } from "./spans";

const groups: readonly { value: Group; label: string; none: string }[] = [
  { value: "model", label: "Model", none: "No model" },
  { value: "user", label: "Person", none: "Nobody" },
  { value: "agent", label: "Agent", none: "Without an agent" },
  { value: "key", label: "API key", none: "On the page, without a key" },
  { value: "purpose", label: "Purpose", none: "Without a purpose" },
];

const idOf = (line: UsageLine, by: Group): string | null => {
  if (by === "model") return line.model ?? null;
  if (by === "purpose") return line.purpose ?? null;
  return (by === "user" ? line.user_id : by === "agent" ? line.agent_id : line.key_id) ?? null;
};

const inWords = (purpose: string) => (purpose.charAt(0).toUpperCase() + purpose.slice(1)).replaceAll("_", " ");

function Rows({ lines, by, nameOf }: { lines: readonly UsageLine[]; by: Group; nameOf: (id: string) => string }) {
  const none = groups.find(({ value }) => value === by)?.none ?? "";
  // Where nothing costs anything, tokens tell who used most.
  const costs = lines.some((line) => drawn(line.cost_usd) > 0);
  const weight = (line: UsageLine) => (costs ? drawn(line.cost_usd) : line.total_tokens);
  const most = Math.max(...lines.map(weight), 0);
  const name = (id: string | null) => (id === null ? none : by === "purpose" ? inWords(id) : by === "model" ? id : nameOf(id));
  return (
    <table className="w-full text-sm">
      <caption className="sr-only">By {groups.find(({ value }) => value === by)?.label.toLowerCase()}</caption>
      <thead className="text-xs text-quiet">
        <tr>
          <th scope="col" className="pb-1.5 text-start font-medium">
            Name
          </th>
          <th scope="col" className="pb-1.5 ps-3 text-end font-medium max-sm:hidden">
            Calls
          </th>
          <th scope="col" className="pb-1.5 ps-3 text-end font-medium max-sm:hidden">
            Tokens
          </th>
          <th scope="col" className="pb-1.5 ps-3 text-end font-medium">
            Cost
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={idOf(line, by) ?? ""} className="border-t border-line align-baseline tabular-nums">
            <th scope="row" className="w-full max-w-0 py-2 text-start font-normal">
              <span className="block truncate" title={name(idOf(line, by))}>
                {name(idOf(line, by))}
              </span>
              <span aria-hidden className="mt-1 block h-1.5 rounded-full bg-hover">
                <span
                  className="block h-full rounded-full bg-accent-fill"
                  style={{ width: `${most > 0 ? Math.max(1, (weight(line) / most) * 100) : 0}%` }}
                />
              </span>
            </th>
            <td className="py-2 ps-4 text-end max-sm:hidden">{count(line.calls)}</td>
            <td className="py-2 ps-4 text-end max-sm:hidden">{count(line.total_tokens)}</td>
            <td className="py-2 ps-4 text-end whitespace-nowrap">{dollars(line.cost_usd)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Breakdown({ span, me, seesAll }: { span: Span; me: Me; seesAll: boolean }) {
  const [by, setBy] = useState<Group>("model");
  const report = useReport(span, by);
  const nameOf = useNameOf(me);
  // Of oneself alone there is nothing to compare.
  const offered = seesAll ? groups : groups.filter(({ value }) => value !== "user" && value !== "key");
  return (
    <section aria-label="What used most" className="rounded-2xl border border-line bg-raised p-4 sm:p-5">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
        <h3 className="text-sm font-semibold">What used most</h3>
        <Segments label="Sum up by" value={by} choices={offered} onChoose={setBy} />
      </div>
      <Loaded query={report} waiting="Summing up…">
        {({ items }) => <Rows lines={items} by={by} nameOf={nameOf} />}
      </Loaded>
    </section>
  );
}
