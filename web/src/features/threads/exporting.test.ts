import { afterEach, describe, expect, it, vi } from "vitest";

import { deliverToasts, type ToastWords } from "~/shared/ui/toasts";
import { playServer, refusal } from "~/test_server";

import { exportShared, exportThread, fileNameIn } from "./exporting";

let said: ToastWords[] = [];
afterEach(() => {
  deliverToasts(null);
  said = [];
});

describe("the name of a file in its header", () => {
  it.each([
    ["an encoded name before a plain one", `attachment; filename="Hafen.pdf"; filename*=UTF-8''H%C3%A4fen%20%26%20Piers.pdf`, "Häfen & Piers.pdf"],
    ["a quoted name", 'attachment; filename="a \\"b\\".pdf"', 'a "b".pdf'],
    ["a bare name", "attachment; filename=plain.md", "plain.md"],
    ["a broken encoding", `attachment; filename="fine.pdf"; filename*=UTF-8''%E0%A4`, "fine.pdf"],
    ["nothing", null, null],
  ])("is read from %s", (_, header, name) => {
    expect(fileNameIn(header)).toBe(name);
  });
});

describe("saving a conversation as a file [CONV-18]", () => {
  function play(answer: Response) {
    const asked = playServer({ "GET /api/v1/chat/thread_1/export": answer, "GET /api/v1/shared/share_1/export": answer });
    deliverToasts((words) => said.push(words));
    const saved: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function click(this: HTMLAnchorElement) {
      saved.push(this.download);
    });
    URL.createObjectURL = () => "blob:file";
    URL.revokeObjectURL = () => {};
    return { asked, saved };
  }

  it("keeps the name that the server gave", async () => {
    const file = new Response("%PDF", { headers: { "content-disposition": 'attachment; filename="Harbour plans.pdf"', "content-type": "application/pdf" } });
    const { asked, saved } = play(file);
    await exportThread("thread_1", "pdf");
    expect(asked[0]?.query.get("format")).toBe("pdf");
    expect(saved).toEqual(["Harbour plans.pdf"]);
    expect(said.map(({ sentence }) => sentence)).toEqual(["Preparing the PDF file…", "The PDF file is saved."]);
  });

  it("saves what a colleague shares as well, under a name of its own when the server gives none", async () => {
    const { saved } = play(new Response("# Berths"));
    await exportShared("share_1", "markdown");
    expect(saved).toEqual(["conversation.md"]);
  });

  it("says the server's sentence when it refuses, and saves nothing", async () => {
    const { saved } = play(refusal(413, "too_long", "This conversation is too long for a PDF. Save it as Markdown."));
    await exportThread("thread_1", "pdf");
    expect(saved).toEqual([]);
    expect(said.at(-1)).toMatchObject({ problem: true, sentence: "This conversation is too long for a PDF. Save it as Markdown." });
  });
});
