import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it } from "vitest";

import type { Agent, Me } from "~/shared/api/types";
import { meAs } from "~/test_people";
import { playServer, renderPage } from "~/test_server";

import type { AgentSection } from "./addresses";
import AgentPage from "./agent_page";
import { agentOf, around, page } from "./agents_for_tests";

// What comes when it is first needed is there already.
beforeAll(() => Promise.all([import("~/shared/ui/menu_popup"), import("~/shared/ui/confirm_dialog"), import("~/shared/ui/toast_region")]));

const show = (agent: Agent, answers: Record<string, object> = {}, section: AgentSection = "setup", role: Me["role"] = "owner") => {
  let now = agent;
  const changing = Object.fromEntries(
    Object.entries(answers).map(([route, answer]) => [
      route,
      route.startsWith("GET ") ? answer : () => (now = answer as Agent),
    ]),
  );
  const asked = playServer({ ...around, "GET /api/v1/agents/asst_1": () => now, ...changing });
  renderPage(<AgentPage me={meAs(role)} id="asst_1" section={section} beside={null} />);
  return asked;
};

describe("an agent's setup", () => {
  it("is saved as what changed, and nothing else", async () => {
    const saved = agentOf({ version: 4, instructions: "Be kind.", tools: ["searchKnowledge", "createTask"] });
    const asked = show(agentOf({ model: "small", provider: "openai" }), { "PATCH /api/v1/agents/asst_1": saved });
    const instructions = await screen.findByLabelText("Instructions");
    expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
    await userEvent.clear(instructions);
    await userEvent.type(instructions, "Be kind.");
    await userEvent.click(await screen.findByRole("checkbox", { name: "Create task" }));
    await userEvent.selectOptions(screen.getByLabelText("Model"), await screen.findByRole("option", { name: "Big · openai" }));
    expect(screen.getByText("Not saved yet")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await expect.poll(() => asked.find(({ method }) => method === "PATCH")?.body).toEqual({
      instructions: "Be kind.",
      tools: ["searchKnowledge", "createTask"],
      model: "openai/big",
      provider: null,
    });
    expect(await screen.findByText("Version 4")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
  });

  it("names who answers instead, in order, and how much it thinks", async () => {
    const saved = agentOf({ version: 4, fallback_models: ["openai/gone", "openai/big"], reasoning_effort: "low" });
    const asked = show(agentOf({ fallback_models: ["openai/gone", "openai/old"], reasoning_effort: "xhigh" }), { "PATCH /api/v1/agents/asst_1": saved });
    expect(await screen.findByLabelText("Thinking")).toHaveValue("xhigh");
    await userEvent.selectOptions(screen.getByLabelText("Thinking"), "A little");
    await userEvent.click(screen.getByRole("button", { name: "Remove openai/old" }));
    await userEvent.selectOptions(await screen.findByLabelText("Add a model"), "Big · openai");
    const rows = within(screen.getByRole("list", { name: "Models instead, in their order" })).getAllByRole("listitem");
    expect(rows.map((row) => row.textContent)).toEqual(["openai/gone", "Big · openai"]);
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await expect.poll(() => asked.find(({ method }) => method === "PATCH")?.body).toEqual({
      fallback_models: ["openai/gone", "openai/big"],
      reasoning_effort: "low",
    });
  });

  it("leaves who answers instead to the workspace, or to nobody", async () => {
    const asked = show(agentOf(), { "PATCH /api/v1/agents/asst_1": agentOf({ version: 4, fallback_models: [] }) });
    await userEvent.click(await screen.findByRole("checkbox", { name: "Those that the workspace chose" }));
    expect(screen.getByText("Then no other model answers.")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await expect.poll(() => asked.find(({ method }) => method === "PATCH")?.body).toEqual({ fallback_models: [] });
  });

  it("says what is wrong before it is sent", async () => {
    show(agentOf());
    const box = await screen.findByLabelText("Creativity");
    await userEvent.clear(box);
    await userEvent.type(box, "3");
    expect(screen.getByText("Write a number from 0 to 2.")).toBeInTheDocument();
    await userEvent.selectOptions(screen.getByLabelText("Begins by itself"), "Another time");
    await userEvent.type(screen.getByLabelText("Time in cron’s five fields"), "noon");
    expect(screen.getByText("Write five fields, such as 0 9 * * 1-5.")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
    await userEvent.click(screen.getByRole("button", { name: "Discard" }));
    expect(screen.getByLabelText("Creativity")).toHaveValue("0.7");
  });

  it("is read, not changed, by those who may not", async () => {
    show(agentOf({ created_by: "user_2" }), {}, "setup", "member");
    expect(await screen.findByRole("note")).toHaveTextContent("Who made this agent, and admins, can change it.");
    expect(screen.getByLabelText("Name")).toBeDisabled();
    expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
    expect(screen.queryByRole("button", { name: /^Options/ })).toBeNull();
  });

  it("keeps tools that are gone until somebody takes them off", async () => {
    show(agentOf({ tools: ["searchKnowledge", "old_tool"] }));
    expect(await screen.findByText(/No longer there: old_tool/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Take off the list" }));
    expect(screen.queryByText(/No longer there/)).toBeNull();
  });
});

it("a draft is activated, and an agent is archived", async () => {
  const asked = show(agentOf({ status: "draft" }), {
    "POST /api/v1/agents/asst_1/activate": agentOf({ status: "active" }),
    "POST /api/v1/agents/asst_1/archive": agentOf({ status: "archived" }),
  });
  await userEvent.click(await screen.findByRole("button", { name: "Activate" }));
  expect(await screen.findByText("Active")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Options for Harbour pilot" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "Archive" }));
  await expect.poll(() => asked.some(({ path }) => path.endsWith("/archive"))).toBe(true);
});

it("how its answers went is said in a line", async () => {
  show(agentOf());
  expect(await screen.findByText(/^4 answers, 75\s?% went well/)).toBeInTheDocument();
});

it("a version is restored after a question", async () => {
  const { built_in: _b, id: _i, status: _s, ...properties } = agentOf();
  const versions = [3, 2, 1].map((version) => ({
    version,
    name: "Harbour pilot",
    properties: { ...properties, instructions: `Say ${version}.` },
    created_by: "user_1",
    created_at: "2026-11-02T10:00:00Z",
  }));
  const asked = show(
    agentOf(),
    { "GET /api/v1/agents/asst_1/versions": page(versions), "POST /api/v1/agents/asst_1/versions/1/restore": agentOf({ version: 4 }) },
    "versions",
  );
  const first = await screen.findByRole("listitem", { name: "Version 1" });
  expect(screen.getByRole("listitem", { name: "Version 3" })).toHaveTextContent("Changed: instructions");
  await userEvent.click(within(first).getByRole("button", { name: "Restore version 1" }));
  expect(asked.some(({ method }) => method === "POST")).toBe(false);
  await userEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Restore" }));
  await expect.poll(() => asked.some(({ path }) => path.endsWith("/versions/1/restore"))).toBe(true);
});

it("what it is told shows part by part", async () => {
  const sections = [
    { name: "instructions", text: "Be brief.", tokens: 3, left_out: false },
    { name: "workspace_facts", text: "Harbour", tokens: 9000, left_out: true },
  ];
  show(agentOf(), { "GET /api/v1/agents/asst_1/prompt": { sections, text: "Be brief.", tokens: 3 } }, "prompt");
  expect(await screen.findByRole("heading", { name: /^Workspace facts/ })).toHaveTextContent("left out");
  expect(screen.getByText(/about 3 tokens/)).toBeInTheDocument();
});

it("an agent that is not there says so", async () => {
  playServer(around);
  renderPage(<AgentPage me={meAs("owner")} id="asst_1" section="setup" beside={null} />);
  expect(await screen.findByRole("heading", { name: "This agent does not exist" })).toBeInTheDocument();
});
