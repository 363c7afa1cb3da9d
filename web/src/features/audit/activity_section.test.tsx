import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { AuditEvent, Me } from "~/shared/api/types";
import { type Asked, playServer, refusal, renderPage } from "~/test_server";

import ActivitySection from "./activity_section";
import { factWords, inWords } from "./event_words";

const me = { user: { id: "user_1", email: null, name: "ada" }, role: "owner" } as Me;
const event = (id: string, rest: Partial<AuditEvent> = {}): AuditEvent => ({
  id,
  type: "api_key_created",
  actor_id: "user_1",
  target_type: "api_key",
  target_id: "key_1",
  metadata: { name: "Crane" },
  created_at: "2026-11-02T10:00:00Z",
  ...rest,
});

beforeEach(() => window.history.replaceState(null, "", "/settings/activity"));

describe("the audit log", () => {
  it("says who did what, page by page, and shows one kind alone", async () => {
    const asked = playServer({
      "GET /api/v1/events": ({ query }: Asked) => {
        if (query.get("type") !== null) return { items: [event("e1")], next_cursor: null };
        return query.get("cursor") === null
          ? { items: [event("e1"), event("e2", { type: "budget_changed", actor_id: "user_2", metadata: {} })], next_cursor: "more" }
          : { items: [event("e3", { type: "thread_deleted", metadata: {} })], next_cursor: null };
      },
    });
    renderPage(<ActivitySection me={me} />);
    const first = (await screen.findAllByRole("listitem"))[0] as HTMLElement;
    expect(first).toHaveTextContent("API key created · Crane");
    expect(within(first).getByText("You")).toBeInTheDocument();
    expect(screen.getAllByText("user_2").length).toBeGreaterThan(0);
    await userEvent.click(screen.getByRole("button", { name: "Show older" }));
    expect(await screen.findByText("Thread deleted", { selector: "span" })).toBeInTheDocument();
    await userEvent.selectOptions(screen.getByLabelText("Show"), "API key created");
    await expect.poll(() => screen.queryByText("Budget changed", { selector: "span" })).toBeNull();
    expect(asked.at(-1)?.query.get("type")).toBe("api_key_created");
    // The other kinds can still be chosen.
    expect(screen.getByRole("option", { name: "Thread deleted" })).toBeInTheDocument();
  });

  it("that is empty, or cannot be read, says so", async () => {
    playServer({ "GET /api/v1/events": { items: [], next_cursor: null } });
    const { unmount } = renderPage(<ActivitySection me={me} />);
    expect(await screen.findByRole("heading", { name: "Nothing has happened yet" })).toBeInTheDocument();
    unmount();
    playServer({ "GET /api/v1/events": refusal(403, "forbidden", "You may not see this. Ask an owner.") });
    renderPage(<ActivitySection me={me} />);
    expect(await screen.findByRole("alert")).toHaveTextContent("You may not see this.");
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  });
});

it("events and facts are put in words", () => {
  expect(["api_key_created", "mcp_server_deleted", "thread_renamed", "aiTokensUsed"].map(inWords)).toEqual([
    "API key created", "MCP server deleted", "Thread renamed", "AI tokens used",
  ]);
  expect([null, true, 3, ["a", "b"], [], { a: 1 }].map(factWords)).toEqual(["none", "yes", "3", "a, b", "none", '{"a":1}']);
});

it("known events have the words of the reader's language, and new ones are shown as they are", async () => {
  vi.resetModules();
  window.localStorage.setItem("steward.language", "de");
  const { loadLanguage } = await import("~/shared/language/words");
  await loadLanguage();
  const words = await import("./event_words");
  window.localStorage.removeItem("steward.language");
  document.documentElement.lang = "en";
  expect(["thread_renamed", "run", "limit_usd", "kite_flown"].map(words.inWords)).toEqual([
    "Unterhaltung umbenannt", "Lauf", "Grenze in US-Dollar", "Kite flown",
  ]);
  expect([true, ["a", "b"]].map(words.factWords)).toEqual(["ja", "a, b"]);
});
