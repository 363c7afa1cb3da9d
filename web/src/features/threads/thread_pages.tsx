// The conversations themselves, under headings by age; pinned ones first.
import type { ReactNode } from "react";

import type { Thread } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { type Age, age } from "~/shared/lib/moments";

import { ListPages } from "./list_pages";
import { useThreadPages } from "./queries";
import { isThread, lastMoment } from "./thread_address";
import { ThreadRow } from "./thread_row";

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="mb-4">
      <h3 className="px-2.5 pb-1 text-xs font-medium text-quiet">{title}</h3>
      <ul className="space-y-px">{children}</ul>
    </section>
  );
}

type Heading = Age | "Pinned";

function grouped(threads: Thread[]): [Heading, Thread[]][] {
  const groups = new Map<Heading, Thread[]>();
  for (const thread of threads) {
    const name = thread.pinned ? "Pinned" : age(lastMoment(thread));
    const group = groups.get(name);
    if (group) group.push(thread);
    else groups.set(name, [thread]);
  }
  const pinned = groups.get("Pinned");
  groups.delete("Pinned");
  return [...(pinned ? ([["Pinned", pinned]] as [Heading, Thread[]][]) : []), ...groups];
}

function emptyWords(archived: boolean, tag: string | null): string {
  if (tag !== null) return t("No conversation has this tag.");
  return archived ? t("Nothing is archived.") : t("Your conversations will be listed here.");
}

type ThreadPagesProps = { archived: boolean; tag: string | null; activeId: string | null; onOpen: () => void };

export function ThreadPages({ archived, tag, activeId, onOpen }: ThreadPagesProps) {
  const query = useThreadPages(archived, tag);
  return (
    <ListPages query={query} empty={emptyWords(archived, tag)}>
      {(threads) =>
        grouped(threads).map(([name, group]) => (
          <Section key={name} title={t(name)}>
            {group.map((thread) => (
              <ThreadRow key={thread.id} thread={thread} active={isThread(thread, activeId)} onOpen={onOpen} />
            ))}
          </Section>
        ))
      }
    </ListPages>
  );
}
