// One document: what is known of it, and its text with the cited passage marked.
import { ArrowLeft, Download } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { Link, useLocation } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";

import { asProblem } from "~/shared/api/problems";
import { t } from "~/shared/language/words";
import { type PlaceState, libraryAddress } from "~/shared/lib/places";
import { Button, IconButton } from "~/shared/ui/button";
import { Notice } from "~/shared/ui/notice";

import { CitedText } from "./cited_text";
import { DocumentFacts } from "./document_facts";
import { DocumentMenu, fileAddress } from "./document_menu";
import { DocumentState } from "./document_state";
import { useDocument } from "./queries";

function Missing({ error, onAgain }: { error: unknown; onAgain: () => void }) {
  const problem = asProblem(error);
  const state = useHistoryState<Partial<PlaceState> | null>();
  if (problem.status !== 404)
    return (
      <Notice
        kind="problem"
        action={
          <Button look="danger" onClick={onAgain}>
            {t("Try again")}
          </Button>
        }
      >
        {problem.message}
      </Notice>
    );
  return (
    <div className="py-10 text-center">
      <h2 className="text-lg font-semibold">{t("This document is not in the library")}</h2>
      <p className="mt-1.5 text-quiet">{t("It may have been deleted, or belong to another workspace.")}</p>
      {typeof state?.excerpt === "string" ? (
        <blockquote className="mx-auto mt-5 max-w-xl rounded-xl border border-line bg-sunken p-4 text-start text-sm">
          <p className="mb-1 text-xs text-quiet">{t("What was cited")}</p>
          <p dir="auto">{state.excerpt}</p>
        </blockquote>
      ) : null}
    </div>
  );
}

type DocumentPageProps = { id: string; mayChange: boolean; beside: ReactNode };

export default function DocumentPage({ id, mayChange, beside }: DocumentPageProps) {
  const { data: document, error, refetch } = useDocument(id);
  const [, navigate] = useLocation();
  const cameFrom = useHistoryState<unknown>();
  const frame = useRef<HTMLDivElement>(null);
  const title = document?.title || document?.name || t("Document");
  useEffect(() => {
    window.document.title = `${title} · Steward`;
  }, [title]);

  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <header className="flex h-14 shrink-0 items-center gap-1 px-2.5 sm:px-4">
        {beside}
        {cameFrom ? (
          <IconButton label={t("Back")} onClick={() => window.history.back()}>
            <ArrowLeft aria-hidden className="size-4.5 rtl:rotate-180" />
          </IconButton>
        ) : null}
        <nav aria-label={t("Breadcrumb")} className="min-w-0 px-1.5 text-sm">
          <ol className="flex min-w-0 items-center gap-1.5">
            <li>
              <Link href={libraryAddress} className="text-quiet hover:text-ink hover:underline">
                {t("Library")}
              </Link>
            </li>
            <li aria-hidden className="text-quiet rtl:rotate-180">
              ›
            </li>
            <li aria-current="page" dir="auto" className="min-w-0 truncate font-medium">
              {title}
            </li>
          </ol>
        </nav>
        {document ? (
          <span className="ms-auto flex items-center gap-1">
            <DocumentMenu document={document} mayChange={mayChange} onDeleted={() => navigate(libraryAddress, { replace: true })} />
          </span>
        ) : null}
      </header>
      {/* The text scrolls here, so the keyboard must be able to reach it. Its place is kept by hand. */}
      <div
        ref={frame}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="region"
        aria-label={title}
        className="min-h-0 flex-1 overflow-y-auto outline-offset-[-2px] [overflow-anchor:none]"
      >
        <div className="mx-auto w-full max-w-3xl space-y-6 px-4 pt-2 pb-16 sm:px-6">
          {document === undefined && error ? <Missing error={error} onAgain={() => void refetch()} /> : null}
          {document === undefined ? null : (
            <>
              <div className="space-y-4">
                <h1 dir="auto" className="text-xl font-semibold tracking-tight wrap-anywhere">{title}</h1>
                <DocumentFacts document={document} />
                {document.file_id === null ? null : (
                  <a
                    href={fileAddress(document)}
                    download={document.name}
                    className="inline-flex h-9 items-center gap-2 rounded-lg border border-line bg-raised px-3.5 text-sm font-medium hover:bg-hover"
                  >
                    <Download aria-hidden className="size-4" /> {t("Download")}
                  </a>
                )}
                <DocumentState document={document} mayChange={mayChange} />
              </div>
              <hr className="border-line" />
              <CitedText key={document.id} document={document} frame={frame} />
            </>
          )}
        </div>
      </div>
    </main>
  );
}
