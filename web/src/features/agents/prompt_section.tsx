// What an agent would be told just now, part by part, before the documents and the conversation.
import type { Agent } from "~/shared/api/types";
import { type Word, counted, t } from "~/shared/language/words";
import { CopyButton } from "~/shared/ui/copy_button";
import { Loaded } from "~/shared/ui/loaded";

import { usePrompt } from "./queries";

/** The sections that the server writes. */
const sectionNames: Readonly<Record<string, Word>> = {
  identity: "Identity|prompt",
  instructions: "Instructions",
  guidelines: "Guidelines",
  style: "Style",
  tools: "Tools",
  context: "Context",
  agents: "Agents",
  customers: "Customers",
  workflows: "Workflows",
  profile: "Profile",
  memories: "Memories",
  time: "Time",
};

/** A section that is newer than this page: "workspace_facts" as "Workspace facts". */
const inWords = (name: string): string => {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const titleOf = (name: string): string => {
  const known = sectionNames[name];
  return known === undefined ? inWords(name) : t(known);
};

export default function PromptSection({ agent }: { agent: Agent }) {
  const prompt = usePrompt(agent.id);
  return (
    <Loaded query={prompt} waiting={t("Loading what it is told…")}>
      {({ sections, text, tokens }) => (
        <div className="space-y-4">
          <div className="flex items-center gap-2">
            <p className="flex-1 text-sm text-quiet">
              {t("If you asked it now, the model would read this first: about {tokens}. Passages and the conversation follow.", {
                tokens: counted(tokens, "{count} token", "{count} tokens"),
              })}
            </p>
            <CopyButton label={t("Copy all of it")} text={() => text} />
          </div>
          <ol className="space-y-3">
            {sections.map((section) => (
              <li key={section.name} className="rounded-2xl border border-line bg-raised p-4">
                <h2 className="flex flex-wrap items-baseline gap-x-3 text-sm font-medium">
                  {titleOf(section.name)}
                  <span className="text-xs font-normal text-quiet">
                    {section.left_out ? t("left out: there is no room for it") : counted(section.tokens, "{count} token", "{count} tokens")}
                  </span>
                </h2>
                <p dir="auto" className="mt-2 text-sm whitespace-pre-wrap text-quiet wrap-anywhere">{section.text}</p>
              </li>
            ))}
          </ol>
        </div>
      )}
    </Loaded>
  );
}
