import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import type { ModelCall } from "~/shared/api/types";
import { meAs } from "~/test_people";
import { playServer, refusal, renderPage } from "~/test_server";

import CallsSection from "./calls_section";

const callOf = (rest: Partial<ModelCall> = {}): ModelCall => ({
  id: "call_1",
  created_at: "2026-11-02T10:00:00Z",
  provider: "openai",
  model: "gpt-4o",
  purpose: "chat",
  status: "completed",
  finish_reason: "stop",
  attempt: 1,
  user_id: "user_2",
  key_id: null,
  agent_id: null,
  thread_id: "thread_1",
  run_id: "run_1",
  message_id: "message_1",
  input_tokens: 1200,
  output_tokens: 80,
  cached_tokens: 1000,
  cache_write_tokens: 0,
  reasoning_tokens: 0,
  estimated: false,
  cost_usd: "0.00123",
  first_token_ms: 400,
  duration_ms: 2300,
  metadata: {},
  ...rest,
});

const members = { items: [{ user_id: "user_2", name: "eve" }], next_cursor: null };

beforeEach(() => window.history.replaceState(null, "", "/settings/calls"));

describe("calls", () => {
  it("say who asked, what was read and written, what it cost and how it ended", async () => {
    playServer({
      "GET /api/v1/members": members,
      "GET /api/v1/usage/calls": { items: [callOf(), callOf({ id: "call_2", user_id: "user_1", status: "open", cost_usd: null, cached_tokens: 0, duration_ms: null }), callOf({ id: "call_3", status: "failed", cost_usd: null })], next_cursor: null },
    });
    renderPage(<CallsSection me={meAs("owner")} />);
    const rows = within(await screen.findByRole("list", { name: "Calls" })).getAllByRole("listitem") as [HTMLElement, HTMLElement, HTMLElement];
    expect(rows[0]).toHaveTextContent("openai/gpt-4o");
    expect(rows[0]).toHaveTextContent("1,200 read · 80 written · 1,000 cached · 2.3 s");
    expect(rows[0]).toHaveTextContent("$0.00123");
    await waitFor(() => expect(rows[0]).toHaveTextContent("eve"));
    expect(rows[1]).toHaveTextContent("You");
    expect(rows[1]).toHaveTextContent("Under way");
    expect(rows[1]).toHaveTextContent("Not in yet");
    expect(rows[2]).toHaveTextContent("Failed");
    expect(rows[2]).toHaveTextContent("Price not known");
  });

  it("are narrowed by model and state, and come page by page", async () => {
    const asked = playServer({
      "GET /api/v1/members": members,
      "GET /api/v1/usage/calls": ({ query }) =>
        query.get("status") === "failed"
          ? { items: [], next_cursor: null }
          : query.get("cursor") === "more"
            ? { items: [callOf({ id: "call_9", model: "gpt-4o-mini" })], next_cursor: null }
            : { items: [callOf()], next_cursor: "more" },
    });
    renderPage(<CallsSection me={meAs("admin")} />);
    await userEvent.click(await screen.findByRole("button", { name: "Show older" }));
    expect(await screen.findByText("2 calls shown")).toBeInTheDocument();
    await userEvent.selectOptions(screen.getByLabelText("Model"), "openai/gpt-4o-mini");
    await waitFor(() => expect(asked.at(-1)?.query.get("model")).toBe("openai/gpt-4o-mini"));
    await userEvent.selectOptions(screen.getByLabelText("State"), "Failed");
    expect(await screen.findByRole("heading", { name: "No call fits" })).toBeInTheDocument();
    expect(window.location.search).toBe("?model=openai%2Fgpt-4o-mini&state=failed");
  });

  it("of a member are their own, and nobody's name is asked for", async () => {
    const asked = playServer({ "GET /api/v1/usage/calls": { items: [], next_cursor: null } });
    renderPage(<CallsSection me={meAs("viewer")} />);
    expect(await screen.findByRole("heading", { name: "No call yet" })).toBeInTheDocument();
    expect(screen.getByText(/^Your own calls/)).toBeInTheDocument();
    expect(asked.some(({ path }) => path.endsWith("/members"))).toBe(false);
  });

  it("that do not come leave a way to try again", async () => {
    playServer({ "GET /api/v1/members": members, "GET /api/v1/usage/calls": () => refusal(500, "internal", "It broke.") });
    renderPage(<CallsSection me={meAs("owner")} />);
    expect(await screen.findByRole("alert")).toHaveTextContent("It broke.");
  });
});
