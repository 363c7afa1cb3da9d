// What a document is going through, in words.
import type { LibraryDocument } from "~/shared/api/types";
import { count } from "~/shared/lib/moments";

/** What is being done now; `stage` names the last one that is done. */
export function doing({ stage, file_id, chunks_done, chunks_total }: LibraryDocument): string {
  switch (stage) {
    case "accepted":
      return file_id === null ? "Fetching the page" : "Waiting";
    case "stored":
      return "Reading";
    case "parsed":
      return "Cutting into passages";
    case "chunked":
      return chunks_total === null ? "Embedding" : `Embedding ${count(chunks_done)} of ${count(chunks_total)} passages`;
    case "embedded":
    case "searchable":
      return "Making it searchable";
  }
}
