import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import type { FeedbackEntry, Me } from "~/shared/api/types";
import { playServer, refusal, renderPage } from "~/test_server";

import FeedbackSection from "./feedback_section";

const meAs = (role: Me["role"]): Me => ({
  user: { id: "user_1", email: "ada@example.com", name: "ada" },
  workspace: { id: "ws_1", name: "Main" },
  role,
  csrf_token: "t",
  has_password: true,
  workspaces: [],
});

const entryOf = (rest: Partial<FeedbackEntry> = {}): FeedbackEntry => ({
  id: "feedback_1",
  rating: "good",
  reason: null,
  message_id: "message_1",
  thread_id: "thread_1",
  user_id: "user_2",
  user_name: "eve",
  model: "openai/gpt-4o",
  agent_id: null,
  created_at: "2026-11-02T10:00:00Z",
  updated_at: "2026-11-02T10:00:00Z",
  ...rest,
});

beforeEach(() => window.history.replaceState(null, "", "/settings/feedback"));

describe("feedback", () => {
  it("says what somebody thinks and why, and leads to one's own conversation alone", async () => {
    playServer({ "GET /api/v1/feedback": { items: [entryOf({ rating: "bad", reason: "It was too long." }), entryOf({ id: "feedback_2", user_id: "user_1" })], next_cursor: null } });
    renderPage(<FeedbackSection me={meAs("owner")} />);
    const [first, second] = within(await screen.findByRole("list", { name: "Feedback" })).getAllByRole("listitem") as [HTMLElement, HTMLElement];
    expect(within(first).getByRole("img", { name: "Bad answer" })).toBeInTheDocument();
    expect(first).toHaveTextContent("It was too long.");
    expect(within(first).queryByRole("link")).toBeNull();
    expect(second).toHaveTextContent("Without a reason");
    expect(within(second).getByRole("link", { name: "Open the conversation" })).toHaveAttribute("href", "/chat/thread_1?message=message_1");
  });

  it("is narrowed to thumbs up or down", async () => {
    const asked = playServer({ "GET /api/v1/feedback": ({ query }) => ({ items: query.get("rating") === "bad" ? [] : [entryOf()], next_cursor: null }) });
    renderPage(<FeedbackSection me={meAs("admin")} />);
    await screen.findByRole("list", { name: "Feedback" });
    await userEvent.click(screen.getByRole("radio", { name: "Bad" }));
    expect(await screen.findByRole("heading", { name: "No such feedback" })).toBeInTheDocument();
    expect(asked.at(-1)?.query.get("rating")).toBe("bad");
  });

  it("is not asked for by members", () => {
    const asked = playServer({});
    renderPage(<FeedbackSection me={meAs("member")} />);
    expect(screen.getByRole("note")).toHaveTextContent("Admins and owners read the feedback");
    expect(asked).toEqual([]);
  });

  it("that does not come leaves a way to try again", async () => {
    let broken = true;
    playServer({ "GET /api/v1/feedback": () => (broken ? refusal(500, "internal", "It broke.") : { items: [], next_cursor: null }) });
    renderPage(<FeedbackSection me={meAs("owner")} />);
    expect(await screen.findByRole("alert")).toHaveTextContent("It broke.");
    broken = false;
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(screen.getByRole("heading", { name: "No feedback yet" })).toBeInTheDocument());
  });
});
