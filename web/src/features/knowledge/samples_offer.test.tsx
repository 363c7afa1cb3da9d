import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import type { LibraryDocument } from "~/shared/api/types";
import { playServer, renderPage } from "~/test_server";

import { documentOf } from "./played_documents";
import { SamplesOffer } from "./samples_offer";

const sample = (id: string, rest: Partial<LibraryDocument> = {}) => documentOf({ id, tags: ["sample"], ...rest });

it("leads from an empty workspace to a question in two clicks", async () => {
  let documents: LibraryDocument[] = [];
  const asked = playServer({
    "GET /api/v1/documents": () => ({ items: documents, next_cursor: null }),
    "POST /api/v1/knowledge/samples": () => {
      documents = [sample("a"), sample("b", { status: "in_progress", progress: 0.5 })];
      return { collection_id: "vs_1", document_ids: ["a", "b"] };
    },
  });
  const onAsk = vi.fn();
  renderPage(<SamplesOffer mayChange onAsk={onAsk} />);
  await userEvent.click(await screen.findByRole("button", { name: "Add sample documents" }));
  expect(await screen.findByRole("progressbar", { name: "Reading the sample documents" })).toHaveAttribute("aria-valuenow", "75");
  expect(screen.getByText(/1 of 2 are ready/)).toBeInTheDocument();
  documents = [sample("a"), sample("b")];
  await userEvent.click(await screen.findByRole("button", { name: "How do I set a budget?" }, { timeout: 5000 }));
  expect(onAsk).toHaveBeenCalledExactlyOnceWith("How do I set a budget?");
  expect(asked.filter(({ method }) => method === "POST")).toHaveLength(1);
});

it("says nothing once the workspace has documents of its own", async () => {
  const asked = playServer({ "GET /api/v1/documents": { items: [documentOf(), sample("b")], next_cursor: null } });
  const { container } = renderPage(<SamplesOffer mayChange onAsk={() => {}} />);
  await expect.poll(() => asked.length).toBe(1);
  expect(container).toBeEmptyDOMElement();
});

it("offers nothing to click to whom may only read", async () => {
  playServer({ "GET /api/v1/documents": { items: [], next_cursor: null } });
  renderPage(<SamplesOffer mayChange={false} onAsk={() => {}} />);
  expect(await screen.findByText(/There are none yet/)).toBeInTheDocument();
  expect(screen.queryByRole("button")).toBeNull();
});

it("leads to the library when none of the samples could be read", async () => {
  playServer({ "GET /api/v1/documents": { items: [sample("a", { status: "failed" })], next_cursor: null } });
  renderPage(<SamplesOffer mayChange onAsk={() => {}} />);
  expect(await screen.findByRole("heading", { name: "The sample documents could not be read" })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "library" })).toHaveAttribute("href", "/library");
});
