import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { keys } from "~/shared/api/keys";
import type { Me } from "~/shared/api/types";
import { playServer, refusal, renderPage } from "~/test_server";

import { ApprovalsLink } from "./approvals_link";
import ApprovalsPage from "./approvals_page";

const action = (id: string, tool: string, rest: object = {}) => ({
  id,
  kind: "approval",
  tool,
  arguments: {},
  reason: null,
  state: "waiting",
  run_id: "run_1",
  thread_id: `thread_${id}`,
  call_id: "c1",
  user_id: "user_1",
  approvers: 1,
  least_role: null,
  decisions: [],
  expires_at: null,
  created_at: "2026-11-21T10:00:00Z",
  finished_at: null,
  error: null,
  may_decide: true,
  ...rest,
});

function open(items: object[]) {
  const answers = Object.fromEntries(items.map((item) => [`GET /api/v1/actions/${(item as { id: string }).id}`, item]));
  playServer({ "GET /api/v1/actions": { items }, ...answers });
  const page = renderPage(
    <>
      <ApprovalsLink current={false} onOpen={() => {}} />
      <ApprovalsPage beside={null} />
    </>,
  );
  page.cache.setQueryData(keys.me, { user: { id: "user_1" } } as Me);
}

describe("what waits for a person", () => {
  it("is listed with what it is about; only one's own conversations are linked [APPR-02]", async () => {
    open([action("a", "createAgent"), action("b", "callHuman", { kind: "person", user_id: "user_2" })]);
    const mine = await screen.findByRole("listitem", { name: "Create agent" });
    expect(within(mine).getByRole("button", { name: "Approve" })).toBeInTheDocument();
    expect(within(mine).getByRole("link", { name: "Open conversation" })).toHaveAttribute("href", "/chat/thread_a");
    const other = screen.getByRole("listitem", { name: "Call human" });
    expect(await within(other).findByLabelText("Your answer")).toBeInTheDocument();
    expect(within(other).queryByRole("link")).toBeNull();
    expect(screen.getByRole("link", { name: /Approvals/ })).toHaveTextContent("2 waiting");
  });

  it("shows no way there while nothing waits for this person", async () => {
    open([action("a", "createAgent", { may_decide: false })]);
    await screen.findByRole("listitem", { name: "Create agent" });
    expect(screen.queryByRole("link", { name: /Approvals/ })).toBeNull();
  });

  it("says so when nothing waits", async () => {
    open([]);
    expect(await screen.findByRole("heading", { name: "Nothing waits for you" })).toBeInTheDocument();
  });

  it("says what went wrong", async () => {
    playServer({ "GET /api/v1/actions": refusal(403, "forbidden", "You may not see this.") });
    renderPage(<ApprovalsPage beside={null} />);
    expect(await screen.findByRole("alert")).toHaveTextContent("You may not see this.");
  });
});
