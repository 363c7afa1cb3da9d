// The kinds of memories, in words.
import type { Word } from "~/shared/language/words";

import type { Kind } from "./queries";

export const kindNames: Record<Kind, Word> = {
  fact: "Facts",
  goals: "Goals",
  challenges: "Challenges",
  progress: "Progress",
  recent: "Recent",
};

/** One memory of a kind. */
export const kindName: Record<Kind, Word> = {
  fact: "Fact",
  goals: "Goal",
  challenges: "Challenge",
  progress: "Progress",
  recent: "Recent",
};
