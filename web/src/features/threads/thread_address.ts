// Where a conversation is read, and whether an address names it.
import { navigate } from "wouter/use-browser-location";

import type { Thread } from "~/shared/api/types";

export const threadAddress = (thread: Thread): string => `/chat/${encodeURIComponent(thread.client_id ?? thread.id)}`;

/** Where it is read from one of its messages on. */
export const messageAddress = (thread: Thread, messageId: string): string => `${threadAddress(thread)}?message=${encodeURIComponent(messageId)}`;

/** Lead to one of its messages: also again, whoever has read on from there meanwhile. */
export const openMessage = (thread: Thread, messageId: string): void =>
  navigate(messageAddress(thread, messageId), { state: { press: Date.now() } });

export const isThread = (thread: Thread, id: string | null): boolean =>
  id !== null && (thread.id === id || thread.client_id === id);

/** When something was last said in it. */
export const lastMoment = (thread: Thread): string => thread.last_message_at ?? thread.updated_at;
