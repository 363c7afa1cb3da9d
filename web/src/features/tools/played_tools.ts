// For tests: tools, rules and MCP servers as the server sends them.
import type { McpServer, McpTool, Tool, ToolRule } from "~/shared/api/types";

export const toolOf = (name: string, rest: Partial<Tool> = {}): Tool => ({
  name,
  description: `Does ${name}.`,
  parameters: { type: "object", properties: { query: { type: "string" } }, required: ["query"] },
  changes: false,
  approval: "never",
  place: "server",
  origin: "steward",
  ...rest,
});

export const ruleOf = (rest: Partial<ToolRule> = {}): ToolRule => ({
  id: "rule_1",
  position: 1,
  tool: "crm__*",
  conditions: [],
  decision: "ask",
  approvers: 1,
  least_role: "member",
  expires_seconds: null,
  reason: "",
  created_by: "user_1",
  created_at: "2026-11-02T10:00:00Z",
  updated_at: "2026-11-02T10:00:00Z",
  ...rest,
});

export const mcpToolOf = (name: string, rest: Partial<McpTool> = {}): McpTool => ({
  name: `tickets__${name}`,
  remote_name: name,
  description: `Does ${name}.`,
  is_read_only: false,
  is_offered: true,
  approval: "always",
  ...rest,
});

export const serverOf = (rest: Partial<McpServer> = {}): McpServer => ({
  id: "mcp_1",
  name: "tickets",
  transport: "http",
  url: "https://mcp.example.com/mcp",
  command: null,
  arguments: [],
  secret_names: ["Authorization"],
  is_enabled: true,
  tools: [],
  fetched_at: null,
  last_seen_at: null,
  last_error: null,
  created_at: "2026-11-02T10:00:00Z",
  updated_at: "2026-11-02T10:00:00Z",
  ...rest,
});
