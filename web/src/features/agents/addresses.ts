// Where agents are found.
export { agentsAddress } from "~/shared/lib/places";

/** What one sees of an agent, one part at a time. */
export type AgentSection = "setup" | "versions" | "prompt";

export const agentAddress = (id: string, section: AgentSection = "setup"): string =>
  `/agents/${encodeURIComponent(id)}${section === "setup" ? "" : `/${section}`}`;

/** A new conversation with an agent. */
export const talkAddress = (id: string): string => `/?agent=${encodeURIComponent(id)}`;
