import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useRef, useState } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { playServer, refusal, renderPage } from "~/test_server";

import { useCommandHelp } from "./command_list";
import { Composer } from "./composer";

const tool = (name: string) => ({ name, description: `The work of ${name}.`, parameters: { properties: { title: { type: "string" } }, required: ["title"] }, changes: false, approval: "never", place: "server", origin: "steward" });
const TOOLS = "GET /api/v1/tools";

const onSend = vi.fn();
function Bench() {
  const [draft, setDraft] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);
  const { help, isCommand } = useCommandHelp(draft, setDraft);
  return (
    <>
      {help.shown}
      <Composer draft={draft} onDraft={setDraft} onSend={() => onSend(draft, isCommand(draft))} onStop={() => {}} busy={false} box={box} help={help} />
    </>
  );
}

const box = () => screen.getByLabelText("Message");
const activeName = () => document.querySelector(`#${CSS.escape(box().getAttribute("aria-activedescendant") ?? "none")}`)?.textContent;

describe("the list of commands", () => {
  beforeEach(() => onSend.mockReset());

  it("is walked from the box, and what is taken stands in it", async () => {
    playServer({ [TOOLS]: { items: ["createTask", "listTasks", "searchKnowledge"].map(tool) } });
    renderPage(<Bench />);
    await userEvent.type(box(), "/");
    expect(await screen.findAllByRole("option")).toHaveLength(3);
    expect(activeName()).toContain("/createTask");
    await userEvent.keyboard("{ArrowDown}");
    expect(activeName()).toContain("/listTasks");
    await userEvent.keyboard("{ArrowUp}{ArrowUp}");
    expect(activeName()).toContain("/searchKnowledge");
    await userEvent.type(box(), "task");
    expect(screen.getAllByRole("option")).toHaveLength(2);
    await userEvent.keyboard("{Enter}");
    expect(box()).toHaveValue("/createTask ");
    expect(screen.queryByRole("listbox")).toBeNull();
    expect(screen.getByText("/createTask <title>")).toBeInTheDocument();
    expect(onSend).not.toHaveBeenCalled();
    await userEvent.type(box(), "buy bread{Enter}");
    expect(onSend).toHaveBeenCalledExactlyOnceWith("/createTask buy bread", true);
  });

  it("is left by Escape, and a pointer takes a command as well", async () => {
    playServer({ [TOOLS]: { items: [tool("createTask")] } });
    renderPage(<Bench />);
    await userEvent.type(box(), "/c");
    await screen.findByRole("option");
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("listbox")).toBeNull();
    expect(box()).toHaveValue("/c");
    await userEvent.type(box(), "r");
    await userEvent.click(screen.getByRole("option"));
    expect(box()).toHaveValue("/createTask ");
    expect(box()).toHaveFocus();
  });

  it("asks for no tools until a command is begun, and takes plain words where there are none", async () => {
    const log = playServer({ [TOOLS]: refusal(403, "forbidden", "You may not do this.") });
    renderPage(<Bench />);
    await userEvent.type(box(), "Hello");
    expect(log).toEqual([]);
    await userEvent.clear(box());
    await userEvent.type(box(), "/etc{Enter}");
    expect(onSend).toHaveBeenCalledExactlyOnceWith("/etc", false);
  });
});
