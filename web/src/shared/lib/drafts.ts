// What somebody typed but did not send, kept for each conversation until the tab closes.
import { session } from "./storage";

const key = (threadId: string) => `steward.draft.${threadId}`;

export const drafts = {
  read: (threadId: string): string => session.get(key(threadId)) ?? "",
  keep: (threadId: string, text: string): void => session.set(key(threadId), text === "" ? null : text),
};
