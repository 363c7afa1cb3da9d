// One file on its way to the library.
import { type Sending, sendForm } from "~/shared/api/send_form";

export { Held, type Sending } from "~/shared/api/send_form";

export type FileFacts = { collection_id: string | null; tags: string[] };

function formOf(file: File, { collection_id, tags }: FileFacts): FormData {
  const form = new FormData();
  if (collection_id !== null) form.set("collection_id", collection_id);
  if (tags.length > 0) form.set("tags", tags.join(","));
  form.set("file", file);
  return form;
}

/**
 * Send a file to the library.
 *
 * Throws: a `Problem`; `Held` when it is to be sent later; an `AbortError` when the signal aborts.
 */
export async function sendFile(file: File, facts: FileFacts, sending: Sending): Promise<void> {
  await sendForm("/api/v1/documents", formOf(file, facts), sending);
}
