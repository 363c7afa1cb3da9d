// The pages of the app that have an address of their own, for whoever looks for one by its name.
import { BookOpen, Bot, Brain, ChartColumn, History, Hourglass, IdCard, KeyRound, LifeBuoy, ListTodo, type LucideIcon, PiggyBank, UserRound, UsersRound } from "lucide-react";

import { agentsAddress, approvalsAddress, libraryAddress, settingsAddress, tasksAddress, ticketsAddress } from "~/shared/lib/places";

export type Destination = { title: string; href: string; icon: LucideIcon; words: string; adminsOnly?: boolean };

/** `words` are what else one may call the page. */
export const destinations: readonly Destination[] = [
  { title: "Library", href: libraryAddress, icon: BookOpen, words: "documents knowledge files upload" },
  { title: "Agents", href: agentsAddress, icon: Bot, words: "assistants bots instructions tools schedule" },
  { title: "Tasks", href: tasksAddress, icon: ListTodo, words: "to do list work assign due" },
  { title: "Tickets", href: ticketsAddress, icon: LifeBuoy, words: "support help requests customers" },
  { title: "Approvals", href: approvalsAddress, icon: Hourglass, words: "waiting inbox decide" },
  { title: "Account", href: `${settingsAddress}/account`, icon: UserRound, words: "settings password role workspace theme" },
  { title: "Profile", href: `${settingsAddress}/profile`, icon: IdCard, words: "settings about me name language time zone preferences" },
  { title: "Memory", href: `${settingsAddress}/memory`, icon: Brain, words: "settings remember memories forget" },
  { title: "Members", href: `${settingsAddress}/members`, icon: UsersRound, words: "settings people users roles invite team" },
  { title: "Usage", href: `${settingsAddress}/usage`, icon: ChartColumn, words: "settings cost tokens money report statistics" },
  { title: "Budgets", href: `${settingsAddress}/budgets`, icon: PiggyBank, words: "settings limits money cost" },
  { title: "API keys", href: `${settingsAddress}/keys`, icon: KeyRound, words: "settings programs secret token", adminsOnly: true },
  { title: "Activity", href: `${settingsAddress}/activity`, icon: History, words: "settings audit log events history" },
];
