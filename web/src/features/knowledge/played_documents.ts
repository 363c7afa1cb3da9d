// For tests: documents and collections as the server tells of them.
import type { Collection, LibraryDocument } from "~/shared/api/types";

export const documentOf = (rest: Partial<LibraryDocument> = {}): LibraryDocument => ({
  id: "doc_1",
  collection_id: "vs_1",
  file_id: "file-1",
  source: null,
  title: "Boiler",
  name: "boiler.md",
  media_type: "text/markdown",
  bytes: 1234,
  tags: [],
  attributes: {},
  status: "ready",
  stage: "searchable",
  progress: 1,
  chunks_done: 4,
  chunks_total: 4,
  is_searchable: true,
  error: null,
  language: "en",
  pages: null,
  chars: 900,
  created_at: "2026-11-20T10:00:00Z",
  updated_at: "2026-11-20T10:00:00Z",
  ready_at: "2026-11-20T10:00:01Z",
  url: "/library/documents/doc_1",
  ...rest,
});

export function collectionOf(documents: readonly LibraryDocument[], rest: Partial<Collection> = {}): Collection {
  const number = (status: LibraryDocument["status"]) => documents.filter((document) => document.status === status).length;
  return {
    id: "vs_1",
    name: "Documents",
    description: "",
    is_default: true,
    in_chat: true,
    status: "ready",
    embedding_model: "local/wordllama",
    dimensions: 256,
    chunk_tokens: 480,
    chunk_overlap: 0,
    documents: { total: documents.length, in_progress: number("in_progress"), ready: number("ready"), failed: number("failed") },
    chunks: 4,
    bytes: 1234,
    expires_days: null,
    expires_at: null,
    last_active_at: "2026-11-20T10:00:00Z",
    created_at: "2026-11-20T10:00:00Z",
    metadata: {},
    ...rest,
  };
}
