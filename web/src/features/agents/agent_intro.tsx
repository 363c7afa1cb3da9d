// Who answers in a new conversation, and what they say before anybody asks.
import { Bot } from "lucide-react";

import type { Agent } from "~/shared/api/types";
import { t } from "~/shared/language/words";

export function AgentIntro({ agent }: { agent: Agent }) {
  return (
    <section aria-label={t("About {name}", { name: agent.name })} className="mt-5 flex gap-3 rounded-2xl border border-line bg-raised p-4 shadow-low">
      <Bot aria-hidden className="mt-0.5 size-5 shrink-0 text-accent" />
      <div className="min-w-0">
        <p className="font-medium wrap-anywhere">{t("You talk with {name}", { name: agent.name })}</p>
        {agent.description ? <p dir="auto" className="mt-0.5 text-sm text-quiet wrap-anywhere">{agent.description}</p> : null}
        {agent.greeting ? <p dir="auto" className="mt-2 whitespace-pre-wrap wrap-anywhere">{agent.greeting}</p> : null}
      </div>
    </section>
  );
}
