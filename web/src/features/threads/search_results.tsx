// What a search over all conversations found, with its hits marked.
import { Link } from "wouter";

import { asProblem } from "~/shared/api/problems";
import type { Hit, Thread } from "~/shared/api/types";
import { counted, t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";
import { pieces } from "~/shared/lib/highlights";
import { shortMoment } from "~/shared/lib/moments";
import { Button } from "~/shared/ui/button";

import { note } from "./note";
import { useThreadSearch } from "./queries";
import { isThread, lastMoment, messageAddress, openMessage } from "./thread_address";

function Snippet({ text }: { text: string }) {
  return (
    <span dir="auto" className="mt-0.5 line-clamp-2 text-xs leading-5 text-quiet wrap-anywhere">
      {pieces(text).map((piece) =>
        piece.hit ? (
          <mark key={piece.at} className="rounded-sm bg-mark text-ink">
            {piece.text}
          </mark>
        ) : (
          <span key={piece.at}>{piece.text}</span>
        ),
      )}
    </span>
  );
}

function momentOf(thread: Thread): string {
  const moment = shortMoment(lastMoment(thread));
  return thread.archived ? t("Archived · {moment}", { moment }) : moment;
}

type HitsProps = { hits: Hit[]; activeId: string | null; onOpen: () => void };

function Hits({ hits, activeId, onOpen }: HitsProps) {
  return (
    <ul className="space-y-px" aria-label={t("Search results")}>
      {hits.map((hit) => (
        <li key={`${hit.thread.id} ${hit.message_id}`}>
          <Link
            href={messageAddress(hit.thread, hit.message_id)}
            onClick={(event) => {
              event.preventDefault();
              openMessage(hit.thread, hit.message_id);
              onOpen();
            }}
            aria-current={isThread(hit.thread, activeId) ? "page" : undefined}
            data-row
            className="block rounded-lg px-2.5 py-2 text-sm outline-offset-[-2px] hover:bg-hover aria-[current=page]:bg-hover"
          >
            <span className="flex items-baseline gap-2">
              <span dir="auto" className="min-w-0 flex-1 truncate text-start font-medium">{hit.thread.title || t("New conversation")}</span>
              <span className="text-xs text-quiet">{momentOf(hit.thread)}</span>
            </span>
            <Snippet text={hit.snippet} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

type SearchResultsProps = { text: string; activeId: string | null; onOpen: () => void };

export function SearchResults({ text, activeId, onOpen }: SearchResultsProps) {
  const { data, error, isError, isPlaceholderData, refetch } = useThreadSearch(text);
  if (isError)
    return (
      <div role="alert" className={note}>
        <p className="mb-3">{asProblem(error).message}</p>
        <Button onClick={() => void refetch()}>{t("Try again")}</Button>
      </div>
    );
  if (data === undefined) return <p className={note}>{t("Searching…")}</p>;
  const count = data.items.length;
  return (
    <div aria-busy={isPlaceholderData} className={classes(isPlaceholderData && "opacity-60")}>
      <p role="status" className={count === 0 ? note : "sr-only"}>
        {count === 0 ? t("Nothing found. Try other words.") : counted(count, "{count} found", "{count} found")}
      </p>
      {count === 0 ? null : <Hits hits={data.items} activeId={activeId} onOpen={onOpen} />}
    </div>
  );
}
