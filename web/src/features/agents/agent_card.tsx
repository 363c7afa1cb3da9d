// An agent in a list: what it is called, what it is for, and a way to talk to it.
import { MessageSquare } from "lucide-react";
import { Link } from "wouter";

import type { Agent } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Badge } from "~/shared/ui/badge";

import { agentAddress, talkAddress } from "./addresses";
import { fullModel, statusNames, typeNames } from "./words";

export function AgentCard({ agent }: { agent: Agent }) {
  const { id, name, description, status, type, schedule, built_in } = agent;
  const model = fullModel(agent);
  return (
    <li
      aria-label={name}
      className="relative flex min-w-0 flex-col rounded-2xl border border-line bg-raised p-4 shadow-low transition-colors duration-150 focus-within:border-line-strong hover:border-line-strong"
    >
      <div className="flex items-start gap-2">
        <h3 className="min-w-0 flex-1 font-medium wrap-anywhere">
          {/* The whole card leads to the agent. */}
          <Link href={agentAddress(id)} dir="auto" className="line-clamp-2 rounded after:absolute after:inset-0 after:rounded-2xl">
            {name}
          </Link>
        </h3>
        {built_in ? null : <Badge look={status === "active" ? "accent" : "plain"}>{t(statusNames[status])}</Badge>}
      </div>
      <p dir="auto" className="mt-1 line-clamp-2 text-sm text-quiet wrap-anywhere">
        {description || t("No description yet.")}
      </p>
      <div className="mt-3 flex flex-1 items-end gap-2 text-xs text-quiet">
        <p className="min-w-0 flex-1 truncate">
          {[t(typeNames[type]), model, schedule ? t("begins by the clock") : null].filter(Boolean).join(" · ")}
        </p>
        {status === "archived" ? null : (
          <Link
            href={talkAddress(id)}
            aria-label={status === "draft" ? t("Try {name}", { name }) : t("Talk to {name}", { name })}
            className="relative z-10 -m-1.5 inline-flex h-8 items-center gap-1.5 rounded-lg px-2 text-sm text-accent transition-colors duration-150 hover:bg-hover"
          >
            <MessageSquare aria-hidden className="size-4" /> {status === "draft" ? t("Try") : t("Talk")}
          </Link>
        )}
      </div>
    </li>
  );
}
