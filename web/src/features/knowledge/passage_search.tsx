// The test search: what an answer to a question would rest on.
import { Search, X } from "lucide-react";
import { type FormEvent, useState } from "react";

import { asProblem } from "~/shared/api/problems";
import type { Passage } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { type PlaceState, placeAddress } from "~/shared/lib/places";
import { percent, whereabouts } from "~/shared/markdown/sources";
import { Button, IconButton } from "~/shared/ui/button";
import { InnerLink } from "~/shared/ui/inner_link";
import { Notice } from "~/shared/ui/notice";
import { ProgressBar } from "~/shared/ui/progress_bar";

import { usePassages } from "./queries";

function Found({ passage }: { passage: Passage }) {
  const where = whereabouts(passage);
  return (
    <li className="px-3 py-3 sm:px-4">
      <div className="flex items-baseline gap-3">
        <InnerLink
          href={placeAddress(passage)}
          state={{ excerpt: passage.excerpt } satisfies PlaceState}
          className="min-w-0 flex-1 truncate text-sm font-medium text-accent hover:underline"
        >
          <bdi>{passage.title}</bdi>
        </InnerLink>
        <span className="flex shrink-0 items-center gap-2 text-xs text-quiet">
          <span aria-hidden>
            <ProgressBar label={t("Relevance")} share={passage.score} className="w-12" />
          </span>
          <span className="sr-only">{t("Relevance")}</span> {percent(passage.score)}
        </span>
      </div>
      {where === "" ? null : <p className="mt-0.5 text-xs text-quiet wrap-anywhere">{where}</p>}
      <p dir="auto" className="mt-1 line-clamp-3 text-sm leading-5 wrap-anywhere">{passage.excerpt}</p>
    </li>
  );
}

function Results({ query, collectionId }: { query: string; collectionId: string | null }) {
  const { data, error, isFetching, refetch } = usePassages(query, collectionId);
  if (data === undefined && error)
    return (
      <Notice kind="problem" action={<Button onClick={() => void refetch()}>{t("Try again")}</Button>}>
        {asProblem(error).message}
      </Notice>
    );
  if (data === undefined)
    return (
      <p role="status" className="py-4 text-center text-sm text-quiet">
        {t("Searching…")}
      </p>
    );
  return (
    <div aria-busy={isFetching} className="space-y-2">
      {data.notice ? <Notice>{data.notice}</Notice> : null}
      {data.items.length === 0 ? (
        <p role="status" className="py-4 text-center text-sm text-quiet">
          {t("Nothing found. Try other words, or add a document about it.")}
        </p>
      ) : (
        <ol aria-label={t("Passages")} className="divide-y divide-line rounded-xl border border-line bg-raised">
          {data.items.map((passage) => (
            <Found key={`${passage.document_id} ${passage.ordinal}`} passage={passage} />
          ))}
        </ol>
      )}
    </div>
  );
}

type PassageSearchProps = { query: string; onQuery: (query: string) => void; collectionId: string | null };

export function PassageSearch({ query, onQuery, collectionId }: PassageSearchProps) {
  const [typed, setTyped] = useState(query);
  const search = (event: FormEvent) => {
    event.preventDefault();
    onQuery(typed.trim());
  };
  const clear = () => {
    setTyped("");
    onQuery("");
  };
  return (
    <section aria-label={t("Test search")} className="space-y-3">
      <search>
        <form onSubmit={search} className="flex gap-2">
          <div className="relative min-w-0 flex-1">
            <Search aria-hidden className="pointer-events-none absolute start-2.5 top-1/2 size-4 -translate-y-1/2 text-quiet" />
            <input
              type="text"
              inputMode="search"
              enterKeyHint="search"
              aria-label={t("Test search")}
              placeholder={t("What would an answer rest on?")}
              maxLength={4000}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              className="h-9 w-full rounded-lg border border-line-strong bg-raised ps-8.5 pe-9 text-base placeholder:text-quiet sm:text-sm"
            />
            {typed === "" ? null : (
              <IconButton small label={t("Clear the search")} className="absolute end-1 top-1" onClick={clear}>
                <X aria-hidden className="size-4" />
              </IconButton>
            )}
          </div>
          <Button type="submit" disabled={typed.trim() === ""}>
            {t("Search")}
          </Button>
        </form>
      </search>
      {query === "" ? null : <Results query={query} collectionId={collectionId} />}
    </section>
  );
}
