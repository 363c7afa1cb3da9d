// Take a conversation out: fetched with the session, then handed to the browser as a file.
import { answered, api } from "~/shared/api/client";
import { t } from "~/shared/language/words";
import { toast, toastProblem } from "~/shared/ui/toasts";

import { type ExportFormat, formats } from "./formats";

/** The name that the server gave the file (RFC 6266), or null. */
export function fileNameIn(header: string | null): string | null {
  const encoded = /filename\*=utf-8''([^;]+)/i.exec(header ?? "")?.[1];
  if (encoded !== undefined) {
    try {
      return decodeURIComponent(encoded.trim());
    } catch {
      // Not what the standard says; the plain name may do.
    }
  }
  const plain = /filename="((?:[^"\\]|\\.)*)"|filename=([^;\s]+)/i.exec(header ?? "");
  return plain?.[1]?.replaceAll(/\\(.)/g, "$1") ?? plain?.[2] ?? null;
}

/** Have the browser keep this as a file, as if a link to it had been followed. */
function keep(data: Blob, name: string): void {
  const address = URL.createObjectURL(data);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has to begin reading first.
  window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

type FileAnswer = { data?: unknown; error?: unknown; response: Response };

async function save(format: ExportFormat, request: Promise<FileAnswer>): Promise<void> {
  const { name, ending } = formats[format];
  toast(t("Preparing the {name} file…", { name }));
  try {
    const data = await answered<Blob>(request as Promise<FileAnswer & { data?: Blob }>);
    const { response } = await request;
    keep(data, fileNameIn(response.headers.get("content-disposition")) ?? `conversation.${ending}`);
    toast(t("The {name} file is saved.", { name }));
  } catch (error) {
    toastProblem(error);
  }
}

/** Save a conversation of one's own as a file. */
export const exportThread = (threadId: string, format: ExportFormat): Promise<void> =>
  save(
    format,
    api.GET("/api/v1/chat/{conversation_id}/export", {
      params: { path: { conversation_id: threadId }, query: { format } },
      parseAs: "blob",
    }),
  );

/** Save a conversation that a colleague shares as a file. */
export const exportShared = (shareId: string, format: ExportFormat): Promise<void> =>
  save(format, api.GET("/api/v1/shared/{share_id}/export", { params: { path: { share_id: shareId }, query: { format } }, parseAs: "blob" }));
