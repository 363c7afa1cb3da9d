// The visitor's conversations: one for each kind of chat, found again on the server, begun anew when asked to.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { Thread } from "~/shared/api/types";
import { newId } from "~/shared/lib/ids";

import type { Kind } from "../protocol";

/** The built-in agent that looks into no documents and uses no tools. */
export const BASIC_AGENT = "asst_basic";

const kindOf = (thread: Thread): Kind => (thread.agent_id === BASIC_AGENT ? "basic" : "assistant");

/** One conversation. `fresh`: the server knows nothing of it. */
export type Place = { id: string; fresh: boolean };

const begun = (): Place => ({ id: newId("c"), fresh: true });

const readThreads = async (signal: AbortSignal) =>
  (await answered<{ items: Thread[] }>(api.GET("/api/v1/chat", { params: { query: { limit: 50 } }, signal }))).items;

/** Where each kind of chat stands: the newest conversation of the kind, or a new one. */
export function useChats() {
  const found = useQuery({
    queryKey: keys.threads,
    queryFn: ({ signal }) => readThreads(signal),
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const [moved, setMoved] = useState<Partial<Record<Kind, Place>>>({});
  // One new conversation for each kind, for as long as nothing is said in it.
  const [blank] = useState<Record<Kind, Place>>(() => ({ basic: begun(), assistant: begun() }));
  const placeOf = (kind: Kind): Place => {
    const known = found.data?.find((thread) => kindOf(thread) === kind);
    return moved[kind] ?? (known ? { id: known.id, fresh: false } : blank[kind]);
  };
  return {
    found,
    placeOf,
    beginAnew: (kind: Kind) => setMoved((all) => ({ ...all, [kind]: begun() })),
    /** The server knows it from now on; what shows it now goes on as it is. */
    keep: (kind: Kind, place: Place) => setMoved((all) => ({ ...all, [kind]: { ...place, fresh: false } })),
  };
}
