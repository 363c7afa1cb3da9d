import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { LibraryDocument } from "~/shared/api/types";
import { playServer, refusal, renderPage } from "~/test_server";

import LibraryPage from "./library_page";
import { collectionOf, documentOf } from "./played_documents";

let documents: LibraryDocument[];
let extra: Record<string, object>;
beforeEach(() => {
  window.history.replaceState(null, "", "/library");
  documents = [documentOf()];
  extra = {};
});

function show({ mayChange = true } = {}) {
  const asked = playServer({
    "GET /api/v1/collections": () => ({ items: [collectionOf(documents)], next_cursor: null }),
    "GET /api/v1/documents": () => ({ items: documents, next_cursor: null }),
    ...extra,
  });
  return { asked, ...renderPage(<LibraryPage userId="user_1" mayChange={mayChange} beside={null} />) };
}
const row = async (name: string) => {
  const found = (await screen.findByRole("link", { name })).closest("li");
  if (found === null) throw new Error("no row");
  return within(found);
};

describe("the library [CRM-15]", () => {
  it("that is empty offers samples and an upload", async () => {
    documents = [];
    extra = { "POST /api/v1/knowledge/samples": { collection_id: "vs_1", document_ids: [] } };
    const { asked } = show();
    expect(await screen.findByRole("heading", { name: "Your library is empty" })).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Add sample documents" }));
    expect(asked.some(({ path }) => path === "/api/v1/knowledge/samples")).toBe(true);
    expect(screen.getByRole("button", { name: "Upload files" })).toBeInTheDocument();
  });

  it("lists documents with their size, tags and a link to each", async () => {
    documents = [documentOf({ tags: ["manual"], pages: 3 })];
    show();
    const boiler = await row("Boiler");
    expect(boiler.getByText("Ready")).toBeInTheDocument();
    expect(boiler.getByText("1.2 kB · 3 pages · 4 passages")).toBeInTheDocument();
    expect(boiler.getByText("manual")).toBeInTheDocument();
    expect(boiler.getByRole("link")).toHaveAttribute("href", "/library/documents/doc_1");
  });

  it("shows the stage and how far a document is, and asks again only until it is ready", async () => {
    documents = [documentOf({ status: "in_progress", stage: "chunked", progress: 0.6, chunks_done: 12, chunks_total: 40, is_searchable: false })];
    const { asked } = show();
    const boiler = await row("Boiler");
    expect(boiler.getByText("Embedding 12 of 40 passages")).toBeInTheDocument();
    expect(boiler.getByRole("progressbar")).toHaveAttribute("aria-valuenow", "60");
    const times = () => asked.filter(({ path }) => path === "/api/v1/documents").length;
    documents = [documentOf()];
    await expect.poll(times, { timeout: 5000 }).toBe(2);
    expect(await boiler.findByText("Ready")).toBeInTheDocument();
    await new Promise((done) => setTimeout(done, 2500));
    expect(times()).toBe(2);
  });

  it("says why a document failed and what to do, and tries again", async () => {
    documents = [documentOf({ status: "failed", is_searchable: false, error: { tag: "unreadable", reason: "The file is damaged.", fix: "Save it anew." } })];
    extra = {
      "POST /api/v1/documents/doc_1/retry": () => {
        documents = [documentOf({ status: "in_progress", stage: "stored" })];
        return documents[0] ?? {};
      },
    };
    show();
    const boiler = await row("Boiler");
    expect(boiler.getByRole("note")).toHaveTextContent("The file is damaged. Save it anew.");
    await userEvent.click(boiler.getByRole("button", { name: "Retry Boiler" }));
    expect(await boiler.findByText(/Reading/)).toBeInTheDocument();
  });

  it("deletes only after asking", async () => {
    extra = {
      "DELETE /api/v1/documents/doc_1": () => {
        documents = [];
        return { id: "doc_1", deleted: true };
      },
    };
    const { asked } = show();
    const open = async () => {
      await userEvent.click((await row("Boiler")).getByRole("button", { name: "Options for Boiler" }));
      await userEvent.click(await screen.findByRole("menuitem", { name: "Delete" }));
      return within(await screen.findByRole("dialog", { name: "Delete “Boiler”?" }));
    };
    await userEvent.click((await open()).getByRole("button", { name: "Cancel" }));
    expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
    await userEvent.click((await open()).getByRole("button", { name: "Delete" }));
    expect(await screen.findByRole("heading", { name: "Your library is empty" })).toBeInTheDocument();
  });

  it("writes a text with its tags into the library", async () => {
    extra = { "POST /api/v1/documents/text": documentOf() };
    const { asked } = show();
    await userEvent.click(await screen.findByRole("button", { name: "Add a text or a web page" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Write a text" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Add a text" }));
    await userEvent.type(dialog.getByLabelText("Title"), "Notes");
    await userEvent.type(dialog.getByLabelText("Text"), "The boiler leaks.");
    await userEvent.type(dialog.getByLabelText("Tags"), "boiler, , leak, boiler");
    await userEvent.click(dialog.getByRole("button", { name: "Add" }));
    await expect.poll(() => screen.queryByRole("dialog")).toBeNull();
    expect(asked.find(({ method }) => method === "POST")?.body).toEqual({
      title: "Notes",
      content: "The boiler leaks.",
      type: "markdown",
      tags: ["boiler", "leak"],
      collection_id: "vs_1",
      attributes: {},
    });
  });

  it("adds a page of the web, and shows in the form why it was refused", async () => {
    extra = { "POST /api/v1/documents/url": refusal(422, "address_refused", "Only public addresses are fetched. Choose another.") };
    const { asked } = show();
    await userEvent.click(await screen.findByRole("button", { name: "Add a text or a web page" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Web page" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Add a web page" }));
    const add = dialog.getByRole("button", { name: "Add" });
    await userEvent.type(dialog.getByLabelText("Address"), "javascript:alert(1)");
    expect(add).toBeDisabled();
    await userEvent.clear(dialog.getByLabelText("Address"));
    await userEvent.type(dialog.getByLabelText("Address"), "example.com/guide");
    await userEvent.click(add);
    expect(await dialog.findByRole("alert")).toHaveTextContent("Only public addresses are fetched.");
    expect(asked.find(({ method }) => method === "POST")?.body).toMatchObject({ url: "https://example.com/guide" });
  });

  it("finds passages with score, page and chapters, and leads to each [RAG-11]", async () => {
    const passage = { document_id: "doc_1", collection_id: "vs_1", file_id: null, title: "Boiler", text: "…", excerpt: "It holds 2.4 litres.", score: 0.913, page: 2, headings: ["Boiler", "Care"], revision: 3, ordinal: 0, start: 10, end: 80, url: "", tags: [], attributes: {} };
    extra = { "POST /api/v1/knowledge/search": { query: "litres", items: [passage], notice: "Searched by words only." } };
    show();
    await userEvent.type(await screen.findByRole("textbox", { name: "Test search" }), "litres{Enter}");
    const results = within(await screen.findByRole("list", { name: "Passages" }));
    expect(results.getByText("It holds 2.4 litres.")).toBeInTheDocument();
    expect(results.getByText("Page 2 · Care")).toBeInTheDocument();
    expect(results.getByText("91 %")).toBeInTheDocument();
    expect(results.getByRole("link", { name: "Boiler" })).toHaveAttribute("href", "/library/documents/doc_1?start=10&end=80&revision=3");
    expect(screen.getByText("Searched by words only.")).toBeInTheDocument();
    expect(window.location.search).toBe("?q=litres");
  });

  it("sends what is picked, several at once, and lets one cancel", async () => {
    const sent: File[] = [];
    class PlayedRequest extends EventTarget {
      upload = new EventTarget();
      open() {}
      setRequestHeader() {}
      abort() {}
      send(form: FormData) {
        sent.push(form.get("file") as File);
      }
    }
    vi.stubGlobal("XMLHttpRequest", PlayedRequest);
    show();
    await userEvent.upload(await screen.findByLabelText("Files to upload"), [new File(["a"], "a.md"), new File(["b"], "b.md")]);
    const uploads = within(await screen.findByRole("region", { name: "Uploads" }));
    expect(uploads.getAllByRole("progressbar")).toHaveLength(2);
    expect(sent.map(({ name }) => name)).toEqual(["a.md", "b.md"]);
    await userEvent.click(uploads.getByRole("button", { name: "Cancel the upload of a.md" }));
    expect(uploads.queryByText("a.md")).toBeNull();
  });

  it("shows whom may only read nothing to change", async () => {
    documents = [documentOf({ status: "failed", file_id: null, error: { tag: "x", reason: "Broken.", fix: "" } })];
    show({ mayChange: false });
    const boiler = await row("Boiler");
    expect(boiler.queryByRole("button")).toBeNull();
    expect(screen.queryByRole("button", { name: "Upload" })).toBeNull();
  });

  it("says what to do when the server cannot be asked", async () => {
    extra = { "GET /api/v1/collections": refusal(503, "unavailable", "The database rests. Try again in a minute.") };
    show();
    expect(await screen.findByRole("alert")).toHaveTextContent("The database rests.");
    expect(screen.getByRole("button", { name: "Try again" })).toBeInTheDocument();
  });
});
