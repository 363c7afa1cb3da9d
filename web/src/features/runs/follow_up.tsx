// What could be said next: a press says it. Who reads a conversation of somebody else says nothing in it.
import { Wrench } from "lucide-react";
import { createContext, useContext } from "react";

import { t } from "~/shared/language/words";

import type { SuggestionData } from "./tool_calls";
import { toolWords } from "./tool_words";

const Say = createContext<((words: string) => void) | null>(null);

/** Says how a follow-up is sent in the conversation within. */
export const FollowUps = Say.Provider;

const look = "mt-3 inline-flex max-w-full items-center gap-1.5 rounded-full border border-line px-2.5 py-1 text-xs";

/** The tool that fits the question, as a follow-up while it is the last word. */
export function SuggestedTool({ suggested, last }: { suggested: SuggestionData; last: boolean }) {
  const say = useContext(Say);
  const name = toolWords(suggested.tool);
  const icon = <Wrench aria-hidden className="size-3.5 shrink-0" />;
  if (say === null || !last)
    return (
      <p className={`${look} text-quiet`}>
        {icon}
        <span className="truncate" title={suggested.reason}>
          {t("A tool that fits: {name}", { name })}
        </span>
      </p>
    );
  return (
    <div role="group" aria-label={t("Follow-ups")}>
      <button
        type="button"
        title={suggested.reason}
        onClick={() => say(t("Use the tool “{name}” for this.", { name }))}
        className={`${look} transition-colors duration-150 hover:border-line-strong hover:bg-hover`}
      >
        {icon}
        <span className="truncate">{t("Use “{name}” for this", { name })}</span>
      </button>
    </div>
  );
}
