// The names under which answers are kept, so that one room can say that another's answer is out of date.

export const keys = {
  me: ["me"] as const,
  models: ["models"] as const,
  threads: ["threads"] as const,
  threadList: (archived: boolean) => ["threads", "list", archived] as const,
  thread: (id: string) => ["threads", "one", id] as const,
  history: (id: string) => ["history", id] as const,
  search: (text: string) => ["threads", "search", text] as const,
  actions: ["actions"] as const,
  actionList: ["actions", "list"] as const,
  action: (id: string) => ["actions", "one", id] as const,
  knowledge: ["knowledge"] as const,
  collections: ["knowledge", "collections"] as const,
  documents: ["knowledge", "documents"] as const,
  documentList: (collectionId: string | null, status: string | null) => ["knowledge", "documents", "list", collectionId, status] as const,
  firstDocuments: ["knowledge", "documents", "first"] as const,
  document: (id: string) => ["knowledge", "documents", "one", id] as const,
  passages: (query: string, collectionId: string | null) => ["knowledge", "passages", query, collectionId] as const,
};
