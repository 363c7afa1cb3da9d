// What the command palette offers for the words that were typed: conversations, pages and actions.
import { Compass, Keyboard, LogOut, type LucideIcon, MessageSquare, Monitor, Moon, Search, SquarePen, Sun } from "lucide-react";
import { useDeferredValue } from "react";
import { navigate } from "wouter/use-browser-location";

import { useSignOut } from "~/features/identity/session";
import { useThreadPages, useThreadSearch } from "~/features/threads/queries";
import { openMessage, threadAddress } from "~/features/threads/thread_address";
import type { Me, Thread } from "~/shared/api/types";
import { type Word, t } from "~/shared/language/words";
import { shortMoment } from "~/shared/lib/moments";
import { chooseTheme } from "~/shared/lib/theme";

import { destinations } from "./destinations";

export type Entry = {
  key: string;
  label: string;
  icon: LucideIcon;
  note?: string;
  /** What else it may be called. */
  words?: string;
  run: () => void;
  /** Whether it says itself where the focus goes. */
  takesFocus?: boolean;
};
export type EntryGroup = { value: string; items: Entry[] };

const FEW = 6;

export const fits = (entry: Pick<Entry, "label" | "words">, typed: string): boolean => {
  const text = `${entry.label} ${entry.words ?? ""}`.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};

const conversation = (thread: Thread, open = () => navigate(threadAddress(thread))): Entry => ({
  key: thread.id,
  label: thread.title || t("New conversation"),
  icon: MessageSquare,
  note: shortMoment(thread.last_message_at ?? thread.updated_at),
  run: open,
});

/** Each conversation once, however many of its messages were found; the first entry counts. */
const once = (entries: readonly Entry[]): Entry[] => entries.filter(({ key }, place) => entries.findIndex((entry) => entry.key === key) === place);

function useConversations(typed: string): { entries: Entry[]; isSearching: boolean } {
  const text = useDeferredValue(typed);
  const recent = useThreadPages(false, null);
  const search = useThreadSearch(text);
  const known = recent.data?.pages.flatMap(({ items }) => items) ?? [];
  if (typed === "") return { entries: known.slice(0, FEW).map((thread) => conversation(thread)), isSearching: false };
  // What the list has already shows at once; what the server finds in messages follows.
  const byTitle = known.filter((thread) => fits({ label: thread.title }, typed)).map((thread) => conversation(thread));
  const found = (search.data?.items ?? []).map(({ thread, message_id }) => conversation(thread, () => openMessage(thread, message_id)));
  return { entries: once([...byTitle, ...found]).slice(0, FEW), isSearching: search.isFetching };
}

export type EntryActions = { onNewChat: () => void; onSearch: () => void; onShortcuts: () => void; onTour: () => void };

const action = (key: string, label: Word, words: Word, icon: LucideIcon, run: () => void, takesFocus = false): Entry => ({
  key,
  label: t(label),
  words: t(words),
  icon,
  run,
  takesFocus,
});

function useActions({ onNewChat, onSearch, onShortcuts, onTour }: EntryActions): Entry[] {
  const signOut = useSignOut();
  return [
    action("new", "New conversation", "chat start ask", SquarePen, onNewChat, true),
    action("search", "Search in all conversations", "find list", Search, onSearch, true),
    action("shortcuts", "Keyboard shortcuts", "help keys", Keyboard, onShortcuts, true),
    action("tour", "A look around", "help tour begin new", Compass, onTour, true),
    action("light", "Light theme", "look appearance bright", Sun, () => chooseTheme("light")),
    action("dark", "Dark theme", "look appearance night", Moon, () => chooseTheme("dark")),
    action("system", "Theme of the system", "look appearance", Monitor, () => chooseTheme("system")),
    action("out", "Sign out", "log out leave session", LogOut, () => signOut.mutate()),
  ];
}

export function useEntries(me: Me, typed: string, actions: EntryActions): { groups: EntryGroup[]; isSearching: boolean } {
  const isAdmin = me.role === "owner" || me.role === "admin";
  const conversations = useConversations(typed);
  const pages = destinations
    .filter(({ adminsOnly }) => isAdmin || adminsOnly !== true)
    .map(({ title, href, icon, words }): Entry => ({ key: href, label: t(title), icon, words: t(words), run: () => navigate(href) }));
  const chosen = (entries: Entry[]) => (typed === "" ? entries : entries.filter((entry) => fits(entry, typed)));
  const groups = [
    { value: t("Conversations"), items: conversations.entries },
    { value: t("Pages"), items: chosen(pages) },
    { value: t("Actions"), items: chosen(useActions(actions)) },
  ];
  // Named pages and actions come before what was found within messages.
  const ordered = typed === "" ? groups : [...groups.slice(1), ...groups.slice(0, 1)];
  return { groups: ordered.filter(({ items }) => items.length > 0), isSearching: conversations.isSearching };
}
