// Which stretch of a conversation the page shows, its end or what lies around a found message, and reading on from there
// in both directions.
import type { Chat } from "@ai-sdk/react";
import { useCallback, useMemo, useRef, useState } from "react";

import type { ThreadDetail } from "~/shared/api/types";
import { toastProblem } from "~/shared/ui/toasts";

import { readHistory } from "./history";
import { type ChatMessage, serverId, toChatMessages } from "./messages";

type Stretch = {
  /** Where those before it are read, and those behind it; null at the conversation's ends. */
  older: string | null;
  newer: string | null;
  /** The last message of its branch, where that is not the branch that the conversation shows. */
  elsewhere: string | null;
};

function stretchOf(detail: ThreadDetail | null): Stretch {
  if (detail === null) return { older: null, newer: null, elsewhere: null };
  const newest = detail.messages[0]?.id ?? null;
  const leaf = detail.leaf_id ?? newest;
  return {
    older: detail.next_cursor,
    newer: newest === leaf ? null : newest,
    elsewhere: leaf === (detail.thread.head_id ?? leaf) ? null : leaf,
  };
}

export function useStretch(id: string, history: ThreadDetail | null) {
  const [shown, setShown] = useState(() => stretchOf(history));
  const [loading, setLoading] = useState<"older" | "newer" | null>(null);
  const now = useRef({ shown, loading });
  const put = useCallback((next: Stretch) => {
    now.current.shown = next;
    setShown(next);
  }, []);

  /** What is shown is a page as it was read, and nothing else. */
  const begin = useCallback((detail: ThreadDetail) => put(stretchOf(detail)), [put]);

  /** From here on the page shows the end of the branch that the conversation shows. */
  const atEnd = useCallback(() => put({ ...now.current.shown, newer: null, elsewhere: null }), [put]);

  /** Whether what is said next would not stand behind what is shown. */
  const isAway = useCallback(() => now.current.shown.newer !== null || now.current.shown.elsewhere !== null, []);

  /** Read one page more. Returns: whether it was read. */
  const load = useCallback(
    async (chat: Chat<ChatMessage>, way: "older" | "newer"): Promise<boolean> => {
      const from = now.current.shown[way];
      if (from === null || now.current.loading !== null) return false;
      now.current.loading = way;
      setLoading(way);
      try {
        const detail = await readHistory(id, way === "older" ? { cursor: from } : { after: from });
        // Whoever went elsewhere in the meantime has other messages before them.
        if (now.current.shown[way] !== from) return false;
        const known = new Set(chat.messages.map(serverId));
        const page = toChatMessages(detail.messages).filter((message) => !known.has(message.id));
        chat.messages = way === "older" ? [...page, ...chat.messages] : [...chat.messages, ...page];
        const read = stretchOf(detail);
        put(way === "older" ? { ...now.current.shown, older: read.older } : { ...read, older: now.current.shown.older });
        return true;
      } catch (problem) {
        toastProblem(problem);
        return false;
      } finally {
        now.current.loading = null;
        setLoading(null);
      }
    },
    [id, put],
  );

  return useMemo(
    () => ({
      older: { cursor: shown.older, loading: loading === "older" },
      newer: { cursor: shown.newer, loading: loading === "newer" },
      elsewhere: shown.elsewhere,
      isAtEnd: shown.newer === null && shown.elsewhere === null,
      begin,
      atEnd,
      isAway,
      load,
    }),
    [shown, loading, begin, atEnd, isAway, load],
  );
}
