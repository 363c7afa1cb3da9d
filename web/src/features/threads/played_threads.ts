// Conversations for tests, whole and plain.
import type { Thread } from "~/shared/api/types";

export const threadOf = (change: Partial<Thread> = {}): Thread => ({
  id: "thread_1",
  client_id: null,
  title: "Harbour plans",
  model: null,
  agent_id: null,
  pinned: false,
  archived: false,
  tags: [],
  status: "idle",
  message_count: 2,
  token_count: 0,
  last_message_preview: "",
  last_message_at: "2026-11-21T10:00:00Z",
  created_at: "2026-11-21T10:00:00Z",
  updated_at: "2026-11-21T10:00:00Z",
  head_id: null,
  metadata: {},
  ...change,
});

export const pageOf = (items: Thread[], next_cursor: string | null = null) => ({ items, next_cursor });
