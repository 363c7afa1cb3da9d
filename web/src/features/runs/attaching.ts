// How files come to a conversation, picked, dropped or pasted, and how a message waits for those that are still on
// their way.
import { useCallback, useEffect, useRef, useState } from "react";

import { counted, t } from "~/shared/language/words";
import { announce } from "~/shared/lib/announcer";
import { filesOf, useFileDrop } from "~/shared/ui/file_drop";
import { toast } from "~/shared/ui/toasts";

import { type Attachment, type AttachmentList, MOST_FILES, hasFailed, isUploading, useAttachments } from "./attachments";

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Take files that are pasted into the box, or beside all fields. A text with a picture of itself stays a text. */
function usePastedFiles(box: { current: HTMLTextAreaElement | null }, onFiles: (files: File[]) => void): void {
  const latest = useRef(onFiles);
  useEffect(() => {
    latest.current = onFiles;
  });
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      if (event.defaultPrevented || (isField(event.target) && event.target !== box.current)) return;
      if ((event.clipboardData?.getData("text/plain") ?? "") !== "") return;
      const files = filesOf(event.clipboardData);
      if (files.length === 0) return;
      event.preventDefault();
      latest.current(files);
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, [box]);
}

export type Attaching = {
  items: readonly Attachment[];
  list: AttachmentList;
  add: (files: readonly File[]) => void;
  /** Files are being dragged over the page. */
  isOver: boolean;
  /** Somebody wants the message sent, and it waits for its files. */
  isAwaited: boolean;
  isUploading: boolean;
  hasFailed: boolean;
  /** Send the message when all of its files are there: at once, or later. Returns: whether it may go now. */
  ready: () => boolean;
};

type AttachingOptions = {
  owner: string;
  draftName: string;
  box: { current: HTMLTextAreaElement | null };
  onReady: () => void;
  /** Whether files may go with a message here. */
  isOn?: boolean;
};

export function useAttaching({ owner, draftName, box, onReady, isOn = true }: AttachingOptions): Attaching {
  const { list, items } = useAttachments(owner, draftName);
  const [isAwaited, setAwaited] = useState(false);
  const latest = useRef(onReady);
  useEffect(() => {
    latest.current = onReady;
  });

  const add = useCallback(
    (files: readonly File[]) => {
      if (files.length === 0 || !isOn) return;
      const left = list.add(files);
      if (left > 0)
        toast(
          counted(
            left,
            "At most {most} files go with a message; {count} was left out. Send the rest with the next message.",
            "At most {most} files go with a message; {count} were left out. Send the rest with the next message.",
            { most: MOST_FILES },
          ),
        );
      const taken = files.length - left;
      if (taken > 0)
        announce(
          taken === 1
            ? t("{name} is attached", { name: files[0]?.name ?? t("File") })
            : counted(taken, "{count} file is attached", "{count} files are attached"),
        );
      box.current?.focus({ preventScroll: true });
    },
    [box, isOn, list],
  );
  const isOver = useFileDrop(add, isOn);
  usePastedFiles(box, add);

  const uploading = isUploading(items);
  const failed = hasFailed(items);
  const stopWaiting = useRef<(() => void) | null>(null);
  useEffect(() => () => stopWaiting.current?.(), []);
  useEffect(() => {
    if (!uploading) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [uploading]);

  const ready = useCallback(() => {
    stopWaiting.current?.();
    stopWaiting.current = null;
    setAwaited(false);
    if (hasFailed(list.snapshot())) return false;
    if (!isUploading(list.snapshot())) return true;
    setAwaited(true);
    announce(t("The message is sent when its files are there."));
    stopWaiting.current = list.subscribe(() => {
      if (isUploading(list.snapshot())) return;
      if (hasFailed(list.snapshot())) announce(t("A file could not be uploaded. The message was not sent."));
      // Says that nothing is waited for any more, and whether the message may go.
      latest.current();
    });
    return false;
  }, [list]);

  return { items, list, add, isOver, isAwaited, isUploading: uploading, hasFailed: failed, ready };
}
