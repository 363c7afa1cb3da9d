// What a document is going through, in words.
import type { LibraryDocument } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { count } from "~/shared/lib/moments";

/** What is being done now; `stage` names the last one that is done. */
export function doing({ stage, file_id, chunks_done, chunks_total }: LibraryDocument): string {
  switch (stage) {
    case "accepted":
      return file_id === null ? t("Fetching the page") : t("Waiting");
    case "stored":
      return t("Reading");
    case "parsed":
      return t("Cutting into passages");
    case "chunked":
      return chunks_total === null
        ? t("Embedding|stage")
        : t("Embedding {done} of {all} passages", { done: count(chunks_done), all: count(chunks_total) });
    case "embedded":
    case "searchable":
      return t("Making it searchable");
  }
}
