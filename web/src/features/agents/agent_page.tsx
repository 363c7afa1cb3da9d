// One agent: how it is set up, what it was before, and what it is told.
import { Archive, CirclePlay, Ellipsis, MessageSquare, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";

import { asProblem } from "~/shared/api/problems";
import type { Agent, Me } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";
import { Badge } from "~/shared/ui/badge";
import { Button, IconButton } from "~/shared/ui/button";
import { Loaded, renderLoading } from "~/shared/ui/loaded";
import { Menu } from "~/shared/ui/menu";
import { PageFrame } from "~/shared/ui/page_frame";
import { later } from "~/shared/ui/later";
import { toast } from "~/shared/ui/toasts";

import { AgentForm } from "./agent_form";
import { type AgentSection, agentAddress, agentsAddress, talkAddress } from "./addresses";
import { useAgent, useDeleteAgent, useSwitchAgent } from "./queries";
import { StatisticsLine } from "./statistics_line";
import { mayChange, statusNames, typeNames } from "./words";

const VersionsSection = later(() => import("./versions_section"), renderLoading);
const PromptSection = later(() => import("./prompt_section"), renderLoading);
const ConfirmDialog = later(() => import("~/shared/ui/confirm_dialog"));

const sections: readonly { name: AgentSection; title: Word }[] = [
  { name: "setup", title: "Setup" },
  { name: "versions", title: "Versions" },
  { name: "prompt", title: "What it is told" },
];

function Sections({ agent, current }: { agent: Agent; current: AgentSection }) {
  return (
    <nav aria-label={t("Parts of the agent")} className="border-b border-line">
      <ul className="-mb-px flex gap-1 overflow-x-auto">
        {sections
          .filter(({ name }) => name !== "versions" || !agent.built_in)
          .map(({ name, title }) => (
            <li key={name}>
              <Link
                href={agentAddress(agent.id, name)}
                aria-current={name === current ? "page" : undefined}
                className="block border-b-2 border-transparent px-3 py-2 text-sm whitespace-nowrap text-quiet -outline-offset-2 hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-ink"
              >
                {t(title)}
              </Link>
            </li>
          ))}
      </ul>
    </nav>
  );
}

/** The verbs for an agent that this person may change. */
function AgentVerbs({ agent }: { agent: Agent }) {
  const [asking, setAsking] = useState(false);
  const [, navigate] = useLocation();
  const change = useSwitchAgent(agent.id);
  const remove = useDeleteAgent(agent.id);
  const archive = () =>
    change.mutate("archive", {
      // A draft cannot become a draft again.
      onSuccess: () =>
        toast(
          t("“{name}” is archived.", { name: agent.name }),
          agent.status === "active" ? { label: t("Undo"), onClick: () => change.mutate("activate") } : undefined,
        ),
    });
  const confirm = () =>
    remove.mutate(undefined, {
      onSuccess: () => {
        toast(t("“{name}” was deleted.", { name: agent.name }));
        navigate(agentsAddress);
      },
    });
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t("Options for {name}", { name: agent.name })}>
            <Ellipsis aria-hidden className="size-4.5" />
          </IconButton>
        }
        entries={[
          ...(agent.status === "archived" ? [] : [{ kind: "item" as const, label: t("Archive"), icon: <Archive />, onSelect: archive }]),
          { kind: "item", label: t("Delete"), icon: <Trash2 />, danger: true, onSelect: () => setAsking(true) },
        ]}
      />
      {asking ? (
        <ConfirmDialog
          title={t("Delete “{name}”?", { name: agent.name })}
          description={t("Its versions and figures go with it. Conversations stay. An agent that you may need again can be archived instead.")}
          verb={t("Delete")}
          onConfirm={confirm}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </>
  );
}

function ActivateButton({ agent }: { agent: Agent }) {
  const change = useSwitchAgent(agent.id);
  const activate = () => change.mutate("activate", { onSuccess: () => toast(t("“{name}” is active now.", { name: agent.name })) });
  return (
    <Button look="loud" busy={change.isPending} onClick={activate}>
      <CirclePlay aria-hidden className="size-4" /> {t("Activate")}
    </Button>
  );
}

function Shown({ me, agent, section }: { me: Me; agent: Agent; section: AgentSection }) {
  const isEditable = mayChange(me, agent);
  return (
    <>
      <div className="space-y-3">
        <div className="flex flex-wrap items-center gap-2">
          <Badge look={agent.status === "active" ? "accent" : "plain"}>{agent.built_in ? t("Built in") : t(statusNames[agent.status])}</Badge>
          <Badge>{t(typeNames[agent.type])}</Badge>
          {agent.built_in ? null : <Badge>{t("Version {number}", { number: agent.version })}</Badge>}
          <span className="me-auto" />
          {agent.status === "archived" ? null : (
            <Link
              href={talkAddress(agent.id)}
              className="inline-flex h-9 items-center gap-2 rounded-lg border border-line bg-raised px-3.5 text-sm font-medium whitespace-nowrap transition-colors duration-150 hover:bg-hover"
            >
              <MessageSquare aria-hidden className="size-4" /> {agent.status === "draft" ? t("Try it") : t("Talk to it")}
            </Link>
          )}
          {agent.status !== "active" && isEditable ? <ActivateButton agent={agent} /> : null}
        </div>
        <StatisticsLine id={agent.id} />
      </div>
      <Sections agent={agent} current={section} />
      {/* What is written stays while one looks at the other parts. */}
      <div hidden={section !== "setup"}>
        <AgentForm key={agent.id} me={me} agent={agent} isEditable={isEditable} />
      </div>
      {section === "versions" ? <VersionsSection agent={agent} isEditable={isEditable} /> : null}
      {section === "prompt" ? <PromptSection agent={agent} /> : null}
    </>
  );
}

type AgentPageProps = { me: Me; id: string; section: AgentSection; beside: ReactNode };

export default function AgentPage({ me, id, section, beside }: AgentPageProps) {
  const query = useAgent(id);
  const agent = query.data;
  const isMissing = agent === undefined && query.error !== null && asProblem(query.error).status === 404;
  return (
    <PageFrame
      title={agent?.name ?? t("Agent")}
      above={{ title: t("Agents"), href: agentsAddress }}
      beside={beside}
      actions={agent !== undefined && mayChange(me, agent) ? <AgentVerbs agent={agent} /> : null}
    >
      {isMissing ? (
        <div className="py-10 text-center">
          <h2 className="text-lg font-semibold">{t("This agent does not exist")}</h2>
          <p className="mt-1.5 text-quiet">{t("It may have been deleted, or it is a draft of somebody else.")}</p>
        </div>
      ) : (
        <Loaded query={query} waiting={t("Loading the agent…")}>
          {(found) => <Shown me={me} agent={found} section={section} />}
        </Loaded>
      )}
    </PageFrame>
  );
}
