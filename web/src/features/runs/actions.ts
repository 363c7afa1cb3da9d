// Calls of tools that wait for somebody, as the server knows them, and the words said on them.
import { queryOptions, useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import { asProblem } from "~/shared/api/problems";
import type { Action, ActionPage, Decision, Me } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";
import { announce } from "~/shared/lib/announcer";

// Somebody else may decide, in another tab or at another desk, or the time may be over.
const WATCH_MILLISECONDS = 2_500;
const LIST_MILLISECONDS = 20_000;

const actionQuery = (id: string) =>
  queryOptions({
    queryKey: keys.action(id),
    queryFn: ({ signal }) =>
      answered<Action>(api.GET("/api/v1/actions/{action_id}", { params: { path: { action_id: id } }, signal })),
    refetchInterval: ({ state }) => (state.data !== undefined && state.data.state !== "waiting" ? false : WATCH_MILLISECONDS),
  });

/** A call that waits, and what was said on it so far. */
export const useAction = (id: string) => useQuery(actionQuery(id));

/** Whatever waits for this person, or for others about something that they asked for; newest first. */
export function useActions() {
  return useQuery({
    queryKey: keys.actionList,
    queryFn: ({ signal }) => answered<ActionPage>(api.GET("/api/v1/actions", { signal })),
    select: (page) => page.items,
    refetchInterval: LIST_MILLISECONDS,
  });
}

/** Call back once when every one of these calls has been decided, by whomever. */
export function useWhenDecided(ids: readonly string[], isIdle: boolean, onDecided: () => void): void {
  const decided = useQueries({
    queries: ids.map(actionQuery),
    combine: (answers) => answers.length > 0 && answers.every(({ data }) => data !== undefined && data.state !== "waiting"),
  });
  const ready = decided && isIdle;
  const names = ids.join(" ");
  useEffect(() => {
    if (ready && names !== "") onDecided();
  }, [ready, names, onDecided]);

  const cache = useQueryClient();
  useEffect(() => {
    if (names === "") return undefined;
    // What waits here is listed elsewhere too, until it waits no more.
    const listAgain = () => void cache.invalidateQueries({ queryKey: keys.actionList });
    listAgain();
    return listAgain;
  }, [cache, names]);
}

const said: Record<Decision["decision"], Word> = { approve: "Approved.", deny: "Denied.", answer: "Answered.", output: "Done." };

/** Say a word on a call. Whoever was faster is no fault: the call is read again, and shows what they said. */
export function useDecide(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (word: Decision) =>
      answered<Action>(api.POST("/api/v1/actions/{action_id}/decide", { params: { path: { action_id: id } }, body: word })),
    onSuccess: (action, word) => {
      cache.setQueryData(keys.action(id), action);
      announce(t(said[word.decision]));
    },
    onError: (error) => {
      if (asProblem(error).status === 409) void cache.invalidateQueries({ queryKey: keys.action(id) });
    },
    onSettled: () => cache.invalidateQueries({ queryKey: keys.actionList }),
  });
}

/** Who looks at the page. */
export function useMyId(): string | null {
  return useQueryClient().getQueryData<Me | null>(keys.me)?.user.id ?? null;
}
