import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { type Asked, playServer, refusal, renderPage } from "~/test_server";

import { SharedPage } from "./shared_page";

const shared = {
  id: "share_1",
  title: "Harbour plans",
  shared_by: "Eve",
  message_count: 3,
  created_at: "2026-11-21T10:00:00Z",
  updated_at: "2026-11-21T10:00:00Z",
};
const message = (place: number) => ({ id: `msg_${place}`, metadata: {} });

function open(answers: Parameters<typeof playServer>[0]) {
  playServer({
    "GET /api/v1/shared/share_1": shared,
    "GET /api/v1/shared/share_1/messages": { items: [message(2), message(1)], next_cursor: null },
    ...answers,
  });
  renderPage(<SharedPage shareId="share_1" beside={null} renderMessages={(messages) => <p>{messages.map(({ id }) => id).join(" ")}</p>} renderAround={(_, page) => page} />);
}

describe("a conversation that a colleague shares [CONV-17]", () => {
  it("is read from its beginning, and says whose it is", async () => {
    open({});
    expect(await screen.findByRole("heading", { level: 1, name: "Harbour plans" })).toBeInTheDocument();
    expect(await screen.findByText("msg_1 msg_2")).toBeInTheDocument();
    expect(screen.getByText("Shared by Eve")).toBeInTheDocument();
    expect(screen.getByText("Read only")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Save this conversation" })).toHaveAttribute("aria-haspopup", "menu");
    expect(document.title).toBe("Harbour plans · Steward");
  });

  it("shows earlier messages on demand", async () => {
    open({
      "GET /api/v1/shared/share_1/messages": ({ query }: Asked) =>
        query.get("cursor") === "more" ? { items: [message(0)], next_cursor: null } : { items: [message(2), message(1)], next_cursor: "more" },
    });
    await userEvent.click(await screen.findByRole("button", { name: "Show earlier messages" }));
    expect(await screen.findByText("msg_0 msg_1 msg_2")).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Show earlier messages" })).toBeNull();
  });

  it("says that it is not shared, to whomever it is not shared with", async () => {
    open({ "GET /api/v1/shared/share_1": refusal(404, "not_found", "There is no such shared conversation.") });
    expect(await screen.findByRole("heading", { name: "This conversation is not shared with you" })).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "Start a conversation of your own" })).toHaveAttribute("href", "/");
  });

  it("says what failed, with a way to try again", async () => {
    let fails = true;
    open({ "GET /api/v1/shared/share_1": () => (fails ? refusal(500, "internal", "The server stumbled.") : shared) });
    expect(await screen.findByRole("alert")).toHaveTextContent("The server stumbled.");
    fails = false;
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("heading", { name: "Harbour plans" })).toBeInTheDocument();
  });

  it("says when nothing was said in it yet", async () => {
    open({ "GET /api/v1/shared/share_1/messages": { items: [], next_cursor: null } });
    expect(await screen.findByText("Nothing has been said here yet.")).toBeInTheDocument();
  });
});
