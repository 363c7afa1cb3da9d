// What the library knows of collections and documents. It asks again only while something is in progress.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { Collection, CollectionPage, DocumentPage, LibraryDocument, PassagePage, Samples } from "~/shared/api/types";
import { toastProblem } from "~/shared/ui/toasts";

import { readAgain } from "./read_again";

const PAGE = 30;
const MOST_COLLECTIONS = 100;
const POLL_MILLISECONDS = 2000;

export type DocumentStatus = LibraryDocument["status"];

const isInProgress = (document: LibraryDocument): boolean => document.status === "in_progress";

/** How long until the next look: never, when nothing is in progress. */
const pollWhile = (isBusy: boolean): number | false => (isBusy ? POLL_MILLISECONDS : false);

/** The collections, the workspace's own one first. */
export function useCollections() {
  return useQuery({
    queryKey: keys.collections,
    queryFn: ({ signal }) =>
      answered<CollectionPage>(api.GET("/api/v1/collections", { params: { query: { limit: MOST_COLLECTIONS } }, signal })),
    select: (page) => page.items.toSorted((one, other) => Number(other.is_default) - Number(one.is_default)),
    refetchInterval: ({ state }) => pollWhile(state.data?.items.some(({ documents }) => documents.in_progress > 0) ?? false),
  });
}

export function useDocuments(collectionId: string | null, status: DocumentStatus | null) {
  return useInfiniteQuery({
    queryKey: keys.documentList(collectionId, status),
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: PAGE,
        ...(pageParam ? { cursor: pageParam } : {}),
        ...(collectionId === null ? {} : { collection_id: collectionId }),
        ...(status === null ? {} : { status }),
      };
      return answered<DocumentPage>(api.GET("/api/v1/documents", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: ({ state }) =>
      pollWhile(state.data?.pages.some((page) => page.items.some(isInProgress)) ?? false),
  });
}

/** The newest documents, to tell an empty library from one with samples alone. */
export function useFirstDocuments(isOn = true) {
  return useQuery({
    enabled: isOn,
    queryKey: keys.firstDocuments,
    queryFn: ({ signal }) => answered<DocumentPage>(api.GET("/api/v1/documents", { params: { query: { limit: PAGE } }, signal })),
    select: (page) => page.items,
    staleTime: 10_000,
    refetchInterval: ({ state }) => pollWhile(state.data?.items.some(isInProgress) ?? false),
  });
}

export function useDocument(id: string) {
  return useQuery({
    queryKey: keys.document(id),
    queryFn: ({ signal }) =>
      answered<LibraryDocument>(api.GET("/api/v1/documents/{document_id}", { params: { path: { document_id: id } }, signal })),
    refetchInterval: ({ state }) => pollWhile(state.data !== undefined && isInProgress(state.data)),
  });
}

/** The passages that answers would rest on. */
export function usePassages(query: string, collectionId: string | null) {
  return useQuery({
    queryKey: keys.passages(query, collectionId),
    queryFn: ({ signal }) => {
      const body = { query, limit: 8, least_score: 0, ...(collectionId === null ? {} : { collection_ids: [collectionId] }) };
      return answered<PassagePage>(api.POST("/api/v1/knowledge/search", { body, signal }));
    },
    enabled: query !== "",
    staleTime: 30_000,
  });
}

/** A change of the library, after which everything about it is asked anew. */
function useChange<Input, Output>(change: (input: Input) => Promise<Output>, isQuiet = false) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: change,
    onError: (error) => {
      // A form shows what went wrong beside its fields.
      if (!isQuiet) toastProblem(error);
    },
    onSettled: () => readAgain(cache),
  });
}

const path = (document: { id: string }) => ({ path: { document_id: document.id } });

export const useAddSamples = () => useChange(() => answered<Samples>(api.POST("/api/v1/knowledge/samples")));

export type NewText = { title: string; content: string; type: "text" | "markdown" | "code"; tags: string[]; collection_id: string | null };

export const useWriteDocument = () =>
  useChange(
    (text: NewText) =>
      answered<LibraryDocument>(api.POST("/api/v1/documents/text", { body: { ...text, attributes: {} } })),
    true,
  );

export type NewPage = { url: string; tags: string[]; collection_id: string | null };

export const useAddPage = () =>
  useChange(
    (page: NewPage) => answered<LibraryDocument>(api.POST("/api/v1/documents/url", { body: { ...page, attributes: {} } })),
    true,
  );

export const useRetryDocument = () =>
  useChange((document: LibraryDocument) =>
    answered<LibraryDocument>(api.POST("/api/v1/documents/{document_id}/retry", { params: path(document) })),
  );

export const useDeleteDocument = () =>
  useChange((document: LibraryDocument) => answered(api.DELETE("/api/v1/documents/{document_id}", { params: path(document) })));

type DocumentChange = { document: LibraryDocument; title: string; tags: string[] };

export const useChangeDocument = () =>
  useChange(
    ({ document, ...body }: DocumentChange) =>
      answered<LibraryDocument>(api.PATCH("/api/v1/documents/{document_id}", { params: path(document), body })),
    true,
  );

export const useCreateCollection = () =>
  useChange(
    (name: string) =>
      answered<Collection>(
        api.POST("/api/v1/collections", { body: { name, description: "", in_chat: true, metadata: {} } }),
      ),
    true,
  );

type CollectionChange = { collection: Collection; name?: string; in_chat?: boolean };

export const useChangeCollection = () =>
  useChange(({ collection, ...body }: CollectionChange) =>
    answered<Collection>(
      api.PATCH("/api/v1/collections/{collection_id}", { params: { path: { collection_id: collection.id } }, body }),
    ),
  );

export const useDeleteCollection = () =>
  useChange((collection: Collection) =>
    answered(api.DELETE("/api/v1/collections/{collection_id}", { params: { path: { collection_id: collection.id } } })),
  );
