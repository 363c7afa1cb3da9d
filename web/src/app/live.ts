// The live line of a tab: the server tells which conversations changed, in whichever tab or program, and what is shown of
// them is read again. While there is no line, the list is as fresh as its last reading.
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { readHistory } from "~/features/runs/history";
import { pauseBefore } from "~/features/runs/pauses";
import { tellStanding } from "~/features/runs/standing";
import { keys } from "~/shared/api/keys";
import { asProblem } from "~/shared/api/problems";
import type { Thread } from "~/shared/api/types";
import { pauseForLine } from "~/shared/lib/online";

// What still cannot be read then comes with the next news, or when the line is back.
const MOST_READINGS = 5;

type News = { type: "threads_changed"; ids: string[] };

function readNews(data: unknown): News | null {
  if (typeof data !== "string") return null;
  const message = JSON.parse(data) as News;
  return message.type === "threads_changed" ? message : null;
}

/**
 * Ask how conversations stand that are open here, and tell it to what shows them. `ids` names those that changed, null all.
 *
 * Returns: those that could not be read.
 */
async function refreshOpen(cache: QueryClient, ids: ReadonlySet<string> | null): Promise<string[]> {
  const missed: string[] = [];
  const open = cache.getQueryCache().findAll({ queryKey: [...keys.threads, "one"], predicate: (query) => query.getObserversCount() > 0 });
  for (const { queryKey } of open) {
    const known = cache.getQueryData<Thread | null>(queryKey);
    if (!known || !(ids?.has(known.id) ?? true)) continue;
    try {
      const standing = await readHistory(known.id, { limit: 1 });
      cache.setQueryData<Thread>(queryKey, standing.thread);
      tellStanding(standing);
    } catch (error) {
      const { status } = asProblem(error);
      if (status === 0 || status === 429 || status >= 500) missed.push(known.id);
    }
  }
  return missed;
}

/** Read again what lists show, one reading after the other: news that comes during one is met by the next. */
export function refresher(cache: QueryClient): (ids: readonly string[]) => Promise<void> {
  const waiting = new Set<string>();
  let isReading = false;
  let isDue = false;
  let isAny = false;
  let failures = 0;
  const refresh = async (ids: readonly string[]) => {
    for (const id of ids) waiting.add(id);
    // News that names nothing says that anything may have changed.
    isAny ||= ids.length === 0;
    isDue = true;
    if (isReading) return;
    isReading = true;
    while (isDue) {
      isDue = false;
      const named = isAny ? null : new Set(waiting);
      isAny = false;
      waiting.clear();
      const [missed] = await Promise.allSettled([
        refreshOpen(cache, named),
        cache.invalidateQueries({ queryKey: keys.threadLists }),
        cache.invalidateQueries({ queryKey: keys.threadTags }),
        cache.invalidateQueries({ queryKey: keys.actionList }),
      ]);
      const again = missed.status === "fulfilled" ? missed.value : [];
      failures = again.length === 0 ? 0 : failures + 1;
      if (failures > 0 && failures < MOST_READINGS) void pauseForLine(pauseBefore(failures)).then(() => refresh(again));
    }
    isReading = false;
  };
  return refresh;
}

/** Keep a line to the server open. Returns: how to close it. */
export function keepLine(onNews: (ids: string[]) => void): () => void {
  let socket: WebSocket | null = null;
  let isOver = false;
  let failures = 0;

  const connect = () => {
    if (isOver) return;
    const made = new WebSocket(`${window.location.origin.replace(/^http/, "ws")}/api/v1/ws`);
    socket = made;
    made.addEventListener("open", () => made.send(JSON.stringify({ type: "watch" })));
    made.addEventListener("message", ({ data }) => {
      const news = readNews(data);
      if (news === null || isOver) return;
      failures = 0;
      onNews(news.ids);
    });
    made.addEventListener("close", () => {
      if (!isOver) void pauseForLine(pauseBefore(failures++)).then(connect);
    });
  };

  connect();
  return () => {
    isOver = true;
    socket?.close();
  };
}

/** Keep what this tab shows of the signed-in person's conversations in step with every other tab. */
export function useLiveThreads(userId: string, workspaceId: string): void {
  const cache = useQueryClient();
  useEffect(() => {
    const refresh = refresher(cache);
    return keepLine((ids) => void refresh(ids));
    // Another person's line is another line.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [cache, userId, workspaceId]);
}
