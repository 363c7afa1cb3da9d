// The kinds of memories, in words.
import type { Kind } from "./queries";

export const kindNames: Record<Kind, string> = {
  fact: "Facts",
  goals: "Goals",
  challenges: "Challenges",
  progress: "Progress",
  recent: "Recent",
};

/** One memory of a kind. */
export const kindName: Record<Kind, string> = {
  fact: "Fact",
  goals: "Goal",
  challenges: "Challenge",
  progress: "Progress",
  recent: "Recent",
};
