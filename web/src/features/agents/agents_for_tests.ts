// Agents, tools and models as a server would tell of them, for tests.
import type { Agent, Tool } from "~/shared/api/types";

export const agentOf = (rest: Partial<Agent> = {}): Agent => ({
  id: "asst_1",
  name: "Harbour pilot",
  description: "Knows the tides.",
  type: "custom",
  instructions: "Be brief.",
  status: "active",
  version: 3,
  built_in: false,
  created_by: "user_1",
  created_at: "2026-11-02T10:00:00Z",
  updated_at: "2026-11-02T10:00:00Z",
  access: "viewer",
  tools: ["searchKnowledge"],
  temperature: 0.7,
  max_tokens: 2000,
  rag_enabled: null,
  rag_top_k: 5,
  tool_seconds: 5,
  max_tool_steps: 5,
  model: null,
  provider: null,
  collection_ids: null,
  schedule: null,
  greeting: null,
  metadata: {},
  assistant_tools: [],
  code_file_ids: [],
  ...rest,
});

export const toolOf = (rest: Partial<Tool> = {}): Tool => ({
  name: "searchKnowledge",
  description: "Finds passages in the documents.",
  parameters: {},
  changes: false,
  approval: "never",
  place: "server",
  origin: "steward",
  ...rest,
});

export const page = (items: readonly object[]) => ({ items, next_cursor: null });

/** The answers that an agent's page needs besides the agent. */
export const around = {
  "GET /api/v1/tools": { items: [toolOf(), toolOf({ name: "createTask", description: "Makes a task.", approval: "always" })] },
  "GET /api/v1/models": {
    configured: true,
    items: [{ id: "openai/big", name: "Big", provider: "openai", default: true, abilities: [], tiers: [] }],
  },
  "GET /api/v1/collections": page([{ id: "vs_1", name: "Manuals" }]),
  "GET /api/v1/agents/asst_1/statistics": { executions: 4, successes: 3, success_rate: 0.75, last_run_at: "2026-11-03T10:00:00Z" },
};
