// Going to a place in a conversation: to a message that was found, or back to the end.
import type { Chat } from "@ai-sdk/react";
import { useCallback, useRef } from "react";

import { answered, api } from "~/shared/api/client";
import type { Thread, ThreadDetail } from "~/shared/api/types";

import { isWritten, readHistory } from "./history";
import { type ChatMessage, serverId, toChatMessages } from "./messages";
import type { useStretch } from "./stretch";

type FindingOptions = {
  id: string;
  chat: Chat<ChatMessage>;
  stretch: Pick<ReturnType<typeof useStretch>, "elsewhere" | "begin" | "isAway">;
  settle: (chat: Chat<ChatMessage>, whole: boolean) => Promise<boolean>;
  readOn: (chat: Chat<ChatMessage>) => Promise<void>;
  onThread: (thread: Thread) => void;
};

function put(chat: Chat<ChatMessage>, detail: ThreadDetail): void {
  chat.messages = toChatMessages(detail.messages);
}

export function useFinding({ id, chat, stretch, settle, readOn, onThread }: FindingOptions) {
  const { elsewhere, begin, isAway } = stretch;

  // Of several places that were asked for, the last counts, however slowly the others are read.
  const wanted = useRef(0);

  const showAround = useCallback(
    async (messageId: string) => {
      wanted.current += 1;
      const turn = wanted.current;
      const detail = await readHistory(id, { message: messageId });
      if (turn !== wanted.current) return;
      // An answer that is being written here is read on by whoever comes back to the end; the server works on.
      await chat.stop();
      if (turn !== wanted.current) return;
      // What failed at the end did not fail here.
      chat.clearError();
      put(chat, detail);
      begin(detail);
      if (!isAway() && isWritten(detail)) await readOn(chat);
    },
    [begin, chat, id, isAway, readOn],
  );

  /** Show a message, with what lies around it; nothing happens when it is shown already. */
  const find = useCallback(
    async (messageId: string) => {
      if (!chat.messages.some((message) => serverId(message) === messageId)) await showAround(messageId);
    },
    [chat, showAround],
  );

  /** Make the branch with a message the one that the conversation shows. */
  const showBranch = useCallback(
    async (messageId: string) => {
      const path = { conversation_id: id };
      onThread(await answered<Thread>(api.PATCH("/api/v1/chat/{conversation_id}", { params: { path }, body: { head_id: messageId } })));
    },
    [id, onThread],
  );

  /** Show the end of the branch that is shown; `stays` when it is the conversation's own from now on. */
  const toEnd = useCallback(
    async (stays = false) => {
      if (elsewhere !== null && !stays) return showAround(elsewhere);
      wanted.current += 1;
      if (elsewhere !== null) await showBranch(elsewhere);
      if (await settle(chat, true)) await readOn(chat);
      return undefined;
    },
    [chat, elsewhere, readOn, settle, showAround, showBranch],
  );

  return { find, toEnd, showBranch };
}
