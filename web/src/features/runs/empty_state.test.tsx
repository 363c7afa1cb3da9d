import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { EmptyState, quickPrompts } from "./empty_state";

it("invites to start a conversation [UI-14]", () => {
  render(<EmptyState onPrompt={() => {}} />);
  expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent("Start a conversation");
});

it("offers four quick prompts, and a click gives the prompt away to be sent [UI-12]", async () => {
  const onPrompt = vi.fn();
  render(<EmptyState onPrompt={onPrompt} />);
  const titles = ["Create an agent", "Analyze sales", "Find customers", "Optimize workflows"];
  expect(quickPrompts.map(({ title }) => title)).toEqual(titles);
  for (const title of titles) await userEvent.click(screen.getByRole("button", { name: new RegExp(title) }));
  expect(onPrompt.mock.calls.map(([prompt]) => prompt as string)).toEqual(quickPrompts.map(({ prompt }) => prompt));
});

it("names what Steward brings [UI-13]", () => {
  render(<EmptyState onPrompt={() => {}} />);
  const names = [...screen.getByRole("list", { name: "What Steward brings" }).children].map((item) => item.textContent);
  expect(names).toEqual(["Workspace knowledge", "Real-time actions", "Multi-model"]);
});
