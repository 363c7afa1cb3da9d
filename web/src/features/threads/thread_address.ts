// Where a conversation is read, and whether an address names it.
import type { Thread } from "~/shared/api/types";

export const threadAddress = (thread: Thread): string => `/chat/${encodeURIComponent(thread.client_id ?? thread.id)}`;

/** Where it is read from one of its messages on. */
export const messageAddress = (thread: Thread, messageId: string): string => `${threadAddress(thread)}?message=${encodeURIComponent(messageId)}`;

export const isThread = (thread: Thread, id: string | null): boolean =>
  id !== null && (thread.id === id || thread.client_id === id);

/** When something was last said in it. */
export const lastMoment = (thread: Thread): string => thread.last_message_at ?? thread.updated_at;
