import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Me } from "~/shared/api/types";
import { meAs } from "~/test_people";
import { playServer, refusal, renderPage } from "~/test_server";

import AgentsPage from "./agents_page";
import { agentOf, page } from "./agents_for_tests";

const builtIn = agentOf({ id: "asst_workshop", name: "Workshop", built_in: true, created_by: null, description: "Plans a workshop." });

describe("the agents of a workspace", () => {
  const show = (answers: object = {}, role: Me["role"] = "owner") => {
    const asked = playServer({
      "GET /api/v1/agents": page([agentOf(), agentOf({ id: "asst_2", name: "Draft pilot", status: "draft" })]),
      "GET /api/v1/agents/specialists": { items: [builtIn] },
      "GET /api/v1/agents/templates": {
        items: [
          { type: "custom", title: "Custom", description: "Starts with nearly nothing.", instructions: "Help.", tools: [] },
          { type: "research", title: "Research", description: "Answers with sources.", instructions: "Cite.", tools: ["searchKnowledge"] },
        ],
      },
      "POST /api/v1/agents": agentOf({ id: "asst_9", name: "Finder", status: "draft" }),
      ...answers,
    });
    renderPage(<AgentsPage me={meAs(role)} beside={null} />);
    return asked;
  };

  it("show with those that are built in, each with a way to talk to it", async () => {
    show();
    const own = within(await screen.findByRole("list", { name: "Agents of this workspace" }));
    expect(own.getAllByRole("listitem").map((row) => row.getAttribute("aria-label"))).toEqual(["Harbour pilot", "Draft pilot"]);
    expect(own.getByText("Draft")).toBeInTheDocument();
    expect(own.getByRole("link", { name: "Talk to Harbour pilot" })).toHaveAttribute("href", "/?agent=asst_1");
    expect(await screen.findByRole("link", { name: "Workshop" })).toHaveAttribute("href", "/agents/asst_workshop");
  });

  it("are narrowed by state and by words", async () => {
    const asked = show();
    await userEvent.click(await screen.findByRole("radio", { name: "Drafts" }));
    await expect.poll(() => asked.some(({ query }) => query.get("status") === "draft")).toBe(true);
    expect(screen.queryByRole("heading", { name: "Built in" })).toBeNull();
    await userEvent.type(screen.getByRole("textbox", { name: "Search agents" }), "tide");
    await expect.poll(() => asked.some(({ query }) => query.get("query") === "tide" && query.get("status") === "draft")).toBe(true);
  });

  it("begin from a template", async () => {
    const asked = show();
    await userEvent.click(await screen.findByRole("button", { name: "New agent" }));
    await userEvent.type(await screen.findByLabelText("Name"), "Finder");
    await userEvent.click(await screen.findByRole("radio", { name: "Research" }));
    await userEvent.click(screen.getByRole("button", { name: "Create draft" }));
    await expect.poll(() => asked.find(({ method }) => method === "POST")?.body).toEqual({
      name: "Finder",
      type: "research",
      description: "Answers with sources.",
      instructions: "Cite.",
      tools: ["searchKnowledge"],
    });
    await expect.poll(() => window.location.pathname).toBe("/agents/asst_9");
  });

  it("say how to begin where there are none, and a viewer is not asked to", async () => {
    show({ "GET /api/v1/agents": page([]) });
    expect(await screen.findByRole("button", { name: "Make an agent" })).toBeInTheDocument();
  });

  it("cannot be made by a viewer", async () => {
    show({ "GET /api/v1/agents": page([]) }, "viewer");
    expect(await screen.findByText(/Members of the workspace can make them/)).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: /agent/i })).toBeNull();
  });

  it("say what to do when they cannot be read", async () => {
    show({ "GET /api/v1/agents": refusal(500, "internal", "It broke. Try again.") });
    expect(await screen.findByRole("alert")).toHaveTextContent("It broke. Try again.");
    expect(screen.getByRole("button", { name: "Try again" })).toBeInTheDocument();
  });
});
