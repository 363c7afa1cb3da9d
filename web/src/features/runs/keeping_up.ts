// Keeping a conversation as the server holds it: reading it again, reading on in an answer, and coming back after the line
// broke.
import type { Chat } from "@ai-sdk/react";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

import { asProblem } from "~/shared/api/problems";
import type { Thread } from "~/shared/api/types";
import { pauseForLine } from "~/shared/lib/online";

import { isBusy, isUnanswered, isUnknown, pause } from "./chat_state";
import type { Way } from "./chat_transport";
import { LARGEST_PAGE, PAGE, isWritten, namesOf, readHistory } from "./history";
import { type ChatMessage, joins, reconciled, toChatMessages } from "./messages";
import type { Outbox } from "./outbox";
import { pauseBefore } from "./pauses";
import type { useStretch } from "./stretch";

const GO_ON_MILLISECONDS = 400;
const MOST_GO_ONS = 20;
const MOST_RECONNECTS = 8;

type Told = {
  /** The server told about the conversation. */
  onThread: (thread: Thread) => void;
  /** Something about it changed that lists elsewhere show. */
  onChange: () => void;
};

type KeepingUpOptions = {
  id: string;
  stretch: Pick<ReturnType<typeof useStretch>, "begin" | "isAway">;
  outbox: Outbox;
  /** Whom to tell, as of the last drawing. */
  told: RefObject<Told>;
};

/** The chat is handed to each step, since it is made of these. */
export function useKeepingUp({ id, stretch, outbox, told }: KeepingUpOptions) {
  const { begin, isAway } = stretch;
  const alive = useRef(true);
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);

  const reading = useRef<Promise<unknown>>(Promise.resolve());
  /** Read the visible path again and show it as the server holds it. Returns: whether the server still writes on it. */
  const settle = useCallback(
    (chat: Chat<ChatMessage>, whole = false): Promise<boolean> => {
      const read = async () => {
        let isWriting = false;
        try {
          const limit = whole ? Math.min(LARGEST_PAGE, Math.max(PAGE, chat.messages.length)) : PAGE;
          const detail = await readHistory(id, { limit });
          if (!alive.current || isBusy(chat) || isUnknown(chat) || (!whole && isAway())) return false;
          outbox.remove(...namesOf(detail));
          isWriting = isWritten(detail);
          const isAnew = whole || detail.next_cursor === null || !joins(chat.messages, detail.messages);
          chat.messages = whole ? toChatMessages(detail.messages) : reconciled(chat.messages, detail.messages, isAnew);
          if (isAnew) begin(detail);
          told.current.onThread(detail.thread);
        } catch {
          // The answer stands on the page already; its small print comes with the next reading.
        }
        told.current.onChange();
        return isWriting;
      };
      const made = read();
      reading.current = made;
      return made;
    },
    [begin, id, isAway, outbox, told],
  );

  const goingOn = useRef(false);
  const goOn = useCallback(
    async (chat: Chat<ChatMessage>) => {
      // Whoever comes before the first new word may hear of the wait alone, and comes again.
      for (let turn = 0; turn < MOST_GO_ONS && alive.current && !isBusy(chat); turn += 1) {
        await chat.resumeStream();
        if (chat.status !== "ready" || !(await settle(chat))) return;
        await pause(GO_ON_MILLISECONDS);
      }
    },
    [settle],
  );
  /** Read on an answer that waited: it is told again from its beginning, and goes on in its place. */
  const readOn = useCallback(
    async (chat: Chat<ChatMessage>) => {
      if (goingOn.current) return;
      goingOn.current = true;
      await goOn(chat).finally(() => {
        goingOn.current = false;
      });
    },
    [goOn],
  );

  const [reconnecting, setReconnecting] = useState(false);
  const comingBack = useRef(false);
  const tryAgain = useCallback(
    async (chat: Chat<ChatMessage>) => {
      setReconnecting(true);
      for (let turn = 0; turn < MOST_RECONNECTS; turn += 1) {
        await pauseForLine(pauseBefore(turn));
        if (!alive.current || isBusy(chat)) break;
        const before = chat.messages.at(-1);
        await (isUnanswered(chat) ? chat.regenerate({ metadata: { resend: true } satisfies Way }) : chat.resumeStream());
        if (!alive.current || chat.status !== "error" || asProblem(chat.error).tag !== "unreachable") break;
        // The line came back and broke again: that is a new beginning.
        if (chat.messages.at(-1) !== before) turn = 0;
      }
      if (!alive.current) return;
      setReconnecting(false);
      if (chat.status === "ready" && (await settle(chat))) await readOn(chat);
    },
    [readOn, settle],
  );
  /** The line broke in the middle of an answer: try until it is back, once however often that is noticed. */
  const comeBack = useCallback(
    async (chat: Chat<ChatMessage>) => {
      if (comingBack.current) return;
      comingBack.current = true;
      await tryAgain(chat).finally(() => {
        comingBack.current = false;
      });
    },
    [tryAgain],
  );

  /** Whether nothing streams, and all that is shown came from the server: then nothing here can be lost. */
  const mayRead = useCallback(
    (chat: Chat<ChatMessage>) => !isBusy(chat) && !isUnknown(chat) && !isAway() && !goingOn.current && !comingBack.current,
    [isAway],
  );

  return { settle, reading, readOn, comeBack, reconnecting, mayRead };
}
