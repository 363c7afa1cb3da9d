// What tools tell of their work while they are at it. Nobody keeps it, so it stands beside the messages.
import { createContext, useContext, useSyncExternalStore } from "react";

export class ToolProgress {
  private readonly told = new Map<string, string>();
  private readonly listeners = new Set<() => void>();

  tell(callId: string, sentence: string): void {
    this.told.set(callId, sentence);
    for (const listener of this.listeners) listener();
  }

  of(callId: string): string | null {
    return this.told.get(callId) ?? null;
  }

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

const Told = createContext(new ToolProgress());

/** Gives the cards below what the tools of their conversation tell. */
export const ToolProgressSource = Told.Provider;

/** The last thing that a call told of itself, or null. */
export function useProgress(callId: string): string | null {
  const told = useContext(Told);
  return useSyncExternalStore(told.listen, () => told.of(callId));
}
