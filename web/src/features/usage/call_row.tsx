// One call of a model: who asked, how much was read and written, what it cost, and how it ended.
import type { ModelCall } from "~/shared/api/types";
import { type Word, counted, t } from "~/shared/language/words";
import { count, seconds, shortMoment, wholeMoment } from "~/shared/lib/moments";
import { Badge } from "~/shared/ui/badge";

import { dollars } from "./amounts";
import { inWords } from "./breakdown";
import type { CallState } from "./call_queries";

export const states = {
  open: "Under way",
  completed: "Completed",
  cancelled: "Stopped",
  failed: "Failed",
  interrupted: "Interrupted",
} as const satisfies Record<CallState, Word>;

function price({ cost_usd, status }: ModelCall): string {
  if (cost_usd !== null) return dollars(cost_usd);
  return status === "open" ? t("Not in yet") : t("Price not known");
}

const known = (name: string, value: string | null): [string, string][] => (value === null || value === "" ? [] : [[name, value]]);

/** What the line does not say: how long, why it ended, and the ids that a log or a report knows it by. */
function facts(call: ModelCall): [name: string, value: string][] {
  return [
    [t("When"), wholeMoment(call.created_at)],
    [t("Purpose"), inWords(call.purpose)],
    ...known(t("First word after"), call.first_token_ms === null ? null : seconds(call.first_token_ms)),
    ...known(t("Took"), call.duration_ms === null ? null : seconds(call.duration_ms)),
    ...(call.reasoning_tokens > 0 ? known(t("Tokens of reasoning"), count(call.reasoning_tokens)) : []),
    ...(call.cache_write_tokens > 0 ? known(t("Tokens written to the cache"), count(call.cache_write_tokens)) : []),
    ...(call.attempt > 1 ? known(t("Attempt"), count(call.attempt)) : []),
    ...known(t("Ended because of"), call.finish_reason),
    ...known(t("Conversation"), call.thread_id),
    ...known(t("Run|one turn"), call.run_id),
    [t("Call|of a model"), call.id],
  ];
}

function tokens({ input_tokens, output_tokens, cached_tokens, estimated, duration_ms }: ModelCall): string {
  return [
    t("{number} read", { number: count(input_tokens) }),
    t("{number} written", { number: count(output_tokens) }),
    ...(cached_tokens > 0 ? [t("{number} cached", { number: count(cached_tokens) })] : []),
    ...(estimated ? [t("estimated")] : []),
    ...(duration_ms === null ? [] : [seconds(duration_ms)]),
  ].join(" · ");
}

export function CallRow({ call, who }: { call: ModelCall; who: string }) {
  const { provider, model, status, created_at } = call;
  const isPlain = status === "completed";
  return (
    <li>
      <details className="group">
        <summary className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-4 py-2.5 text-sm marker:content-none hover:bg-hover">
          <span className="min-w-0 flex-1 basis-56">
            <span className="flex flex-wrap items-baseline gap-x-2">
              <span dir="ltr" className="font-medium wrap-anywhere">
                {provider}/{model}
              </span>
              {isPlain ? <span className="sr-only">{t(states[status])}</span> : <Badge look={status === "open" ? "accent" : "plain"}>{t(states[status])}</Badge>}
            </span>
            <span className="block text-xs text-quiet tabular-nums">{tokens(call)}</span>
          </span>
          <span dir="auto" className="min-w-0 truncate text-xs text-quiet">
            {who}
          </span>
          <span className="text-end text-xs tabular-nums sm:w-28">{price(call)}</span>
          <time dateTime={created_at} title={wholeMoment(created_at)} className="text-end text-xs text-quiet tabular-nums sm:w-14">
            {shortMoment(created_at)}
          </time>
        </summary>
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 px-4 pt-1 pb-3.5 text-xs">
          {facts(call).map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-quiet">{name}</dt>
              <dd dir="auto" className="min-w-0 wrap-anywhere">
                {value}
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </li>
  );
}

export const howMany = (number: number): string => counted(number, "{count} call shown", "{count} calls shown");
