// Sharing with the workspace: the share of a conversation of one's own, and what colleagues share.
import { type InfiniteData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import { asProblem } from "~/shared/api/problems";
import type { MessagePage, SharedPage, SharedThread, ThreadShare } from "~/shared/api/types";

const PAGE = 30;
const MOST_MESSAGES = 100;
/** News of a conversation goes to its owner alone, so a colleague's page asks: oftener while an answer is being written. */
const WRITING_MILLISECONDS = 2_000;
const WATCH_MILLISECONDS = 10_000;

function nextReading(data: InfiniteData<MessagePage> | undefined, error: unknown): number | false {
  // What is no longer shared is not asked for again; whoever reads far back reads in peace.
  if (data === undefined || data.pages.length > 1 || (error !== null && asProblem(error).status === 404)) return false;
  return data.pages[0]?.items.some((message) => message.status === "in_progress") ? WRITING_MILLISECONDS : WATCH_MILLISECONDS;
}

const of = (threadId: string) => ({ params: { path: { conversation_id: threadId } } });

/** The share of a conversation, or null while it has none. */
export function useShare(threadId: string) {
  return useQuery({
    queryKey: keys.share(threadId),
    queryFn: async ({ signal }) => {
      try {
        return await answered<ThreadShare>(api.GET("/api/v1/chat/{conversation_id}/share", { ...of(threadId), signal }));
      } catch (error) {
        if (asProblem(error).status === 404) return null;
        throw error;
      }
    },
  });
}

export function useStartSharing(threadId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => answered<ThreadShare>(api.POST("/api/v1/chat/{conversation_id}/share", of(threadId))),
    onSuccess: (share) => cache.setQueryData(keys.share(threadId), share),
  });
}

export function useStopSharing(threadId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => answered(api.DELETE("/api/v1/chat/{conversation_id}/share", of(threadId))),
    onSuccess: () => cache.setQueryData(keys.share(threadId), null),
  });
}

/** What colleagues share with the workspace, newest first. */
export function useSharedPages() {
  return useInfiniteQuery({
    queryKey: keys.sharedList,
    queryFn: ({ pageParam, signal }) =>
      answered<SharedPage>(api.GET("/api/v1/shared", { params: { query: { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 10_000,
  });
}

export function useSharedThread(shareId: string) {
  return useQuery({
    queryKey: keys.sharedThread(shareId),
    queryFn: ({ signal }) =>
      answered<SharedThread>(api.GET("/api/v1/shared/{share_id}", { params: { path: { share_id: shareId } }, signal })),
  });
}

/** What is said in a shared conversation: pages from its end, newest first. `enabled` once it is known to be shared. */
export function useSharedMessages(shareId: string, enabled: boolean) {
  return useInfiniteQuery({
    enabled,
    queryKey: keys.sharedMessages(shareId),
    queryFn: ({ pageParam, signal }) =>
      answered<MessagePage>(
        api.GET("/api/v1/shared/{share_id}/messages", {
          params: { path: { share_id: shareId }, query: { limit: MOST_MESSAGES, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: ({ state }) => nextReading(state.data, state.error),
  });
}
