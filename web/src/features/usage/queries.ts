// What was used and what may be used, as the server counts it.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { Budget, BudgetChange, BudgetCreate, UsageReport } from "~/shared/api/types";
import { toastProblem } from "~/shared/ui/toasts";

import { type Span, timeZone } from "./spans";

export type Group = "model" | "user" | "agent" | "key" | "purpose";

/** A report of a span, in lines by day, month, model, person and so on. */
export function useReport({ from, to }: Span, by: Group | "day" | "month") {
  return useQuery({
    queryKey: keys.usageReport(from, to, by),
    queryFn: ({ signal }) =>
      answered<UsageReport>(api.GET("/api/v1/usage", { params: { query: { by: [by], from, to, time_zone: timeZone() } }, signal })),
    placeholderData: (before, query) => (query?.queryKey[4] === by ? before : undefined),
    staleTime: 30_000,
  });
}

export function useBudgets() {
  return useQuery({
    queryKey: keys.budgets,
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/budgets", { signal }))).items as Budget[],
    staleTime: 30_000,
  });
}

function useStale() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.budgets });
}

export function useCreateBudget() {
  const stale = useStale();
  return useMutation({
    mutationFn: (body: BudgetCreate) => answered(api.POST("/api/v1/budgets", { body })),
    onSuccess: stale,
  });
}

export function useChangeBudget() {
  const stale = useStale();
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: BudgetChange }) =>
      answered(api.PATCH("/api/v1/budgets/{budget_id}", { params: { path: { budget_id: id } }, body: change })),
    onSuccess: stale,
  });
}

export function useDeleteBudget() {
  const stale = useStale();
  return useMutation({
    mutationFn: (id: string) => answered(api.DELETE("/api/v1/budgets/{budget_id}", { params: { path: { budget_id: id } } })),
    onSuccess: stale,
    onError: toastProblem,
  });
}
