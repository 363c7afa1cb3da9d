// Make a budget, or change one's limits.
import { useState } from "react";

import type { Budget, BudgetScope, Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Field } from "~/shared/ui/field";
import { FormDialog } from "~/shared/ui/form_dialog";
import { Select } from "~/shared/ui/select";

import { givenDollars, givenTokens } from "./amounts";
import { eachOne } from "./budget_words";
import { useAgentNames, useKeyNames } from "./names";
import { useChangeBudget, useCreateBudget } from "./queries";
import { timeZone } from "./spans";

const PERCENTS = [50, 80, 90, 100];
const scopes: readonly BudgetScope[] = ["workspace", "user", "agent", "key"];

/** Whom a new budget limits, as one choice: a scope, and perhaps one subject of it. */
function useSubjects(me: Me): { value: string; label: string }[] {
  const agents = useAgentNames();
  const made = useKeyNames(true);
  return [
    ...scopes.map((scope) => ({ value: `${scope} `, label: eachOne(scope) })),
    { value: `user ${me.user.id}`, label: t("Only you") },
    ...(agents.data ?? []).map(({ id, name }) => ({ value: `agent ${id}`, label: t("Agent: {name}", { name }) })),
    ...(made.data ?? []).map(({ id, name }) => ({ value: `key ${id}`, label: t("API key: {name}", { name }) })),
  ];
}

function Percents({ chosen, onChoose }: { chosen: readonly number[]; onChoose: (percents: number[]) => void }) {
  const offered = [...new Set([...PERCENTS, ...chosen])].toSorted((one, other) => one - other);
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium">{t("Tell when this much is used")}</legend>
      <div className="flex flex-wrap gap-x-5 gap-y-2">
        {offered.map((percent) => (
          <label key={percent} className="flex items-center gap-2 text-sm tabular-nums">
            <input
              type="checkbox"
              className="size-4 accent-accent-fill"
              checked={chosen.includes(percent)}
              onChange={({ target }) => onChoose(target.checked ? [...chosen, percent] : chosen.filter((other) => other !== percent))}
            />
            <span dir="ltr">{percent} %</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

type BudgetDialogProps = {
  me: Me;
  /** The budget to change; nothing for a new one. */
  budget: Budget | null;
  /** Its name, for the title. */
  name: string;
  onClose: () => void;
};

export default function BudgetDialog({ me, budget, name, onClose }: BudgetDialogProps) {
  const [subject, setSubject] = useState("workspace ");
  const [period, setPeriod] = useState<Budget["period"]>("month");
  const [money, setMoney] = useState(budget?.limit_usd ?? "");
  const [tokens, setTokens] = useState(budget?.limit_tokens?.toString() ?? "");
  const [percents, setPercents] = useState<number[]>(budget?.alert_percents ?? [80, 100]);
  const subjects = useSubjects(me);
  const create = useCreateBudget();
  const change = useChangeBudget();

  const limitUsd = givenDollars(money);
  const limitTokens = givenTokens(tokens);
  const moneyFault = money.trim() !== "" && limitUsd === null ? t("Write an amount above zero, such as 20 or 7.50.") : null;
  const tokensFault = tokens.trim() !== "" && limitTokens === null ? t("Write a whole number above zero.") : null;

  const save = () => {
    const limits = { limit_usd: limitUsd, limit_tokens: limitTokens, alert_percents: percents };
    const [scope = "workspace", id = ""] = subject.split(" ");
    if (budget !== null) change.mutate({ id: budget.id, change: limits }, { onSuccess: onClose });
    else create.mutate({ ...limits, scope: scope as BudgetScope, subject_id: id, period, time_zone: timeZone() }, { onSuccess: onClose });
  };

  return (
    <FormDialog
      title={budget === null ? t("New budget") : t("Change budget: {budget}", { budget: name })}
      description={t("When it is used up, models are not asked until it begins anew. What was used before counts.")}
      verb={budget === null ? t("Create") : t("Save")}
      busy={create.isPending || change.isPending}
      complete={(limitUsd !== null || limitTokens !== null) && moneyFault === null && tokensFault === null}
      error={create.error ?? change.error}
      onSubmit={save}
      onClose={onClose}
    >
      {budget === null ? (
        <>
          <Select label={t("Limits")} choices={subjects} value={subject} onChange={(event) => setSubject(event.target.value)} />
          <Select
            label={t("For|period")}
            choices={[
              { value: "month", label: t("Each month") },
              { value: "day", label: t("Each day") },
            ]}
            value={period}
            onChange={(event) => setPeriod(event.target.value === "day" ? "day" : "month")}
          />
        </>
      ) : null}
      <Field
        label={t("Most money, in US dollars")}
        hint={t("Leave empty for no limit in money.")}
        inputMode="decimal"
        autoComplete="off"
        value={money}
        fault={moneyFault}
        onChange={(event) => setMoney(event.target.value)}
      />
      <Field
        label={t("Most tokens, read and written")}
        hint={t("Leave empty for no limit in tokens.")}
        inputMode="numeric"
        autoComplete="off"
        value={tokens}
        fault={tokensFault}
        onChange={(event) => setTokens(event.target.value)}
      />
      <Percents chosen={percents} onChoose={setPercents} />
    </FormDialog>
  );
}
