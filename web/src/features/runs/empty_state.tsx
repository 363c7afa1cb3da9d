// The first sight of a new conversation: a word of welcome, four prompts to begin with, and what Steward can do.
import { Bot, ChartColumn, Database, Layers, type LucideIcon, UserSearch, Workflow, Zap } from "lucide-react";
import type { ReactNode } from "react";

import { type Word, t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";

type QuickPrompt = { title: Word; prompt: Word; icon: LucideIcon };

export const quickPrompts = [
  {
    title: "Create an agent",
    prompt: "Help me create an agent: ask what it should do, then write its instructions.",
    icon: Bot,
  },
  {
    title: "Analyze sales",
    prompt: "Analyze our sales: show the main trends and what I should look at first.",
    icon: ChartColumn,
  },
  { title: "Find customers", prompt: "Find the customers I should talk to next, and say why.", icon: UserSearch },
  {
    title: "Optimize workflows",
    prompt: "Look at how we work and suggest which workflows to optimize first.",
    icon: Workflow,
  },
] as const satisfies readonly QuickPrompt[];

const features = [
  { name: "Workspace knowledge", icon: Database },
  { name: "Real-time actions", icon: Zap },
  { name: "Multi-model", icon: Layers },
] as const satisfies readonly { name: Word; icon: LucideIcon }[];

type EmptyStateProps = {
  onPrompt: (prompt: string) => void;
  notice?: ReactNode;
  offer?: ReactNode;
  below?: ReactNode;
  /** Not all of it is known yet: it keeps its place, unseen. */
  waiting?: boolean;
};

export function EmptyState({ onPrompt, notice, offer, below, waiting = false }: EmptyStateProps) {
  return (
    <div
      className={classes(
        "mx-auto flex min-h-full w-full max-w-3xl flex-col justify-center px-4 py-4 sm:px-6 sm:py-8",
        waiting && "invisible",
      )}
    >
      <h1 className="text-2xl font-semibold tracking-tight sm:text-3xl">{t("Start a conversation")}</h1>
      <p className="mt-2 text-base text-quiet">{t("Ask a question, or begin with one of these.")}</p>
      {notice}
      {offer}
      <ul className="mt-6 grid auto-rows-fr gap-2.5 sm:grid-cols-2">
        {quickPrompts.map(({ title, prompt, icon: Icon }) => (
          <li key={title} className="flex">
            <button
              type="button"
              onClick={() => onPrompt(t(prompt))}
              className="group flex w-full items-start gap-3 rounded-xl border border-line bg-raised p-3.5 text-start shadow-low transition-colors duration-150 hover:border-line-strong"
            >
              <Icon aria-hidden className="mt-0.5 size-4.5 shrink-0 text-accent" />
              <span className="min-w-0">
                <span className="block text-sm font-medium">{t(title)}</span>
                <span className="mt-0.5 block text-sm leading-5 text-quiet">{t(prompt)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <ul aria-label={t("What Steward brings")} className="mt-6 flex flex-wrap gap-x-6 gap-y-2 text-sm text-quiet">
        {features.map(({ name, icon: Icon }) => (
          <li key={name} className="flex items-center gap-2">
            <Icon aria-hidden className="size-4" />
            {t(name)}
          </li>
        ))}
      </ul>
      {below}
    </div>
  );
}
