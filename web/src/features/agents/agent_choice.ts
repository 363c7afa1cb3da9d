// Whom a conversation talks with: whom the server remembers, until this person chooses somebody else.
import { useState } from "react";
import { useSearch } from "wouter";

import type { Agent, Thread } from "~/shared/api/types";

import { useActiveAgents, useAgent, useBuiltIn } from "./queries";

export const DEFAULT_AGENT = "asst_default";

export type AgentChoice = {
  /** What goes with the next message; nothing leaves it to what the server remembers. */
  asked: string | undefined;
  /** Who answers. */
  id: string;
  /** What is known of them; nothing while it is read, or when they are gone. */
  agent: Agent | undefined;
  isDefault: boolean;
  /** Who that is, is being read. */
  isPending: boolean;
  choose: (id: string) => void;
};

/** The agent of a conversation. A new one takes it from the address: `/?agent=…`. */
export function useAgentChoice(thread: Pick<Thread, "agent_id"> | null, isAtStart: boolean): AgentChoice {
  const named = new URLSearchParams(useSearch()).get("agent");
  const [seen, setSeen] = useState(isAtStart ? named : null);
  const [picked, setPicked] = useState(isAtStart ? named : null);
  // Another link to a new conversation, while one is open: it says who answers there.
  if (isAtStart && named !== seen) {
    setSeen(named);
    setPicked(named);
  }
  const id = picked ?? thread?.agent_id ?? DEFAULT_AGENT;
  const builtIn = useBuiltIn();
  const active = useActiveAgents();
  const known = [...(builtIn.data ?? []), ...(active.data ?? [])].find((agent) => agent.id === id);
  // A draft that its maker tries, or one that was archived.
  const other = useAgent(known === undefined && id !== DEFAULT_AGENT && builtIn.isSuccess && active.isSuccess ? id : null);
  const isPending = builtIn.isPending || active.isPending || other.isLoading;
  const isAsked = picked !== null && picked !== (thread?.agent_id ?? DEFAULT_AGENT);
  return { asked: isAsked ? picked : undefined, id, agent: known ?? other.data, isDefault: id === DEFAULT_AGENT, isPending: id !== DEFAULT_AGENT && isPending, choose: setPicked };
}
