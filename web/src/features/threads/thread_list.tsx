// The list of conversations: pages as one scrolls, headings by age, search with its hits marked.
import { Archive, ArrowLeft, Pin, Search, X } from "lucide-react";
import { type ReactNode, type RefObject, memo, useDeferredValue, useEffect, useRef, useState } from "react";
import { Link } from "wouter";

import { asProblem } from "~/shared/api/problems";
import type { Hit, Thread } from "~/shared/api/types";
import { classes } from "~/shared/lib/classes";
import { pieces } from "~/shared/lib/highlights";
import { age, shortMoment } from "~/shared/lib/moments";
import { Button, IconButton } from "~/shared/ui/button";

import { useThreadPages, useThreadSearch } from "./queries";
import { ThreadMenu } from "./thread_menu";

const address = (thread: Thread) => `/chat/${encodeURIComponent(thread.client_id ?? thread.id)}`;
const isThread = (thread: Thread, id: string | null) => id !== null && (thread.id === id || thread.client_id === id);
const lastMoment = (thread: Thread) => thread.last_message_at ?? thread.updated_at;

type RowProps = { thread: Thread; active: boolean; onOpen: () => void };

const ThreadRow = memo(function ThreadRow({ thread, active, onOpen }: RowProps) {
  return (
    <li className="group relative">
      <Link
        href={address(thread)}
        onClick={onOpen}
        aria-current={active ? "page" : undefined}
        className={classes(
          "flex h-9 items-center gap-2 rounded-lg ps-2.5 pe-9 text-sm transition-colors duration-150",
          active ? "bg-hover font-medium" : "hover:bg-hover",
        )}
      >
        {thread.pinned ? <Pin aria-label="Pinned" className="size-3.5 shrink-0 text-quiet" /> : null}
        <span className="min-w-0 flex-1 truncate">{thread.title || "New conversation"}</span>
        {thread.status === "running" ? (
          <span role="img" aria-label="Answering" className="thinking-dot size-2 shrink-0 rounded-full bg-accent-fill" />
        ) : null}
      </Link>
      <ThreadMenu
        thread={thread}
        className="absolute end-1 top-1 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 aria-expanded:opacity-100 pointer-coarse:opacity-100"
      />
    </li>
  );
});

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="mb-4">
      <h3 className="px-2.5 pb-1 text-xs font-medium text-quiet">{title}</h3>
      <ul className="space-y-px">{children}</ul>
    </section>
  );
}

function grouped(threads: Thread[]): [string, Thread[]][] {
  const groups = new Map<string, Thread[]>();
  for (const thread of threads) {
    const name = thread.pinned ? "Pinned" : age(lastMoment(thread));
    const group = groups.get(name);
    if (group) group.push(thread);
    else groups.set(name, [thread]);
  }
  const pinned = groups.get("Pinned");
  groups.delete("Pinned");
  return [...(pinned ? ([["Pinned", pinned]] as [string, Thread[]][]) : []), ...groups];
}

