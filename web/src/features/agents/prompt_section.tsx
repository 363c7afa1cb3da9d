// What an agent would be told just now, part by part, before the documents and the conversation.
import type { Agent } from "~/shared/api/types";
import { count } from "~/shared/lib/moments";
import { CopyButton } from "~/shared/ui/copy_button";
import { Loaded } from "~/shared/ui/loaded";

import { usePrompt } from "./queries";

/** "workspace_facts" as "Workspace facts". */
const inWords = (name: string): string => {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export default function PromptSection({ agent }: { agent: Agent }) {
  const prompt = usePrompt(agent.id);
  return (
    <Loaded query={prompt} waiting="Loading what it is told…">
      {({ sections, text, tokens }) => (
        <div className="space-y-4">
          <div className="flex items-center gap-2">
            <p className="flex-1 text-sm text-quiet">
              If you asked it now, the model would read this first: about {count(tokens)} tokens. Passages and the conversation follow.
            </p>
            <CopyButton label="Copy all of it" text={() => text} />
          </div>
          <ol className="space-y-3">
            {sections.map((section) => (
              <li key={section.name} className="rounded-2xl border border-line bg-raised p-4">
                <h2 className="flex flex-wrap items-baseline gap-x-3 text-sm font-medium">
                  {inWords(section.name)}
                  <span className="text-xs font-normal text-quiet">
                    {section.left_out ? "left out: there is no room for it" : `${count(section.tokens)} tokens`}
                  </span>
                </h2>
                <p className="mt-2 text-sm whitespace-pre-wrap text-quiet wrap-anywhere">{section.text}</p>
              </li>
            ))}
          </ol>
        </div>
      )}
    </Loaded>
  );
}
