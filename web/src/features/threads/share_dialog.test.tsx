import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { playServer, refusal, renderPage } from "~/test_server";

import { threadOf } from "./played_threads";
import ShareDialog from "./share_dialog";

const share = { id: "share_1", conversation_id: "thread_1", path: "/shared/share_1", created_at: "2026-11-21T10:00:00Z" };
const address = "/api/v1/chat/thread_1/share";
const link = `${window.location.origin}/shared/share_1`;

let shared: boolean;
beforeEach(() => {
  shared = false;
});

function open(answers: Parameters<typeof playServer>[0] = {}) {
  const onClose = vi.fn<() => void>();
  const asked = playServer({
    [`GET ${address}`]: () => (shared ? share : refusal(404, "not_found", "This conversation is not shared.")),
    [`POST ${address}`]: () => {
      shared = true;
      return share;
    },
    [`DELETE ${address}`]: () => {
      shared = false;
      return new Response(null, { status: 204 });
    },
    ...answers,
  });
  return { asked, onClose, ...renderPage(<ShareDialog thread={threadOf()} onClose={onClose} />) };
}

describe("sharing a conversation [CONV-17]", () => {
  it("shares nothing before it is asked to, and then shows the link", async () => {
    const { asked } = open();
    const create = await screen.findByRole("button", { name: "Create link" });
    expect(screen.getByRole("dialog", { name: "Share conversation" })).toHaveAccessibleDescription(/Everybody in your workspace can read it/);
    expect(asked.map(({ method }) => method)).toEqual(["GET"]);
    await userEvent.click(create);
    expect(await screen.findByLabelText("Link")).toHaveValue(link);
    expect(screen.getByRole("dialog", { name: "This conversation is shared" })).toBeInTheDocument();
  });

  it("copies the link", async () => {
    shared = true;
    const user = userEvent.setup();
    open();
    await user.click(await screen.findByRole("button", { name: "Copy link" }));
    expect(await screen.findByRole("button", { name: "Copied" })).toBeInTheDocument();
    expect(await navigator.clipboard.readText()).toBe(link);
  });

  it("says what to do when the browser does not allow copying", async () => {
    shared = true;
    const user = userEvent.setup();
    vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("not allowed"));
    open();
    await user.click(await screen.findByRole("button", { name: "Copy link" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("copy it by hand");
  });

  it("stops sharing", async () => {
    shared = true;
    open();
    await userEvent.click(await screen.findByRole("button", { name: "Stop sharing" }));
    expect(await screen.findByRole("button", { name: "Create link" })).toBeInTheDocument();
    expect(screen.queryByLabelText("Link")).toBeNull();
  });

  it("says why somebody may not share", async () => {
    open({ [`POST ${address}`]: refusal(403, "forbidden", "A viewer may only read. Ask an owner for another role.") });
    await userEvent.click(await screen.findByRole("button", { name: "Create link" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("A viewer may only read.");
    expect(screen.getByRole("button", { name: "Create link" })).toBeInTheDocument();
  });

  it("says when the server cannot tell, with a way to try again", async () => {
    let fails = true;
    open({ [`GET ${address}`]: () => (fails ? refusal(500, "internal", "The server stumbled.") : share) });
    expect(await screen.findByRole("alert")).toHaveTextContent("The server stumbled.");
    fails = false;
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByLabelText("Link")).toHaveValue(link);
  });
});
