// The settings: who one is, what is used, budgets, keys and what happened. Each room's section is loaded when it is opened.
import { Brain, ChartColumn, Cpu, History, IdCard, KeyRound, type LucideIcon, MessageCircleHeart, PiggyBank, ScrollText, UserRound, UsersRound, Wrench } from "lucide-react";
import { type ComponentType, type LazyExoticComponent, type ReactNode, Suspense, lazy, useEffect } from "react";
import { Link } from "wouter";

import type { Me } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";
import { settingsAddress } from "~/shared/lib/places";

import { MissingPage } from "./missing_page";

type Section = { name: string; title: Word; icon: LucideIcon; shown: LazyExoticComponent<ComponentType<{ me: Me }>>; adminsOnly?: boolean };

const sections: readonly Section[] = [
  { name: "account", title: "Account", icon: UserRound, shown: lazy(() => import("~/features/identity/account_section")) },
  { name: "profile", title: "Profile", icon: IdCard, shown: lazy(() => import("~/features/memory/profile_section")) },
  { name: "memory", title: "Memory", icon: Brain, shown: lazy(() => import("~/features/memory/memory_section")) },
  { name: "members", title: "Members", icon: UsersRound, shown: lazy(() => import("~/features/identity/members_section")) },
  { name: "usage", title: "Usage", icon: ChartColumn, shown: lazy(() => import("~/features/usage/usage_section")) },
  { name: "budgets", title: "Budgets", icon: PiggyBank, shown: lazy(() => import("~/features/usage/budgets_section")) },
  { name: "calls", title: "Calls", icon: ScrollText, shown: lazy(() => import("~/features/usage/calls_section")) },
  { name: "models", title: "Models", icon: Cpu, shown: lazy(() => import("~/features/providers/providers_section")) },
  { name: "tools", title: "Tools", icon: Wrench, shown: lazy(() => import("~/features/tools/tools_section")) },
  { name: "feedback", title: "Feedback", icon: MessageCircleHeart, shown: lazy(() => import("~/features/threads/feedback_section")), adminsOnly: true },
  { name: "keys", title: "API keys", icon: KeyRound, shown: lazy(() => import("~/features/identity/keys_section")), adminsOnly: true },
  { name: "activity", title: "Activity", icon: History, shown: lazy(() => import("~/features/audit/activity_section")) },
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
            <Suspense fallback={<p role="status" className="py-10 text-center text-sm text-quiet">{t("Loading…")}</p>}>
              <found.shown key={found.name} me={me} />
            </Suspense>
          </section>
        </div>
      </div>
    </main>
  );
}
