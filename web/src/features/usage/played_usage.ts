// For tests: reports, budgets and people as the server sends them.
import type { Budget, UsageLine, UsageReport } from "~/shared/api/types";

const nothing = {
  calls: 0,
  input_tokens: 0,
  output_tokens: 0,
  total_tokens: 0,
  cached_tokens: 0,
  reasoning_tokens: 0,
  cost_usd: "0",
  estimated_calls: 0,
  unpriced_calls: 0,
  open_calls: 0,
};

export const lineOf = (line: Partial<UsageLine>): UsageLine => ({ ...nothing, ...line });

export const reportOf = (items: UsageLine[], total: Partial<UsageReport["total"]> = {}): UsageReport => ({
  items,
  total: { ...nothing, ...total },
  from: "2026-11-01",
  to: "2026-12-01",
  time_zone: "UTC",
});

export const budgetOf = (budget: Partial<Budget> = {}): Budget => ({
  id: "budget_1",
  scope: "workspace",
  subject_id: "",
  period: "month",
  time_zone: "UTC",
  limit_usd: "10",
  limit_tokens: null,
  alert_percents: [80, 100],
  created_by: "user_1",
  created_at: "2026-11-01T10:00:00Z",
  updated_at: "2026-11-01T10:00:00Z",
  starts_on: "2026-11-01",
  resets_at: "2026-12-01T00:00:00Z",
  spent_usd: "2.5",
  held_usd: "0",
  spent_tokens: 100,
  held_tokens: 0,
  alerts: [],
  subjects: [],
  ...budget,
});
