import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";

import { MessageRow, type RowActions } from "./message_row";
import type { ChatMessage } from "./messages";
import { StreamingIndicator } from "./streaming_indicator";

const actions: RowActions = { again() {}, edit() {}, editing() {}, choose() {}, retry() {} };
const answer = (text: string): ChatMessage => ({ id: "a", role: "assistant", parts: [{ type: "text", text }] });
const row = (message: ChatMessage) => (
  <MessageRow message={message} busy streaming last editing={false} failure={null} actions={actions} />
);

it("shows the avatar, three dots and that it thinks [UI-15]", () => {
  const { container } = render(<StreamingIndicator />);
  expect(screen.getByRole("status")).toHaveTextContent("Thinking...");
  expect(container.querySelectorAll(".thinking-dot")).toHaveLength(3);
  expect(container.querySelector("svg")).toBeInTheDocument();
});

it("is gone with the first token [UI-15]", async () => {
  const { rerender } = render(row(answer("")));
  expect(screen.getByText("Thinking...")).toBeInTheDocument();
  rerender(row(answer("F")));
  expect(screen.queryByText("Thinking...")).toBeNull();
  expect(await screen.findByText("F")).toBeInTheDocument();
});
