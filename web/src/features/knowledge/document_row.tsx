// One document in the list.
import { FileText, Globe } from "lucide-react";
import { memo } from "react";
import { Link } from "wouter";

import type { LibraryDocument } from "~/shared/api/types";
import { counted, t } from "~/shared/language/words";
import { shortMoment, wholeMoment } from "~/shared/lib/moments";
import { documentAddress } from "~/shared/lib/places";
import { fileSize } from "~/shared/lib/sizes";

import { DocumentMenu } from "./document_menu";
import { DocumentState } from "./document_state";
import { TagList } from "./tag_list";

/** Size, pages and passages, as far as they are known. */
function factsOf({ bytes, pages, chunks_total, status }: LibraryDocument): string {
  return [
    bytes > 0 ? fileSize(bytes) : null,
    pages ? counted(pages, "{count} page", "{count} pages") : null,
    status === "ready" && chunks_total ? counted(chunks_total, "{count} passage", "{count} passages") : null,
  ]
    .filter(Boolean)
    .join(" · ");
}

type DocumentRowProps = { document: LibraryDocument; mayChange: boolean };

export const DocumentRow = memo(function DocumentRow({ document, mayChange }: DocumentRowProps) {
  const Icon = document.source?.startsWith("http") ? Globe : FileText;
  return (
    <li data-status={document.status} className="flex gap-3 px-3 py-3 sm:px-4">
      <Icon aria-hidden className="mt-0.5 size-4.5 shrink-0 text-quiet" />
      <div className="min-w-0 flex-1 space-y-1">
        <Link href={documentAddress(document.id)} dir="auto" className="block truncate text-sm font-medium hover:text-accent hover:underline">
          {document.title || document.name}
        </Link>
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-quiet">
          {document.status === "ready" ? <span className="font-medium text-ink">{t("Ready")}</span> : null}
          {document.status === "failed" ? <span className="font-medium text-danger">{t("Failed")}</span> : null}
          <span>{factsOf(document)}</span>
          <time dateTime={document.created_at} title={wholeMoment(document.created_at)}>
            {shortMoment(document.created_at)}
          </time>
          <TagList tags={document.tags} />
        </div>
        <DocumentState document={document} mayChange={mayChange} className="pt-1" />
      </div>
      <DocumentMenu document={document} mayChange={mayChange} />
    </li>
  );
});
