// The tools of the workspace, the rules for their calls, and the MCP servers that bring more of them.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { McpServer, McpServerChange, McpServerChecked, McpServerCreate, Tool, ToolJudgement, ToolRule, ToolRuleCreate } from "~/shared/api/types";
import { toastProblem } from "~/shared/ui/toasts";

export function useTools() {
  return useQuery({
    queryKey: keys.tools,
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/tools", { signal }))).items as Tool[],
    staleTime: 60_000,
  });
}

export function useToolRules() {
  return useQuery({
    queryKey: keys.toolRules,
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/tool-rules", { signal }))).items as ToolRule[],
    staleTime: 10_000,
  });
}

function useStale(what: readonly string[]) {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: what });
}

/** Make a rule, or change the one with this id. */
export function useSaveRule(id: string | null) {
  const stale = useStale(keys.toolRules);
  return useMutation({
    mutationFn: ({ position, ...rule }: ToolRuleCreate) =>
      id === null
        ? answered<ToolRule>(api.POST("/api/v1/tool-rules", { body: { ...rule, ...(position == null ? {} : { position }) } }))
        : // What is left out stays, its place too.
          answered<ToolRule>(api.PATCH("/api/v1/tool-rules/{rule_id}", { params: { path: { rule_id: id } }, body: rule as typeof rule & { position: number } })),
    onSuccess: stale,
  });
}

export function useMoveRule() {
  const stale = useStale(keys.toolRules);
  return useMutation({
    mutationFn: ({ id, position }: { id: string; position: number }) =>
      answered(api.PATCH("/api/v1/tool-rules/{rule_id}", { params: { path: { rule_id: id } }, body: { position } as ToolRule })),
    onError: toastProblem,
    onSettled: stale,
  });
}

export function useDeleteRule() {
  const stale = useStale(keys.toolRules);
  return useMutation({
    mutationFn: (id: string) => answered(api.DELETE("/api/v1/tool-rules/{rule_id}", { params: { path: { rule_id: id } } })),
    onError: toastProblem,
    onSettled: stale,
  });
}

export function useTryRules() {
  return useMutation({
    mutationFn: (call: { tool: string; arguments: Record<string, unknown> }) => answered<ToolJudgement>(api.POST("/api/v1/tool-rules/test", { body: call })),
  });
}

/** The MCP servers; only admins and owners may ask. */
export function useServers() {
  return useQuery({
    queryKey: keys.mcpServers,
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/mcp-servers", { signal }))).items as McpServer[],
    staleTime: 10_000,
  });
}

/** Connect a server, or change the one with this id. What opens it is in no store of answers. */
export function useSaveServer(id: string | null) {
  const stale = useStale(keys.mcpServers);
  return useMutation({
    mutationFn: (given: McpServerCreate | McpServerChange) =>
      id === null
        ? answered<McpServer>(api.POST("/api/v1/mcp-servers", { body: given as McpServerCreate }))
        : answered<McpServer>(api.PATCH("/api/v1/mcp-servers/{server_id}", { params: { path: { server_id: id } }, body: given as McpServerChange })),
    gcTime: 0,
    onSuccess: stale,
  });
}

/** Change a server. Several changes in a row are sent one after another, each made of the server as the last left it. */
export function useChangeServer(server: McpServer) {
  const cache = useQueryClient();
  const stale = useStale(keys.tools);
  return useMutation({
    scope: { id: `mcp-${server.id}` },
    mutationFn: (changeOf: (server: McpServer) => McpServerChange) => {
      const newest = cache.getQueryData<McpServer[]>(keys.mcpServers)?.find(({ id }) => id === server.id) ?? server;
      return answered(api.PATCH("/api/v1/mcp-servers/{server_id}", { params: { path: { server_id: server.id } }, body: changeOf(newest) }));
    },
    onError: toastProblem,
    // The next change waits until it is known what this one left.
    onSettled: stale,
  });
}

/** Connect to a server and read its tools; what goes wrong stands in the answer and at the server. */
export function useCheckServer() {
  const stale = useStale(keys.tools);
  return useMutation({
    mutationFn: (id: string) => answered<McpServerChecked>(api.POST("/api/v1/mcp-servers/{server_id}/check", { params: { path: { server_id: id } } })),
    onError: toastProblem,
    onSettled: stale,
  });
}

export function useDeleteServer() {
  const stale = useStale(keys.tools);
  return useMutation({
    mutationFn: (id: string) => answered(api.DELETE("/api/v1/mcp-servers/{server_id}", { params: { path: { server_id: id } } })),
    onError: toastProblem,
    onSettled: stale,
  });
}
