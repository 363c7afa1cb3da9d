import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { ToolPart } from "./tool_calls";
import { ToolCard } from "./tool_card";
import { ToolProgress, ToolProgressSource } from "./tool_progress";

const call = { type: "dynamic-tool" as const, toolName: "createAgent", toolCallId: "c1" };
const working: ToolPart = { ...call, state: "input-available", input: { name: "Harbour" } };
const done = (output: unknown): ToolPart => ({ ...working, state: "output-available", output }) as ToolPart;

const show = (part: ToolPart, rest: { live?: boolean; progress?: ToolProgress } = {}) =>
  render(
    <ToolProgressSource value={rest.progress ?? new ToolProgress()}>
      <ToolCard part={part} waiting={null} last live={rest.live ?? false} />
    </ToolProgressSource>,
  );
const card = () => screen.getByRole("group", { name: "Tool: Create agent" });

describe("the card of a tool", () => {
  it("says what is going on, in the tool's own words as soon as it has some [TOOL-24] [UI-36] [UI-11]", () => {
    const progress = new ToolProgress();
    show(working, { live: true, progress });
    expect(card()).toHaveTextContent("Create agentCreating agent…");
    act(() => progress.tell("c1", "Creating agent Harbour …"));
    expect(card()).toHaveTextContent("Creating agent Harbour …");
  });

  it("unfolds its input and result by keyboard [UI-32] [UI-36] [UI-11]", async () => {
    const user = userEvent.setup();
    show(done({ success: true }));
    expect(card()).toHaveTextContent("Done");
    await user.tab();
    expect(screen.getByRole("button", { expanded: false })).toHaveFocus();
    await user.keyboard("{Enter}");
    expect(screen.getByRole("button", { expanded: true })).toHaveFocus();
    expect(screen.getByRole("group", { name: "Input" })).toHaveTextContent('{ "name": "Harbour" }');
    expect(screen.getByRole("group", { name: "Result" })).toHaveTextContent('{ "success": true }');
  });

  it("cuts a long result until all of it is asked for", async () => {
    show(done(Array.from({ length: 40 }, (_, place) => `line ${place}`).join("\n")));
    await userEvent.click(screen.getByRole("button", { name: /Create agent/ }));
    expect(screen.getByRole("group", { name: "Result" })).not.toHaveTextContent("line 39");
    await userEvent.click(screen.getByRole("button", { name: "Show all" }));
    expect(screen.getByRole("group", { name: "Result" })).toHaveTextContent("line 39");
    await userEvent.click(screen.getByRole("button", { name: "Show less" }));
    expect(screen.getByRole("group", { name: "Result" })).not.toHaveTextContent("line 39");
  });

  it("says without unfolding why a call failed or was denied [UI-36] [UI-11]", () => {
    const { unmount } = show({ ...call, state: "output-error", input: {}, errorText: "The name is taken." });
    expect(card()).toHaveTextContent("FailedThe name is taken.");
    unmount();
    show({ ...call, state: "output-denied", input: {}, approval: { id: "a", approved: false, reason: "A person said no: too many." } });
    expect(card()).toHaveTextContent("DeniedA person said no: too many.");
  });

  it("shows a denial that comes without a word", () => {
    show({ ...call, state: "output-denied", input: {} } as unknown as ToolPart);
    expect(card()).toHaveTextContent("This call was denied and not carried out.");
  });

  it("does not pretend to work when the answer is over", () => {
    show(working);
    expect(card()).toHaveTextContent("Not carried out");
  });
});
