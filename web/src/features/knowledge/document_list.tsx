// The documents of a collection, or of all, page by page.
import type { Collection } from "~/shared/api/types";
import { asProblem } from "~/shared/api/problems";
import { type Word, t } from "~/shared/language/words";
import { count } from "~/shared/lib/moments";
import { Button } from "~/shared/ui/button";

import { DocumentRow } from "./document_row";
import { type DocumentStatus, useDocuments } from "./queries";

const note = "rounded-xl border border-line px-4 py-10 text-center text-sm text-quiet";

type Counts = Collection["documents"];
type Filter = { status: DocumentStatus | null; words: Word; number: number };

function Filters({ counts, status, onStatus }: { counts: Counts; status: DocumentStatus | null; onStatus: (status: DocumentStatus | null) => void }) {
  const all: Filter[] = [
    { status: null, words: "All", number: counts.total },
    { status: "in_progress", words: "In progress", number: counts.in_progress },
    { status: "failed", words: "Failed", number: counts.failed },
  ];
  // With nothing but ready documents there is nothing to choose.
  const filters = all.filter((filter) => filter.status === null || filter.number > 0 || filter.status === status);
  if (filters.length < 2) return null;
  return (
    <div role="group" aria-label={t("Show")} className="flex gap-1">
      {filters.map((filter) => (
        <button
          key={filter.words}
          type="button"
          aria-pressed={filter.status === status}
          onClick={() => onStatus(filter.status)}
          className="rounded-md px-2 py-1 text-xs text-quiet hover:bg-hover hover:text-ink aria-pressed:bg-hover aria-pressed:font-medium aria-pressed:text-ink"
        >
          {t(filter.words)} {count(filter.number)}
        </button>
      ))}
    </div>
  );
}

type DocumentListProps = {
  collectionId: string | null;
  counts: Counts;
  status: DocumentStatus | null;
  onStatus: (status: DocumentStatus | null) => void;
  mayChange: boolean;
};

function Rows({ collectionId, status, mayChange }: Pick<DocumentListProps, "collectionId" | "status" | "mayChange">) {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useDocuments(collectionId, status);
  if (data === undefined && error)
    return (
      <div className={note}>
        <p className="mb-3">{asProblem(error).message}</p>
        <Button onClick={() => void refetch()}>{t("Try again")}</Button>
      </div>
    );
  if (data === undefined)
    return (
      <p role="status" className={note}>
        {t("Loading the documents…")}
      </p>
    );
  const documents = data.pages.flatMap((page) => page.items);
  if (documents.length === 0)
    return <p className={note}>{status === null ? t("Nothing is here yet. Upload files, or drop them on this page.") : t("Nothing to show.")}</p>;
  return (
    <>
      <ul aria-label={t("Documents")} className="divide-y divide-line rounded-xl border border-line bg-raised">
        {documents.map((document) => (
          <DocumentRow key={document.id} document={document} mayChange={mayChange} />
        ))}
      </ul>
      {hasNextPage ? (
        <div className="mt-3 text-center">
          <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t("Show more")}
          </Button>
        </div>
      ) : null}
    </>
  );
}

export function DocumentList({ counts, status, onStatus, ...rows }: DocumentListProps) {
  return (
    <section aria-labelledby="documents-title">
      <div className="mb-2 flex min-h-7 flex-wrap items-center justify-between gap-2">
        <h2 id="documents-title" className="text-sm font-medium">
          {t("Documents")}
        </h2>
        <Filters counts={counts} status={status} onStatus={onStatus} />
      </div>
      <Rows status={status} {...rows} />
    </section>
  );
}
