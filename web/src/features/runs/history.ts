// Conversations as the server holds them, read a page at a time.
import { answered, api } from "~/shared/api/client";
import type { ThreadDetail } from "~/shared/api/types";

export const PAGE = 50;
export const LARGEST_PAGE = 100;

type Reading = {
  limit?: number;
  /** The page before another one, by what that one told. */
  cursor?: string | null;
  /** The page around a message, on whichever branch it is. */
  message?: string | null;
  /** The page behind a message. */
  after?: string | null;
  signal?: AbortSignal;
};

/** A conversation with a page of its messages, newest first; those of its end when nothing else is asked for. */
export function readHistory(id: string, { limit = PAGE, cursor, message, after, signal }: Reading = {}): Promise<ThreadDetail> {
  const place = { ...(cursor ? { cursor } : {}), ...(message ? { message } : {}), ...(after ? { after } : {}) };
  return answered<ThreadDetail>(
    api.GET("/api/v1/chat/{conversation_id}", { params: { path: { conversation_id: id }, query: { limit, ...place } }, signal }),
  );
}

/** The names that pages gave to the messages that the server holds. */
export const namesOf = (detail: ThreadDetail): string[] => detail.messages.flatMap(({ client_id }) => client_id ?? []);

/** Whether the server writes an answer; one that waits for a person is not being written. */
export const isWritten = ({ live_run }: Pick<ThreadDetail, "live_run">): boolean => live_run != null && live_run.status !== "requires_action";
