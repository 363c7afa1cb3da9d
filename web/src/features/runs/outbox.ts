// What was said but is not with the server yet, in its order: kept in the browser for each person and conversation, so
// that neither a lost line nor a reload loses it.
import { local } from "~/shared/lib/storage";

import type { ChatMessage } from "./messages";

/** A message on its way. The server keeps each name once, so sending it again is safe. */
export type Unsent = {
  id: string;
  parts: ChatMessage["parts"];
  /** The model that was chosen for it. */
  model?: string;
  /** Who was chosen to answer it. */
  agentId?: string;
  /** It was said while an answer was being written: what that answer asks a person comes first. */
  patient?: boolean;
};

const keyOf = (userId: string, conversationId: string) => `steward.outbox.${userId}.${conversationId}`;

function stored(key: string): Unsent[] {
  try {
    const items = JSON.parse(local.get(key) ?? "[]") as unknown;
    return Array.isArray(items) ? items.filter((item: Unsent) => typeof item?.id === "string" && Array.isArray(item.parts)) : [];
  } catch {
    return [];
  }
}

/** Whether somebody said something in a conversation that the server has not taken. */
export const hasUnsent = (userId: string, conversationId: string): boolean => stored(keyOf(userId, conversationId)).length > 0;

export class Outbox {
  private readonly key: string;
  private items: readonly Unsent[];
  private readonly listeners = new Set<() => void>();

  constructor(userId: string, conversationId: string) {
    this.key = keyOf(userId, conversationId);
    this.items = stored(this.key);
  }

  readonly read = (): readonly Unsent[] => this.items;

  has(id: string): boolean {
    return this.items.some((item) => item.id === id);
  }

  add(item: Unsent): void {
    this.keep([...stored(this.key), item], [...this.items, item]);
  }

  /** Forget messages: they arrived, were refused, or were taken back. */
  remove(...ids: string[]): void {
    const without = (items: readonly Unsent[]) => items.filter((item) => !ids.includes(item.id));
    const rest = without(this.items);
    if (rest.length < this.items.length) this.keep(without(stored(this.key)), rest);
  }

  /** Listen to changes, also to what another tab takes back. What that one adds it sends by itself. */
  readonly listen = (listener: () => void): (() => void) => {
    const onStorage = (event: StorageEvent) => {
      if (event.key !== this.key) return;
      const left = new Set(stored(this.key).map(({ id }) => id));
      if (this.items.every(({ id }) => left.has(id))) return;
      this.items = this.items.filter(({ id }) => left.has(id));
      listener();
    };
    this.listeners.add(listener);
    window.addEventListener("storage", onStorage);
    return () => {
      this.listeners.delete(listener);
      window.removeEventListener("storage", onStorage);
    };
  };

  /** `all` waits in this browser; `own` of it here. */
  private keep(all: readonly Unsent[], own: readonly Unsent[]): void {
    this.items = own;
    local.set(this.key, all.length === 0 ? null : JSON.stringify(all));
    for (const listener of this.listeners) listener();
  }
}
