// Files that are dropped anywhere on the page, or pasted.
import { useEffect, useRef, useState } from "react";

import { t } from "~/shared/language/words";

import { toast } from "./toasts";

const isFolder = (item: DataTransferItem): boolean => item.webkitGetAsEntry?.()?.isDirectory === true;

/** The files of a drop or paste. A folder is no file: reading it would fail in the middle. */
export function filesOf(data: DataTransfer | null): File[] {
  const items = [...(data?.items ?? [])].filter((item) => item.kind === "file");
  if (items.some(isFolder)) toast(t("Folders cannot be added. Open the folder and choose its files."));
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
