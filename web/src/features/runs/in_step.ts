// An open conversation stays in step with what is said in it elsewhere: in another tab, on another device, by a schedule
// or a program.
import type { Chat } from "@ai-sdk/react";
import { useCallback, useEffect, useRef, useState } from "react";

import type { ThreadDetail } from "~/shared/api/types";

import { isWritten } from "./history";
import { type ChatMessage, reconciled, serverId } from "./messages";
import { useStanding } from "./standing";

type InStepOptions = {
  id: string;
  chat: Chat<ChatMessage>;
  /** Nothing streams here, and what is shown came from the server: nothing here can be lost. */
  mayRead: (chat: Chat<ChatMessage>) => boolean;
  /** Whether the server was asked yet what is being written. */
  known: boolean;
  /** What is being read just now, if anything. */
  reading: { readonly current: Promise<unknown> };
  /** Show the conversation as the server holds it. Returns: whether it writes on it. */
  settle: (chat: Chat<ChatMessage>) => Promise<boolean>;
  /** Read what it writes. */
  readOn: (chat: Chat<ChatMessage>) => Promise<void>;
};

/** Whether the page shows a conversation to its end as it stands, while nothing streams. */
export function isInStep(shown: readonly ChatMessage[], standing: ThreadDetail): boolean {
  const last = shown.at(-1);
  const [newest] = standing.messages;
  if (newest === undefined) return last === undefined;
  if (last === undefined || isWritten(standing) || serverId(last) !== newest.id) return false;
  return reconciled([last], [newest])[0] === last;
}

/** Come along with what happens elsewhere. Returns: whether an answer is about to be read that was asked for elsewhere. */
export function useInStep({ id, chat, mayRead, known, reading, settle, readOn }: InStepOptions): boolean {
  const [isJoining, setJoining] = useState(false);
  const due = useRef<ThreadDetail | null>(null);
  const isComing = useRef(false);

  const join = useCallback(
    async (standing: ThreadDetail) => {
      if (!mayRead(chat) || isInStep(chat.messages, standing)) return;
      setJoining(isWritten(standing));
      chat.clearError();
      if (await settle(chat)) await readOn(chat);
      setJoining(false);
    },
    [chat, mayRead, readOn, settle],
  );

  const comeAlong = useCallback(async () => {
    if (isComing.current || document.visibilityState === "hidden") return;
    isComing.current = true;
    // What the page reads by itself after its own answers is met by most news.
    await reading.current;
    for (let standing = due.current; standing !== null; standing = due.current) {
      due.current = null;
      await join(standing);
    }
    isComing.current = false;
  }, [join, reading]);

  useStanding(id, (standing) => {
    due.current = standing;
    if (known) void comeAlong();
  });

  useEffect(() => {
    if (!known) return undefined;
    const onShown = () => void comeAlong();
    onShown();
    // A page that nobody sees reads nothing; it comes along when it is seen.
    document.addEventListener("visibilitychange", onShown);
    return () => document.removeEventListener("visibilitychange", onShown);
  }, [comeAlong, known]);

  return isJoining;
}
