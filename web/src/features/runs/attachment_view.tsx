// The files of a message: pictures to look at, documents with their names and sizes.
import { FileText, ImageOff } from "lucide-react";
import { useState } from "react";

import { inLine } from "~/shared/language/facts";
import { t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";
import { fileSize } from "~/shared/lib/sizes";
import { later } from "~/shared/ui/later";

import { type ChatMessage, type FilePart, filesIn } from "./messages";

const PictureDialog = later(() => import("~/shared/ui/picture_dialog"));

/** Whether the address is this server's, or the picture itself: nothing is loaded from elsewhere. */
const isOurs = (url: string): boolean => url.startsWith("/api/v1/") || url.startsWith("data:image/");
const isElsewhere = (url: string): boolean => /^https?:\/\//.test(url);

const nameOf = (part: FilePart): string => part.filename || t("File");

function factsOf(part: FilePart): string[] {
  const { bytes, is_cut } = part.providerMetadata?.steward ?? {};
  return [typeof bytes === "number" ? fileSize(bytes) : null, is_cut === true ? t("only its beginning was read") : null].filter((word) => word !== null);
}

function Card({ part, isGone = false }: { part: FilePart; isGone?: boolean }) {
  const Icon = isGone ? ImageOff : FileText;
  const facts = isGone ? [t("no longer there")] : factsOf(part);
  const inner = (
    <>
      <Icon aria-hidden className="size-5 shrink-0 text-quiet" />
      <span className="min-w-0 text-start">
        <span dir="auto" className="block truncate text-sm">
          {nameOf(part)}
        </span>
        {facts.length > 0 ? <span className="block truncate text-xs text-quiet">{inLine(facts)}</span> : null}
      </span>
    </>
  );
  const look = "flex max-w-64 min-w-0 items-center gap-2.5 rounded-xl border border-line bg-raised px-3 py-2";
  if (isGone || !(isOurs(part.url) || isElsewhere(part.url))) return <span className={look}>{inner}</span>;
  return (
    <a
      href={part.url}
      title={nameOf(part)}
      {...(isOurs(part.url) ? { download: nameOf(part) } : { target: "_blank", rel: "noreferrer noopener" })}
      className={classes(look, "transition-colors duration-150 hover:bg-hover")}
    >
      {inner}
    </a>
  );
}

function Picture({ part }: { part: FilePart }) {
  const [open, setOpen] = useState(false);
  const [isGone, setGone] = useState(false);
  const name = nameOf(part);
  if (isGone) return <Card part={part} isGone />;
  return (
    <>
      <button
        type="button"
        aria-label={t("Open {name}", { name })}
        title={name}
        onClick={() => setOpen(true)}
        className="block size-32 overflow-hidden rounded-xl border border-line bg-sunken transition-opacity duration-150 hover:opacity-90 sm:size-40"
      >
        <img src={part.url} alt={name} loading="lazy" decoding="async" onError={() => setGone(true)} className="size-full object-cover" />
      </button>
      {open ? (
        <PictureDialog url={part.url} name={name} onClose={() => setOpen(false)} />
      ) : null}
    </>
  );
}

export function AttachmentView({ message }: { message: Pick<ChatMessage, "parts"> }) {
  const files = filesIn(message);
  if (files.length === 0) return null;
  return (
    <ul aria-label={t("Attached files")} className="mb-1.5 flex flex-wrap items-end justify-end gap-2">
      {files.map((part, place) => (
        // A message never changes the order of its files, and may hold the same one twice.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={`${place} ${part.url}`} className="min-w-0">
          {part.mediaType.startsWith("image/") && isOurs(part.url) ? <Picture part={part} /> : <Card part={part} />}
        </li>
      ))}
    </ul>
  );
}
