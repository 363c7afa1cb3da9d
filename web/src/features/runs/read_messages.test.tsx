import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it } from "vitest";

import type { Message } from "~/shared/api/types";
import { renderPage } from "~/test_server";

import ReadAround from "./read_around";
import ReadMessages from "./read_messages";

// What comes when it is first needed is there already.
beforeAll(async () => {
  await import("~/shared/markdown/rendered");
});

const messageOf = (change: Partial<Message>): Message => ({
  id: "msg_1",
  client_id: null,
  parent_id: null,
  role: "assistant",
  parts: [],
  status: "completed",
  model: "openai/gpt-5-mini",
  finish_reason: "stop",
  usage: null,
  run_id: null,
  error: null,
  created_at: "2026-11-21T10:00:00Z",
  metadata: {},
  siblings: ["msg_1"],
  feedback: null,
  ...change,
});

const show = (...messages: Message[]) => renderPage(<ReadMessages messages={messages} />);

describe("messages to be read [CONV-17]", () => {
  it("show what was asked and answered, with sources, and nothing to change them by", async () => {
    const source = { type: "source", number: 1, url: "https://example.org/tides", title: "Tides", excerpt: "High water at noon." };
    show(
      messageOf({ id: "msg_0", role: "user", model: null, parts: [{ type: "text", text: "When is <b>high</b> water?" }] }),
      messageOf({ parts: [{ type: "text", text: "At **noon** [1]." }, source] }),
    );
    expect(screen.getByRole("article", { name: "Question" })).toHaveTextContent("When is <b>high</b> water?");
    const answer = screen.getByRole("article", { name: "Steward" });
    expect(await within(answer).findByText("noon")).toBeInTheDocument();
    expect(within(answer).getByRole("region", { name: "Sources" })).toHaveTextContent("Tides");
    expect(answer).toHaveTextContent("gpt-5-mini");
    expect(screen.getAllByRole("button").map((button) => button.getAttribute("aria-label"))).toEqual(["Copy answer"]);
    expect(screen.queryByRole("textbox")).toBeNull();
  });

  it("ask nobody to approve what waits", () => {
    const call = { type: "tool_call", id: "call_1", name: "uploadDocument", input: {}, state: "waiting" };
    show(messageOf({ status: "requires_action", parts: [call] }));
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  });

  it("open beside what an answer made, in each of its versions", async () => {
    const written = (id: string, code: string) => messageOf({ id, parts: [{ type: "text", text: `\`\`\`html\n<!doctype html>\n<title>Tide</title>\n${code}\n\`\`\`` }] });
    const messages = [written("msg_1", "<p>six</p>"), written("msg_2", "<p>seven</p>")];
    renderPage(
      <ReadAround messages={messages}>
        <ReadMessages messages={messages} />
      </ReadAround>,
    );
    const openers = () => screen.queryAllByRole("button", { name: "Open beside" });
    await expect.poll(openers).toHaveLength(2);
    await userEvent.click(openers()[0] as HTMLElement);
    // There is no room beside it here.
    const panel = within(await screen.findByRole("dialog", { name: "Tide" }));
    expect(panel.getByRole("group", { name: "Versions" })).toHaveTextContent("1/2");
  });

  it("say that an answer failed, or is being written", () => {
    show(
      messageOf({ id: "msg_1", status: "failed", error: { tag: "upstream", message: "The model could not answer.", is_own: false } }),
      messageOf({ id: "msg_2", status: "in_progress" }),
    );
    expect(screen.getByText("The model could not answer.")).toBeInTheDocument();
    expect(screen.getByText(/still being written/)).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  });
});
