// The ledger: each call of a model with what it read, wrote and cost. Everybody's for admins and owners, else one's own.
import { ScrollText } from "lucide-react";
import { useSearchParams } from "wouter";

import { asProblem } from "~/shared/api/problems";
import type { Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { roleReaches } from "~/shared/lib/roles";
import { Button } from "~/shared/ui/button";
import { EmptyBox } from "~/shared/ui/empty_box";
import { Loaded } from "~/shared/ui/loaded";
import { Notice } from "~/shared/ui/notice";
import { Select } from "~/shared/ui/select";

import { type CallState, useCallerName, useCalls } from "./call_queries";
import { CallRow, howMany, states } from "./call_row";

const isState = (value: string | null): value is CallState => value !== null && value in states;

/** The models among those calls that were loaded without a choice, and the one that is chosen. */
function useModelNames(chosen: string | null): string[] {
  const { data } = useCalls(null, null);
  const seen = data?.pages.flatMap(({ items }) => items.map(({ provider, model }) => `${provider}/${model}`)) ?? [];
  return [...new Set(chosen === null ? seen : [...seen, chosen])].toSorted();
}

export default function CallsSection({ me }: { me: Me }) {
  const [parameters, setParameters] = useSearchParams();
  const model = parameters.get("model");
  const given = parameters.get("state");
  const state = isState(given) ? given : null;
  const seesAll = roleReaches(me.role, "admin");
  const found = useCalls(model, state);
  const names = useModelNames(model);
  const nameOf = useCallerName(me, seesAll);
  const calls = found.data?.pages.flatMap(({ items }) => items);
  const choose = (name: "model" | "state", value: string) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === "") next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return (
    <div className="space-y-4">
      <p className="text-sm text-quiet">
        {seesAll ? t("Every call of a model in this workspace, the newest first.") : t("Your own calls of models, the newest first. Admins and owners see everybody’s.")}
      </p>
      <div className="grid gap-3 sm:grid-cols-2">
        <Select
          label={t("Model")}
          value={model ?? ""}
          choices={[{ value: "", label: t("All models") }, ...names.map((name) => ({ value: name, label: name }))]}
          onChange={(event) => choose("model", event.target.value)}
        />
        <Select
          label={t("State")}
          value={state ?? ""}
          choices={[{ value: "", label: t("Any state") }, ...Object.entries(states).map(([value, word]) => ({ value, label: t(word) }))]}
          onChange={(event) => choose("state", event.target.value)}
        />
      </div>
      <Loaded query={{ data: calls, error: found.error, isFetching: found.isFetching, refetch: found.refetch }} waiting={t("Loading the calls…")}>
        {(all) =>
          all.length === 0 ? (
            <EmptyBox
              icon={ScrollText}
              title={model === null && state === null ? t("No call yet") : t("No call fits")}
              lead={model === null && state === null ? t("As soon as a model answers, its calls show here.") : t("Choose another model or state.")}
            />
          ) : (
            <>
              <ul aria-label={t("Calls")} className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-raised">
                {all.map((call) => (
                  <CallRow key={call.id} call={call} who={nameOf(call.user_id)} />
                ))}
              </ul>
              <div className="flex flex-wrap items-center justify-center gap-3 text-sm text-quiet">
                <span role="status">{howMany(all.length)}</span>
                {found.hasNextPage ? (
                  <Button busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                    {t("Show older")}
                  </Button>
                ) : null}
              </div>
              {found.isFetchNextPageError ? <Notice kind="problem">{asProblem(found.error).message}</Notice> : null}
            </>
          )
        }
      </Loaded>
    </div>
  );
}
