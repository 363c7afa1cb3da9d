import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import type { LibraryDocument } from "~/shared/api/types";
import { playServer, renderPage } from "~/test_server";

import DocumentPage from "./document_page";
import { documentOf } from "./played_documents";

const PAGE = 20_000;
let shown: LibraryDocument;
let words: string;
let revision: number;
let found: object[];
beforeEach(() => {
  shown = documentOf();
  words = "First line.\n<b>Second</b> line with the boiler.\nThird line.";
  revision = 1;
  found = [];
  Element.prototype.scrollIntoView = () => {};
  Element.prototype.scrollBy = () => {};
});

function open(address: string, state: object | null = null) {
  window.history.replaceState(state, "", address);
  const asked = playServer({
    "GET /api/v1/documents/doc_1": () => shown,
    "GET /api/v1/documents/doc_1/text": ({ query }: { query: URLSearchParams }) => {
      const all = [...words];
      const start = Math.min(Number(query.get("start")), all.length);
      const end = Math.min(Number(query.get("end") ?? all.length), start + PAGE, all.length);
      return { document_id: "doc_1", title: "Boiler", revision, start, end, chars: all.length, text: all.slice(start, end).join("") };
    },
    "POST /api/v1/knowledge/search": () => ({ query: "", items: found, notice: null }),
  });
  return { asked, ...renderPage(<DocumentPage id="doc_1" mayChange beside={null} />) };
}

const text = async () => within(await screen.findByRole("region", { name: "Text" }));

describe("the page of a document [CRM-15]", () => {
  it("tells what is known of it, and lets one download the file as it came", async () => {
    shown = documentOf({ tags: ["manual"], pages: 3 });
    open("/library/documents/doc_1");
    expect(await screen.findByRole("heading", { level: 1, name: "Boiler" })).toBeInTheDocument();
    expect(screen.getByText("boiler.md")).toBeInTheDocument();
    expect(screen.getByText("manual")).toBeInTheDocument();
    expect(screen.getByText("English")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "Download" })).toHaveAttribute("href", "/api/v1/documents/doc_1/file");
    expect(screen.getByRole("link", { name: "Library" })).toHaveAttribute("href", "/library");
  });

  it("marks the cited passage, and puts the focus on it [RAG-10] [RAG-14]", async () => {
    const start = words.indexOf("line with");
    open(`/library/documents/doc_1?start=${start}&end=${start + 20}&revision=1`);
    const mark = (await text()).getByText("line with the boiler");
    expect(mark.tagName).toBe("MARK");
    expect(mark).toHaveFocus();
  });

  it("counts places as the server does, also behind an emoji", async () => {
    words = "🙂🙂 The boiler holds.";
    open("/library/documents/doc_1?start=3&end=13&revision=1");
    expect((await text()).getByText("The boiler").tagName).toBe("MARK");
  });

  it("shows text as text, never as HTML", async () => {
    words = "<img src=x onerror=alert(1)><script>alert(1)</script>\n[x](javascript:alert(1))";
    open("/library/documents/doc_1");
    const region = await screen.findByRole("region", { name: "Text" });
    expect(region).toHaveTextContent("<script>alert(1)</script>");
    expect(region.querySelector("img,script,a")).toBeNull();
  });

  it("says so when the document has changed, and shows where the words are now", async () => {
    revision = 2;
    words = "A new beginning.\nSecond line with the boiler.";
    found = [{ start: 17, text: "Second line with the boiler." }];
    open("/library/documents/doc_1?start=3&end=9&revision=1", { excerpt: "…line with the boiler…" });
    expect((await text()).getByText("line with the boiler").tagName).toBe("MARK");
    expect(screen.getByRole("note")).toHaveTextContent("has changed since it was cited. The same words stand here now.");
  });

  it("says so when the passage is gone, and shows the document from its beginning", async () => {
    revision = 2;
    open("/library/documents/doc_1?start=3&end=9&revision=1", { excerpt: "words that were taken out" });
    const region = await screen.findByRole("region", { name: "Text" });
    expect(region).toHaveTextContent("First line.");
    expect(region.querySelector("mark")).toBeNull();
    expect(screen.getByRole("note")).toHaveTextContent("the passage is no longer in it");
    expect(screen.getByRole("note")).toHaveTextContent("words that were taken out");
  });

  it("loads what stands before and behind on demand", async () => {
    words = Array.from({ length: 6000 }, (_, line) => `Line number ${line}.`).join("\n");
    const start = words.indexOf("Line number 3000.");
    const { asked } = open(`/library/documents/doc_1?start=${start}&end=${start + 17}&revision=1`);
    const region = await screen.findByRole("region", { name: "Text" });
    expect(within(region).getByText("Line number 3000.").tagName).toBe("MARK");
    expect(region.textContent.length).toBeLessThan(PAGE + 200);
    await userEvent.click(within(region).getByRole("button", { name: "Show the text after" }));
    await userEvent.click(within(region).getByRole("button", { name: "Show the text before" }));
    await expect.poll(() => region.textContent.length).toBeGreaterThan(2 * PAGE + PAGE / 2);
    const read = region.textContent.replace("Show the text before", "").replace("Show the text after", "");
    expect(words).toContain(read);
    expect(asked.filter(({ path }) => path.endsWith("/text")).length).toBeLessThanOrEqual(4);
  });

  it("tells how far a document is that has no text yet, and why one has none", async () => {
    shown = documentOf({ status: "in_progress", stage: "stored", is_searchable: false, progress: 0.05 });
    open("/library/documents/doc_1?start=0&end=9");
    expect(await screen.findByText("Reading")).toBeInTheDocument();
    expect(screen.getByText("Its text shows here as soon as it was read.")).toBeInTheDocument();
  });

  it("shows what was cited when the document itself is gone", async () => {
    window.history.replaceState({ excerpt: "It holds 2.4 litres." }, "", "/library/documents/doc_9?start=0&end=9");
    playServer({});
    renderPage(<DocumentPage id="doc_9" mayChange beside={null} />);
    expect(await screen.findByRole("heading", { name: "This document is not in the library" })).toBeInTheDocument();
    expect(screen.getByText("It holds 2.4 litres.")).toBeInTheDocument();
  });
});
