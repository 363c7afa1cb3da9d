// What every list here does with its pages: the wait, the failure, the next page as one scrolls.
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { asProblem } from "~/shared/api/problems";
import { t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";
import { Button } from "~/shared/ui/button";

import { note } from "./note";
import { Sentinel } from "./sentinel";

const skeletonWidths = ["w-3/4", "w-1/2", "w-2/3", "w-3/5", "w-4/5", "w-1/2"];

function Skeleton() {
  return (
    <div aria-hidden className="space-y-3 px-2.5 py-2">
      {skeletonWidths.map((width, place) => (
        // oxlint-disable-next-line react/no-array-index-key
        <div key={place} className={classes("h-4 animate-pulse rounded bg-hover", width)} />
      ))}
    </div>
  );
}

function Trouble({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <div className={note}>
      <p className="mb-3">{asProblem(error).message}</p>
      <Button onClick={onRetry}>{t("Try again")}</Button>
    </div>
  );
}

type Paged<Item> = UseInfiniteQueryResult<{ pages: { items: Item[] }[] }>;

type ListPagesProps<Item> = {
  query: Paged<Item>;
  /** What stands there when nothing is listed. */
  empty: string;
  children: (items: Item[]) => ReactNode;
};

export function ListPages<Item>({ query, empty, children }: ListPagesProps<Item>) {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  if (data === undefined) return error ? <Trouble error={error} onRetry={() => void refetch()} /> : <Skeleton />;
  const items = data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <p className={note}>{empty}</p>;
  return (
    <>
      {children(items)}
      {isFetchNextPageError ? <Trouble error={error} onRetry={() => void fetchNextPage()} /> : null}
      {hasNextPage && !isFetchNextPageError ? <Sentinel key={data.pages.length} onSeen={() => void fetchNextPage()} /> : null}
      {isFetchingNextPage ? <p className={note}>{t("Loading more…")}</p> : null}
    </>
  );
}
