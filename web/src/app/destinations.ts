// The pages of the app that have an address of their own, for whoever looks for one by its name.
import { BookOpen, ChartColumn, History, Hourglass, KeyRound, type LucideIcon, PiggyBank, UserRound } from "lucide-react";

import { approvalsAddress, libraryAddress, settingsAddress } from "~/shared/lib/places";

export type Destination = { title: string; href: string; icon: LucideIcon; words: string; adminsOnly?: boolean };

/** `words` are what else one may call the page. */
export const destinations: readonly Destination[] = [
  { title: "Library", href: libraryAddress, icon: BookOpen, words: "documents knowledge files upload" },
  { title: "Approvals", href: approvalsAddress, icon: Hourglass, words: "waiting inbox decide" },
  { title: "Account", href: `${settingsAddress}/account`, icon: UserRound, words: "settings profile password role workspace theme" },
  { title: "Usage", href: `${settingsAddress}/usage`, icon: ChartColumn, words: "settings cost tokens money report statistics" },
  { title: "Budgets", href: `${settingsAddress}/budgets`, icon: PiggyBank, words: "settings limits money cost" },
  { title: "API keys", href: `${settingsAddress}/keys`, icon: KeyRound, words: "settings programs secret token", adminsOnly: true },
  { title: "Activity", href: `${settingsAddress}/activity`, icon: History, words: "settings audit log events history" },
];
