// How files come to the page: picked, dropped or pasted; and the queue that takes them.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";

import { keys } from "~/shared/api/keys";
import { toast } from "~/shared/ui/toasts";

import { type Upload, type UploadQueue, uploadsOf } from "./upload_queue";

export function useUploads(owner: string): { queue: UploadQueue; uploads: readonly Upload[] } {
  const cache = useQueryClient();
  const queue = uploadsOf(owner);
  const uploads = useSyncExternalStore(queue.subscribe, queue.snapshot);
  const isBusy = uploads.some(({ state }) => state !== "failed");

  useEffect(() => {
    queue.whenArrived(() => void cache.invalidateQueries({ queryKey: keys.knowledge }));
  }, [cache, queue]);
  useEffect(() => {
    if (!isBusy) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isBusy]);
  return { queue, uploads };
}

const isFolder = (item: DataTransferItem): boolean => item.webkitGetAsEntry?.()?.isDirectory === true;

/** The files of a drop or paste. A folder is no file: reading it would fail in the middle. */
function filesOf(data: DataTransfer | null): File[] {
  const items = [...(data?.items ?? [])].filter((item) => item.kind === "file");
  if (items.some(isFolder)) toast("Folders cannot be added. Open the folder and choose its files.");
  return items
    .filter((item) => !isFolder(item))
    .map((item) => item.getAsFile())
    .filter((file) => file !== null);
}

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;

/** Take files that are dropped anywhere on the page. Returns: whether some are being dragged over it. */
export function useFileDrop(onFiles: (files: File[]) => void, isOn: boolean): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(onFiles);
  useEffect(() => {
    latest.current = onFiles;
  });
  useEffect(() => {
    if (!isOn) return undefined;
    // Every element on the way is entered and left; the page is left when all are.
    let depth = 0;
    const turn = (next: number) => {
      depth = Math.max(0, next);
      setOver(depth > 0);
    };
    const listeners = {
      dragenter: () => turn(depth + 1),
      dragleave: () => turn(depth - 1),
      dragover: () => {},
      drop: (event: DragEvent) => {
        turn(0);
        const files = filesOf(event.dataTransfer);
        if (files.length > 0) latest.current(files);
      },
    };
    const entries = Object.entries(listeners).map(([name, listener]) => {
      const guarded = (event: Event) => {
        if (!(event instanceof DragEvent) || !carriesFiles(event)) return;
        event.preventDefault();
        listener(event);
      };
      window.addEventListener(name, guarded);
      return () => window.removeEventListener(name, guarded);
    });
    return () => {
      for (const remove of entries) remove();
    };
  }, [isOn]);
  return over;
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Take what is pasted beside the page's fields: files, or a text. */
export function usePaste(onFiles: (files: File[]) => void, onText: (text: string) => void, isOn: boolean): void {
  const latest = useRef({ onFiles, onText });
  useEffect(() => {
    latest.current = { onFiles, onText };
  });
  useEffect(() => {
    if (!isOn) return undefined;
    const paste = (event: ClipboardEvent) => {
      if (isTyping(event.target)) return;
      const files = filesOf(event.clipboardData);
      const text = event.clipboardData?.getData("text/plain").trim() ?? "";
      if (files.length > 0) latest.current.onFiles(files);
      else if (text !== "") latest.current.onText(text);
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, [isOn]);
}
