// Conversations as the list knows them: pages of them, search over them, and changes that show at once.
import { type InfiniteData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { TagCounts, Thread, ThreadPage } from "~/shared/api/types";
import { toastProblem } from "~/shared/ui/toasts";

const PAGE = 30;
/** While something in sight is being answered, the list asks how it stands. */
const WATCH_MILLISECONDS = 5_000;

const isAnswering = (data: InfiniteData<ThreadPage> | undefined): boolean =>
  data?.pages.some((page) => page.items.some((thread) => thread.status === "running")) ?? false;

export function useThreadPages(archived: boolean, tag: string | null) {
  return useInfiniteQuery({
    queryKey: keys.threadList(archived, tag),
    queryFn: ({ pageParam, signal }) =>
      answered<ThreadPage>(
        api.GET("/api/v1/chat", {
          params: { query: { limit: PAGE, archived, ...(tag === null ? {} : { tag }), ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 10_000,
    refetchInterval: ({ state }) => (isAnswering(state.data) ? WATCH_MILLISECONDS : false),
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

/** The tags in use, and how many conversations have each. */
export function useTags() {
  return useQuery({
    queryKey: keys.threadTags,
    queryFn: ({ signal }) => answered<TagCounts>(api.GET("/api/v1/chat/tags", { signal })),
    select: (counts) => counts.items,
    staleTime: 30_000,
  });
}

type Change = { thread: Thread; change: Partial<Pick<Thread, "title" | "pinned" | "archived" | "tags">> };

/** Whether a list that shows these still shows this conversation. */
function belongs(thread: Thread, [, , archived, tag]: readonly unknown[]): boolean {
  return thread.archived === archived && (typeof tag !== "string" || thread.tags.includes(tag));
}

/** Rename, tag, pin, archive: shown at once, taken back with a sentence when the server refuses. */
export function useChangeThread() {
  const cache = useQueryClient();

  const show = (thread: Thread) => {
    for (const [key, data] of cache.getQueriesData<InfiniteData<ThreadPage>>({ queryKey: keys.threadLists })) {
      if (data === undefined) continue;
      const shown = (page: ThreadPage): ThreadPage => ({
        ...page,
        items: page.items.map((item) => (item.id === thread.id ? thread : item)).filter((item) => item.id !== thread.id || belongs(item, key)),
      });
      cache.setQueryData<InfiniteData<ThreadPage>>(key, { ...data, pages: data.pages.map(shown) });
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
