// Documents and how far they are.
import { DocumentRow } from "~/features/knowledge/document_row";
import { EmptyLibrary } from "~/features/knowledge/empty_library";
import { UploadList } from "~/features/knowledge/upload_list";
import { type Upload, UploadQueue } from "~/features/knowledge/upload_queue";
import type { LibraryDocument } from "~/shared/api/types";

import { type Section, type State, nothing } from "../specimen";

const known: LibraryDocument = {
  id: "doc_1",
  file_id: "file_1",
  collection_id: "collection_1",
  title: "Harbour guide",
  name: "harbour.md",
  media_type: "text/markdown",
  url: "/library/documents/doc_1",
  source: null,
  attributes: {},
  tags: ["guide", "2026"],
  language: "english",
  status: "ready",
  stage: "searchable",
  progress: 1,
  bytes: 48_200,
  chars: 48_000,
  pages: 12,
  chunks_total: 40,
  chunks_done: 40,
  is_searchable: true,
  error: null,
  created_at: "2026-11-21T10:00:00Z",
  updated_at: "2026-11-21T10:00:00Z",
  ready_at: "2026-11-21T10:00:20Z",
};

const document = (name: string, change: Partial<LibraryDocument>, mayChange = true): State => ({
  name,
  shown: (
    <ul>
      <DocumentRow document={{ ...known, ...change }} mayChange={mayChange} />
    </ul>
  ),
});

const failure: LibraryDocument["error"] = {
  tag: "file_broken",
  reason: "The PDF is broken and cannot be read.",
  fix: "Save it again and upload the new file.",
};
const upload = (state: Upload["state"], share: number, reason: string | null): Upload => ({
  id: state,
  file: new File(["x".repeat(2000)], `${state}.pdf`),
  facts: {} as Upload["facts"],
  state,
  share,
  reason,
});

export const library: Section = {
  name: "Library",
  specimens: [
    {
      name: "DocumentRow",
      states: [
        document("ready", {}),
        document("from the web", { source: "https://example.com/guide", title: "A page with a title so long that it does not fit into one line of a narrow screen" }),
        document("being read", { status: "in_progress", stage: "chunked", chunks_done: 16, progress: 0.4, is_searchable: false }),
        document("failed", { status: "failed", error: failure }),
        document("failed, for whoever only reads", { status: "failed", error: failure }, false),
      ],
    },
    {
      name: "UploadList",
      states: [
        {
          name: "on their way, and one that failed",
          shown: <UploadList uploads={[upload("sending", 0.6, null), upload("waiting", 0, null), upload("failed", 0, "The file is larger than 50 MB.")]} queue={new UploadQueue()} />,
        },
      ],
    },
    {
      name: "EmptyLibrary",
      states: [
        { name: "for a member", shown: <EmptyLibrary mayChange onPick={nothing} /> },
        { name: "for whoever only reads", shown: <EmptyLibrary mayChange={false} onPick={nothing} /> },
      ],
    },
  ],
};
