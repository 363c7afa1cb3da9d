import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it } from "vitest";

import { type Asked, playServer, refusal, renderPage } from "~/test_server";

import type { ChatMessage, Details } from "./messages";
import { RatingButtons } from "./rating_buttons";

// What comes when it is first needed is there already.
beforeAll(async () => {
  await import("./reason_dialog");
});

const address = "/api/v1/messages/msg_1/feedback";
const answer = (feedback: Details["feedback"] = null): ChatMessage => ({
  id: "m1",
  role: "assistant",
  parts: [{ type: "text", text: "Here it is." }],
  metadata: { server_id: "msg_1", feedback },
});

function show(message: ChatMessage, answers: Parameters<typeof playServer>[0] = {}) {
  const asked = playServer({
    [`PUT ${address}`]: ({ body }: Asked) => ({ ...body, message_id: "msg_1" }),
    [`DELETE ${address}`]: new Response(null, { status: 204 }),
    ...answers,
  });
  const drawn = renderPage(<RatingButtons message={message} />);
  return { ...drawn, told: () => asked.map(({ method, body }) => [method, body]) };
}

const good = () => screen.getByRole("button", { name: "Good answer" });
const bad = () => screen.getByRole("button", { name: "Bad answer" });

describe("feedback on an answer", () => {
  it("shows what was said before", () => {
    show(answer({ rating: "good", reason: null }));
    expect(good()).toHaveAttribute("aria-pressed", "true");
    expect(bad()).toHaveAttribute("aria-pressed", "false");
  });

  it("is given by one press and taken back by another", async () => {
    const { told } = show(answer());
    await userEvent.click(good());
    expect(good()).toHaveAttribute("aria-pressed", "true");
    await userEvent.click(good());
    expect(good()).toHaveAttribute("aria-pressed", "false");
    await waitFor(() => expect(told()).toEqual([["PUT", { rating: "good", reason: null }], ["DELETE", {}]]));
  });

  it("asks why an answer was bad, and keeps the rating without a word", async () => {
    const { told } = show(answer());
    await userEvent.click(bad());
    await screen.findByRole("dialog", { name: "What was wrong with this answer?" });
    await userEvent.click(screen.getByRole("button", { name: "Skip" }));
    expect(bad()).toHaveAttribute("aria-pressed", "true");
    expect(told()).toEqual([["PUT", { rating: "bad", reason: null }]]);
  });

  it("sends the reason, in common words or one's own", async () => {
    const { told } = show(answer());
    await userEvent.click(bad());
    await userEvent.click(await screen.findByRole("button", { name: "Too long" }));
    await userEvent.type(screen.getByLabelText("Reason (optional)"), "Three words would do.");
    await userEvent.click(screen.getByRole("button", { name: "Send" }));
    await waitFor(() => expect(told().at(-1)).toEqual(["PUT", { rating: "bad", reason: "Too long. Three words would do." }]));
  });

  it("is taken back on the page when the server refuses it", async () => {
    show(answer({ rating: "bad", reason: null }), { [`PUT ${address}`]: refusal(403, "forbidden", "You may not.") });
    await userEvent.click(good());
    await waitFor(() => expect(bad()).toHaveAttribute("aria-pressed", "true"));
    expect(good()).toHaveAttribute("aria-pressed", "false");
  });

  it("is still there when the row comes back into sight", async () => {
    const { rerender } = show(answer());
    await userEvent.click(good());
    rerender(<p>Elsewhere</p>);
    rerender(<RatingButtons message={answer()} />);
    expect(good()).toHaveAttribute("aria-pressed", "true");
  });
});
