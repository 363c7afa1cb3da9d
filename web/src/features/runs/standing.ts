// How conversations stand at the server, told to whichever part of the page shows them.
import { useEffect, useRef } from "react";

import type { ThreadDetail } from "~/shared/api/types";

type Listener = (standing: ThreadDetail) => void;

const listeners = new Set<Listener>();

/** Tell how a conversation stands now: what it is, its newest message, and what answers in it. */
export function tellStanding(standing: ThreadDetail): void {
  for (const listener of listeners) listener(standing);
}

/** Hear how one conversation stands whenever it changed, by whomever. */
export function useStanding(id: string, onStanding: Listener): void {
  const latest = useRef(onStanding);
  useEffect(() => {
    latest.current = onStanding;
  });
  useEffect(() => {
    const listener: Listener = (standing) => {
      const { thread } = standing;
      if (thread.id === id || thread.client_id === id) latest.current(standing);
    };
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, [id]);
}
