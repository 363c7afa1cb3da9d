// Budgets in words: whom they limit, and for how long.
import type { Budget, BudgetScope } from "~/shared/api/types";
import { locale } from "~/shared/language/languages";
import { type Word, t } from "~/shared/language/words";

const each = {
  workspace: "The whole workspace",
  user: "Each person",
  agent: "Each agent",
  key: "Each API key",
} as const satisfies Record<BudgetScope, Word>;

const periods = { month: "{whose}, each month", day: "{whose}, each day" } as const satisfies Record<Budget["period"], string>;

type Subject = Pick<Budget, "scope" | "subject_id">;

export const eachOne = (scope: BudgetScope): string => t(each[scope]);

export function whoseBudget({ scope, subject_id }: Subject, nameOf: (id: string) => string): string {
  return subject_id === "" ? eachOne(scope) : nameOf(subject_id);
}

/** "Each person, each month": what a budget is called, since nobody gives it a name. */
export function budgetName(budget: Subject & Pick<Budget, "period">, nameOf: (id: string) => string): string {
  return t(periods[budget.period], { whose: whoseBudget(budget, nameOf) });
}

const begins = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const list = new Intl.ListFormat(locale, { type: "unit", style: "short" });

/** When a budget begins anew, and at which shares it tells. */
export function beginsAnew({ resets_at, alert_percents }: Pick<Budget, "resets_at" | "alert_percents">): string {
  const moment = begins.format(new Date(resets_at));
  if (alert_percents.length === 0) return t("Begins anew on {moment}", { moment });
  return t("Begins anew on {moment} · tells at {percents} %", { moment, percents: list.format(alert_percents.map(String)) });
}
