// The list of conversations: one's own, the archived ones, and what colleagues share; search and tags narrow it.
import { Archive, ArrowLeft, Users } from "lucide-react";
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useRef, useState } from "react";

import { type Word, t } from "~/shared/language/words";

import { SearchBox, useSettled } from "./search_box";
import { SearchResults } from "./search_results";
import { SharedPages } from "./shared_pages";
import { TagFilter } from "./tag_filter";
import { ThreadPages } from "./thread_pages";
import { rowsIn, stepTo } from "./walking";

type View = "own" | "archived" | "shared";

const titles: Record<Exclude<View, "own">, Word> = { archived: "Archived", shared: "Shared with you" };

/** The button that changed the view is gone with it: the keyboard goes on where the other way leads. */
function useFocusKept(view: View) {
  const frame = useRef<HTMLDivElement>(null);
  const before = useRef(view);
  useEffect(() => {
    if (before.current === view) return;
    const next = view === "own" ? before.current : "own";
    before.current = view;
    frame.current?.querySelector<HTMLElement>(`[data-view=${next}]`)?.focus({ preventScroll: true });
  }, [view]);
  return frame;
}

type ViewButtonProps = { view: View; icon: ReactNode; onClick: () => void; children: ReactNode };

function ViewButton({ view, icon, onClick, children }: ViewButtonProps) {
  return (
    <button
      type="button"
      data-view={view}
      onClick={onClick}
      className="mx-3 flex h-8 shrink-0 items-center gap-2 rounded-lg px-2.5 text-sm text-quiet hover:bg-hover hover:text-ink [&>svg]:size-4"
    >
      {icon} {children}
    </button>
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
  const [view, setView] = useState<View>("own");
  const [tag, setTag] = useState<string | null>(null);
  const list = useRef<HTMLElement>(null);
  const frame = useFocusKept(view);
  const text = useSettled(typed.trim());
  const searching = text !== "";

  const walk = (event: KeyboardEvent) => {
    const step = stepTo(rowsIn(list.current), event.target, event.key);
    if (step === null) return;
    event.preventDefault();
    if (step === "out") searchBox.current?.focus();
    else step.focus();
  };

  return (
    <div ref={frame} className="flex min-h-0 flex-1 flex-col">
      <SearchBox
        box={searchBox}
        value={typed}
        onChange={setTyped}
        onDown={() => rowsIn(list.current)[0]?.focus()}
        onEnter={() => searching && rowsIn(list.current)[0]?.click()}
      />
      {searching || view !== "own" ? null : <TagFilter chosen={tag} onChoose={setTag} />}
      {/* The arrows are a help beside the links, which Tab reaches as well. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <nav ref={list} aria-label={t("Conversations")} onKeyDown={walk} className="min-h-0 flex-1 overflow-y-auto px-3 pt-1 pb-3">
        {view === "own" || searching ? null : (
          <button
            type="button"
            data-view="own"
            onClick={() => setView("own")}
            className="mb-2 flex h-8 w-full items-center gap-2 rounded-lg px-2.5 text-sm font-medium hover:bg-hover"
          >
            <ArrowLeft aria-hidden className="size-4 text-quiet rtl:rotate-180" /> {t(titles[view])}
          </button>
        )}
        {searching ? <SearchResults text={text} activeId={activeId} onOpen={onOpen} /> : null}
        {!searching && view === "shared" ? <SharedPages onOpen={onOpen} /> : null}
        {!searching && view !== "shared" ? (
          <ThreadPages archived={view === "archived"} tag={view === "own" ? tag : null} activeId={activeId} onOpen={onOpen} />
        ) : null}
      </nav>
      {view === "own" && !searching ? (
        <div className="flex shrink-0 flex-col border-t border-line pt-1">
          <ViewButton view="shared" icon={<Users aria-hidden />} onClick={() => setView("shared")}>
            {t(titles.shared)}
          </ViewButton>
          <ViewButton view="archived" icon={<Archive aria-hidden />} onClick={() => setView("archived")}>
            {t(titles.archived)}
          </ViewButton>
        </div>
      ) : null}
    </div>
  );
}
