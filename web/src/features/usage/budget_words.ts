// Budgets in words: whom they limit, and for how long.
import type { Budget, BudgetScope } from "~/shared/api/types";

const each: Record<BudgetScope, string> = {
  workspace: "The whole workspace",
  user: "Each person",
  agent: "Each agent",
  key: "Each API key",
};

export const eachOne = (scope: BudgetScope): string => each[scope];

export function whoseBudget({ scope, subject_id }: Pick<Budget, "scope" | "subject_id">, nameOf: (id: string) => string): string {
  return subject_id === "" ? each[scope] : nameOf(subject_id);
}

const begins = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export const beginsAnew = (budget: Budget): string => `Begins anew on ${begins.format(new Date(budget.resets_at))}`;
