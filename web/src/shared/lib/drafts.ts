// What somebody typed but did not send, kept for each person and conversation until it is sent or deleted.
import { local } from "./storage";

const key = (userId: string, threadId: string) => `steward.draft.${userId}.${threadId}`;

/** The name of what is written for a conversation that has not begun. */
export const NEW_DRAFT = "new";

/** The drafts of one person: nobody else who signs in here is shown them. */
export const draftsOf = (userId: string) => ({
  read: (threadId: string): string => local.get(key(userId, threadId)) ?? "",
  keep: (threadId: string, text: string): void => local.set(key(userId, threadId), text === "" ? null : text),
});
