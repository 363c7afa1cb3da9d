import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { FollowUps, SuggestedTool } from "./follow_up";

const suggested = { tool: "createTask", score: 0.9, reason: "The message speaks of tasks." };

it("says a follow-up by a press [UI-25]", async () => {
  const say = vi.fn();
  render(
    <FollowUps value={say}>
      <SuggestedTool suggested={suggested} last />
    </FollowUps>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Use “Create task” for this" }));
  expect(say).toHaveBeenCalledExactlyOnceWith("Use the tool “Create task” for this.");
});

it("is no button above later words, nor where one only reads", () => {
  const { rerender } = render(<SuggestedTool suggested={suggested} last />);
  expect(screen.getByText("A tool that fits: Create task")).toBeInTheDocument();
  rerender(
    <FollowUps value={vi.fn()}>
      <SuggestedTool suggested={suggested} last={false} />
    </FollowUps>,
  );
  expect(screen.queryByRole("button")).toBeNull();
});
