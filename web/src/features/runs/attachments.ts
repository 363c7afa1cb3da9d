// Files that somebody attaches to the next message: on their way to the server, there, or not to be had. They are kept
// for each conversation until they are sent, whichever page is looked at meanwhile.
import { useEffect, useRef, useState, useSyncExternalStore } from "react";

import { api } from "~/shared/api/client";
import { FileQueue, type Queued } from "~/shared/api/file_queue";
import { type Sending, sendForm } from "~/shared/api/send_form";
import type { StoredFile } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { newId } from "~/shared/lib/ids";
import { fileSize } from "~/shared/lib/sizes";

import type { FilePart } from "./messages";

export const MOST_FILES = 10;
export const PICTURE_BYTES = 5_000_000;
export const FILE_BYTES = 64_000_000;
/** What the address of a file tells in a message: only its owner's page has it. */
const ADDRESS = /^\/api\/v1\/files\/([\w-]+)\/content$/;
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
/** Pictures that people have and models do not look at; drawings in SVG are text and are read as such. */
const isOtherPicture = (type: string): boolean => type.startsWith("image/") && type !== "image/svg+xml" && !PICTURES.has(type);

export type Attachment = Queued & {
  readonly name: string;
  readonly bytes: number | null;
  /** Where the picture can be looked at; nothing for other files. */
  readonly preview: string | null;
  /** How it stands in a message, once it is on the server. */
  readonly part: FilePart | null;
};

type Send = (file: File, sending: Sending) => Promise<StoredFile>;

async function sendFile(file: File, sending: Sending): Promise<StoredFile> {
  const form = new FormData();
  form.set("purpose", "attachment");
  form.set("file", file);
  return (await sendForm("/api/v1/files", form, sending)) as StoredFile;
}

/** What the page can tell before anything is sent. */
export function refusalOf({ size, type }: { size: number; type: string }): string | null {
  if (size === 0) return t("This file is empty. Choose one that holds something.");
  if (isOtherPicture(type)) return t("Pictures of this kind are not read. Save it as PNG, JPEG, GIF or WebP.");
  if (PICTURES.has(type) && size > PICTURE_BYTES) return t("This picture is larger than {size}. Make it smaller.", { size: fileSize(PICTURE_BYTES) });
  return size > FILE_BYTES ? t("This file is larger than {size}. Split it.", { size: fileSize(FILE_BYTES) }) : null;
}

export function partOf({ id, name, media_type, bytes }: StoredFile): FilePart {
  return { type: "file", url: `/api/v1/files/${id}/content`, mediaType: media_type, filename: name, providerMetadata: { steward: { bytes } } };
}

const bytesOf = (part: FilePart): number | null => {
  const bytes = part.providerMetadata?.steward?.bytes;
  return typeof bytes === "number" ? bytes : null;
};

const previewOf = (file: File): string | null => (PICTURES.has(file.type) ? URL.createObjectURL(file) : null);

function letGo({ preview }: Attachment): void {
  if (preview?.startsWith("blob:")) URL.revokeObjectURL(preview);
}

/** The server keeps no file that nobody sends. */
function forget({ part }: Attachment): void {
  const fileId = part === null ? null : (ADDRESS.exec(part.url)?.[1] ?? null);
  if (fileId !== null) void api.DELETE("/api/v1/files/{file_id}", { params: { path: { file_id: fileId } } }).catch(() => undefined);
}

export class AttachmentList extends FileQueue<Attachment> {
  private readonly send: Send;

  constructor(send: Send = sendFile) {
    super();
    this.send = send;
  }

  /** Take files in. Returns: how many are too many. */
  add(files: readonly File[]): number {
    const room = Math.max(0, MOST_FILES - this.items.length);
    const added = files.slice(0, room).map((file): Attachment => {
      const reason = refusalOf(file);
      const preview = reason === null ? previewOf(file) : null;
      const about = { id: newId("upload"), name: file.name, bytes: file.size, preview };
      // What is refused is not kept: another try does not help it.
      return { ...about, file: reason === null ? file : null, state: reason === null ? "waiting" : "failed", share: 0, reason, part: null };
    });
    this.become([...this.items, ...added]);
    this.advance();
    return files.length - added.length;
  }

  /** Take back what was to be sent with a message that did not go out. */
  restore(parts: readonly FilePart[]): void {
    const known = new Set(this.items.map(({ part }) => part?.url));
    const back = parts.filter((part) => !known.has(part.url)).map((part): Attachment => ({
      id: newId("upload"),
      name: part.filename ?? t("File"),
      bytes: bytesOf(part),
      preview: PICTURES.has(part.mediaType) ? part.url : null,
      state: "ready",
      share: 1,
      reason: null,
      file: null,
      part,
    }));
    this.become([...back, ...this.items]);
  }

  override remove(id: string): void {
    const item = this.items.find((one) => one.id === id);
    super.remove(id);
    if (item) {
      letGo(item);
      forget(item);
    }
  }

  /** The files of the next message, in their order; the list is empty then. */
  take(): FilePart[] {
    const parts = this.items.flatMap(({ part }) => part ?? []);
    this.items.forEach(letGo);
    this.become([]);
    return parts;
  }

  protected async deliver({ id }: Attachment, file: File, sending: Sending): Promise<void> {
    const stored = await this.send(file, sending);
    this.change(id, { state: "ready", share: 1, part: partOf(stored) });
  }
}

const kept = { owner: "", lists: new Map<string, AttachmentList>() };

/** The files that go with a conversation's next message. What another person's session left behind is dropped. */
export function attachmentsOf(owner: string, name: string): AttachmentList {
  if (kept.owner !== owner) {
    kept.owner = owner;
    kept.lists = new Map();
  }
  const list = kept.lists.get(name) ?? new AttachmentList();
  kept.lists.set(name, list);
  return list;
}

function rename(before: string, after: string): void {
  const list = kept.lists.get(before);
  if (list === undefined) return;
  kept.lists.delete(before);
  kept.lists.set(after, list);
}

/** What is attached, under the name of the draft that it goes with: a conversation gets its own when the server knows it. */
export function useAttachments(owner: string, name: string): { list: AttachmentList; items: readonly Attachment[] } {
  // The list stays the same while the page stays, whatever the conversation is called.
  const [list] = useState(() => attachmentsOf(owner, name));
  const lastName = useRef(name);
  useEffect(() => {
    if (lastName.current !== name) rename(lastName.current, name);
    lastName.current = name;
  }, [name]);
  const items = useSyncExternalStore(list.subscribe, list.snapshot);
  return { list, items };
}

export const isUploading = (items: readonly Attachment[]): boolean => items.some(({ state }) => state === "waiting" || state === "sending");
export const hasFailed = (items: readonly Attachment[]): boolean => items.some(({ state }) => state === "failed");
