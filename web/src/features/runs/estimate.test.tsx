import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { playServer, refusal, renderPage } from "~/test_server";

import { Estimate } from "./estimate";

const PATH = "POST /api/v1/chat/estimate";
const told = { model: "m", messages: 3, input_tokens: 1200, most_output_tokens: 4000, least_usd: "0.00021", most_usd: "0.0025", context_tokens: 10_000, fits: true, budget_left_usd: null };

describe("what a message would cost", () => {
  it("is told before it is sent, with how full the conversation is", async () => {
    const log = playServer({ [PATH]: told });
    renderPage(<Estimate text=" How many berths? " threadId="c1" model="openai/gpt-4o" />);
    expect(await screen.findByText("$0.00021 to $0.0025", {}, { timeout: 3000 })).toBeInTheDocument();
    expect(screen.getByRole("meter")).toHaveAttribute("aria-valuetext", "12 %");
    expect(log.map(({ body }) => body)).toEqual([{ text: "How many berths?", thread_id: "c1", model: "openai/gpt-4o" }]);
  });

  it("warns when it does not fit, and tells tokens where no price is known", async () => {
    playServer({ [PATH]: { ...told, fits: false } });
    const { unmount } = renderPage(<Estimate text="long" threadId={undefined} model={undefined} />);
    expect(await screen.findByText("Too long for this model", {}, { timeout: 3000 })).toBeInTheDocument();
    unmount();
    playServer({ [PATH]: { ...told, least_usd: null, most_usd: null, context_tokens: null } });
    renderPage(<Estimate text="short" threadId={undefined} model={undefined} />);
    expect(await screen.findByText(/^1.200 tokens$/, {}, { timeout: 3000 })).toBeInTheDocument();
    expect(screen.queryByRole("meter")).toBeNull();
  });

  it("is not missed where it cannot be had, and asks nothing for an empty box", async () => {
    const log = playServer({ [PATH]: refusal(403, "forbidden", "You may not do this.") });
    const { container, rerender } = renderPage(<Estimate text="  " threadId={undefined} model={undefined} />);
    rerender(<Estimate text="words" threadId={undefined} model={undefined} />);
    await waitFor(() => expect(log).toHaveLength(1), { timeout: 3000 });
    expect(container).toBeEmptyDOMElement();
  });
});
