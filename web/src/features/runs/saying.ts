// What a person does in a conversation: says something, says it differently, asks again.
import type { Chat, useChat } from "@ai-sdk/react";
import { type RefObject, useCallback } from "react";

import { newId } from "~/shared/lib/ids";

import { isBusy, isUnknown } from "./chat_state";
import type { Body, Way } from "./chat_transport";
import { type ChatMessage, type FilePart, filesIn } from "./messages";
import type { Outbox } from "./outbox";

/** What goes with a message besides its words. */
export type Extras = { files?: readonly FilePart[]; model?: string | undefined };

type SayingOptions = Pick<ReturnType<typeof useChat<ChatMessage>>, "sendMessage" | "regenerate" | "clearError"> & {
  chat: Chat<ChatMessage>;
  outbox: Outbox;
  /** Who shall answer, as chosen on the page now. */
  chosen: RefObject<{ model: string | undefined; agentId?: string | undefined }>;
  /** What was asked last. */
  sent: { readonly body: Body | null };
  /** From here on the page shows the end of what it shows. */
  atEnd: () => void;
  /** Give the line no more rest. */
  tryNow: () => void;
};

export function useSaying({ chat, outbox, chosen, sent, atEnd, tryNow, sendMessage, regenerate, clearError }: SayingOptions) {
  const send = useCallback(
    (text: string, { files = [], model = chosen.current.model }: Extras = {}) => {
      if (chat.status === "error") {
        // Whoever goes on leaves what was refused behind.
        outbox.remove(...chat.messages.map((message) => message.id));
        chat.clearError();
      }
      const parts = [...files, ...(text === "" ? [] : [{ type: "text" as const, text }])];
      const { agentId } = chosen.current;
      outbox.add({
        id: newId("m"),
        parts,
        ...(model ? { model } : {}),
        ...(agentId ? { agentId } : {}),
        ...(isBusy(chat) ? { patient: true } : {}),
      });
    },
    [chat, chosen, outbox],
  );

  const takeBack = useCallback((messageId: string) => outbox.remove(messageId), [outbox]);

  /** Send what waits now, whatever it waits for. */
  const sendNow = useCallback(() => {
    tryNow();
    clearError();
  }, [clearError, tryNow]);

  const edit = useCallback(
    (message: ChatMessage, text: string) => {
      // The edited question is a new message beside the old one, so it gets a name of its own.
      const edited = { id: newId("m"), role: "user" as const, parts: [...filesIn(message), { type: "text" as const, text }] };
      // What the server never took cannot be edited there: it is said anew, in the place it was meant for.
      const unknown = message === chat.messages.at(-1) && isUnknown(chat);
      const way: Way = unknown ? { edits: sent.body?.messageId ?? null } : {};
      outbox.remove(message.id);
      atEnd();
      void sendMessage({ ...edited, messageId: message.id }, { metadata: way });
    },
    [atEnd, chat, outbox, sendMessage, sent],
  );

  const again = useCallback(
    (message: ChatMessage, model?: string) => {
      atEnd();
      void regenerate({ messageId: message.id, metadata: { model } satisfies Way });
    },
    [atEnd, regenerate],
  );

  const retry = useCallback(() => {
    const last = chat.messages.at(-1);
    const neverArrived = isUnknown(chat);
    clearError();
    // Whoever was refused may have chosen another model since.
    if (neverArrived) void regenerate({ metadata: { resend: true, model: chosen.current.model } satisfies Way });
    else if (last) void regenerate(last.role === "assistant" ? { messageId: last.id } : {});
  }, [chat, chosen, clearError, regenerate]);

  return { send, takeBack, sendNow, edit, again, retry };
}
