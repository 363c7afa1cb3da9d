// What a message would cost before it is sent, and how much of what its model can read it fills.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { answered, api } from "~/shared/api/client";
import type { Estimate as Told } from "~/shared/api/types";
import { counted, t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";
import { shortDollars } from "~/shared/lib/money";

const SETTLED_MILLISECONDS = 700;

/** A text once nobody has changed it for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState("");
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(text), text === "" ? 0 : SETTLED_MILLISECONDS);
    return () => window.clearTimeout(timer);
  }, [text]);
  return settled;
}

/** "$0.0002 to $0.0025", as far as prices are known. */
function priceWords({ least_usd, most_usd }: Told): string | null {
  const [least, most] = [shortDollars(least_usd), shortDollars(most_usd)];
  if (least === null || most === null) return most ?? least;
  return least === most ? least : t("{least} to {most}", { least, most });
}

const shareOf = ({ input_tokens, context_tokens }: Told): number | null =>
  context_tokens === null || context_tokens === 0 ? null : Math.min(1, input_tokens / context_tokens);

const percent = (share: number): string => (share < 0.01 ? t("under 1 %") : `${Math.round(share * 100)} %`);

type EstimateProps = {
  text: string;
  /** The conversation, once the server knows it. */
  threadId: string | undefined;
  model: string | undefined;
};

export function Estimate({ text, threadId, model }: EstimateProps) {
  const settled = useSettled(text.trim());
  const { data } = useQuery({
    queryKey: ["estimate", threadId ?? null, model ?? null, settled],
    queryFn: ({ signal }) =>
      answered<Told>(
        api.POST("/api/v1/chat/estimate", {
          body: { text: settled, ...(threadId ? { thread_id: threadId } : {}), ...(model ? { model } : {}) },
          signal,
        }),
      ),
    enabled: settled !== "",
    // A nicety: where it cannot be had nobody misses it.
    retry: false,
    gcTime: 10_000,
    placeholderData: keepPreviousData,
  });
  if (data === undefined || text.trim() === "") return null;
  const share = shareOf(data);
  const price = priceWords(data);
  const whole = [
    counted(data.input_tokens, "With what was said before: about {count} token", "With what was said before: about {count} tokens"),
    share === null ? null : t("{share} of what the model can read", { share: percent(share) }),
    price === null ? null : t("{price}, as long as the answer gets", { price }),
  ].filter((fact) => fact !== null);
  return (
    <p title={`${whole.reduce((facts, fact) => t("{facts}; {fact}", { facts, fact }))}.`} className={classes("flex min-w-0 items-center gap-2 text-xs text-quiet", data.fits && "max-sm:hidden")}>
      {share === null ? null : (
        <span
          role="meter"
          aria-label={t("Filled of what the model can read")}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(share * 100)}
          aria-valuetext={percent(share)}
          className="h-1 w-10 shrink-0 overflow-hidden rounded-full bg-line"
        >
          <span className={classes("block h-full", data.fits ? "bg-accent" : "bg-danger")} style={{ width: `${Math.max(4, share * 100)}%` }} />
        </span>
      )}
      {data.fits ? (
        <span className="truncate tabular-nums">{price ?? counted(data.input_tokens, "{count} token", "{count} tokens")}</span>
      ) : (
        <span className="truncate text-danger">{t("Too long for this model")}</span>
      )}
    </p>
  );
}
