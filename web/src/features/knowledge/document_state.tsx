// How far a document is: its stage while it is made ready, or why it failed and what to do.
import type { LibraryDocument } from "~/shared/api/types";
import { refused, t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { Notice } from "~/shared/ui/notice";
import { ProgressBar } from "~/shared/ui/progress_bar";

import { useRetryDocument } from "./queries";
import { doing } from "./stages";

type DocumentStateProps = { document: LibraryDocument; mayChange: boolean; className?: string };

export function DocumentState({ document, mayChange, className }: DocumentStateProps) {
  const retry = useRetryDocument();
  if (document.status === "in_progress")
    return (
      <div className={className}>
        <p className="text-xs text-quiet">
          {document.is_searchable ? t("{doing} · found as it was until then", { doing: doing(document) }) : doing(document)}
        </p>
        <ProgressBar label={t("Progress of {title}", { title: document.title })} share={document.progress} className="mt-1.5 max-w-sm" />
      </div>
    );
  if (document.status === "ready") return null;
  return (
    <div className={className}>
      <Notice
        kind="problem"
        aloud={false}
        action={
          mayChange ? (
            <Button look="danger" busy={retry.isPending} onClick={() => retry.mutate(document)} aria-label={t("Retry {title}", { title: document.title })}>
              {t("Retry")}
            </Button>
          ) : null
        }
      >
        {document.error ? refused(document.error.tag, `${document.error.reason} ${document.error.fix}`) : t("This document could not be read.")}
      </Notice>
    </div>
  );
}
