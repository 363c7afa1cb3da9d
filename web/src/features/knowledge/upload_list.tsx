// Files on their way to the server, and those that did not arrive.
import { RotateCw, X } from "lucide-react";

import { t } from "~/shared/language/words";
import { fileSize } from "~/shared/lib/sizes";
import { IconButton } from "~/shared/ui/button";
import { ProgressBar } from "~/shared/ui/progress_bar";

import type { Upload, UploadQueue } from "./upload_queue";

function Progress({ upload }: { upload: Upload }) {
  if (upload.state === "failed") return <p className="text-xs text-danger">{upload.reason}</p>;
  if (upload.state === "waiting") return <p className="text-xs text-quiet">{t("Waiting")}</p>;
  return <ProgressBar label={t("Upload of {name}", { name: upload.file.name })} share={upload.share} className="mt-1 max-w-sm" />;
}

export function UploadList({ uploads, queue }: { uploads: readonly Upload[]; queue: UploadQueue }) {
  if (uploads.length === 0) return null;
  return (
    <section aria-label={t("Uploads")}>
      <h2 className="mb-2 text-sm font-medium">{t("Uploads")}</h2>
      <ul className="divide-y divide-line rounded-xl border border-line bg-raised">
        {uploads.map((upload) => (
          <li key={upload.id} data-state={upload.state} className="flex items-center gap-2 px-3 py-2.5 sm:px-4">
            <div className="min-w-0 flex-1 space-y-0.5">
              <p className="flex gap-2 text-sm">
                <span dir="auto" className="min-w-0 truncate">
                  {upload.file.name}
                </span>
                <span className="shrink-0 text-quiet">{fileSize(upload.file.size)}</span>
              </p>
              <Progress upload={upload} />
            </div>
            {upload.state === "failed" ? (
              <IconButton small label={t("Try {name} again", { name: upload.file.name })} onClick={() => queue.retry(upload.id)}>
                <RotateCw aria-hidden className="size-4" />
              </IconButton>
            ) : null}
            <IconButton
              small
              label={
                upload.state === "failed"
                  ? t("Dismiss {name}", { name: upload.file.name })
                  : t("Cancel the upload of {name}", { name: upload.file.name })
              }
              onClick={() => queue.remove(upload.id)}
            >
              <X aria-hidden className="size-4" />
            </IconButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
