// Who and what used how much: one line each, the dearest first, with a bar beside its share.
import { useState } from "react";

import type { Me, UsageLine } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";
import { count } from "~/shared/lib/moments";
import { Loaded } from "~/shared/ui/loaded";
import { Segments } from "~/shared/ui/segments";

import { dollars, drawn } from "./amounts";
import { useNameOf } from "./names";
import { type Group, useReport } from "./queries";
import type { Span } from "./spans";

const groups = {
  model: { label: "Model", by: "By model", none: "No model" },
  user: { label: "Person", by: "By person", none: "Nobody" },
  agent: { label: "Agent", by: "By agent", none: "Without an agent" },
  key: { label: "API key", by: "By API key", none: "On the page, without a key" },
  purpose: { label: "Purpose", by: "By purpose", none: "Without a purpose" },
} as const satisfies Record<Group, { label: Word; by: Word; none: Word }>;

const everyGroup = Object.keys(groups) as Group[];

/** What the server asks models for. */
const purposes: Partial<Record<string, Word>> = {
  chat: "Chat",
  completion: "Completion",
  embedding: "Embedding",
  knowledge: "Knowledge",
  memory: "Memory",
  object: "Object",
};

const idOf = (line: UsageLine, by: Group): string | null => {
  if (by === "model") return line.model ?? null;
  if (by === "purpose") return line.purpose ?? null;
  return (by === "user" ? line.user_id : by === "agent" ? line.agent_id : line.key_id) ?? null;
};

export function inWords(purpose: string): string {
  const known = purposes[purpose];
  return known === undefined ? (purpose.charAt(0).toUpperCase() + purpose.slice(1)).replaceAll("_", " ") : t(known);
}

function Rows({ lines, by, nameOf }: { lines: readonly UsageLine[]; by: Group; nameOf: (id: string) => string }) {
  const none = t(groups[by].none);
  // Where nothing costs anything, tokens tell who used most.
  const costs = lines.some((line) => drawn(line.cost_usd) > 0);
  const weight = (line: UsageLine) => (costs ? drawn(line.cost_usd) : line.total_tokens);
  const most = Math.max(...lines.map(weight), 0);
  const name = (id: string | null) => (id === null ? none : by === "purpose" ? inWords(id) : by === "model" ? id : nameOf(id));
  return (
    <table className="w-full text-sm">
      <caption className="sr-only">{t(groups[by].by)}</caption>
      <thead className="text-xs text-quiet">
        <tr>
          <th scope="col" className="pb-1.5 text-start font-medium">
            {t("Name")}
          </th>
          <th scope="col" className="pb-1.5 ps-3 text-end font-medium max-sm:hidden">
            {t("Calls")}
          </th>
          <th scope="col" className="pb-1.5 ps-3 text-end font-medium max-sm:hidden">
            {t("Tokens")}
          </th>
          <th scope="col" className="pb-1.5 ps-3 text-end font-medium">
            {t("Cost")}
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={idOf(line, by) ?? ""} className="border-t border-line align-baseline tabular-nums">
            <th scope="row" className="w-full max-w-0 py-2 text-start font-normal">
              <span dir="auto" className="block truncate rtl:text-right" title={name(idOf(line, by))}>
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
  const offered = everyGroup
    .filter((value) => seesAll || (value !== "user" && value !== "key"))
    .map((value) => ({ value, label: t(groups[value].label) }));
  return (
    <section aria-label={t("What used most")} className="rounded-2xl border border-line bg-raised p-4 sm:p-5">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
        <h3 className="text-sm font-semibold">{t("What used most")}</h3>
        <Segments label={t("Sum up by")} value={by} choices={offered} onChoose={setBy} />
      </div>
      <Loaded query={report} waiting={t("Summing up…")}>
        {({ items }) => <Rows lines={items} by={by} nameOf={nameOf} />}
      </Loaded>
    </section>
  );
}
