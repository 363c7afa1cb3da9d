// How messages go to the server: one at a time, with what it has to know, and word when the server has taken them.
import { DefaultChatTransport } from "ai";

import { csrfHeaders } from "~/shared/api/client";

import type { ChatMessage } from "./messages";

/** How one request differs from what the page would send by itself. */
export type Way = {
  /** Send the last request once more, as it was. */
  resend?: boolean;
  /** What the message stands for on the server, where that is not what it replaces on the page. */
  edits?: string | null;
  /** The model to ask, whatever the page's choice is now. */
  model?: string | undefined;
  /** Who shall answer, whoever is chosen on the page now. */
  agentId?: string | undefined;
  /** Do not go when an answer is being written that this page does not know of. */
  isPatient?: boolean;
};

export type Body = { id: string; message: ChatMessage | object | undefined; trigger: string; messageId?: string; model?: string; agentId?: string; whenBusy?: "refuse" };

type TransportOptions = {
  model: () => string | undefined;
  /** Who shall answer from now on; nothing leaves it to what the server remembers. */
  agent: () => string | undefined;
  /** What was asked last. */
  sent: { body: Body | null };
  /** The server took a message, and keeps it from now on. */
  onTaken: (messageId: string) => void;
  /** The server said whether it is writing an answer that can be read on. */
  onResumed: () => void;
};

export function transportFor({ model, agent, sent, onTaken, onResumed }: TransportOptions) {
  return new DefaultChatTransport<ChatMessage>({
    api: "/api/v1/chat",
    credentials: "same-origin",
    headers: csrfHeaders,
    fetch: async (input, init) => {
      const response = await globalThis.fetch(input, init);
      if (init?.method === "GET") onResumed();
      else if (response.ok && sent.body?.message) onTaken((sent.body.message as ChatMessage).id);
      return response;
    },
    prepareSendMessagesRequest: ({ id, messages, trigger, messageId, requestMetadata }) => {
      // What never arrived is sent once more as it was; messages have names, so the server keeps each once.
      const way = (requestMetadata ?? {}) as Way;
      if (way.resend === true && sent.body !== null) return { body: { ...sent.body, ...(way.model ? { model: way.model } : {}) } };
      const last = messages.at(-1);
      const message = last && { id: last.id, role: last.role, parts: last.parts };
      const target = way.edits === undefined ? messageId : way.edits;
      const chosen = way.model ?? model();
      const agentId = way.agentId ?? agent();
      sent.body = {
        id,
        message,
        trigger,
        ...(target ? { messageId: target } : {}),
        ...(chosen ? { model: chosen } : {}),
        ...(agentId ? { agentId } : {}),
        ...(way.isPatient ? { whenBusy: "refuse" } : {}),
      };
      return { body: sent.body };
    },
  });
}
