// Addresses of pages that several rooms lead to: documents, places within them, and approvals. Places count in code
// points, as the server does.

export type Place = { document_id: string; start: number; end: number; revision: number };

/** What the page is told besides the address: the words to look for when the document has changed since. */
export type PlaceState = { excerpt: string };

export const documentAddress = (id: string): string => `/library/documents/${encodeURIComponent(id)}`;

/** Where a place is read. Without the revision nobody could tell that its numbers are of an older text. */
export function placeAddress({ document_id, start, end, revision }: Place): string {
  return `${documentAddress(document_id)}?start=${start}&end=${end}&revision=${revision}`;
}

/** The first address of the document list, from which all others of the room begin. */
export const libraryAddress = "/library";

/** What waits for this person. */
export const approvalsAddress = "/approvals";

/** Who one is, what is used, keys and what happened; a section's name follows. */
export const settingsAddress = "/settings";

/** A conversation that somebody shares with the workspace. */
export const sharedAddress = (shareId: string): string => `/shared/${encodeURIComponent(shareId)}`;

/** The agents of the workspace; one's id follows. */
export const agentsAddress = "/agents";

/** What is to be done, and who asked for help; one's id follows. */
export const tasksAddress = "/tasks";
export const ticketsAddress = "/tickets";
