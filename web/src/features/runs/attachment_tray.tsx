// What is attached to the next message, above the box where it is written, and the button that picks files.
import { FileText, Paperclip, RotateCw, X } from "lucide-react";
import { useRef } from "react";

import { t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";
import { fileSize } from "~/shared/lib/sizes";
import { IconButton } from "~/shared/ui/button";
import { ProgressBar } from "~/shared/ui/progress_bar";

import type { Attaching } from "./attaching";
import { type Attachment, FILE_BYTES, MOST_FILES, PICTURE_BYTES } from "./attachments";

const limits = (): string =>
  t("Pictures up to {picture}, documents up to {file}, {most} files at most", {
    picture: fileSize(PICTURE_BYTES),
    file: fileSize(FILE_BYTES),
    most: MOST_FILES,
  });

export function AttachButton({ onFiles }: { onFiles: (files: File[]) => void }) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton label={t("Attach files")} title={t("Attach files. {limits}.", { limits: limits() })} onClick={() => picker.current?.click()}>
        <Paperclip aria-hidden className="size-4.5" />
      </IconButton>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label={t("Files to attach")}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          // The same file can be picked again.
          event.target.value = "";
        }}
      />
    </>
  );
}

function State({ item }: { item: Attachment }) {
  if (item.state === "failed") return <p className="text-xs wrap-anywhere text-danger">{item.reason}</p>;
  if (item.state === "sending") return <ProgressBar label={t("Upload of {name}", { name: item.name })} share={item.share} className="mt-1.5" />;
  const size = item.bytes === null ? "" : fileSize(item.bytes);
  return <p className="text-xs text-quiet">{item.state === "waiting" ? t("Waiting") : size}</p>;
}

function Thumbnail({ preview }: { preview: string | null }) {
  const frame = "size-10 shrink-0 rounded-lg border border-line bg-sunken";
  // Its name stands beside it.
  if (preview !== null) return <img src={preview} alt="" className={classes(frame, "object-cover")} />;
  return (
    <span className={classes(frame, "flex items-center justify-center text-quiet")}>
      <FileText aria-hidden className="size-5" />
    </span>
  );
}

function Row({ item, attaching }: { item: Attachment; attaching: Attaching }) {
  const isFailed = item.state === "failed";
  return (
    <li
      data-state={item.state}
      className={classes(
        "flex w-full min-w-0 items-center gap-2.5 rounded-xl border py-1.5 ps-1.5 pe-1 sm:w-64",
        isFailed ? "border-danger-line bg-danger-soft sm:w-80" : "border-line bg-page",
      )}
    >
      <Thumbnail preview={item.preview} />
      <div className="min-w-0 flex-1">
        <p dir="auto" className="truncate text-start text-sm" title={item.name}>
          {item.name}
        </p>
        <State item={item} />
      </div>
      <span className="flex">
        {isFailed && item.file !== null ? (
          <IconButton small label={t("Try {name} again", { name: item.name })} onClick={() => attaching.list.retry(item.id)}>
            <RotateCw aria-hidden className="size-4" />
          </IconButton>
        ) : null}
        <IconButton
          small
          label={t("Remove {name}", { name: item.name })}
          data-remove
          onClick={(event) => focusNext(event.currentTarget, () => attaching.list.remove(item.id))}
        >
          <X aria-hidden className="size-4" />
        </IconButton>
      </span>
    </li>
  );
}

/** Who takes a file away by keyboard stands on the next one, or else in the box. */
function focusNext(button: HTMLElement, remove: () => void): void {
  const form = button.closest("form");
  const place = [...(form?.querySelectorAll<HTMLElement>("[data-remove]") ?? [])].indexOf(button);
  remove();
  window.setTimeout(() => {
    const left = [...(form?.querySelectorAll<HTMLElement>("[data-remove]") ?? [])];
    (left[Math.min(place, left.length - 1)] ?? form?.querySelector("textarea"))?.focus();
  }, 0);
}

type TrayProps = {
  attaching: Attaching;
  /** The chosen model, when it does not look at pictures. */
  blindModel: string | null;
};

export function AttachmentTray({ attaching, blindModel }: TrayProps) {
  const { items, hasFailed, isAwaited } = attaching;
  if (items.length === 0) return null;
  // What needs a hand is seen first, also where not all of them are in sight.
  const shown = items.toSorted((one, other) => Number(other.state === "failed") - Number(one.state === "failed"));
  const hasPicture = items.some(({ preview }) => preview !== null);
  let words: string | null = null;
  if (hasFailed) words = t("Remove what could not be attached, or try it again, to send the message.");
  else if (isAwaited) words = t("Sending when the files are there…");
  else if (blindModel !== null && hasPicture) words = t("{model} does not look at pictures. Choose another model, or remove them.", { model: blindModel });
  return (
    <div className="px-3 pt-3">
      <ul aria-label={t("Attached files")} className="flex max-h-48 flex-wrap gap-2 overflow-y-auto">
        {shown.map((item) => (
          <Row key={item.id} item={item} attaching={attaching} />
        ))}
      </ul>
      <p role="status" className={classes("text-xs text-quiet", words !== null && "pt-2")}>
        {words}
      </p>
    </div>
  );
}

/** Shown over the conversation while files are dragged over the page. */
export function DropArea() {
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute inset-3 z-20 flex flex-col items-center justify-center gap-1 rounded-2xl border-2 border-dashed border-accent bg-accent-soft/95 px-6 text-center text-accent"
    >
      <span className="text-base font-medium">{t("Drop the files to attach them")}</span>
      <span className="text-sm">{limits()}</span>
    </div>
  );
}
