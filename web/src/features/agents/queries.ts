// Agents as the server holds them: the workspace's own, the built-in ones, and what becomes of them.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type {
  Agent,
  AgentChange,
  AgentCreate,
  AgentPrompt,
  AgentStatistics,
  AgentTemplate,
  AgentVersionPage,
  Collection,
  Models,
  Tool,
} from "~/shared/api/types";
import { toastProblem } from "~/shared/ui/toasts";

const PAGE = 50;
const MOST = 100;

export type Status = Agent["status"];
const of = (id: string) => ({ params: { path: { agent_id: id } } });

export function useAgents(status: Status | null, query: string) {
  return useInfiniteQuery({
    queryKey: keys.agentList(status, query),
    queryFn: ({ pageParam, signal }) =>
      answered(
        api.GET("/api/v1/agents", {
          params: { query: { limit: PAGE, ...(status ? { status } : {}), ...(query ? { query } : {}), ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
    staleTime: 10_000,
  });
}

export function useBuiltIn() {
  return useQuery({
    queryKey: keys.builtInAgents,
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/agents/specialists", { signal }))).items as Agent[],
    staleTime: 600_000,
  });
}

/** Those that one can talk to: the workspace's active ones. */
export function useActiveAgents() {
  return useQuery({
    queryKey: keys.activeAgents,
    queryFn: async ({ signal }) =>
      (await answered(api.GET("/api/v1/agents", { params: { query: { status: "active", limit: MOST } }, signal }))).items as Agent[],
    staleTime: 60_000,
  });
}

export function useAgent(id: string | null) {
  return useQuery({
    queryKey: keys.agent(id ?? ""),
    queryFn: ({ signal }) => answered<Agent>(api.GET("/api/v1/agents/{agent_id}", { ...of(id ?? ""), signal })),
    enabled: id !== null,
    staleTime: 10_000,
  });
}

export function useTemplates() {
  return useQuery({
    queryKey: keys.agentTemplates,
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/agents/templates", { signal }))).items as AgentTemplate[],
    staleTime: 600_000,
  });
}

export function useStatistics(id: string) {
  return useQuery({
    queryKey: keys.agentStatistics(id),
    queryFn: ({ signal }) => answered<AgentStatistics>(api.GET("/api/v1/agents/{agent_id}/statistics", { ...of(id), signal })),
  });
}

export function usePrompt(id: string) {
  return useQuery({
    queryKey: keys.agentPrompt(id),
    queryFn: ({ signal }) => answered<AgentPrompt>(api.GET("/api/v1/agents/{agent_id}/prompt", { ...of(id), signal })),
    staleTime: 0,
  });
}

export function useVersions(id: string) {
  return useInfiniteQuery({
    queryKey: keys.agentVersions(id),
    queryFn: ({ pageParam, signal }) =>
      answered<AgentVersionPage>(
        api.GET("/api/v1/agents/{agent_id}/versions", {
          params: { path: { agent_id: id }, query: { limit: 20, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
  });
}

export function useTools() {
  return useQuery({
    queryKey: keys.tools,
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/tools", { signal }))).items as Tool[],
    staleTime: 60_000,
  });
}

export function useModels() {
  return useQuery({
    queryKey: keys.models,
    queryFn: ({ signal }) => answered<Models>(api.GET("/api/v1/models", { signal })),
    staleTime: 60_000,
  });
}

export function useCollections() {
  return useQuery({
    queryKey: keys.collectionNames,
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/collections", { params: { query: { limit: MOST } }, signal }))).items as Collection[],
    staleTime: 60_000,
  });
}

/** Keep what the server answered, and read again what else shows agents. */
function useChanged() {
  const cache = useQueryClient();
  return (agent: Agent) => {
    cache.setQueryData(keys.agent(agent.id), agent);
    void cache.invalidateQueries({ queryKey: keys.agents });
  };
}

/** What is wanted of a new agent; the server fills in the rest. */
export type Wanted = Pick<AgentCreate, "name"> & Partial<AgentCreate>;

export function useCreateAgent() {
  const changed = useChanged();
  return useMutation({
    mutationFn: (wanted: Wanted) => answered<Agent>(api.POST("/api/v1/agents", { body: wanted as AgentCreate })),
    onSuccess: changed,
  });
}

export function useChangeAgent(id: string) {
  const changed = useChanged();
  return useMutation({
    mutationFn: (body: AgentChange) => answered<Agent>(api.PATCH("/api/v1/agents/{agent_id}", { ...of(id), body })),
    onSuccess: changed,
  });
}

export function useSwitchAgent(id: string) {
  const changed = useChanged();
  return useMutation({
    mutationFn: (verb: "activate" | "archive") =>
      answered<Agent>(
        verb === "activate" ? api.POST("/api/v1/agents/{agent_id}/activate", of(id)) : api.POST("/api/v1/agents/{agent_id}/archive", of(id)),
      ),
    onSuccess: changed,
    onError: toastProblem,
  });
}

export function useRestoreVersion(id: string) {
  const changed = useChanged();
  return useMutation({
    mutationFn: (version: number) =>
      answered<Agent>(api.POST("/api/v1/agents/{agent_id}/versions/{version}/restore", { params: { path: { agent_id: id, version } } })),
    onSuccess: changed,
    onError: toastProblem,
  });
}

export function useDeleteAgent(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => answered(api.DELETE("/api/v1/agents/{agent_id}", of(id))),
    onSuccess: () => {
      cache.removeQueries({ queryKey: keys.agent(id) });
      void cache.invalidateQueries({ queryKey: keys.agents });
    },
    onError: toastProblem,
  });
}
