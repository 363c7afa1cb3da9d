// Conversations as the list knows them: pages of them, search over them, and changes that show at once.
import { type InfiniteData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { Thread, ThreadPage } from "~/shared/api/types";
import { toastProblem } from "~/shared/ui/toasts";

const PAGE = 30;

export function useThreadPages(archived: boolean) {
  return useInfiniteQuery({
    queryKey: keys.threadList(archived),
    queryFn: ({ pageParam, signal }) =>
      answered<ThreadPage>(
        api.GET("/api/v1/chat", {
          params: { query: { limit: PAGE, archived, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 10_000,
  });
}

export function useThreadSearch(text: string) {
  return useQuery({
    queryKey: keys.search(text),
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/chat/search", { params: { query: { q: text, limit: 30 } }, signal })),
    enabled: text.length > 0,
    placeholderData: (previous) => previous,
    staleTime: 5_000,
  });
}

type Change = { thread: Thread; change: Partial<Pick<Thread, "title" | "pinned" | "archived">> };

/** Rename, pin, archive: shown at once, taken back with a sentence when the server refuses. */
export function useChangeThread() {
  const cache = useQueryClient();

  const show = (thread: Thread) => {
    for (const archived of [false, true]) {
      cache.setQueryData<InfiniteData<ThreadPage>>(keys.threadList(archived), (data) =>
        data === undefined
          ? data
          : {
              ...data,
              pages: data.pages.map((page) => ({
                ...page,
                items: page.items
                  .map((item) => (item.id === thread.id ? thread : item))
                  .filter((item) => item.archived === archived),
              })),
            },
      );
    }
    for (const id of [thread.id, thread.client_id])
      if (id !== null) cache.setQueryData<Thread>(keys.thread(id), (known) => known && thread);
  };

  return useMutation({
    mutationFn: ({ thread, change }: Change) =>
      answered<Thread>(api.PATCH("/api/v1/chat/{conversation_id}", { params: { path: { conversation_id: thread.id } }, body: change })),
    onMutate: async ({ thread, change }) => {
      await cache.cancelQueries({ queryKey: keys.threads });
      show({ ...thread, ...change });
    },
    onError: (error, { thread }) => {
      show(thread);
      toastProblem(error);
    },
    onSettled: () => cache.invalidateQueries({ queryKey: keys.threads }),
  });
}
