import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { keys } from "~/shared/api/keys";
import type { Action, Me } from "~/shared/api/types";
import { playServer, refusal, renderPage } from "~/test_server";

import { useWhenDecided } from "./actions";
import { type Asked, DecisionCard } from "./decision_card";

const asked: Asked = {
  actionId: "call_9",
  tool: "createAgent",
  kind: "approval",
  input: { name: "Harbour" },
  reason: "New agents are looked at.",
  approvers: 1,
  expiresAt: null,
};
const action = (rest: Partial<Action> = {}): Action => ({
  id: "call_9",
  kind: "approval",
  tool: "createAgent",
  arguments: { name: "Harbour" },
  reason: null,
  state: "waiting",
  run_id: "run_1",
  thread_id: "thread_1",
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
const approval = { at: "2026-11-21T10:01:00Z", decision: "approve" as const, has_edited: false };

function show(given: Partial<Asked> = {}, known: Partial<Action> = {}, decided: object = action({ state: "approved" })) {
  const log = playServer({ "GET /api/v1/actions/call_9": action(known), "POST /api/v1/actions/call_9/decide": decided });
  const page = renderPage(<DecisionCard asked={{ ...asked, ...given }} />);
  page.cache.setQueryData(keys.me, { user: { id: "user_1" } } as Me);
  const said = () => log.filter(({ method }) => method === "POST").map(({ body }) => body);
  return { log, said };
}

describe("what a call waits for", () => {
  it("is said before it is approved as it is [APPR-01]", async () => {
    const { said } = show();
    expect(screen.getByText(/Steward wants to use “Create agent”/)).toBeInTheDocument();
    expect(screen.getByText("Why you are asked: New agents are looked at.")).toBeInTheDocument();
    expect(screen.getByRole("group", { name: "Arguments" })).toHaveTextContent('{ "name": "Harbour" }');
    await userEvent.click(screen.getByRole("button", { name: "Approve" }));
    expect(said()).toEqual([{ decision: "approve" }]);
    expect(await screen.findByText(/^Decided\./)).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  });

  it("is approved with other arguments only while they are a JSON object", async () => {
    const { said } = show();
    await userEvent.click(screen.getByRole("button", { name: "Change arguments" }));
    const box = screen.getByLabelText("Arguments, as JSON");
    await userEvent.clear(box);
    await userEvent.type(box, "[[7]");
    expect(box).toHaveAccessibleDescription("Arguments are a JSON object: names and values in curly brackets.");
    expect(screen.getByRole("button", { name: "Approve with changes" })).toBeDisabled();
    await userEvent.clear(box);
    await userEvent.type(box, '{{"name": "Quay"}');
    await userEvent.click(screen.getByRole("button", { name: "Approve with changes" }));
    expect(said()).toEqual([{ decision: "approve", arguments: { name: "Quay" } }]);
  });

  it("goes back to the arguments as they were", async () => {
    const { said } = show();
    await userEvent.click(screen.getByRole("button", { name: "Change arguments" }));
    await userEvent.type(screen.getByLabelText("Arguments, as JSON"), "oops");
    await userEvent.click(screen.getByRole("button", { name: "Discard changes" }));
    await userEvent.click(screen.getByRole("button", { name: "Approve" }));
    expect(said()).toEqual([{ decision: "approve" }]);
  });

  it("is denied with or without a reason [APPR-01]", async () => {
    const { said } = show();
    await userEvent.click(screen.getByRole("button", { name: "Deny…" }));
    expect(screen.getByLabelText("Reason (optional)")).toHaveFocus();
    await userEvent.keyboard("Too many.{Enter}");
    expect(said()).toEqual([{ decision: "deny", reason: "Too many." }]);
  });

  it("keeps its buttons off while a word is on its way", async () => {
    playServer({ "GET /api/v1/actions/call_9": action() });
    const played = globalThis.fetch;
    vi.stubGlobal("fetch", (input: Request, init?: RequestInit) =>
      input.method === "POST" ? new Promise(() => {}) : played(input, init),
    );
    renderPage(<DecisionCard asked={asked} />);
    await userEvent.click(screen.getByRole("button", { name: "Approve" }));
    await waitFor(() => expect(screen.getByRole("button", { name: "Approve" })).toBeDisabled());
    expect(screen.getByRole("button", { name: "Deny…" })).toBeDisabled();
  });

  it("tells what is wrong with a word that the server does not take", async () => {
    show({}, {}, refusal(422, "invalid", "The name is too long."));
    await userEvent.click(screen.getByRole("button", { name: "Approve" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("The name is too long.");
    expect(screen.getByRole("button", { name: "Approve" })).toBeEnabled();
  });

  it("says how many approvals are missing, and that one's own is not enough", async () => {
    show({ approvers: 3 }, { approvers: 3, decisions: [{ ...approval, user_id: "user_1" }] });
    expect(await screen.findByText("3 people have to approve this; 2 are missing.")).toBeInTheDocument();
    expect(screen.getByText(/^You approved this\./)).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  });

  it("says who decides when others do", async () => {
    show({}, { may_decide: false, least_role: "admin" });
    expect(await screen.findByText("Somebody with the role admin decides about this.")).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  });

  it("says that its time is over", async () => {
    show({ expiresAt: "2020-01-01T00:00:00Z" });
    expect(await screen.findByText(/The time to decide is over/)).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  });

  it("of a person is answered in words by whoever may [APPR-04]", async () => {
    const { said } = show({ kind: "person", tool: "callHuman" }, { kind: "person" }, action({ kind: "person", state: "answered" }));
    expect(await screen.findByText(/^Steward hands this over to a person\./)).toBeInTheDocument();
    await userEvent.type(await screen.findByLabelText("Your answer"), "It is in the archive.");
    await userEvent.click(screen.getByRole("button", { name: "Send answer" }));
    expect(said()).toEqual([{ decision: "answer", text: "It is in the archive." }]);
  });

  it("of a person is only waited for by everybody else [APPR-04]", async () => {
    const input = { reason: "Two invoices are missing.", urgency: "high" };
    show({ kind: "person", tool: "callHuman", input, reason: "" }, { kind: "person", may_decide: false, arguments: input });
    expect(screen.getByText(/^Waiting for a person\./)).toBeInTheDocument();
    expect(screen.getByRole("blockquote")).toHaveTextContent("Urgent. Two invoices are missing.");
    expect(screen.queryByText(/Why you are asked/)).toBeNull();
    expect(await screen.findByText(/the conversation goes on when the answer is there/)).toBeInTheDocument();
    expect(screen.queryByLabelText("Your answer")).toBeNull();
  });
});

describe("a conversation that waits", () => {
  function Watch({ ids, onDecided }: { ids: string[]; onDecided: () => void }) {
    useWhenDecided(ids, true, onDecided);
    return null;
  }

  it("goes on once when every call is decided, wherever that was [APPR-02]", async () => {
    playServer({ "GET /api/v1/actions/a": action({ id: "a", state: "approved" }), "GET /api/v1/actions/b": action({ id: "b" }) });
    const onDecided = vi.fn();
    const { cache } = renderPage(<Watch ids={["a", "b"]} onDecided={onDecided} />);
    await waitFor(() => expect(cache.getQueryData(keys.action("b"))).toBeDefined());
    expect(onDecided).not.toHaveBeenCalled();
    playServer({ "GET /api/v1/actions/b": action({ id: "b", state: "expired" }) });
    await cache.invalidateQueries({ queryKey: keys.action("b") });
    await waitFor(() => expect(onDecided).toHaveBeenCalledOnce());
  });
});
