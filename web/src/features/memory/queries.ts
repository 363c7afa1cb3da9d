// What is remembered of this person, and what they say about themselves. Nobody else sees either.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { Memory, MemoryCreate, MemoryPage, Profile, ProfileUpdate } from "~/shared/api/types";
import { toastProblem } from "~/shared/ui/toasts";

export type Kind = Memory["kind"];
const PAGE = 30;
const of = (id: string) => ({ params: { path: { memory_id: id } } });

export function useMemories(kind: Kind | null, words: string) {
  return useInfiniteQuery({
    queryKey: keys.memoryList(kind, words),
    queryFn: ({ pageParam, signal }) =>
      answered<MemoryPage>(
        api.GET("/api/v1/memories", {
          params: { query: { limit: PAGE, ...(kind ? { kind: [kind] } : {}), ...(words ? { q: words } : {}), ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
  });
}

function useStale() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: keys.memories });
}

export type Written = Required<Pick<MemoryCreate, "text" | "kind">>;

/** Write a memory down, or change one. */
export function useKeepMemory(id: string | null) {
  const stale = useStale();
  return useMutation({
    mutationFn: (written: Written) =>
      answered<Memory>(
        id === null
          ? api.POST("/api/v1/memories", { body: { ...written, importance: 0.7 } })
          : api.PATCH("/api/v1/memories/{memory_id}", { ...of(id), body: written }),
      ),
    onSuccess: stale,
  });
}

export function useDeleteMemory() {
  const stale = useStale();
  return useMutation({
    mutationFn: (id: string) => answered(api.DELETE("/api/v1/memories/{memory_id}", of(id))),
    onError: toastProblem,
    onSettled: stale,
  });
}

export function useDeleteAllMemories() {
  const stale = useStale();
  return useMutation({
    mutationFn: () => answered<{ deleted: number }>(api.DELETE("/api/v1/memories")),
    onError: toastProblem,
    onSettled: stale,
  });
}

export function useProfile() {
  return useQuery({
    queryKey: keys.profile,
    queryFn: ({ signal }) => answered<Profile>(api.GET("/api/v1/profile", { signal })),
  });
}

export function useChangeProfile() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: ProfileUpdate) => answered<Profile>(api.PATCH("/api/v1/profile", { body })),
    onSuccess: (profile) => cache.setQueryData(keys.profile, profile),
  });
}
