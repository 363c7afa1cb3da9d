import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import type { Unsent } from "./outbox";
import { UnsentRow } from "./unsent_row";

const item: Unsent = { id: "m_1", parts: [{ type: "file", url: "/files/a", mediaType: "image/png", filename: "plan.png" }, { type: "text", text: "Look at this" }] };

describe("a message that waits", () => {
  it.each([
    ["line", "Waiting for the network", "Try now"],
    ["failure", "Waiting, because the last answer failed", "Send now"],
    ["answer", "Sent when this answer is done", null],
    ["decision", "Sent when you have decided", null],
  ] as const)("says why, and what can be done: %s", async (hold, reason, verb) => {
    const actions = { takeBack: vi.fn(), sendNow: vi.fn() };
    render(<UnsentRow item={item} hold={hold} first actions={actions} />);
    const row = screen.getByRole("article", { name: "Waiting message" });
    expect(row).toHaveTextContent("Look at this");
    expect(row).toHaveTextContent("plan.png");
    expect(row).toHaveTextContent(reason);
    if (verb === null) expect(screen.getAllByRole("button")).toHaveLength(1);
    else await userEvent.click(screen.getByRole("button", { name: verb }));
    expect(actions.sendNow).toHaveBeenCalledTimes(verb === null ? 0 : 1);
    await userEvent.click(screen.getByRole("button", { name: "Take back" }));
    expect(actions.takeBack).toHaveBeenCalledExactlyOnceWith(item);
  });

  it("is hurried where the first of them stands, and nowhere else", () => {
    render(<UnsentRow item={item} hold="line" first={false} actions={{ takeBack: vi.fn(), sendNow: vi.fn() }} />);
    expect(screen.queryByRole("button", { name: "Try now" })).toBeNull();
  });
});
