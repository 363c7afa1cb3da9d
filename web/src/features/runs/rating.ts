// What this person thinks of an answer, kept by the server.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { Feedback } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { announce } from "~/shared/lib/announcer";
import { toastProblem } from "~/shared/ui/toasts";

export type Rating = Pick<Feedback, "rating" | "reason">;

const of = (messageId: string) => ({ params: { path: { message_id: messageId } } });

async function tell(messageId: string, next: Rating | null): Promise<void> {
  if (next === null) await answered(api.DELETE("/api/v1/messages/{message_id}/feedback", of(messageId)));
  else await answered(api.PUT("/api/v1/messages/{message_id}/feedback", { ...of(messageId), body: next }));
}

/** The rating of an answer, as it came with the message or was given since; and how to give or take it. */
export function useRating(messageId: string, told: Rating | null) {
  const cache = useQueryClient();
  const key = keys.feedback(messageId);
  const { data } = useQuery<Rating | null>({
    queryKey: key,
    queryFn: () => null,
    enabled: false,
    // Rows come and go as one scrolls; what was said in them stays.
    gcTime: Infinity,
  });
  const rating = data === undefined ? told : data;
  const { mutate, isPending } = useMutation({
    mutationFn: (next: Rating | null) => tell(messageId, next),
    onMutate: (next) => {
      cache.setQueryData(key, next);
      return { before: rating };
    },
    onSuccess: (_, next) => announce(next === null ? t("Your feedback was taken back.") : t("Thank you for the feedback.")),
    onError: (error, _, context) => {
      cache.setQueryData(key, context?.before ?? null);
      toastProblem(error);
    },
  });
  return { rating, rate: mutate, isPending };
}
