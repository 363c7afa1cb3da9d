// What happened, page by page, the newest first.
import { useInfiniteQuery } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { AuditPage } from "~/shared/api/types";

const PAGE = 50;

export function useEvents(type: string | null) {
  return useInfiniteQuery({
    queryKey: keys.events(type),
    queryFn: ({ pageParam, signal }) =>
      answered<AuditPage>(
        api.GET("/api/v1/events", {
          params: { query: { limit: PAGE, ...(type === null ? {} : { type }), ...(pageParam === "" ? {} : { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 10_000,
  });
}
