// The settings: who one is, what is used, budgets, keys and what happened. Each room's section is loaded when it is opened.
import { Brain, ChartColumn, Cpu, History, IdCard, KeyRound, type LucideIcon, MessageCircleHeart, PiggyBank, ScrollText, UserRound, UsersRound, Wrench } from "lucide-react";
import { type ComponentType, type ReactNode, useEffect } from "react";
import { Link } from "wouter";

import type { Me } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";
import { settingsAddress } from "~/shared/lib/places";
import { renderLoading } from "~/shared/ui/loaded";
import { later } from "~/shared/ui/later";

import { MissingPage } from "./missing_page";

type Section = { name: string; title: Word; icon: LucideIcon; shown: ComponentType<{ me: Me }>; adminsOnly?: boolean };

const sections: readonly Section[] = [
  { name: "account", title: "Account", icon: UserRound, shown: later(() => import("~/features/identity/account_section"), renderLoading) },
  { name: "profile", title: "Profile", icon: IdCard, shown: later(() => import("~/features/memory/profile_section"), renderLoading) },
  { name: "memory", title: "Memory", icon: Brain, shown: later(() => import("~/features/memory/memory_section"), renderLoading) },
  { name: "members", title: "Members", icon: UsersRound, shown: later(() => import("~/features/identity/members_section"), renderLoading) },
  { name: "usage", title: "Usage", icon: ChartColumn, shown: later(() => import("~/features/usage/usage_section"), renderLoading) },
  { name: "budgets", title: "Budgets", icon: PiggyBank, shown: later(() => import("~/features/usage/budgets_section"), renderLoading) },
  { name: "calls", title: "Calls", icon: ScrollText, shown: later(() => import("~/features/usage/calls_section"), renderLoading) },
  { name: "models", title: "Models", icon: Cpu, shown: later(() => import("~/features/providers/providers_section"), renderLoading) },
  { name: "tools", title: "Tools", icon: Wrench, shown: later(() => import("~/features/tools/tools_section"), renderLoading) },
  { name: "feedback", title: "Feedback", icon: MessageCircleHeart, shown: later(() => import("~/features/threads/feedback_section"), renderLoading), adminsOnly: true },
  { name: "keys", title: "API keys", icon: KeyRound, shown: later(() => import("~/features/identity/keys_section"), renderLoading), adminsOnly: true },
  { name: "activity", title: "Activity", icon: History, shown: later(() => import("~/features/audit/activity_section"), renderLoading) },
];

function Sections({ me, current }: { me: Me; current: string }) {
  const isAdmin = me.role === "owner" || me.role === "admin";
  return (
    <nav aria-label={t("Settings")} className="shrink-0 md:w-44">
      <ul className="flex flex-wrap gap-1 px-2.5 py-1 sm:px-6 md:flex-col md:px-0">
        {sections
          .filter(({ adminsOnly }) => isAdmin || adminsOnly !== true)
          .map(({ name, title, icon: Icon }) => (
            <li key={name}>
              <Link
                href={`${settingsAddress}/${name}`}
                aria-current={name === current ? "page" : undefined}
                className="flex h-9 items-center gap-2.5 rounded-lg px-2 text-sm whitespace-nowrap sm:px-2.5 transition-colors duration-150 hover:bg-hover aria-[current=page]:bg-hover aria-[current=page]:font-medium"
              >
                <Icon aria-hidden className="size-4 text-quiet max-sm:hidden" /> {t(title)}
              </Link>
            </li>
          ))}
      </ul>
    </nav>
  );
}

type SettingsPageProps = { me: Me; section: string; beside: ReactNode };

export default function SettingsPage({ me, section, beside }: SettingsPageProps) {
  const found = sections.find(({ name }) => name === section);
  const title = t(found?.title ?? "Settings");
  useEffect(() => {
    document.title = `${title} · Steward`;
  }, [title]);
  if (!found) return <MissingPage title={t("This page does not exist")} lead={t("The address may be mistyped.")} />;
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <header className="flex h-14 shrink-0 items-center gap-1 px-2.5 sm:px-4">
        {beside}
        <h1 className="px-1.5 text-sm font-medium">{t("Settings")}</h1>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex w-full max-w-5xl flex-col gap-x-8 pt-2 pb-10 md:flex-row md:px-6">
          <Sections me={me} current={found.name} />
          <section aria-labelledby="settings-section" className="min-w-0 flex-1 px-4 max-md:pt-4 sm:px-6 md:px-0">
            <h2 id="settings-section" className="mb-3 text-lg font-semibold tracking-tight">
              {title}
            </h2>
            <found.shown key={found.name} me={me} />
          </section>
        </div>
      </div>
    </main>
  );
}
