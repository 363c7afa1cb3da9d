// Everybody's feedback on answers, page by page, the newest first. Admins and owners may ask.
import { useInfiniteQuery } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { FeedbackEntry, FeedbackPage } from "~/shared/api/types";

const PAGE = 50;

export type Rating = FeedbackEntry["rating"];

export function useFeedback(rating: Rating | null, mayAsk: boolean) {
  return useInfiniteQuery({
    queryKey: keys.feedbackEntries(rating),
    queryFn: ({ pageParam, signal }) =>
      answered<FeedbackPage>(
        api.GET("/api/v1/feedback", {
          params: { query: { limit: PAGE, ...(rating === null ? {} : { rating }), ...(pageParam === "" ? {} : { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    enabled: mayAsk,
    staleTime: 10_000,
  });
}
