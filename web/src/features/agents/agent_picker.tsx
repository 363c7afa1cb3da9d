// Choose who answers: the assistant, a built-in agent, or one of the workspace's.
import { Bot, ChevronDown } from "lucide-react";
import { navigate } from "wouter/use-browser-location";

import type { Agent } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Menu, type MenuEntry } from "~/shared/ui/menu";

import { type AgentChoice, DEFAULT_AGENT } from "./agent_choice";
import { agentsAddress } from "./addresses";
import { useActiveAgents, useBuiltIn } from "./queries";

const choiceOf = ({ id, name }: Agent) => ({ value: id, label: name, ...(id === DEFAULT_AGENT ? { note: t("default") } : {}) });

export function AgentPicker({ choice }: { choice: AgentChoice }) {
  const builtIn = useBuiltIn().data ?? [];
  const own = useActiveAgents().data ?? [];
  const { agent, id, isDefault, choose } = choice;
  const isListed = agent === undefined || [...builtIn, ...own].some((one) => one.id === agent.id);
  const name = agent?.name ?? (isDefault ? "Steward" : t("An agent"));
  const shown = isListed ? own : [...own, agent];
  const entries: MenuEntry[] = [
    ...(shown.length === 0 ? [] : [{ kind: "choice" as const, label: t("Your agents"), value: id, choices: shown.map(choiceOf), onChoose: choose }]),
    { kind: "choice", label: t("Built in|agents"), value: id, choices: builtIn.map(choiceOf), onChoose: choose },
    { kind: "line", name: "before all agents" },
    { kind: "item", label: t("All agents…"), icon: <Bot />, onSelect: () => navigate(agentsAddress) },
  ];
  return (
    <Menu
      side="top"
      align="start"
      trigger={
        <button
          type="button"
          aria-label={t("Agent: {name}", { name })}
          className="inline-flex h-8 max-w-44 min-w-0 items-center gap-1.5 rounded-lg px-2 text-sm text-quiet transition-colors duration-150 hover:bg-hover hover:text-ink"
        >
          <Bot aria-hidden className={isDefault ? "size-4 shrink-0" : "size-4 shrink-0 text-accent"} />
          <span dir="auto" className={isDefault ? "truncate max-sm:sr-only" : "truncate text-ink"}>{name}</span>
          <ChevronDown aria-hidden className="size-3.5 shrink-0" />
        </button>
      }
      entries={entries}
    />
  );
}
