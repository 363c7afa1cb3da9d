// The library: collections, documents and how far they are, uploads, and a search to test it.
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useSearchParams } from "wouter";

import { asProblem } from "~/shared/api/problems";
import type { Collection } from "~/shared/api/types";
import { counted, t } from "~/shared/language/words";
import { announce } from "~/shared/lib/announcer";
import { Button } from "~/shared/ui/button";
import { useFileDrop } from "~/shared/ui/file_drop";
import { Notice } from "~/shared/ui/notice";
import { later } from "~/shared/ui/later";

import { AddButtons, UploadHint } from "./adding";
import { CollectionBar } from "./collection_bar";
import { DocumentList } from "./document_list";
import { EmptyLibrary } from "./empty_library";
import { PassageSearch } from "./passage_search";
import { type DocumentStatus, useCollections } from "./queries";
import { tagsIn } from "./tags";
import { usePaste, useUploads } from "./upload_hooks";
import { UploadList } from "./upload_list";

const AddTextDialog = later(() => import("./add_text_dialog"));
const AddPageDialog = later(() => import("./add_page_dialog"));

/** What is shown stands in the address, so that the way back from a document leads here again. */
function useShown() {
  const [parameters, setParameters] = useSearchParams();
  const wanted = parameters.get("status");
  const status: DocumentStatus | null = wanted === "failed" || wanted === "in_progress" ? wanted : null;
  const set = (name: string, value: string | null) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === null || value === "") next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return {
    collectionId: parameters.get("collection"),
    status,
    query: parameters.get("q") ?? "",
    set,
  };
}

const nothing: Collection["documents"] = { total: 0, in_progress: 0, ready: 0, failed: 0 };

const sum = (collections: readonly Collection[]): Collection["documents"] =>
  collections.reduce(
    (counts, { documents }) => ({
      total: counts.total + documents.total,
      in_progress: counts.in_progress + documents.in_progress,
      ready: counts.ready + documents.ready,
      failed: counts.failed + documents.failed,
    }),
    nothing,
  );

/** Say once when all that was in progress is done, and not each step on the way. */
function useDoneAnnounced({ in_progress, failed }: Collection["documents"]): void {
  const before = useRef(0);
  useEffect(() => {
    if (before.current > 0 && in_progress === 0)
      announce(
        failed > 0
          ? counted(failed, "All documents are done, {count} failed.", "All documents are done, {count} failed.")
          : t("All documents are ready."),
      );
    before.current = in_progress;
  }, [in_progress, failed]);
}

type LibraryPageProps = { userId: string; mayChange: boolean; beside: ReactNode };

export default function LibraryPage({ userId, mayChange, beside }: LibraryPageProps) {
  const { data: collections, error, isFetching, refetch } = useCollections();
  const { queue, uploads } = useUploads(userId);
  const shown = useShown();
  const [dialog, setDialog] = useState<"nothing" | "text" | "page">("nothing");
  const [pasted, setPasted] = useState("");
  const [tags, setTags] = useState("");
  const picker = useRef<HTMLInputElement>(null);

  // Of one collection there is nothing to choose.
  const only = collections?.length === 1 ? collections[0] : undefined;
  const chosen = collections?.find(({ id }) => id === shown.collectionId) ?? only ?? null;
  const collectionId = chosen?.id ?? null;
  const counts = chosen?.documents ?? sum(collections ?? []);
  useDoneAnnounced(counts);
  const upload = (files: File[]) => queue.add(files, { collection_id: collectionId, tags: tagsIn(tags) });
  const pick = () => picker.current?.click();
  const isOver = useFileDrop(upload, mayChange);
  usePaste(
    upload,
    (text) => {
      setPasted(text);
      setDialog("text");
    },
    mayChange && dialog === "nothing",
  );
  const closeDialog = () => {
    setDialog("nothing");
    setPasted("");
  };
  useEffect(() => {
    document.title = `${t("Library")} · Steward`;
  }, []);

  const isEmpty = counts.total === 0 && (collections?.length ?? 0) < 2 && uploads.length === 0;
  return (
    <main className="relative flex min-w-0 flex-1 flex-col">
      <header className="flex h-14 shrink-0 items-center gap-2 px-2.5 sm:px-4">
        {beside}
        <h1 className="me-auto truncate px-1.5 text-sm font-medium">{t("Library")}</h1>
        {mayChange ? (
          <AddButtons
            picker={picker}
            onFiles={upload}
            onText={() => setDialog("text")}
            onPage={() => setDialog("page")}
          />
        ) : null}
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-4xl space-y-6 px-4 pt-2 pb-10 sm:px-6">
          {collections === undefined && error ? (
            <Notice
              kind="problem"
              action={
                <Button look="danger" busy={isFetching} onClick={() => void refetch()}>
                  {t("Try again")}
                </Button>
              }
            >
              {asProblem(error).message}
            </Notice>
          ) : null}
          {collections === undefined && !error ? (
            <p role="status" className="py-10 text-center text-sm text-quiet">
              {t("Loading the library…")}
            </p>
          ) : null}
          {collections === undefined ? null : isEmpty ? (
            <EmptyLibrary mayChange={mayChange} onPick={pick} />
          ) : (
            <>
              <CollectionBar
                collections={collections}
                chosen={chosen}
                onChoose={(id) => shown.set("collection", id)}
                mayChange={mayChange}
              />
              <PassageSearch query={shown.query} onQuery={(query) => shown.set("q", query)} collectionId={collectionId} />
              {mayChange ? <UploadHint tags={tags} onTags={setTags} /> : null}
              <UploadList uploads={uploads} queue={queue} />
              <DocumentList
                collectionId={collectionId}
                counts={counts}
                status={shown.status}
                onStatus={(status) => shown.set("status", status)}
                mayChange={mayChange}
              />
            </>
          )}
        </div>
      </div>
      {isOver ? (
        <div aria-hidden className="pointer-events-none absolute inset-3 z-20 flex items-center justify-center rounded-2xl border-2 border-dashed border-accent bg-accent-soft/90 text-base font-medium text-accent">
          {chosen === null ? t("Drop the files to add them") : t("Drop the files to add them to {name}", { name: chosen.name })}
        </div>
      ) : null}
      {dialog === "text" ? <AddTextDialog collectionId={collectionId} content={pasted} onClose={closeDialog} /> : null}
      {dialog === "page" ? <AddPageDialog collectionId={collectionId} onClose={closeDialog} /> : null}
    </main>
  );
}
