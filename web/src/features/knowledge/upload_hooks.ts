// How files and texts that are pasted come to the page, and the queue that takes files.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useSyncExternalStore } from "react";

import { filesOf } from "~/shared/ui/file_drop";

import { readAgain } from "./read_again";
import { type Upload, type UploadQueue, uploadsOf } from "./upload_queue";

export function useUploads(owner: string): { queue: UploadQueue; uploads: readonly Upload[] } {
  const cache = useQueryClient();
  const queue = uploadsOf(owner);
  const uploads = useSyncExternalStore(queue.subscribe, queue.snapshot);
  const isBusy = uploads.some(({ state }) => state !== "failed");

  useEffect(() => {
    queue.whenArrived(() => void readAgain(cache));
  }, [cache, queue]);
  useEffect(() => {
    if (!isBusy) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isBusy]);
  return { queue, uploads };
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
