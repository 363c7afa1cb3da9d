// The pages of the app that have an address of their own, for whoever looks for one by its name.
import { BookOpen, Bot, Brain, ChartColumn, Cpu, History, Hourglass, IdCard, KeyRound, LifeBuoy, ListTodo, type LucideIcon, MessageCircleHeart, PiggyBank, ScrollText, UserRound, UsersRound, Wrench } from "lucide-react";

import type { Word } from "~/shared/language/words";
import { agentsAddress, approvalsAddress, libraryAddress, settingsAddress, tasksAddress, ticketsAddress } from "~/shared/lib/places";

export type Destination = { title: Word; href: string; icon: LucideIcon; words: Word; adminsOnly?: boolean };

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
  { title: "Calls", href: `${settingsAddress}/calls`, icon: ScrollText, words: "settings ledger log model calls price tokens" },
  { title: "Models", href: `${settingsAddress}/models`, icon: Cpu, words: "settings providers keys prices default model" },
  { title: "Tools", href: `${settingsAddress}/tools`, icon: Wrench, words: "settings rules approvals deny MCP servers" },
  { title: "Feedback", href: `${settingsAddress}/feedback`, icon: MessageCircleHeart, words: "settings thumbs ratings opinions", adminsOnly: true },
  { title: "API keys", href: `${settingsAddress}/keys`, icon: KeyRound, words: "settings programs secret token", adminsOnly: true },
  { title: "Activity", href: `${settingsAddress}/activity`, icon: History, words: "settings audit log events history" },
];
