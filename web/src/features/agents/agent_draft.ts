// What is being written about an agent, and what of it differs from the agent as it is.
import type { Agent, AgentChange } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { count } from "~/shared/lib/moments";

import { fullModel } from "./words";

const MOST_SECONDS = 3600;

export type Draft = {
  name: string;
  description: string;
  type: Agent["type"];
  instructions: string;
  greeting: string;
  /** With its provider; empty for the workspace's own choice. */
  model: string;
  temperature: string;
  maxTokens: string;
  tools: readonly string[];
  rag: "server" | "yes" | "no";
  ragTopK: string;
  /** Null: every collection. */
  collections: readonly string[] | null;
  access: Agent["access"];
  schedule: string;
  toolSeconds: string;
  maxToolSteps: string;
  /** Null: those that the workspace chose. */
  fallbacks: readonly string[] | null;
  /** Empty for the model's own measure. */
  effort: string;
};

export function draftOf(agent: Agent): Draft {
  const { rag_enabled: rag } = agent;
  return {
    name: agent.name,
    description: agent.description,
    type: agent.type,
    instructions: agent.instructions,
    greeting: agent.greeting ?? "",
    model: fullModel(agent) ?? "",
    temperature: String(agent.temperature),
    maxTokens: String(agent.max_tokens),
    tools: agent.tools,
    rag: rag === null || rag === undefined ? "server" : rag ? "yes" : "no",
    ragTopK: String(agent.rag_top_k),
    collections: agent.collection_ids ?? null,
    access: agent.access,
    schedule: agent.schedule ?? "",
    toolSeconds: String(agent.tool_seconds),
    maxToolSteps: String(agent.max_tool_steps),
    fallbacks: agent.fallback_models ?? null,
    effort: agent.reasoning_effort ?? "",
  };
}

export type Faults = Partial<Record<keyof Draft, string>>;

const number = (typed: string): number => (typed.trim() === "" ? Number.NaN : Number(typed.trim().replace(",", ".")));

const between = (typed: string, least: number, most: number, whole = true): string | null => {
  const value = number(typed);
  const fits = value >= least && value <= most && (!whole || Number.isInteger(value));
  if (fits) return null;
  const limits = { least, most: count(most) };
  return whole ? t("Write a whole number from {least} to {most}.", limits) : t("Write a number from {least} to {most}.", limits);
};

/** What cannot be saved as it is, by field, each with what to do. */
export function faultsOf(draft: Draft): Faults {
  const seconds = number(draft.toolSeconds);
  const found: Record<string, string | null> = {
    name: draft.name.trim() === "" ? t("An agent needs a name.") : null,
    temperature: between(draft.temperature, 0, 2, false),
    maxTokens: between(draft.maxTokens, 1, 1_000_000),
    ragTopK: between(draft.ragTopK, 1, 50),
    toolSeconds: seconds > 0 && seconds <= MOST_SECONDS ? null : t("Write a number above {least}, up to {most}.", { least: 0, most: count(MOST_SECONDS) }),
    maxToolSteps: between(draft.maxToolSteps, 1, 100),
    schedule: draft.schedule === "" || /^(@[a-z]+|\S+( +\S+){4})$/.test(draft.schedule.trim()) ? null : t("Write five fields, such as 0 9 * * 1-5."),
  };
  return Object.fromEntries(Object.entries(found).filter(([, fault]) => fault !== null)) as Faults;
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** What the server is asked to change: fields that differ, and nothing else. */
export function changesOf(agent: Agent, draft: Draft): AgentChange {
  const wanted: AgentChange = {
    name: draft.name.trim(),
    description: draft.description,
    type: draft.type,
    instructions: draft.instructions,
    greeting: draft.greeting.trim() === "" ? null : draft.greeting,
    temperature: number(draft.temperature),
    max_tokens: number(draft.maxTokens),
    tools: [...draft.tools],
    rag_enabled: draft.rag === "server" ? null : draft.rag === "yes",
    rag_top_k: number(draft.ragTopK),
    collection_ids: draft.collections === null ? null : [...draft.collections],
    access: draft.access,
    schedule: draft.schedule.trim() === "" ? null : draft.schedule.trim(),
    tool_seconds: number(draft.toolSeconds),
    max_tool_steps: number(draft.maxToolSteps),
    fallback_models: draft.fallbacks === null ? null : [...draft.fallbacks],
    reasoning_effort: draft.effort === "" ? null : draft.effort,
  };
  const changes = Object.fromEntries(
    Object.entries(wanted).filter(([field, value]) => !same(value, agent[field as keyof Agent])),
  ) as AgentChange;
  // The model goes by its full name; a provider beside it would stand for another one.
  if (draft.model !== (fullModel(agent) ?? "")) Object.assign(changes, { model: draft.model === "" ? null : draft.model, provider: null });
  return changes;
}
