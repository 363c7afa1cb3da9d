// What is said goes out in its order, one message after the other: when no answer is being written, and when there is a
// line to the server.
import type { Chat } from "@ai-sdk/react";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";

import { pauseForLine } from "~/shared/lib/online";

import type { Way } from "./chat_transport";
import type { ChatMessage } from "./messages";
import type { Outbox, Unsent } from "./outbox";
import { pauseBefore } from "./pauses";
import { waitingIn } from "./tool_calls";

/** Why a message waits: for a line, for an answer to end, for a person's word on it, because the last answer failed. */
export type Hold = "line" | "answer" | "decision" | "failure" | "nothing";

/** How often the line failed in a row, and whether it is given a rest just now. */
export function useLine() {
  const [failures, setFailures] = useState(0);
  const [resting, setResting] = useState(false);
  useEffect(() => {
    if (!resting) return undefined;
    let isOver = false;
    void pauseForLine(pauseBefore(failures - 1)).then(() => {
      if (!isOver) setResting(false);
    });
    return () => {
      isOver = true;
    };
  }, [failures, resting]);
  const lost = useCallback(() => {
    setFailures((before) => before + 1);
    setResting(true);
  }, []);
  const found = useCallback(() => {
    setFailures(0);
    setResting(false);
  }, []);
  const tryNow = useCallback(() => setResting(false), []);
  return useMemo(() => ({ isLost: failures > 0, resting, lost, found, tryNow }), [failures, resting, lost, found, tryNow]);
}

type SendingOptions = {
  chat: Chat<ChatMessage>;
  outbox: Outbox;
  messages: ChatMessage[];
  status: Chat<ChatMessage>["status"];
  /** An answer is being written, or read on, or nobody knows yet. */
  busy: boolean;
  resting: boolean;
};

/** Send what waits as soon as it may go. Returns: what waits still, and why. */
export function useSending({ chat, outbox, messages, status, busy, resting }: SendingOptions): { unsent: readonly Unsent[]; hold: Hold } {
  const items = useSyncExternalStore(outbox.listen, outbox.read);
  const unsent = useMemo(() => {
    if (items.length === 0) return items;
    const shown = new Set(messages.map((message) => message.id));
    return items.filter((item) => !shown.has(item.id));
  }, [items, messages]);
  const next = unsent[0];
  const asks = next?.patient === true && waitingIn(messages.at(-1)).length > 0;
  const hold = resting ? "line" : busy ? "answer" : status === "error" ? "failure" : asks ? "decision" : "nothing";

  useEffect(() => {
    const isBusy = chat.status === "submitted" || chat.status === "streaming";
    if (next === undefined || hold !== "nothing" || isBusy || chat.messages.some((message) => message.id === next.id)) return;
    const { id, parts, model, agentId } = next;
    // What an answer asks a person is passed over knowingly; an answer that is being written elsewhere is not cut short.
    const isPatient = waitingIn(chat.messages.at(-1)).length === 0;
    void chat.sendMessage({ id, role: "user", parts }, { metadata: { model, agentId, isPatient } satisfies Way });
  }, [chat, hold, next]);

  return { unsent, hold };
}