function Hits({ hits, activeId, onOpen }: { hits: Hit[]; activeId: string | null; onOpen: () => void }) {
  return (
    <ul className="space-y-px" aria-label="Search results">
      {hits.map((hit) => (
        <li key={`${hit.thread.id} ${hit.message_id ?? ""}`}>
          <Link
            href={address(hit.thread)}
            onClick={onOpen}
            aria-current={isThread(hit.thread, activeId) ? "page" : undefined}
            className="block rounded-lg px-2.5 py-2 text-sm hover:bg-hover aria-[current=page]:bg-hover"
          >
            <span className="flex items-baseline gap-2">
              <span className="min-w-0 flex-1 truncate font-medium">{hit.thread.title}</span>
              <span className="text-xs text-quiet">{shortMoment(lastMoment(hit.thread))}</span>
            </span>
            <span className="mt-0.5 line-clamp-2 text-xs leading-5 text-quiet wrap-anywhere">
              {pieces(hit.snippet).map((piece) =>
                piece.hit ? (
                  <mark key={piece.at} className="rounded-sm bg-mark text-ink">
                    {piece.text}
                  </mark>
                ) : (
                  <span key={piece.at}>{piece.text}</span>
                ),
              )}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

const note = "px-2.5 py-6 text-center text-sm text-quiet";

function SearchResults({ text, activeId, onOpen }: { text: string; activeId: string | null; onOpen: () => void }) {
  const search = useThreadSearch(text);
  if (search.isError) return <p className={note}>{asProblem(search.error).message}</p>;
  if (search.data === undefined) return <p className={note}>Searching…</p>;
  if (search.data.items.length === 0) return <p className={note}>Nothing found. Try other words.</p>;
  return <Hits hits={search.data.items} activeId={activeId} onOpen={onOpen} />;
}

/** Calls back when its place comes into view, to load what follows. */
function Sentinel({ onSeen }: { onSeen: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const target = place.current;
    if (!target || typeof IntersectionObserver === "undefined") return undefined;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onSeen(), { rootMargin: "300px" });
    observer.observe(target);
    return () => observer.disconnect();
  }, [onSeen]);
  return <div ref={place} className="h-px" />;
}

const skeletonWidths = ["w-3/4", "w-1/2", "w-2/3", "w-3/5", "w-4/5", "w-1/2"];

type PagesProps = { archived: boolean; activeId: string | null; onOpen: () => void };

function ThreadPages({ archived, activeId, onOpen }: PagesProps) {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = useThreadPages(archived);
  if (data === undefined && error)
    return (
      <div className={note}>
        <p className="mb-3">{asProblem(error).message}</p>
        <Button onClick={() => void refetch()}>Try again</Button>
      </div>
    );
  if (data === undefined)
    return (
      <div aria-hidden className="space-y-3 px-2.5 py-2">
        {skeletonWidths.map((width, place) => (
          // oxlint-disable-next-line react/no-array-index-key
          <div key={place} className={classes("h-4 animate-pulse rounded bg-hover", width)} />
        ))}
      </div>
    );
  const threads = data.pages.flatMap((page) => page.items);
  if (threads.length === 0)
    return <p className={note}>{archived ? "Nothing is archived." : "Your conversations will be listed here."}</p>;
  return (
    <>
      {grouped(threads).map(([name, group]) => (
        <Section key={name} title={name}>
          {group.map((thread) => (
            <ThreadRow key={thread.id} thread={thread} active={isThread(thread, activeId)} onOpen={onOpen} />
          ))}
        </Section>
      ))}
      {isFetchNextPageError ? (
        <div className={note}>
          <p className="mb-3">{asProblem(error).message}</p>
          <Button onClick={() => void fetchNextPage()}>Try again</Button>
        </div>
      ) : null}
      {hasNextPage && !isFetchNextPageError ? <Sentinel key={data.pages.length} onSeen={() => void fetchNextPage()} /> : null}
      {isFetchingNextPage ? <p className={note}>Loading more…</p> : null}
    </>
  );
}

type ThreadListProps = {
  activeId: string | null;
  searchBox: RefObject<HTMLInputElement | null>;
  /** Called when a conversation was chosen, so that a drawer can close. */
  onOpen: () => void;
};

export function ThreadList({ activeId, searchBox, onOpen }: ThreadListProps) {
  const [typed, setTyped] = useState("");
  const [archived, setArchived] = useState(false);
  const text = useDeferredValue(typed.trim());

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <search className="relative mx-3 mb-3">
        <Search aria-hidden className="pointer-events-none absolute start-2.5 top-1/2 size-4 -translate-y-1/2 text-quiet" />
        <input
          ref={searchBox}
          type="text"
          inputMode="search"
          enterKeyHint="search"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              event.stopPropagation();
              if (typed === "") event.currentTarget.blur();
              setTyped("");
            }
          }}
          placeholder="Search"
          aria-label="Search conversations"
          className="h-9 w-full rounded-lg border border-line bg-raised ps-8.5 pe-9 text-base placeholder:text-quiet sm:text-sm"
        />
        {typed === "" ? (
          <kbd aria-hidden className="pointer-events-none absolute end-2.5 top-1/2 -translate-y-1/2 font-sans text-xs text-quiet max-lg:hidden">
            {/Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘K" : "Ctrl K"}
          </kbd>
        ) : (
          <IconButton small label="Clear search" className="absolute end-1 top-1" onClick={() => setTyped("")}>
            <X aria-hidden className="size-4" />
          </IconButton>
        )}
      </search>
      <nav aria-label="Conversations" className="min-h-0 flex-1 overflow-y-auto px-3 pt-1 pb-3">
        {archived && text === "" ? (
          <button
            type="button"
            onClick={() => setArchived(false)}
            className="mb-2 flex h-8 w-full items-center gap-2 rounded-lg px-2.5 text-sm font-medium hover:bg-hover"
          >
            <ArrowLeft aria-hidden className="size-4 text-quiet" /> Archived
          </button>
        ) : null}
        {text === "" ? (
          <ThreadPages archived={archived} activeId={activeId} onOpen={onOpen} />
        ) : (
          <SearchResults text={text} activeId={activeId} onOpen={onOpen} />
        )}
      </nav>
      {archived || text !== "" ? null : (
        <button
          type="button"
          onClick={() => setArchived(true)}
          className="mx-3 flex h-8 items-center gap-2 rounded-lg px-2.5 text-sm text-quiet hover:bg-hover hover:text-ink"
        >
          <Archive aria-hidden className="size-4" /> Archived
        </button>
      )}
    </div>
  );
}
