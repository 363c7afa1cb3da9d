// All agents: the workspace's own, with drafts and archived ones, and those that every workspace has.
import { Bot, Plus } from "lucide-react";
import { type ReactNode, useState } from "react";

import type { Agent, Me } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";
import { useSettled } from "~/shared/lib/settled";
import { Button } from "~/shared/ui/button";
import { EmptyBox } from "~/shared/ui/empty_box";
import { Loaded } from "~/shared/ui/loaded";
import { PageFrame } from "~/shared/ui/page_frame";
import { later } from "~/shared/ui/later";
import { SearchField } from "~/shared/ui/search_field";
import { Segments } from "~/shared/ui/segments";
import { ShowMore } from "~/shared/ui/show_more";

import { AgentCard } from "./agent_card";
import { type Status, useAgents, useBuiltIn } from "./queries";

const NewAgentDialog = later(() => import("./new_agent_dialog"));

type Shown = Status | "all";
const choices: readonly { value: Shown; label: Word }[] = [
  { value: "all", label: "All" },
  { value: "active", label: "Active|agents" },
  { value: "draft", label: "Drafts|agents" },
  { value: "archived", label: "Archived|agents" },
];
const noneOf: Record<Status, Word> = { active: "No agent is active.", draft: "No agent is a draft.", archived: "No agent is archived." };

function Cards({ label, agents }: { label: string; agents: readonly Agent[] }) {
  return (
    <ul aria-label={label} className="grid gap-3 sm:grid-cols-2">
      {agents.map((agent) => (
        <AgentCard key={agent.id} agent={agent} />
      ))}
    </ul>
  );
}

/** The workspace's own agents, or the reason why there are none. */
function OwnAgents({ status, query, onNew }: { status: Status | null; query: string; onNew: (() => void) | null }) {
  const found = useAgents(status, query);
  return (
    <Loaded query={found} waiting={t("Loading the agents…")}>
      {({ pages }) => {
        const agents = pages.flatMap(({ items }) => items as Agent[]);
        if (agents.length === 0 && query !== "") return <p className="py-6 text-center text-sm text-quiet">{t("No agent here fits these words.")}</p>;
        if (agents.length === 0 && status !== null)
          return <p className="py-6 text-center text-sm text-quiet">{t(noneOf[status])}</p>;
        if (agents.length === 0)
          return (
            <EmptyBox
              icon={Bot}
              title={t("No agent of your own yet")}
              lead={
                onNew
                  ? t("Give one a name, instructions and tools, and it answers the way you want.")
                  : t("Members of the workspace can make them. You may talk to those below.")
              }
              action={
                onNew ? (
                  <Button look="loud" onClick={onNew}>
                    {t("Make an agent")}
                  </Button>
                ) : undefined
              }
            />
          );
        return (
          <section aria-labelledby="own-agents">
            <h2 id="own-agents" className="mb-3 text-sm font-semibold">
              {t("Of this workspace")}
            </h2>
            <Cards label={t("Agents of this workspace")} agents={agents} />
            <ShowMore query={found} />
          </section>
        );
      }}
    </Loaded>
  );
}

function BuiltIn({ query }: { query: string }) {
  const builtIn = useBuiltIn();
  const words = query.toLowerCase();
  return (
    <section aria-labelledby="built-in" className="space-y-3 pt-2">
      <h2 id="built-in" className="text-sm font-semibold">
        {t("Built in|agents")}
      </h2>
      <Loaded query={builtIn} waiting={t("Loading the built-in agents…")}>
        {(agents) => {
          const shown = agents.filter(({ name, description }) => `${name} ${description}`.toLowerCase().includes(words));
          if (shown.length === 0) return <p className="text-sm text-quiet">{t("No built-in agent fits these words.")}</p>;
          return <Cards label={t("Built-in agents")} agents={shown} />;
        }}
      </Loaded>
    </section>
  );
}

export default function AgentsPage({ me, beside }: { me: Me; beside: ReactNode }) {
  const [shown, setShown] = useState<Shown>("all");
  const [typed, setTyped] = useState("");
  const [making, setMaking] = useState(false);
  const query = useSettled(typed.trim());
  const mayMake = me.role !== "viewer";
  return (
    <PageFrame
      wide
      title={t("Agents")}
      beside={beside}
      actions={
        mayMake ? (
          <Button look="loud" onClick={() => setMaking(true)}>
            <Plus aria-hidden className="size-4" /> {t("New agent")}
          </Button>
        ) : null
      }
    >
      <div className="flex flex-wrap items-center gap-3">
        <Segments label={t("Which agents")} value={shown} choices={choices.map(({ value, label }) => ({ value, label: t(label) }))} onChoose={setShown} />
        <SearchField label={t("Search agents")} value={typed} onChange={setTyped} className="min-w-0 flex-1 basis-52" />
      </div>
      <OwnAgents status={shown === "all" ? null : shown} query={query} onNew={mayMake ? () => setMaking(true) : null} />
      {shown === "all" || shown === "active" ? <BuiltIn query={query} /> : null}
      {making ? (
        <NewAgentDialog onClose={() => setMaking(false)} />
      ) : null}
    </PageFrame>
  );
}
