import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { Model } from "~/shared/api/types";
import { renderPage } from "~/test_server";

import { MessageRow, type MessageRowProps, type RowActions } from "./message_row";
import type { ChatMessage, Details } from "./messages";
import { OfferedModels } from "./other_model";

const message = (role: "user" | "assistant", text: string, metadata: Details = {}): ChatMessage => ({
  id: "m1",
  role,
  parts: [{ type: "text", text }],
  metadata,
});

let actions: RowActions;
beforeEach(() => {
  actions = { again: vi.fn(), edit: vi.fn(), editing: vi.fn(), choose: vi.fn(), retry: vi.fn() };
});

const show = (given: ChatMessage, rest: Partial<MessageRowProps> = {}) =>
  renderPage(
    <MessageRow message={given} busy={false} streaming={false} last editing={false} failure={null} actions={actions} {...rest} />,
  );

describe("a row of the conversation", () => {
  it("shows a user's words as they were typed [UI-02] [TEST-01]", () => {
    show(message("user", "Hello **there**\n<b>you</b>"));
    const row = screen.getByRole("article", { name: "You" });
    expect(row).toHaveTextContent("Hello **there** <b>you</b>");
    expect(row.querySelector("b,strong")).toBeNull();
  });

  it("shows markdown code with its language's name and a copy button [UI-03] [UI-21] [TEST-01]", async () => {
    show(message("assistant", "Look:\n\n```python\nprint(1)\n```\n"));
    const block = await screen.findByRole("figure", { name: "Python code" });
    expect(within(block).getByText("Python")).toBeInTheDocument();
    expect(block.querySelector("code")).toHaveTextContent("print(1)");
    expect(within(block).getByRole("button", { name: "Copy code" })).toBeInTheDocument();
  });

  it("shows what the house has to say about an answer beside it", () => {
    const answer = message("assistant", "Here it is.");
    answer.parts.unshift({ type: "data-notice", data: { tag: "fallback_model", message: "Another model answers." } });
    show(answer);
    expect(screen.getByRole("note")).toHaveTextContent("Another model answers.");
    expect(screen.getByText("Here it is.")).toBeInTheDocument();
  });

  const cited = (count: number): ChatMessage => ({
    id: "m",
    role: "assistant",
    parts: [
      { type: "text", text: "It holds [1]." },
      ...Array.from({ length: count }, (_, place) => ({
        type: "source-url" as const,
        sourceId: `source-${place + 1}`,
        url: `/library/documents/doc_${place + 1}`,
        title: `Guide ${place + 1}`,
        providerMetadata: { steward: { number: place + 1, excerpt: `Words of guide ${place + 1}.`, document_id: `doc_${place + 1}`, revision: 1, start: 0, end: 9 } },
      })),
    ],
  });

  it("lists the sources of an answer under it, three at first [RAG-10] [RAG-14] [UI-23]", async () => {
    show(cited(5));
    const sources = screen.getByRole("region", { name: "Sources" });
    const links = () => within(sources).getAllByRole("link").map((link) => link.textContent);
    expect(links()).toEqual(["Guide 1", "Guide 2", "Guide 3"]);
    expect(within(sources).getByText("Words of guide 1.")).toBeInTheDocument();
    expect(within(sources).getByRole("link", { name: "Guide 1" })).toHaveAttribute(
      "href",
      "/library/documents/doc_1?start=0&end=9&revision=1",
    );
    await userEvent.click(within(sources).getByRole("button", { name: "Show 2 more" }));
    expect(links()).toHaveLength(5);
    await userEvent.click(within(sources).getByRole("button", { name: "Show fewer" }));
    expect(links()).toHaveLength(3);
  });

  it("shows the citations while an answer streams, and the list of sources when it is over", async () => {
    const { rerender } = show(cited(1), { streaming: true, busy: true });
    expect(await screen.findByRole("link", { name: "Source 1: Guide 1" })).toBeInTheDocument();
    expect(screen.queryByRole("region", { name: "Sources" })).toBeNull();
    rerender(<MessageRow message={cited(1)} busy={false} streaming={false} last editing={false} failure={null} actions={actions} />);
    expect(screen.getByRole("region", { name: "Sources" })).toBeInTheDocument();
  });

  it("keeps drawing the text piece by piece when a source comes behind it", async () => {
    const answer = cited(1);
    answer.parts[0] = { type: "text", text: "It holds [1]. And `half" };
    show(answer, { streaming: true, busy: true });
    await screen.findByRole("link", { name: "Source 1: Guide 1" });
    // Only a text that still streams has its open code closed.
    expect(screen.getByText("half").tagName).toBe("CODE");
  });

  it("copies a message by keyboard as well as by pointer [UI-04]", async () => {
    const user = userEvent.setup();
    show(message("user", "copy me"));
    await user.tab();
    expect(screen.getByRole("button", { name: "Copy message" })).toHaveFocus();
    await user.keyboard("{Enter}");
    await expect(navigator.clipboard.readText()).resolves.toBe("copy me");
    expect(screen.getByRole("button", { name: "Copied" })).toBeInTheDocument();
  });

  it("shows the copy button on hover and on focus, never only on hover [UI-04] [TEST-01]", () => {
    show(message("user", "copy me"));
    const group = screen.getByRole("button", { name: "Copy message" }).parentElement;
    expect(group).toHaveClass("opacity-0", "group-hover:opacity-100", "group-focus-within:opacity-100");
  });

  it("pages through versions of a message", async () => {
    show(message("user", "second", { server_id: "b", siblings: ["a", "b", "c"] }));
    expect(screen.getByRole("group", { name: "Versions" })).toHaveTextContent("2/3");
    await userEvent.click(screen.getByRole("button", { name: "Previous version" }));
    await userEvent.click(screen.getByRole("button", { name: "Next version" }));
    expect(vi.mocked(actions.choose).mock.calls).toEqual([["a", "previous"], ["c", "next"]]);
  });

  it("does not page past the last version", async () => {
    show(message("user", "second", { server_id: "b", siblings: ["a", "b"] }));
    await userEvent.click(screen.getByRole("button", { name: "Next version" }));
    expect(actions.choose).not.toHaveBeenCalled();
  });

  it("edits a question in its place and sends it as another version", async () => {
    const given = message("user", "old words");
    show(given, { editing: true });
    const box = screen.getByLabelText("Your message");
    expect(box).toHaveFocus();
    await userEvent.clear(box);
    await userEvent.type(box, "new words{Enter}");
    expect(actions.edit).toHaveBeenCalledExactlyOnceWith(given, "new words");
  });

  it("leaves editing by Escape without sending", async () => {
    show(message("user", "old words"), { editing: true });
    await userEvent.keyboard("changed{Escape}");
    expect(actions.edit).not.toHaveBeenCalled();
    expect(actions.editing).toHaveBeenCalledWith(null);
  });

  it("tells tokens, model, price and time of an answer quietly", () => {
    show(
      message("assistant", "Hi", {
        model: "openai/gpt-4o-mini",
        usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
        duration_ms: 2400,
        cost_usd: "0.00012345",
        created_at: "2026-11-21T10:00:00Z",
      }),
    );
    expect(screen.getByText("gpt-4o-mini · 7 tokens · $0.00012 · 2.4 s")).toBeInTheDocument();
    expect(screen.getByRole("article").querySelector("time")).toHaveAttribute("dateTime", "2026-11-21T10:00:00.000Z");
  });

  it("has another model answer again, and tells which one did", async () => {
    const given = message("assistant", "Hi", { model: "openai/gpt-4o-mini" });
    const models = [
      { id: "openai/gpt-4o-mini", provider: "openai", name: "gpt-4o-mini", default: true },
      { id: "anthropic/claude", provider: "anthropic", name: "claude", default: false },
    ] as Model[];
    renderPage(
      <main>
        <OfferedModels value={models}>
          <MessageRow message={given} busy={false} streaming={false} last editing={false} failure={null} actions={actions} />
        </OfferedModels>
      </main>,
    );
    await userEvent.click(screen.getByRole("button", { name: "Ask another model" }));
    expect(await screen.findByRole("menuitemradio", { name: "gpt-4o-mini" })).toBeChecked();
    await userEvent.click(screen.getByRole("menuitemradio", { name: "claude" }));
    expect(actions.again).toHaveBeenCalledExactlyOnceWith(given, "anthropic/claude");
  });

  it("offers no other model where there is none", () => {
    show(message("assistant", "Hi"));
    expect(screen.queryByRole("button", { name: "Ask another model" })).toBeNull();
  });

  it("shows a failure as a sentence with a way to try again", async () => {
    show(message("assistant", ""), { failure: "The provider refused. Try another model. (run_1)" });
    expect(screen.getByRole("alert")).toHaveTextContent("The provider refused.");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(actions.retry).toHaveBeenCalledOnce();
  });

  it("says why an answer failed, and which run to ask about", () => {
    const error = { tag: "api_error", message: "The model did not answer.", is_own: false };
    show(message("assistant", "Half", { status: "failed", run_id: "run_1", error }));
    expect(screen.getByRole("alert")).toHaveTextContent(/^The model did not answer\.run_1Try again$/);
  });

  it("says that an answer was stopped", () => {
    show(message("assistant", "Half", { status: "cancelled" }));
    expect(screen.getByText("stopped")).toBeInTheDocument();
  });

  it("keeps reasoning folded until asked for", async () => {
    show({
      id: "m",
      role: "assistant",
      parts: [
        { type: "reasoning", text: "because" },
        { type: "text", text: "so" },
      ],
    });
    const fold = screen.getByText("Reasoning").closest("details");
    expect(fold).not.toHaveAttribute("open");
    await userEvent.click(screen.getByText("Reasoning"));
    expect(fold).toHaveAttribute("open");
  });

  it("shows no actions while the answer streams [UI-27]", () => {
    show(message("assistant", "Half"), { streaming: true, busy: true });
    expect(screen.queryByRole("button", { name: "Regenerate" })).toBeNull();
  });
});
