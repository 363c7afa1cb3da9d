// What agents are and may do, in words.
import type { Agent, Me } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";
import { roleReaches } from "~/shared/lib/roles";

export const typeNames: Record<Agent["type"], Word> = {
  custom: "General",
  research: "Research",
  support: "Support",
  email: "E-mail|agent",
  crm: "Customers|agent",
  coaching: "Coaching",
};

export const statusNames: Record<Agent["status"], Word> = { active: "Active|agent", draft: "Draft|agent", archived: "Archived|agent" };

/** Who may use an agent, from its least role. */
export const accessNames: Record<Agent["access"], Word> = {
  viewer: "Everybody in the workspace",
  member: "Members, admins and owners",
  admin: "Admins and owners",
  owner: "Owners only",
};

/** Names one after the other: "name, tools, steps". */
export const listed = (names: readonly string[]): string =>
  names.length === 0 ? "" : names.reduce((one, other) => t("{one}, {other}", { one, other }));

/** Whether somebody may change an agent, as the server sees it. */
export function mayChange(me: Me, agent: Agent): boolean {
  if (agent.built_in || me.role === "viewer") return false;
  return agent.created_by === me.user.id || roleReaches(me.role, "admin");
}

/** Its model with its provider, as models are listed. */
export function fullModel({ model, provider }: Pick<Agent, "model" | "provider">): string | null {
  if (!model) return null;
  return !provider || model.startsWith(`${provider}/`) ? model : `${provider}/${model}`;
}

/** The fields of an agent, as the form names them. */
export const fieldNames: Readonly<Record<string, Word>> = {
  name: "name",
  description: "description",
  type: "kind",
  instructions: "instructions",
  greeting: "greeting",
  model: "model",
  provider: "provider",
  temperature: "creativity",
  max_tokens: "longest answer",
  tools: "tools",
  rag_enabled: "documents",
  rag_model: "kind of search",
  rag_top_k: "passages",
  collection_ids: "collections",
  access: "who may use it",
  schedule: "schedule",
  tool_seconds: "time for a tool",
  max_tool_steps: "steps",
  fallback_models: "models instead",
  reasoning_effort: "thinking",
  // What programs set, and this form does not show.
  response_format: "shape of answers",
  assistant_tools: "tools of its clients",
  code_file_ids: "files for code",
  top_p: "share of likely words",
  metadata: "labels",
};
